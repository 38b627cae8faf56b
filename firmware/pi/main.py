"""The main program on Linux: chooses the ports, puts the thing together and runs the loop.

`python -m firmware.pi.main --state /var/lib/steward --console /run/steward/console`, as
steward.service beside this file starts it. Exit code 2: the thing has not been provisioned.
"""

import argparse
import os
import signal
import sys

from firmware import start
from firmware.loop import Loop
from hal.clock import Clock
from hal.link_paho import Link
from hal.linux import p256, ticks
from hal.linux.buses import open_bus
from hal.linux.console import Terminal
from hal.linux.store import open_store
from hal.linux.watchdog import Watchdog
from hal.wiring import WiringError

JUST_BOOTED_S = 120.0


def main(arguments=None) -> int:
    """Run until SIGTERM; returns the exit code."""
    options = _options(arguments)
    store = open_store(options.state)
    console = Terminal(options.console)
    watchdog = Watchdog()
    try:
        loop = assemble(store, console, watchdog)
        signal.signal(signal.SIGTERM, lambda number, frame: setattr(loop, "running", False))
        loop.run()
        if loop.link is not None:
            loop.link.close()
    except (start.Unprovisioned, WiringError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        console.close()
        watchdog.close()
    return 0


def assemble(store, console, watchdog) -> Loop:
    """The loop with the ports of Linux. Raises Unprovisioned and WiringError."""
    agent = start.start_agent(store, p256, os.urandom, _cause())
    return Loop(
        agent,
        start.start_sensors(store, agent, open_bus),
        Clock(ticks),
        start.start_link(store, agent, Link, os.urandom, ticks),
        [console],
        {"notify": console.write},
        watchdog,
    )


def _cause() -> str:
    with open("/proc/uptime", encoding="ascii") as file:
        seconds = float(file.read().split()[0])
    return "power on" if seconds < JUST_BOOTED_S else "restart"


def _options(arguments):
    parser = argparse.ArgumentParser(prog="steward-thing", description=__doc__.splitlines()[0])
    state = os.environ.get("STATE_DIRECTORY", "/var/lib/steward")
    parser.add_argument("--state", default=state, help="folder of the store")
    parser.add_argument(
        "--console", default="/run/steward/console", help="where the terminal can be found"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
