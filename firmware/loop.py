"""The one loop: on an ESP32, on a Raspberry Pi and in the simulator.

A turn: hear the consoles, read the sensors that are due, take one message from the link, let the
agent think, hand out what it decided, feed the watchdog. Nothing in a turn waits; between turns
the loop sleeps until something is due, but no longer than LONGEST_SLEEP_MS, for link and console.
"""

from agent.sense.channels import GOOD, MISSING
from hal import HalError

LONGEST_SLEEP_MS = 50  # a person at the console does not notice it, and a broker does not either


class Loop:
    """Everything comes in as an argument; the ports are described in hal/__init__.py.

    sensors: hal.sensors.Sensors; clock: hal.clock.Clock; link and watchdog may be None;
    effects: by word, what to call with the rest of an effect. `faults` counts turns in which the
    store failed, `error` is the last reason.
    """

    def __init__(self, agent, sensors, clock, link=None, consoles=(), effects=None, watchdog=None):
        self.agent = agent
        self.sensors = sensors
        self.clock = clock
        self.link = link
        self.consoles = consoles
        self.effects = effects or {}
        self.watchdog = watchdog
        self.faults = 0
        self.error = None
        self.running = True
        self.outputs = None  # of firmware/outputs.py, where the board has some
        self.ways = None  # of firmware/ways.py, where there is more than one to the desk
        self._linked = False
        self._thinking = False  # a step is under way: no further message is taken
        self._frame = None  # taken from the agent, not yet taken by the link
        self._answering = None  # (console, the answers to its line) while they are worked on

    def run(self) -> None:
        """Turn after turn until `running` is made False."""
        while self.running:
            self.rest(self.turn())

    def rest(self, due) -> None:
        """Between two turns; `due` is what the last one returned."""
        self.clock.sleep_until(due, LONGEST_SLEEP_MS)

    def turn(self) -> int:
        """Everything that is due now; returns the uptime (s) of what is due next."""
        now = self.clock.uptime()
        self._listen(now)
        self._read_sensors(now)
        heard = self._receive(now)
        due = self._think(now, heard)
        if self.ways is not None:
            self.ways.watch(now)
        if self.outputs is not None:
            due = self.outputs.follow(self.agent, now, due)
        if self.watchdog is not None:
            self.watchdog.feed()
        return now if self._answering else min(due, self.sensors.due)

    def _listen(self, now):
        """Obey one line, a slice of it a turn; the next one is read when it has been answered."""
        for console in self.consoles:
            if self._answering:
                break
            line = console.read()
            if line is not None:
                self._answering = console, self.agent.answers(line, now)
        if self._answering and not self._answer(*self._answering):
            self._answering = None

    def _answer(self, console, answers):
        """Show the next answers; whether there is more to come."""
        try:
            for text in answers:
                if text is None:
                    return True
                if text:
                    console.write(text)
        except HalError as error:
            console.write(self._fault(error))
        return False

    def _read_sensors(self, now):
        for channel, value in self.sensors.read(now):
            self.agent.feed_reading(channel, value, MISSING if value is None else GOOD, now)

    def _receive(self, now):
        """Take one message; True if there was one, and there may be more."""
        link = self.link
        if link is None:
            return False
        link.poll(self.clock.ticks.ticks_ms())
        ready = link.ready()
        if ready != self._linked:
            self._linked = ready
            self._frame = None  # the agent sends it again on a new session
            self.agent.feed_link(ready, now)
        frame = None if self._thinking else link.received()
        if frame is None:
            return False
        self.agent.feed_message(frame, now)
        return True

    def _think(self, now, heard):
        try:
            due = self.agent.think(now)
        except HalError as error:
            # Nothing was decided that is not durable; the next turn tries the same again.
            self._fault(error)
            return now + 1
        self._thinking = due is None
        if due is None:
            return now
        if self.link is not None:
            self.link.acknowledge()
            self._send()
        self._carry_out()
        return now if heard else due

    def _send(self):
        while self._linked:
            if self._frame is None:
                self._frame = self.agent.take_message()
            if self._frame is None or not self.link.publish(self._frame):
                return
            self._frame = None

    def _carry_out(self):
        while (effect := self.agent.take_effect()) is not None:
            carry_out = self.effects.get(effect[0])
            if carry_out is not None:
                carry_out(*effect[1:])

    def _fault(self, error):
        self.faults += 1
        self.error = error
        return "error: the store failed: " + str(error)
