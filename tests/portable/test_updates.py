"""Updates: what is taken, what is fetched, and what is not."""

import kit
import update_bench as bench

from agent import limits
from agent.service import updates
from agent.wire import messages as wire


def test_a_release_is_fetched_checked_and_tried():
    place = bench.Place()
    assert place.offer(bench.release(7)) is None
    place.until(updates.TRYING)
    slots = place.slots
    assert slots.copied == 1, "what runs already is not fetched"
    for name in bench.FILES:
        assert slots.files["a/" + name] == bench.FILES[name]
    assert slots.record == {"slot": "a", "new": 7, "stage": updates.TRYING, "sense": True,
                            "desk": True, "left": limits.UPDATE_STARTS}
    assert "restart" in place.effects()
    place.boot()
    for _ in range(limits.UPDATE_TRIAL_S // 5 + 2):
        place.turn()
    assert slots.record == {"run": "a", "number": 7}
    place.turn()
    assert place.told == [updates.FETCHING, updates.STAGED, updates.TRYING, updates.CONFIRMED]
    assert place.bench.thing.release == (bench.BOARD, 7)


def test_what_is_not_for_this_thing_is_refused_and_changes_nothing():
    place = bench.Place()
    place.slots.record.update({"number": 6})
    place.slots.maker["floor"] = 2
    for document, why in (
            (bench.release(7, key=b"x" * 32), "signature"), (bench.release(6), "above"),
            (bench.release(3), "above"),
            (bench.release(7, k2="other"), "other"), (bench.release(7, k4="esp8266"), "esp8266"),
            (bench.release(7, k5="mpy5"), "mpy5"), (bench.release(7, k0="mandate"), "release"),
            (bench.release(7, k1=True), "key 1"), (bench.release(7, k8=b"short"), "key 8"),
            (bench.release(7, k6=1 << 22), "wanting"), (b"\x00", "not tag 18"),
            (bench.release(7)[:-1] + b"\x00", "signature")):
        reason = place.offer(document)
        assert reason and why in reason, (reason, why)
        assert place.slots.record == {"number": 6} and not place.slots.files
    place.slots.maker = None
    assert "maker" in place.offer(bench.release(7))
    place.bench.thing.updates = place.bench.thing.slots = None
    assert "no updates" in place.offer(bench.release(7))


def test_a_floor_and_a_number_that_was_left_again_are_held_to():
    place = bench.Place()
    place.slots.maker["floor"] = 7
    assert "above" in place.offer(bench.release(7))
    place.slots.record["bad"] = 8
    assert "given up" in place.offer(bench.release(8))
    place.bench.thing.feed_line("update", place.bench.up())
    place.say("update accept")
    assert place.offer(bench.release(8)) is None
    assert place.offer(bench.release(8)) is None, "said twice is no fault"
    assert place.slots.record["new"] == 8


def test_lost_double_late_and_early_pieces_do_no_harm():
    place = bench.Place()
    seen = []

    def mangle(number, start, data):
        seen.append((number, start))
        if seen.count((number, start)) == 1 and len(seen) % 3 == 0:
            return b""  # lost
        if len(seen) % 4 == 0:
            place.bench.say(wire.PIECE, {1: place.id, 2: number, 3: start + 1, 4: b"early"})
            place.bench.say(wire.PIECE, {1: place.id, 2: number + 1, 3: 0, 4: b"other"})
            place.bench.say(wire.PIECE, {1: bytes(8), 2: number, 3: start, 4: b"another"})
            place.bench.say(wire.PIECE, {1: place.id, 2: number, 3: start, 4: data})
        return data

    place.mangle = mangle
    place.offer(bench.release(7))
    place.until(updates.TRYING)
    for name in bench.FILES:
        assert place.slots.files["a/" + name] == bench.FILES[name]


def test_a_start_in_the_middle_goes_on_where_it_was():
    place = bench.Place()
    place.offer(bench.release(7))
    for _ in range(200):
        if place.slots.record.get("stage") == updates.TRYING:
            break
        before = dict(place.slots.files)
        place.boot()
        for _ in range(5):
            place.turn()
        for name in before:
            assert place.slots.files[name].startswith(before[name])
    assert place.slots.record["stage"] == updates.TRYING


def test_a_file_that_is_not_as_signed_is_fetched_again_and_then_given_up():
    place = bench.Place()
    place.mangle = lambda number, start, data: b"?" * len(data) if number == 3 else data
    place.offer(bench.release(7))
    for _ in range(60):
        place.turn()
    assert place.slots.record == {"bad": 7}
    assert place.told == [updates.FETCHING, updates.BACK]
    assert "given up" in place.offer(bench.release(7))


def test_no_path_leads_out_of_the_slot():
    for name in ("../record", "/state/identity", "a/../../x.mpy", "agent/core", "agent/.mpy", "x",
                 "agent//x.mpy", "./x.mpy", "agent/x.txt", "agent\\x.mpy", "x.mpy.py", "a b.mpy",
                 "", "record", "journal", "..mpy", "a/..mpy", "\xe9.mpy"):
        place = bench.Place()
        place.files = {name: b"evil"}
        place.offer(bench.release(7, place.files))
        for _ in range(10):
            place.turn()
        assert place.slots.record == {"bad": 7}, name
        assert not [each for each in place.slots.files if each not in ("a.cose", "a.list")], name


def test_a_list_that_says_other_than_the_manifest_is_given_up():
    for wrong in ({"k6": 5}, {"k7": 2}, {"k7": 4}):
        place = bench.Place()
        place.offer(bench.release(7, **wrong))
        for _ in range(40):
            place.turn()
        assert place.slots.record == {"bad": 7} and updates.STAGED not in place.told


def test_a_full_flash_ends_the_update_and_nothing_else():
    place = bench.Place()
    place.slots.free = 2700
    assert place.offer(bench.release(7)) is None
    for _ in range(40):
        place.turn()
    assert place.slots.record == {"bad": 7}
    place.bench.ordered()


def test_it_waits_for_the_answer_to_an_order():
    place = bench.Place()
    inner = place.bench
    need = inner.quoted()
    inner.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901)
    inner.tick()
    inner.tick()
    assert [each for each in inner.thing.outbox.pending() if each.kind == wire.ORDER]
    place.slots.record.update({"slot": "a", "new": 7, "stage": updates.STAGED})
    place.slots.files["a.cose"] = bench.release(7)
    inner.thing.updater()
    inner.tick(30)
    assert place.slots.record["stage"] == updates.STAGED and "restart" not in place.effects()
    place.turn(600)
    place.turn()
    assert place.slots.record["stage"] == updates.TRYING and "restart" in place.effects()


def test_it_waits_for_a_quiet_hour_for_a_day_at_most():
    for quiet in (True, False):
        place = bench.Place()
        inner = place.bench
        inner.ready()
        inner.thing.trade.in_use = lambda at: True
        place.slots.record.update({"slot": "a", "new": 7, "stage": updates.STAGED})
        place.slots.files["a.cose"] = bench.release(7)
        updater = inner.thing.updater()
        inner.tick(30)
        inner.tick(3600)
        assert place.slots.record["stage"] == updates.STAGED and not updater.active()
        if quiet:
            inner.thing.trade.in_use = lambda at: False
        inner.tick(60 if quiet else 86400)
        assert place.slots.record["stage"] == updates.TRYING and "restart" in place.effects()


def test_the_owner_may_be_asked_first_and_hold_what_was_accepted():
    place = bench.Place()
    place.slots.asks = True
    place.offer(bench.release(7, k10="it left the heater on"))
    for _ in range(5):
        place.turn()
    assert place.told == [updates.OFFERED] and not place.asked
    said = [effect[1] for effect in place.bench.thing.effects if effect[0] == "notify"]
    assert "release 7 waits for `update accept`: it left the heater on" in said
    assert "it left the heater on" in place.say("update")
    place.say("update accept")
    place.turn()
    place.say("update hold")
    place.turn()
    asked = place.asked
    for _ in range(5):
        place.turn(30)
    assert asked == place.asked > 0
    assert "update" in place.say("help")
    place.say("update accept")
    place.until(updates.TRYING)


def test_a_higher_release_takes_the_place_of_one_that_is_being_fetched():
    place = bench.Place()
    place.offer(bench.release(7))
    place.turn()
    newer = dict(bench.FILES)
    newer["agent/y.mpy"] = b"y" * 900
    place.files = newer
    assert "above" in place.offer(bench.release(6))
    assert place.offer(bench.release(8, newer)) is None
    place.until(updates.TRYING)
    assert place.slots.record["new"] == 8 and place.slots.files["a/agent/y.mpy"] == b"y" * 900


def test_in_safe_mode_an_update_comes_and_nothing_is_bought():
    place = bench.Place()
    place.bench.thing.mode = 1
    place.bench.thing.updater().ask("safe mode")
    place.turn()
    assert place.told == [updates.ASKS]
    place.bench.beans = 50.0
    place.offer(bench.release(7))
    place.until(updates.TRYING)
    assert not kit.of_kind(place.bench.desk.seen, wire.RFQ)


def test_on_a_low_battery_nothing_is_fetched_or_put_in_force_and_the_desk_knows_why():
    place = bench.Place()
    low = [True]
    place.slots.low = lambda: low[0]
    assert place.offer(bench.release(7)) is None
    for _ in range(5):
        place.turn()
    assert not place.asked and not place.bench.thing.updater().active()
    said = [message[wire.BODY] for message in kit.of_kind(place.bench.desk.seen, wire.UPDATE)]
    assert [(body[2], body.get(3)) for body in said] == [
        (updates.FETCHING, "waits for its battery")], "once"
    assert "battery_low  yes" in place.say("update")
    low[0] = False
    place.until(updates.STAGED)
    low[0] = True
    place.bench.thing.updater().step(place.bench.up(), 0)
    assert place.slots.record["stage"] == updates.STAGED
    low[0] = False
    place.until(updates.TRYING)
    assert "battery_low  -" in place.say("update")
