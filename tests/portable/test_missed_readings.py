"""Readings that are missed: now and then, late after a start, or too many; on both runtimes."""

import kit
from monitor_streams import Noise

from agent.sense.channels import GOOD, MISSING
from agent.sense.findings import NONE
from agent.wire import messages as wire

PERIOD_S = 60


def missing(share, readings, late=0, behind_s=0):
    """(thing, modes of its cases) where every sensor misses that share, and all of the first."""
    made = dict(kit.PRODUCT)
    made["channels"] = [dict(channel, period=PERIOD_S, stale=5 * PERIOD_S)
                        for channel in made["channels"]]
    bench = kit.Bench(made).ready()
    draw = Noise(3)
    sent = []
    for reading in range(readings):
        bench.now += PERIOD_S
        for channel, value in ((kit.BEANS, 600.0), (kit.BOILER, 92.0)):
            lost = reading < late or draw.uniform() < share
            bench.thing.feed_reading(channel, value, MISSING if lost else GOOD,
                                     max(0, bench.up() - behind_s))
        bench.thing.step(bench.up())
        sent += bench.desk.read(bench.thing)
    return bench, [message[wire.BODY][2] for message in kit.of_kind(sent, wire.CASE)]


def sensors(bench):
    return [watch for watch in bench.thing.senses.open_watches() if watch.name[:7] == "sensor_"]


def test_a_reading_missed_now_and_then_is_no_fault():
    for share in (0.005, 0.03):
        assert missing(share, 3000)[1] == [], share


def test_a_sensor_that_misses_every_third_reading_is_one():
    assert set(missing(0.33, 400)[1]) == {"sensor_fault"}


def test_a_part_that_answers_late_after_a_start_leaves_no_suspicion():
    bench, told = missing(0, 4, late=3)
    assert sensors(bench)
    for readings in (20, 100):
        bench, told = missing(0, readings, late=3)
        assert not told and not sensors(bench), readings
        assert all(watch.finding.state == NONE for watch in bench.thing.senses.watches)


def test_a_sensor_that_was_sick_is_believed_again_though_it_misses_a_reading_now_and_then():
    bench, told = missing(0.02, 900, late=20)
    assert "sensor_fault" in told and not sensors(bench)
    bench, told = missing(0.2, 900, late=20)
    assert sensors(bench)


def test_readings_out_of_range_are_a_fault_however_few_they_are():
    """A flow in another unit is only wrong while something flows."""
    bench = kit.Bench(kit.PRODUCT).ready()
    told = []
    for reading in range(36):
        bench.now += 600
        bench.thing.feed_reading(kit.BOILER, 1e6 if reading % 12 == 3 else 92.0, GOOD, bench.up())
        bench.thing.step(bench.up())
        told += kit.of_kind(bench.desk.read(bench.thing), wire.CASE)
    assert [message[wire.BODY][2] for message in told][:1] == ["sensor_fault"]


def test_readings_that_come_too_late_do_not_answer_for_their_sensor():
    told = missing(0, 60, behind_s=6 * PERIOD_S)[1]
    assert "sensor_fault" in told


def test_one_that_never_answers_is_found():
    assert missing(0, 20, late=20)[1][:1] == ["sensor_fault"]
