"""Takes the picture of the live page that the README shows: `python -m sim.demo.picture FILE`.

Runs the demo, waits until its story is complete and has Chromium (which is no dependency: it must
be on the path) take a picture of the page without a window.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sim.demo.live import Live
from sim.demo.page import serve
from sim.demo.timeline import Timeline
from sim.desk.broker import free_port
from sim.world import scenario

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = "1200,860"
BUDGET_MS = 6000  # of the page's own time: it is drawn twice a second
WAIT_S = 300


def main(target: Path) -> None:
    """Write the picture; SystemExit says what is missing."""
    chromium = browser()
    with tempfile.TemporaryDirectory(prefix="steward-demo-") as directory:
        live = Live(scenario.load("demo"), Path(directory), "micropython", 3600)
        live.start()
        try:
            serve(live, free_port(), lambda url: _take(live, chromium, url, target, directory))
        finally:
            live.stop()
            Timeline(live).closing()


def browser() -> str:
    """The browser that takes pictures; SystemExit when there is none."""
    found = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if found is None:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is on the path")
    return found


def shoot(chromium: str, url: str, target: Path, directory: str, size: str) -> None:
    """Write a picture of a page, `size` being "width,height" in pixels."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               f"--user-data-dir={directory}/browser", f"--window-size={size}",
               f"--virtual-time-budget={BUDGET_MS}", f"--screenshot={target}")  # fmt: skip
    subprocess.run([chromium, *options, url], check=True, capture_output=True, timeout=WAIT_S)


def _take(live: Live, chromium: str, url: str, target: Path, directory: str) -> None:
    """Called beside the page's server once it can be opened; ends it."""
    from nicegui import app

    deadline = time.monotonic() + WAIT_S
    while not live.story.complete and live.failure is None and time.monotonic() < deadline:
        time.sleep(0.2)
    shoot(chromium, url, target, directory, SIZE)
    app.shutdown()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m sim.demo.picture FILE")
    main(Path(sys.argv[1]))
