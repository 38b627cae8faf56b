"""The main program on an ESP32: has the thing put together (assembly.py) and runs the loop.

Whatever ends the loop is kept in flash for the next start to report, and the chip starts anew.
"""

import gc
import sys
import time

import machine

import firmware.esp32.assembly  # what cannot be imported is seen before anything is begun
from agent import loan
from agent.core import RUN
from agent.wire import cbor
from firmware.guard import Guard
from firmware.loop import Loop
from hal import HalError
from hal.clock import Clock
from hal.esp32 import board
from hal.store import FileStore

STATE = "/state"
COLLECT_BYTES = 8 * 1024  # garbage between collections: a heap that is let fill up falls apart
START_BYTES = 2 * 1024  # while a thing is put together, of which nearly all stays: it lies close
PAUSE_MS = 5_000  # before a restart after a crash, so that a thing in a loop of them can be reached
SAVE_TIME_S = 86_400
# What puts a thing together and then is given back: 8 KB, which it wants again at the next start.
STARTERS = ("firmware.esp32.assembly", "firmware.start", "hal.wiring", "hal.esp32.buses")


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
    gc.threshold(START_BYTES)
    loan.loaded, loan.tidy = sys.modules, gc.collect
    watchdog = board.Watchdog()
    store = Flash(directory)
    guard = Guard(store, board.cause())
    clock = Clock(time)
    try:
        thing = assembled(store, guard, clock, watchdog)
        gc.collect()
        gc.threshold(COLLECT_BYTES)
        thing.run()
    except KeyboardInterrupt:
        return  # a person at the console, before the thing was locked
    except Exception as error:
        guard.crashed(error, clock.uptime())
        sys.print_exception(error)
    watchdog.feed()
    time.sleep_ms(PAUSE_MS)
    machine.reset()


def assembled(store, guard, clock, watchdog):
    """The loop; of the code that makes it nothing is left then."""
    try:
        return firmware.esp32.assembly.assemble(Esp32Loop, store, guard, clock, watchdog)
    finally:
        loan.give_back(*STARTERS)


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
        if due <= now:
            gc.collect()  # more is to be done: what is kept of it lies low, and leaves large pieces
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
