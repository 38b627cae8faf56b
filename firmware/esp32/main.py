"""The main program on an ESP32: chooses the ports, puts the thing together and runs the loop.

A thing that has not been provisioned, or that cannot be put together, still answers on its
console (agent/console/setup.py), where it can be told its name, its owner and its desk. Whatever
ends the loop is kept in flash for the next start to report, and the chip starts anew.
"""

import gc
import sys
import time

import machine
import micropython
import network

from agent import loan
from agent.console.ports import Ports
from agent.core import RUN, SAFE
from agent.wire import cbor, p256
from firmware import start
from firmware.esp32.guard import Guard
from firmware.esp32.sntp import Clock as NetworkClock
from firmware.esp32.wifi import Online, Wifi
from firmware.loop import Loop
from hal import HalError
from hal.clock import Clock
from hal.console import Console
from hal.esp32 import board
from hal.esp32.buses import open_bus
from hal.link_chumicro import Link
from hal.store import FileStore
from hal.wiring import WiringError

STATE = "/state"
COLLECT_BYTES = 24 * 1024  # garbage between collections: a heap that is let fill up falls apart
PAUSE_MS = 5_000  # before a restart after a crash, so that a thing in a loop of them can be reached
SAVE_TIME_S = 86_400
RUNTIME = "mpy%d" % (sys.implementation._mpy & 0xFF)  # the version of .mpy files that it loads
EPOCH = 0 if time.gmtime(0)[0] == 1970 else 946_684_800  # unix seconds of this port's second 0


class Flash(FileStore):
    """The store, and behind it what the image carries: its product and its board."""

    def __init__(self, directory):
        try:
            super().__init__(directory)
        except OSError as error:  # of a folder that cannot be read; every use of it will say so
            sys.print_exception(error)

    def load(self, name):
        try:
            return super().load(name) or carried(name)
        except HalError:
            if not carried(name):
                raise
            return carried(name)


def carried(name):
    """The product or the board that this image was built for, or None."""
    try:
        import carried as image  # made by firmware/image/build.py
    except ImportError:
        return None
    return getattr(image, name, None) if name in ("product", "board") else None


def main(directory=STATE) -> None:
    """Run until something ends the loop; then the chip restarts."""
    gc.threshold(COLLECT_BYTES)
    loan.loaded = sys.modules
    watchdog = board.Watchdog()
    store = Flash(directory)
    guard = Guard(store, board.cause())
    clock = Clock(time)
    try:
        thing = assemble(store, guard, clock, watchdog)
        gc.collect()
        thing.run()
    except KeyboardInterrupt:
        return  # a person at the console, before the thing was locked
    except Exception as error:
        guard.crashed(error, clock.uptime())
        sys.print_exception(error)
    watchdog.feed()
    time.sleep_ms(PAUSE_MS)
    machine.reset()


def assemble(store, guard, clock, watchdog):
    """The loop with the ports of the ESP32, whatever there is to put together."""
    console = Console(sys.stdin, sys.stdin.buffer.read, sys.stdout.buffer.write, echo=True)
    ports = Ports(store, p256, board.entropy)
    if is_locked(store):
        micropython.kbd_intr(-1)  # MicroPython's own prompt would show every key
    link = battery = None
    try:
        agent = start.start_agent(store, p256, board.entropy, board.cause())
        sensors = start.start_sensors(store, agent, open_bus)
        try:
            link = go_online(store, agent)
        except start.BrokenFile as error:
            agent.tell("it works alone: %s" % error)
        battery = on_battery(store, agent, sensors, link)
        start.start_updates(store, agent, RUNTIME, battery and battery.low)
    except (start.Unprovisioned, WiringError) as error:
        if start.not_at_work(store, str(error)):
            machine.reset()
        agent, sensors = without_agent(str(error))
    except Exception as error:
        if not guard.safe and guard.error is None:
            raise  # once more, a few times; but only if somebody can count them
        guard.crashed(error, clock.uptime())
        agent, sensors = without_agent(repr(error))
    agent.ports = ports
    start.mend(store, agent.tell)
    if guard.safe:
        agent.mode = SAFE
        agent.tell("safe mode: it failed to start several times; `crash` says how")
        start.ask_for_update(agent, "safe mode")
    loop = Esp32Loop(agent, sensors, clock, guard, watchdog, console, link, battery)
    return start.start_outputs(loop, store, open_bus)


def is_locked(store):
    """Whether MicroPython's own prompt is shut; where nobody can tell, it is."""
    try:
        return store.load("locked") is not None
    except HalError:
        return True


def without_agent(reason):
    """What stands in for agent and sensors, loaded only where it is needed."""
    from firmware.blank import Blank, NoSensors

    return Blank(reason), NoSensors()


def go_online(store, agent):
    """The link behind Wi-Fi and a clock, or None for a thing that works alone."""
    link = start.start_link(store, agent, Link, board.entropy, time)
    if link is None:
        return None
    settings = start.spare(store, "config") or {}
    networks = [(settings["wifi.name"], settings.get("wifi.password", ""))] * (
        "wifi.name" in settings
    )
    station = network.WLAN(network.STA_IF)
    last = start.spare(store, "time")
    where = start.load(store, "link")
    clock = NetworkClock(
        settings.get("time.server", where["host"]),
        last["utc"] if last else where.get("utc"),
        set_utc,
        board.entropy,
        time,
    )
    return Online(Wifi(station, networks, board.entropy, time), clock, link)


def on_battery(store, agent, sensors, link):
    """What makes it sleep, or None for a thing on mains; loaded only where the board says so."""
    power = start.load(store, "board").get("power")
    if power is None:
        return None
    module = __import__("firmware.esp32.battery", None, None, ("Battery",))
    shortest = min(channel.period_s for channel in agent.product.channels)
    return module.Battery(power, sensors, link, shortest, board)


def set_utc(utc) -> None:
    """Set the chip's clock."""
    year, month, day, hour, minute, second, weekday = time.gmtime(utc - EPOCH)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


class Esp32Loop(Loop):
    """The one loop, and once a turn: is this start a good one, what time is it for next time."""

    def __init__(self, agent, sensors, clock, guard, watchdog, console, link=None, battery=None):
        ports = agent.ports
        effects = {"notify": ports.tells(console.write, clock.uptime), "restart": self.restart}
        super().__init__(agent, sensors, clock, link, (console,), effects, watchdog)
        self._guard = guard
        self._battery = battery
        if battery is not None:
            battery.take_over(self)
        self._saved_at = 0
        ports.restart, ports.facts, ports.sensors = self.restart, self.facts, sensors

    def turn(self):
        due = super().turn()
        now = self.clock.uptime()
        if self._guard.watch(now):
            self.agent.mode = RUN
        if self.link is not None and now - self._saved_at >= SAVE_TIME_S:
            self._saved_at = now
            self._save_time(now)
        return due

    def rest(self, due) -> None:
        if self._battery is None or not self._battery.rest(due):
            super().rest(due)

    def restart(self) -> None:
        """As a person or an update wished, so it is not counted against this start."""
        self._guard.good()
        self.running = False

    def facts(self) -> list:
        """Name and value of what a person wants to know of the way to the desk."""
        guard = self._guard
        pairs = [("starts", guard.boots), ("safe", guard.safe), ("flash_error", guard.error)]
        if self.link is not None:
            pairs += self.link.facts()
        if self._battery is not None:
            pairs += self._battery.facts()
        return pairs

    def _save_time(self, now):
        clock = self.agent.clock
        utc = clock.utc(clock.at(now))
        if utc is not None:
            try:
                self.agent.ports.store.save("time", cbor.encode({"utc": utc}))
            except HalError as error:
                self.error = error
