"""The pattern of use is learned by hour, told in hours of UTC, and shared only with consent."""

import kit

from agent.stock import pattern
from agent.wire import messages as wire


def used_by_day(bench, days):
    """Let beans be used from 08:00 to 16:00 of UTC only, and be refilled every night."""
    sent = []
    for _ in range(days * 24):
        hour = (kit.START_UTC + bench.now) // 3600 % 24
        if 8 <= hour < 16:
            bench.beans -= 15
        elif bench.beans < 500:
            bench.beans = 950.0
        sent += bench.serve(1, 3600)
    return sent


def test_busy_and_quiet_hours_are_hours_of_utc():
    bench = kit.Bench()
    bench.now = bench.past = 0
    bench.serve(5)
    bench.now += 5 * 3600  # the thing's age does not begin at midnight
    used_by_day(bench, 10)
    at = bench.thing.clock.at(bench.up())
    [(name, per_day, busiest, start, length)] = pattern.insight(
        bench.thing.trade.shelf, bench.thing.clock, at)
    assert name == "beans" and 90 < per_day < 150
    assert 7 <= busiest <= 16  # an hour of age lies across two of UTC
    assert length >= 10 and 15 <= start <= 20


def test_hours_of_use_are_known_once_there_are_quiet_ones():
    bench = kit.Bench()
    bench.serve(5)
    thing = bench.thing
    used = {False: [], True: []}
    for learned in (False, True):
        for _ in range(24):
            hour = (kit.START_UTC + bench.now) // 3600 % 24
            if thing.trade.in_use(thing.clock.at(bench.up())):
                used[learned].append(hour)
            bench.serve(1, 3600)
        used_by_day(bench, 10)
    assert used[False] == [] and used[True], used
    assert all(7 <= hour <= 16 for hour in used[True]), used


def test_use_leaves_only_with_consent_and_is_written_down():
    bench = kit.Bench().ready()
    bench.thing.feed_line("privacy", bench.up())  # its code is loaded before the heap has holes
    assert not kit.of_kind(used_by_day(bench, 16), wire.USAGE)
    bench = kit.Bench()
    bench.serve(4)
    bench.say(wire.MANDATE, {1: kit.mandate(k16={"usage": ["desk"]})}, 900)
    told = kit.of_kind(used_by_day(bench, 16), wire.USAGE)
    assert told and told[0][wire.BODY][1][0][0] == "beans"
    said = dict(bench.thing.outbox.said)
    assert said[wire.USAGE][0] == len(told) and said[wire.HEALTH][0] >= 15
    bench.boot()
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    bench.boot()
    again = bench.thing.outbox.said
    assert again.pop(wire.HELLO)[0] == said.pop(wire.HELLO)[0] + 2 and again == said
    assert "usage" in bench.thing.feed_line("privacy", bench.up())
