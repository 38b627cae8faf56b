"""`why NAME` on the console gives the numbers behind every kind of monitor, alarmed or not."""

import json

import kit
from monitor_streams import LIFE_WEIGHTS, Noise

from agent.sense import monitors

SETTINGS = {
    "limit": {"high": 120.0}, "rate": {"rise": 30.0, "window": 600}, "stuck": {"seconds": 3600},
    "novelty": {"hold": 30}, "joint": {"channels": 2, "learn": 30, "calibrate": 10},
    "drift": {"block": 3600, "learn": 6}, "cycle": {"on": 100.0}, "onset": {"learn": 30},
    "life": {"weights": LIFE_WEIGHTS, "new": 3}, "crosscheck": {"tolerance": 20.0},
}
PAIRED = ("joint", "life", "crosscheck")


def watched(kind):
    """A kit thing whose boiler is watched by one monitor of a kind, after a day and a rise."""
    made = dict(kit.PRODUCT)
    channels = [kit.BOILER, kit.BEANS] if kind in PAIRED else [kit.BOILER]
    made["monitors"] = [{"name": "watch", "kind": kind, "channels": channels, "mode": "m",
                         "severity": 2, "hold": 0, "clear": 600, "service": "repair",
                         "settings": SETTINGS[kind]}]
    bench = kit.Bench(made)
    noise = Noise(2)
    answers = [bench.thing.feed_line("why watch --json", bench.up())]
    for row in range(144):
        bench.boiler = 92 + noise.normal() + (40 if row > 120 else 0)
        bench.serve()
    return answers + [bench.thing.feed_line("why watch --json", bench.up())]


def numbers(answer):
    told = json.loads(answer)
    return {word: value for word, value in told.items()
            if isinstance(value, (int, float)) and value == value}


def test_every_kind_tells_its_numbers():
    for kind in monitors.KINDS:
        new, later = watched(kind)
        assert numbers(new), (kind, new)
        assert len(numbers(later)) >= 2, (kind, later)
        assert numbers(later) != numbers(new), (kind, later)


def test_several_channels_are_told_by_name():
    told = numbers(watched("joint")[1])
    assert "boiler_c" in told and "beans_g" in told
    assert abs(told["boiler_c"] + told["beans_g"] - 1) < 0.01


def test_a_sensor_tells_its_quality():
    bench = kit.Bench().ready()
    told = json.loads(bench.thing.feed_line("why sensor_boiler_c --json", bench.up()))
    assert told["quality"] == "good" and told["late"] == 0 and told["age_s"] == 0
    assert told["low"] == -20 and told["high"] == 180 and 91 < told["said"] < 93
    assert told["missing_after_s"] == 3600 and told["frozen_after_s"] is None


def test_a_sick_sensor_tells_what_it_said_and_for_how_long():
    bench = kit.Bench().ready()
    bench.boiler = 900.0
    bench.serve(9)
    told = json.loads(bench.thing.feed_line("why sensor_boiler_c --json", bench.up()))
    assert told["quality"] == "out of range" and told["said"] > 899 and 91 < told["believed"] < 93
    assert told["unchanged_s"] == 9 * 600
    bench.boiler = float("nan")
    bench.serve()
    told = json.loads(bench.thing.feed_line("why sensor_boiler_c --json", bench.up()))
    assert told["quality"] == "missing" and told["said"] == "nan"
    bench.now += 7200
    bench.thing.step(bench.up())
    assert "age_s            7200" in bench.thing.feed_line("why sensor_boiler_c", bench.up())


def test_what_is_not_known_of_a_consumable_is_not_told_as_a_number():
    bench = kit.Bench()
    bench.serve(10)
    told = json.loads(bench.thing.feed_line("why beans --json", bench.up()))
    assert told["level"] >= 0 and told["rate_per_day"] is None and told["days_left"] is None
