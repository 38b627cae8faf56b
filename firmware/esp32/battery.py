"""The loop of a thing on a battery: between two turns it naps, with the radio off (duty.py).

Light sleep keeps memory, so the thing goes on where it was. Only on a flat battery it sleeps
deeply and starts anew; the guard does not count such a start as a failed one.
"""

from firmware.esp32.duty import Duty, Gate

LEVELS = ("full", "low", "flat")


class Battery:
    """power: of the compiled board. link: firmware.esp32.wifi.Online, or None. shortest: the
    shortest period of the channels (s). chip: hal.esp32.board."""

    def __init__(self, power, sensors, link, shortest, chip):
        self.naps = 0
        self._chip = chip
        self._duty = Duty(power, chip.cause() == "sleep")
        self._sensors = Gate(sensors, self._duty, power["channel"], shortest)
        self._link = link
        self._waiting = 0
        self._loop = None

    def take_over(self, loop) -> None:
        """Stand between a loop and its sensors and console, to know of battery and people."""
        self._loop = loop
        loop.sensors = self._sensors
        loop.consoles = [_Listened(console, self._typed) for console in loop.consoles]

    def rest(self, due) -> bool:
        """Sleep until `due`, if nothing is going on; False when somebody may be there."""
        duty, now = self._duty, self._loop.clock.uptime()
        if self._link is not None:
            self._see_to_link(now, due)
        deep = duty.deep_s(now, self._link is not None)
        if deep:
            self._chip.deep_sleep(deep)
            return True  # only where sleep is not real
        slept = False
        while (nap := duty.nap_s(self._loop.clock.uptime(), due)) > 0:
            self._chip.light_sleep(nap)
            self._loop.watchdog.feed()  # not a turn, but all is well: there are few until `due`
            slept = True
        self.naps += slept
        return slept

    def low(self) -> bool:
        """Whether it has too little left for an update."""
        return self._duty.low()

    def facts(self) -> list:
        """Name and value of what a person wants to know."""
        duty = self._duty
        return [
            ("battery", LEVELS[duty.level()]),
            ("battery_pct", duty.charge),
            ("naps", self.naps),
            ("times_online", duty.sessions),
            ("times_unanswered", duty.failures),
        ]

    def _see_to_link(self, now, due):
        link, agent, duty = self._link, self._loop.agent, self._duty
        waiting = agent.outbox.waiting()
        if waiting != self._waiting or due <= now or (agent.updates and agent.updates.active()):
            self._waiting = waiting
            duty.moved(now)
        online = duty.online(now, waiting, link.ready(), _asks_sellers(agent))
        if online and link.asleep:
            link.wake()
        elif not online and not link.asleep:
            link.sleep()

    def _typed(self):
        self._duty.attended(self._loop.clock.uptime())


class _Listened:
    """A console; `typed()` is called for every line that comes from it."""

    def __init__(self, console, typed):
        self._console = console
        self._typed = typed
        self.write = console.write

    def read(self):
        line = self._console.read()
        if line is not None:
            self._typed()
        return line


def _asks_sellers(agent):
    trade = agent.trade
    if trade is None:
        return False
    from agent.money.orders import AWAITING

    return any(order.state <= AWAITING for order in trade.orders.open)
