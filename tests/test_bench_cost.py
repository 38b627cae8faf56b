"""The cost bench measures what it says, and the goals that are met stay met."""

import csv
import io
import json
import shutil

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sim.bench import cost
from sim.cli import app

GARBAGE = {"crosscheck": 1400, "cycle": 1400, "drift": 700, "joint": 5400, "onset": 1700,
           "stuck": 400}


@pytest.fixture(scope="module")
def readings():
    return cost.readings()


def shown(result):
    console = Console(width=120, file=io.StringIO())
    console.print(cost.table(result))
    return console.file.getvalue()


def test_code_is_counted_by_room_and_adds_up():
    found = cost.code()
    rooms = [size for name, size in found.items() if name.startswith("agent/")]
    assert sum(rooms) == found["agent"] and min(rooms) > 0
    assert found["hal"] > 0 and "agent/core" in found and "agent/money" in found


def test_a_reading_costs_time_and_little_garbage(readings):
    assert {"agent", "limit", "loaded"} <= readings.keys()
    assert 0 < readings["limit"]["us"] < readings["agent"]["us"] < 20_000
    assert readings["limit"]["bytes"] < 1024
    # Of 64-bit words, after learning: what a reading makes is what the collector has to find.
    assert all(readings[kind]["bytes"] <= most for kind, most in GARBAGE.items())
    assert 20_000 < readings["loaded"]["bytes"] <= cost.code()["agent"]


def test_messages_are_small(monkeypatch):
    monkeypatch.setattr(cost, "WIRE_DAYS", 11)  # an order and a case have gone out
    found = cost.wire()
    assert {kind: found[kind]["count"] > 0 for kind in cost.KINDS} == dict.fromkeys(
        cost.KINDS, True
    )
    for kind, most in cost.FRAME_BYTES.items():
        assert found[kind]["mean"] <= 1.05 * most, kind
    assert found["device_days_per_s"] > 0


def test_the_signatures_of_an_order_are_the_dear_steps():
    found = cost.decision()
    assert 0 < found["usual_step_ms"] < found["ordering_step_ms"] < 2_000


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on the path")
def test_objects_fit_and_rom_saves_what_code_takes():
    found = cost.heaps()
    assert found is not None
    assert found["copied"]["objects"] <= cost.HEAP_BYTES
    assert found["in ROM"]["modules"] < 0.8 * found["copied"]["modules"]


def test_a_heap_for_a_week_is_searched_for_from_below(monkeypatch):
    assert cost._lived(96) is None
    monkeypatch.setattr(cost, "WEEK", 1)
    monkeypatch.setattr(cost, "CAPS_KB", (96, 640))
    found = cost.week()
    assert found["cap"] == 640 * 1024
    assert 100_000 < found["start"] < found["used"] < found["cap"] and found["journal"] > 0
    assert "655,360 B" in shown({"week": found})
    monkeypatch.setattr(cost, "CAPS_KB", (64, 96))
    with pytest.raises(ValueError, match="more heap than 96 KB"):
        cost.week()


def test_without_node_the_heap_is_left_out(monkeypatch):
    def missing(**options):
        raise FileNotFoundError("node")

    monkeypatch.setattr(cost.heap, "measure", missing)
    result = cost.run(parts=("heap",))
    assert result["heap"] is None and "heap" not in shown(result)


def test_every_row_says_what_it_may_be(readings):
    text = shown({"code": cost.code(), "readings": readings})
    assert ".mpy of agent" in text and "through the whole agent" in text and "49,152" in text


def test_the_command_prints_one_json_object():
    done = CliRunner().invoke(app, ["bench", "cost", "--part", "code", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["code"]["agent"] > 0


def test_wrong_usage_is_told(tmp_path):
    run = CliRunner().invoke
    assert run(app, ["bench", "cost", "--part", "beauty"]).exit_code == 2
    (tmp_path / "train").write_text("1")
    assert run(app, ["bench", "life", *[str(tmp_path / "train")] * 2]).exit_code == 2
    assert run(app, ["bench", "nab", str(tmp_path)]).exit_code == 2
    assert run(app, ["bench", "skab", str(tmp_path), "--runtime", "jython"]).exit_code == 2


def test_alarms_go_to_a_file(tmp_path, monkeypatch):
    from sim.bench import skab

    monkeypatch.setattr(skab, "run", lambda *paths, **options: {"alarms": [("one", 7)]})
    monkeypatch.setattr(skab, "table", lambda result: "a table")
    target = tmp_path / "alarms.csv"
    done = CliRunner().invoke(app, ["bench", "skab", str(tmp_path), "--alarms", str(target)])
    assert done.exit_code == 0 and "a table" in done.stdout
    assert list(csv.reader(target.open())) == [["file", "row"], ["one", "7"]]


def test_an_interrupt_ends_quietly(tmp_path, monkeypatch):
    from sim.bench import skab

    def interrupted(*paths, **options):
        options["progress"](1, 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(skab, "run", interrupted)
    done = CliRunner().invoke(app, ["bench", "skab", str(tmp_path)])
    assert done.exit_code == 130 and "Traceback" not in done.output
