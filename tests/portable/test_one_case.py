"""One fault is one case, however many monitors see it, and however often it comes and goes."""

import kit

from agent.sense.findings import CONFIRMED, NONE, RAISED, Finding
from agent.wire import messages as wire

HOUR, DAY = 3600, 86400
WARM, HOT, FROZEN_S = 110.0, 130.0, 4 * HOUR


def bench(severity=2, clear=1200):
    """The kit's thing whose boiler is found frozen, and watched by a second, graver monitor."""
    made = dict(kit.PRODUCT)
    made["channels"] = [dict(channel) for channel in made["channels"]]
    made["channels"][kit.BOILER]["stuck"] = FROZEN_S
    hot = dict(kit.PRODUCT["monitors"][0], advice="Switch it off.", clear=clear)
    warm = dict(hot, name="boiler_warm", mode="scaling", severity=severity, advice="Descale it.",
                settings={"high": 100.0, "hysteresis": 1.0})
    made["monitors"] = [hot, warm]
    return kit.Bench(made).ready()


def cases(sent):
    """[(id, mode, severity, monitor, advice) of each message about a case]"""
    bodies = [message[wire.BODY] for message in kit.of_kind(sent, wire.CASE)]
    return [(b[1], b[2], b[4], b[11], b.get(10)) for b in bodies]


def events(sent):
    return [message[wire.BODY][2] for message in kit.of_kind(sent, wire.CASE_EVENT)]


def frozen(thing, value, ticks):
    """Let the boiler say the very same for so long."""
    tick = thing.tick

    def still(seconds=600):
        thing.boiler = value - 0.1 * ((thing.now + seconds) // 600 % 3)
        return tick(seconds)

    thing.tick = still
    sent = thing.serve(ticks)
    thing.tick, thing.boiler = tick, 92.0
    return sent


def test_what_a_lesser_monitor_sees_in_the_same_signal_is_an_update():
    thing = bench()
    thing.boiler = HOT
    told = cases(thing.serve(8))
    assert len({row[0] for row in told}) == 1
    assert {row[1] for row in told} == {"boiler_overheat"}
    assert told[-1][2:] == (3, "boiler_warm", "Switch it off. Descale it.")
    thing.boiler = WARM  # the graver one is over, the other is not
    assert not events(thing.serve(2 * 144))
    thing.boiler = 92.0
    assert events(thing.serve(2 * 144)) == [3]
    assert thing.thing.cases.open == []


def explained():
    """The kit's thing, of whose two monitors one sees what the other explains."""
    made = dict(kit.PRODUCT, monitors=[
        dict(kit.PRODUCT["monitors"][0]),
        dict(kit.PRODUCT["monitors"][0], name="pressed", mode="scaling", why=[0],
             settings={"high": 100.0, "hysteresis": 1.0})])
    thing = kit.Bench(made).ready()
    return thing, thing.thing.senses.find("pressed").finding


def test_what_another_finding_explains_is_not_seen():
    thing, finding = explained()
    thing.boiler = HOT
    told = cases(thing.serve(2 * 144))
    assert {row[1] for row in told} == {"boiler_overheat"} and finding.state == NONE
    thing.boiler = WARM  # the cause is over, and it is still there: a fault of its own
    thing.serve(2 * 144)
    assert finding.state == CONFIRMED


def test_what_was_found_before_its_cause_came_stays_as_long_as_nobody_looks():
    thing, finding = explained()
    thing.boiler = WARM
    thing.serve(8)
    assert finding.state == CONFIRMED
    thing.boiler = HOT
    thing.serve(144)
    assert finding.state == CONFIRMED
    thing.boiler = 92.0
    thing.serve(144)
    assert finding.state == NONE


def test_what_is_graver_is_a_case_of_its_own():
    thing = bench()
    thing.boiler = WARM
    first = cases(thing.serve(8))
    thing.boiler = HOT
    second = cases(thing.serve(8))
    assert [row[1] for row in first] == ["scaling"]
    assert [row[1] for row in second] == ["boiler_overheat"]


def test_a_frozen_sensor_that_was_taken_for_a_fault_stays_its_case():
    thing = bench()
    told = cases(frozen(thing, HOT, 60))
    assert len({row[0] for row in told}) == 1 and len(told) == 3
    assert told[-1][2:4] == (3, "sensor_boiler_c")
    assert "Switch it off." in told[-1][4] and "check the sensor" in told[-1][4]
    assert not cases(thing.serve(36)), "not while the sensor proves itself"
    assert events(thing.serve(2 * 144)) == [3]


def test_what_was_seen_through_a_sick_sensor_waits_until_it_proved_well():
    thing = bench()
    told = cases(frozen(thing, 92.0, 60))
    assert [row[1] for row in told] == ["sensor_fault"]
    thing.serve(38)
    thing.boiler = HOT
    held = cases(thing.serve(12))
    assert {row[1] for row in held} == {"sensor_fault"}, "told at once, in the sensor's case"
    assert max(row[2] for row in held) == 3
    thing.boot()
    sent = thing.serve(200)
    told = cases(sent)
    assert events(sent) == [3]
    assert "boiler_overheat" in {row[1] for row in told}
    assert len({row[0] for row in told}) == 1


def test_what_comes_back_within_days_is_the_same_case():
    thing = bench()
    seen = []
    for rest in (30 * HOUR, 60 * HOUR, 100 * HOUR):
        thing.boiler = HOT
        sent = thing.serve(8)
        seen.append((cases(sent)[0][0], events(sent)))
        thing.boot()
        thing.boiler = 92.0
        assert events(thing.serve(rest // 600)) == [3]
    assert seen[0][0] == seen[1][0] and seen[1][1] == [2]
    assert seen[2][0] == seen[0][0], "closed a day and a half ago"
    thing.boiler = HOT
    last = thing.serve(8)
    assert cases(last)[0][0] != seen[0][0] and not events(last)


def test_an_alarm_that_comes_and_goes_is_told_a_few_times():
    thing = bench()
    sent = []
    for _ in range(40):
        thing.boiler = HOT
        sent += thing.serve(4)
        thing.boiler = 92.0
        sent += thing.serve(5)
    assert len({row[0] for row in cases(sent)}) == 1
    assert len(cases(sent)) <= 12
    assert len(kit.of_kind(sent, wire.FINDING)) <= 24


def test_a_suspicion_does_not_grow_old_while_it_is_quiet():
    finding = Finding(600, 3600)
    for minute in range(120):
        finding.advance(minute % 20 == 0, 2.0, 60 * minute)
    assert finding.state == RAISED
    for minute in range(120, 160):
        finding.advance(minute % 3 != 0, 2.0, 60 * minute)
    assert finding.state == CONFIRMED


def test_a_finding_that_flaps_is_cleared_later_each_time_and_forgets_it():
    finding = Finding(0, 600)

    def cleared_after(at):
        finding.advance(True, 2.0, at)
        finding.advance(True, 2.0, at)
        quiet = 0
        while finding.state != NONE:
            quiet += 60
            finding.advance(False, 0.0, at + quiet)
        return quiet

    assert [cleared_after(4 * HOUR * n) for n in range(3)] == [600, 1200, 2400]
    assert cleared_after(10 * DAY) == 600


def repaired(clear, quiet_after):
    """Event codes after a repair, of a monitor that must be quiet for `clear` seconds, and whose
    alarm goes off so many ticks of ten minutes after the repair."""
    thing = bench(clear=clear)
    thing.boiler = HOT
    case = kit.of_kind(thing.serve(8), wire.CASE)[0][wire.BODY][1]
    thing.say(wire.CASE_STATUS, {1: case, 2: 4})
    sent = thing.serve(quiet_after)
    thing.boiler = 92.0
    return events(sent + thing.serve(5 * 144))


def test_who_has_to_be_quiet_for_days_is_waited_for_before_service_is_called_again():
    assert repaired(3 * DAY, 6) == [1]
    assert repaired(3 * DAY, 2 * 144 + 6)[0] == 2  # two days later it alarms still
