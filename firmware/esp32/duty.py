"""When a thing on a battery is awake and when it is online, and how that follows its battery.

It naps from one due reading to the next. It goes online when it has something to say, and now and
then to hear the desk; a session ends when all has been said, and waits grow when nobody answers.
Below `low` the quickest readings and the looks for news come a quarter as often, below `flat` once
a day: then it lets go of its memory (deep sleep) and starts anew. Somebody who has just switched it
on, or types, finds it awake.
"""

AWAKE_S = 300  # after a start that was no waking up, and after a line on the console
NAP_S = 30  # at most: half of what the watchdog allows
STRETCH = 4  # on a low battery; a reading counts as missing after five times its period
LINGER_S = 5  # what the desk sends after the last acknowledgement, and no more
ONLINE_S = 90  # join, handshake and a few messages on a bad network; then it gives up for now
RETRY_S = 300
HURRY_S = 1800  # between two looks for offers: four in the time that sellers are given
DAY_S = 86_400
CHARGED_PCT = 10  # so far above `low` an update goes on that waited for the battery

FULL, LOW, FLAT = 0, 1, 2


class Duty:
    """power: of the compiled board: {channel, listen, low, flat}. woken: started from deep sleep.

    `charge` is what the battery has left (%), None while nobody knows; then it counts as full.
    """

    def __init__(self, power, woken=False):
        self.charge = None
        self.sessions = self.failures = 0
        self._power = power
        self._awake_until = 0 if woken else AWAKE_S
        self._listen_at = self._retry_at = self._moved = 0
        self._began = None
        self._in_a_row = 0
        self._low = False

    def level(self) -> int:
        """FULL, LOW or FLAT."""
        if self.charge is None or self.charge >= self._power["low"]:
            return FULL
        return LOW if self.charge >= self._power["flat"] else FLAT

    def low(self) -> bool:
        """Whether this is no time for an update: below `low`, and then until it was charged."""
        enough = self._power["low"] + (CHARGED_PCT if self._low else 0)
        self._low = self.charge is not None and self.charge < min(enough, 100)
        return self._low

    def period_s(self, shortest) -> int:
        """How often readings are let through, given the shortest period of the channels."""
        return shortest if self.level() == FULL else STRETCH * shortest

    def attended(self, now) -> None:
        """Somebody is there: stay awake for them."""
        self._awake_until = now + AWAKE_S

    def moved(self, now) -> None:
        """Something was said or heard: the session goes on."""
        self._moved = now

    def online(self, now, waiting, connected, hurry) -> bool:
        """Whether to be online now. waiting: how many messages the desk has not answered.

        hurry: sellers are being asked, so news is expected soon.
        """
        if self._began is None:
            if now >= self._due(waiting, hurry):
                self._began = self._moved = now
        elif connected and not waiting and now - self._moved >= LINGER_S:
            self._in_a_row = 0
            self._end(now)
        elif now - self._began >= ONLINE_S and now - self._moved >= LINGER_S:
            self.failures += 1
            self._in_a_row += 1
            self._end(now)
        return self._began is not None

    def nap_s(self, now, due) -> int:
        """Seconds to sleep until `due`, 0 while it is online or somebody is there."""
        if self._began is not None or now < self._awake_until:
            return 0
        return max(0, min(due - now, NAP_S))

    def deep_s(self, now, linked) -> int:
        """Seconds to let go of everything, 0 unless the battery is flat and all has been said."""
        if self.level() != FLAT or self._began is not None or now < self._awake_until:
            return 0
        return DAY_S if self.sessions or not linked else 0

    def _due(self, waiting, hurry):
        listen = min(self._listen_at, self._moved + HURRY_S) if hurry else self._listen_at
        return max(self._retry_at, 0 if waiting else listen)

    def _end(self, now):
        self.sessions += 1
        self._began = None
        stretch = 1 if self.level() == FULL else STRETCH
        self._listen_at = now + stretch * self._power["listen"]
        wait = RETRY_S << (self._in_a_row - 1) if self._in_a_row else LINGER_S
        self._retry_at = now + min(wait, self._listen_at - now)


class Gate:
    """Sensors that are read no more often than the duty allows; the surface of hal.sensors.Sensors.

    shortest: the shortest period of the channels (s). What is due waits for the gate.
    """

    def __init__(self, sensors, duty, channel, shortest):
        self._sensors = sensors
        self.sensors = sensors.sensors  # for a self-test
        self._duty = duty
        self._channel = channel
        self._shortest = shortest
        self._opens = 0

    @property
    def due(self):
        return max(self._sensors.due, self._opens)

    def read(self, now):
        """As the sensors do, once the gate is open; takes note of the battery."""
        if now < self._opens:
            return
        read = False
        for channel, value in self._sensors.read(now):
            read = True
            if channel == self._channel and value is not None:
                self._duty.charge = value
            yield channel, value
        if read:
            self._opens = now + self._duty.period_s(self._shortest)


assert NAP_S < ONLINE_S < RETRY_S < HURRY_S < DAY_S
