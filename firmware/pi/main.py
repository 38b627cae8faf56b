"""The main program on Linux: chooses the ports, puts the thing together and runs the loop.

`python -m firmware.pi.boot --state /var/lib/steward --console /run/steward/console` starts it from
its slot, as steward.service beside this file does.
"""

import argparse
import os
import signal
import sys

from agent.console.ports import Ports
from firmware import start
from firmware.blank import Blank, NoSensors
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
    """Run until SIGTERM; a `restart` on the console puts the thing together anew."""
    options = _options(arguments)
    console = Terminal(options.console)
    watchdog = Watchdog()
    again = True
    try:
        while again:
            loop = assemble(open_store(options.state), console, watchdog)
            signal.signal(signal.SIGTERM, loop.stop)
            again = _run(loop)
    finally:
        console.close()
        watchdog.close()
    if loop.anew:
        os.environ.pop("PYTHONPATH", None)  # not out of this slot
        words = sys.argv[1:] if arguments is None else arguments
        os.execv(sys.executable, [sys.executable, "-P", "-m", "firmware.pi.boot"] + words)
    return 0


def assemble(store, console, watchdog) -> "PiLoop":
    """The loop with the ports of Linux, whatever there is to put together.

    A thing that has not been provisioned answers on its console, where it can be.
    """
    link = None
    try:
        agent = start.start_agent(store, p256, os.urandom, _cause())
        sensors = start.start_sensors(store, agent, open_bus)
        try:
            link = start.start_link(store, agent, Link, os.urandom, ticks)
        except start.BrokenFile as error:
            agent.tell(f"it works alone: {error}")
        start.start_updates(store, agent, "py3")
    except (start.Unprovisioned, WiringError) as error:
        print(error, file=sys.stderr)
        if start.not_at_work(store, str(error)):
            raise
        agent, sensors = Blank(str(error)), NoSensors()
    agent.ports = Ports(store, p256, os.urandom)
    start.mend(store, agent.tell)
    loop = PiLoop(agent, sensors, Clock(ticks), console, watchdog, link)
    return start.start_outputs(start.start_ways(loop, store), store, open_bus)


class PiLoop(Loop):
    """The one loop, with what its console may ask of it. `again`: it ended to start anew; `anew`:
    in another version."""

    def __init__(self, agent, sensors, clock, console, watchdog, link):
        ports = agent.ports
        effects = {"notify": ports.tells(console.write, clock.uptime), "restart": self.renew}
        super().__init__(agent, sensors, clock, link, [console], effects, watchdog)
        self.again = self.anew = False
        ports.restart, ports.sensors = self.restart, sensors
        if link is not None:
            ports.facts = self.facts

    def restart(self) -> None:
        self.running, self.again = False, True

    def renew(self) -> None:
        self.running, self.anew = False, True

    def stop(self, *signal) -> None:
        self.running = self.again = self.anew = False

    def facts(self) -> list:
        """Name and value of what a person wants to know of the way to the desk."""
        error = self.link.error
        return [
            ("broker", "connected" if self.link.ready() else "not connected"),
            ("broker_error", None if error is None else str(error)),
        ]


def _run(loop: PiLoop) -> bool:
    """Until it ends; whether it is to start anew."""
    try:
        loop.run()
    finally:
        if loop.link is not None:
            loop.link.close()
    return loop.again


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
