"""The main program on Linux: chooses the ports, puts the thing together and runs the loop.

`python -m firmware.pi.boot --state /var/lib/steward --console /run/steward/console` starts it from
its slot, as steward.service beside this file does.
"""

import argparse
import os
import signal
import sys
import time

from agent.console.ports import Ports
from agent.core import RUN, SAFE
from firmware import start
from firmware.blank import Blank, NoSensors
from firmware.guard import Guard
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
    again, cause = True, _cause()
    try:
        while again:
            store = open_store(options.state)
            guard = Guard(store, cause)
            try:
                loop = assemble(store, console, watchdog, guard)
                signal.signal(signal.SIGTERM, loop.stop)
                again = _run(loop)
            except Exception as error:
                guard.crashed(error, int(time.monotonic()))
                raise
    finally:
        console.close()
        watchdog.close()
    if loop.anew:
        os.environ.pop("PYTHONPATH", None)  # not out of this slot
        words = sys.argv[1:] if arguments is None else arguments
        os.execv(sys.executable, [sys.executable, "-P", "-m", "firmware.pi.boot"] + words)
    return 0


def assemble(store, console, watchdog, guard) -> "PiLoop":
    """The loop with the ports of Linux, whatever there is to put together.

    A thing that has not been provisioned, or that could not be put together in so many starts,
    answers on its console, where it can be set right.
    """
    link = None
    try:
        agent = start.start_agent(store, p256, os.urandom, guard.cause)
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
    except Exception as error:
        if not guard.safe and guard.error is None:
            raise  # once more, a few times; but only if somebody can count them
        guard.crashed(error, int(time.monotonic()))
        agent, sensors = Blank(repr(error)), NoSensors()
    agent.ports = Ports(store, p256, os.urandom)
    start.mend(store, agent.tell)
    if guard.safe:
        agent.mode = SAFE
        agent.tell("safe mode: it failed to start several times; `crash` says how")
        start.ask_for_update(agent, "safe mode")
    loop = PiLoop(agent, sensors, Clock(ticks), guard, console, watchdog, link)
    return start.start_outputs(start.start_ways(loop, store), store, open_bus)


class PiLoop(Loop):
    """The one loop, with what its console may ask of it, and once a turn: is this start a good one?
    `again`: it ended to start anew; `anew`: in another version."""

    def __init__(self, agent, sensors, clock, guard, console, watchdog, link):
        ports = agent.ports
        effects = {"notify": ports.tells(console.write, clock.uptime), "restart": self.renew}
        super().__init__(agent, sensors, clock, link, [console], effects, watchdog)
        self.again = self.anew = False
        self._guard = guard
        ports.restart, ports.sensors = self.restart, sensors
        if link is not None:
            ports.facts = self.facts

    def turn(self) -> int:
        due = super().turn()
        if self._guard.watch(self.clock.uptime()):
            self.agent.mode = RUN
        return due

    def restart(self) -> None:
        self.stop()
        self.again = True

    def renew(self) -> None:
        self.stop()
        self.anew = True

    def stop(self, *signal) -> None:
        """As somebody wished, so it is not counted against this start."""
        self._guard.good()
        self.running = self.again = self.anew = False

    def facts(self) -> list:
        """Name and value of what a person wants to know of the way to the desk."""
        error = self.link.error
        return [
            ("starts", self._guard.boots),
            ("safe", self._guard.safe),
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
