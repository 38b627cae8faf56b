"""What a thing tries itself before it asks for service, and how it leaves off."""

import json

import kit
import update_bench

from agent import limits
from agent.core import SAFE
from agent.wire import messages as wire

HOUR, DAY = 3600, 86400
HOT, WELL = 130.0, 92.0
LOOK_S = 3600
CYCLE = {"name": "power_cycle", "output": "heater", "seconds": 10, "look": LOOK_S}
PULSE = {"name": "open_valve", "output": "valve", "seconds": 5, "look": LOOK_S}
NEWER = {"name": "newer_version", "look": DAY}


def bench(*remedies, asks=(["descale"], ["replace_relay", "RELAY-1"]), in_use=None):
    """The kit's thing, ready; `in_use` makes its beans the channel that shows it in use."""
    made = dict(kit.PRODUCT)
    made["monitors"] = [dict(kit.PRODUCT["monitors"][0], tries=list(remedies),
                             asks=[list(each) for each in asks])]
    if in_use is not None:
        made["in_use"] = in_use
    thing = kit.Bench(made).ready()
    lend(thing)
    return thing


def lend(thing):
    thing.thing.switches = ("heater", "valve")


def switched(thing):
    """Return the outputs that it switched since somebody looked."""
    done, effect = [], thing.thing.take_effect()
    while effect is not None:
        if effect[0] == "switch":
            done.append(effect[1:])
        effect = thing.thing.take_effect()
    return done


def until(thing, wanted, ticks=300):
    """Serve until it switches something, or sends a message of a kind; return what it sent."""
    sent = []
    for _ in range(ticks):
        sent += thing.serve()
        done = switched(thing) if wanted == "switch" else kit.of_kind(sent, wanted)
        if done:
            return done, sent
    raise AssertionError("no " + str(wanted))


def case(sent):
    return kit.of_kind(sent, wire.CASE)[-1][wire.BODY]


def row(thing):
    return thing.thing.cases.trials["boiler_hot"]


def test_what_helps_is_told_and_nobody_is_asked():
    thing = bench(CYCLE)
    thing.boiler = HOT
    done, _ = until(thing, "switch")
    assert done == [("heater", 10)]
    thing.boiler = WELL
    sent = thing.serve(12)
    assert not kit.of_kind(sent, wire.CASE) and not switched(thing)
    (finding,) = kit.of_kind(sent, wire.FINDING)
    assert finding[wire.BODY][3] == 3 and finding[wire.BODY][8] == "power_cycle"
    assert "power_cycle" in json.loads(thing.thing.feed_line("why boiler_hot --json", thing.up()))
    thing.serve(limits.REMEDY_SPELL_S // 600)
    assert thing.thing._trials is None and not thing.thing.cases.trials


def test_what_does_not_help_is_followed_by_the_next_and_then_by_a_case():
    thing = bench(CYCLE, PULSE)
    thing.boiler = HOT
    first, _ = until(thing, "switch")
    told = json.loads(thing.thing.feed_line("why boiler_hot --json", thing.up()))
    assert "looks" in told["power_cycle"] and told["open_valve"] == "not tried"
    thing.thing.switches = ()  # as with remedies.mode ask
    told = json.loads(thing.thing.feed_line("why boiler_hot --json", thing.up()))
    assert told["open_valve"] == "not tried: not on this board, or remedies.mode ask"
    lend(thing)
    began = thing.now
    second, sent = until(thing, "switch")
    assert (first, second) == ([("heater", 10)], [("valve", 5)])
    assert thing.now - began > LOOK_S and not kit.of_kind(sent, wire.CASE)
    _, sent = until(thing, wire.CASE)
    body = case(sent)
    assert body[8] == ["power_cycle", "open_valve"]
    assert body[12] == "descale" and 13 not in body
    (listed,) = json.loads(thing.thing.feed_line("cases --json", thing.up()))
    assert listed["tried"] == "power_cycle, open_valve" and listed["asks_for"] == "descale"
    assert not thing.serve()[1:] and not switched(thing)


RESTART = {"name": "restart_sensor", "output": "sensor 1", "seconds": 0, "look": LOOK_S}


def probed(said):
    """A thing whose boiler probe says what no boiler has, at the moment of its restart."""
    spec = {"channel": kit.BOILER, "tries": [RESTART], "asks": [["replace_probe", "NTC-1"]]}
    thing = kit.Bench(dict(kit.PRODUCT, sensors=[spec])).ready()
    thing.thing.switches = ("sensor 1",)
    thing.boiler = said
    done, sent = until(thing, "switch")
    assert done == [("sensor 1", 0)] and not kit.of_kind(sent, wire.CASE)
    return thing


def test_a_sensor_that_hangs_is_set_up_anew_and_nobody_is_asked():
    thing = probed(999.0)
    thing.boiler = WELL
    sent = thing.serve(60)
    assert not kit.of_kind(sent, wire.CASE) and not switched(thing)
    assert kit.of_kind(sent, wire.FINDING)[-1][wire.BODY][8] == "restart_sensor"


def test_a_sensor_that_no_restart_heals_is_a_case_that_says_so():
    thing = probed(999.0)
    _, sent = until(thing, wire.CASE)
    body = case(sent)
    assert (body[8], body[12], body[13]) == (["restart_sensor"], "replace_probe", "NTC-1")
    told = json.loads(thing.thing.feed_line("why sensor_boiler_c --json", thing.up()))
    assert told["restart_sensor"] == "tried"


def test_a_visit_that_did_not_help_asks_for_the_next_remedy():
    thing = bench()
    thing.boiler = HOT
    _, sent = until(thing, wire.CASE)
    body = case(sent)
    assert body[12] == "descale" and 8 not in body
    thing.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 950)
    sent = thing.serve((limits.CASE_VERIFY_S // 600) + 2)
    assert kit.of_kind(sent, wire.CASE_EVENT)[0][wire.BODY][2] == 2
    body = case(sent)
    assert (body[8], body[12], body[13]) == (["descale"], "replace_relay", "RELAY-1")


def test_what_helps_for_a_time_only_ends_in_a_case():
    thing = bench(CYCLE)
    tries, sent = 0, []
    while not kit.of_kind(sent, wire.CASE):
        thing.boiler = HOT
        for _ in range(30):
            sent += thing.serve()
            if switched(thing):
                tries += 1
                thing.boiler = WELL
    assert tries == limits.REMEDY_TRIES
    assert case(sent)[8] == ["power_cycle"]
    thing.boiler = WELL
    thing.serve(limits.REMEDY_SPELL_S // 600 + 144)
    thing.boiler = HOT
    assert until(thing, "switch")[0], "a week later it is tried anew"


def asked_at_once(thing):
    thing.boiler = HOT
    _, sent = until(thing, wire.CASE, 5)
    assert not switched(thing) and 8 not in case(sent)
    return True


def test_nothing_is_tried_in_safe_mode_while_paused_or_where_there_is_no_such_output():
    thing = bench(CYCLE)
    thing.thing.mode = SAFE
    assert asked_at_once(thing)
    thing = bench(CYCLE)
    thing.thing.feed_line("pause", thing.up())
    assert asked_at_once(thing)
    thing = bench(CYCLE)
    thing.say(wire.MANDATE, {1: kit.mandate(2, k19=True)}, 960)
    assert asked_at_once(thing)
    thing = bench(CYCLE)
    thing.thing.switches = ("door",)
    assert asked_at_once(thing)
    thing = bench(NEWER)  # a thing without slots takes no updates
    assert asked_at_once(thing)


def test_nothing_is_switched_while_the_thing_is_in_use():
    thing = bench(CYCLE, in_use=kit.BEANS)
    thing.boiler = HOT
    sent = []
    for _ in range(12):
        thing.beans -= 1
        sent += thing.serve()
    assert not switched(thing) and not kit.of_kind(sent, wire.CASE)
    assert until(thing, "switch")[0] == [("heater", 10)], "left alone for a while"
    thing = bench(CYCLE, in_use=kit.BEANS)
    thing.boiler, began, sent = HOT, thing.now, []
    while not kit.of_kind(sent, wire.CASE):
        thing.beans -= 1
        sent += thing.serve()
    assert not switched(thing) and 8 not in case(sent)
    assert thing.now - began < limits.REMEDY_PATIENCE_S + HOUR


def test_the_makers_newer_version_is_asked_for_once():
    thing = bench(NEWER)
    update_bench.Place(thing)
    thing.boiler = HOT
    asked, _ = until(thing, wire.UPDATE)
    assert asked[0][wire.BODY][2] == 0 and asked[0][wire.BODY][3] == "boiler_overheat"
    began = thing.now
    _, sent = until(thing, wire.CASE)
    assert thing.now - began > DAY and case(sent)[8] == ["newer_version"]
    assert not kit.of_kind(sent, wire.UPDATE)[1:]


def test_a_start_that_a_remedy_may_have_caused_does_not_try_it_again():
    thing = bench(CYCLE)
    thing.boiler = HOT
    until(thing, "switch")
    for _ in range(5):  # it goes out every time it is on again
        thing.boot()
        lend(thing)
        thing.serve()
        assert not switched(thing)
    _, sent = until(thing, wire.CASE)
    assert case(sent)[8] == ["power_cycle"] and row(thing)[3] == 1


def test_a_power_cut_at_any_operation_tries_once_and_asks_all_the_same():
    for cut_at in range(1, 7):  # of them one is a boot's, one the finding's, one the try's
        thing = bench(CYCLE)
        thing.store.operations, thing.store.cut_at = 0, cut_at
        thing.boiler, done, sent = HOT, [], []
        for _ in range(60):
            try:
                sent += thing.serve()
            except kit.PowerCut:
                thing.boot()
                lend(thing)
            done += switched(thing)
        assert thing.thing.boots == 2, cut_at
        assert len(done) <= 1 and row(thing)[3] <= 1
        assert case(sent)[8] == ["power_cycle"], cut_at


def test_the_journal_written_anew_keeps_what_was_tried():
    thing = bench(CYCLE)
    thing.boiler = HOT
    until(thing, "switch")
    before = row(thing)
    thing.thing.journal.rewrite(thing.thing.age(), thing.thing._dump())
    thing.boot()
    assert row(thing) == before


def test_while_a_case_of_the_fault_is_open_nothing_is_tried():
    thing = bench(CYCLE)
    thing.thing.switches = ()
    thing.boiler = HOT
    _, sent = until(thing, wire.CASE)
    number = case(sent)[1]
    lend(thing)
    thing.boiler = WELL
    thing.serve(6)
    thing.boiler = HOT
    _, sent = until(thing, wire.CASE)
    assert case(sent)[1] == number and not switched(thing)
