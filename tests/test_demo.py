"""`steward demo` as a person meets it: the page is served, and whatever ends it leaves nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.demo.display import QUESTION, TABLES, Display
from sim.world.clock import DAY

WAIT_S = 120  # until it is taken for dead; a busy machine takes its time
COMMAND = [sys.executable, "-c", "from sim.cli import main; main()", "demo"]


def started(tmp_path: Path, *words: str) -> subprocess.Popen:
    """A demo whose temporary files are where the test finds them."""
    # NiceGUI serves other ports when it believes itself to be in a test.
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**environment, "TMPDIR": str(tmp_path), "COLUMNS": "200"},
    )  # fmt: skip


def until(demo: subprocess.Popen, pattern: str) -> str:
    """What a line of the demo has to say; fails when it ends without."""
    shown = ""
    assert demo.stdout
    for line in demo.stdout:
        shown += line
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(shown)


def parts(tmp_path: Path) -> list[str]:
    """Command lines of processes that belong to a demo in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if f"{tmp_path}/steward-demo-" in words:
            found.append(words)
    return found


@pytest.mark.parametrize("runtime", ["micropython", "cpython"])
def test_the_page_is_served_until_somebody_presses_ctrl_c(tmp_path, runtime):
    demo = started(tmp_path, "--port", "0", "--runtime", runtime)
    try:
        url = until(demo, r"http://127\.0\.0\.1:\d+")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=WAIT_S) as answer:
            page = answer.read().decode()
        for word in ("Steward", "What is left", "beans", "verified", "cut the power", "recovered"):
            assert word in page, word
        with opener.open(f"{url}/desk/", timeout=WAIT_S) as answer:
            assert "coffee_machine-1" in answer.read().decode(), "the page of its desk"
        assert len(parts(tmp_path)) == 2, "the thing and its broker"
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=WAIT_S)
        assert demo.returncode == 0 and "The story" in rest, rest
        assert "Traceback" not in rest, rest
        assert not parts(tmp_path) and not list(tmp_path.glob("steward-demo-*"))
    finally:
        demo.kill()
        demo.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_no_process_is_left_behind(tmp_path, number, code):
    demo = started(tmp_path, "--headless", "--speed", "60")
    try:
        deadline = time.monotonic() + WAIT_S
        while len(parts(tmp_path)) < 2:
            assert time.monotonic() < deadline and demo.poll() is None
            time.sleep(0.05)
        demo.send_signal(number)
        shown, _ = demo.communicate(timeout=WAIT_S)
        assert demo.returncode == code, shown
        assert "Traceback" not in shown, shown
        while parts(tmp_path):
            assert time.monotonic() < deadline, "something outlives its world"
            time.sleep(0.05)
    finally:
        demo.kill()
        demo.wait()


def test_a_port_that_is_taken_is_named_before_anything_starts():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = CliRunner().invoke(app, ["demo", "--port", str(port)])
    assert answer.exit_code == 2
    assert f"port {port}" in answer.stderr and "--port" in answer.stderr


RECORD = {
    "channels": [{"name": "beans_g", "unit": "g"}, {"name": "flow", "unit": "ml/s"}],
    "consumables": [{"name": "beans", "kind": "level", "channel": 0, "low": 0.3,
                     "capacity": 1000.0}],
    "monitors": [{"name": "pump", "channels": [1, 0]}],
}  # fmt: skip


def shown(value="812.5", findings="[]") -> str:
    channels = ('[{"channel": "beans_g", "value": %s, "quality": "good"},'
                ' {"channel": "flow", "value": null, "quality": "missing"}]')
    return f'> {QUESTION}\n{channels % value}\n[{{"consumable": "beans"}}]\n{findings}\n'


def test_the_display_takes_whole_answers_only():
    display = Display(RECORD)
    assert len(TABLES) == 3 and display.channels[0].low == 300
    assert not display.take_thing("", 0)
    assert not display.take_thing(shown()[:-9], 0)
    assert not display.take_thing(shown(value="8x"), 0)
    assert not display.channels[0].points
    assert display.take_thing(shown(), DAY)
    assert list(display.channels[0].points) == [[1.0, 812.5]]
    assert not display.channels[1].points
    assert display.stock == [{"consumable": "beans", "capacity": 1000.0}]


def test_a_finding_is_drawn_on_its_channel_from_where_it_began():
    display = Display(RECORD)
    row = '[{"monitor": "%s", "mode": "worn", "state": "%s", "since_s": %d}]'
    for day, since in ((2, DAY // 2), (3, DAY + DAY // 2), (9, 0)):
        display.take_thing(shown(findings=row % ("pump", "confirmed", since)), day * DAY)
    display.take_thing(shown(findings=row % ("pump", "raised", 0)), 20 * DAY)
    display.take_thing(shown(findings=row % ("sensor_beans_g", "confirmed", 0)), 4 * DAY)
    assert display.channels[1].bands == [[1.5, 3.0, "worn"], [9.0, 9.0, "worn"]]
    assert [band[:2] for band in display.channels[0].bands] == [[4.0, 4.0]]
