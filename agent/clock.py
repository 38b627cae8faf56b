"""The thing's two times: its age, which only rises, and UTC, which may be unknown.

Uptime restarts at every boot, so nothing durable is stamped with it.  `at` is the thing's age in
whole seconds: it goes on from the last durable stamp after a boot and makes up for the time spent
without power as soon as a verified desk tells UTC again.
"""

from agent import limits

TAG = 1


class Clock:
    """Age and UTC.  Durable: the last known distance between them."""

    def __init__(self, note):
        self._note = note
        self._base = 0
        self._known = None  # utc - age, as last told; survives restarts
        self._offset = None  # the same, once told since this boot

    def resume(self, at):
        """Continue from the age of a durable stamp found at boot (never moves back)."""
        self._base = max(self._base, at)

    def at(self, now):
        """Return the age (s) at `now` seconds of uptime."""
        return self._base + now

    def utc(self, at):
        """Return unix seconds at age `at`, or None while nobody has told the time."""
        return None if self._offset is None else at + self._offset

    def tell(self, utc, at):
        """Take the time from a verified message; return what the age gains by it.

        Time lost without power is added to the age; a wall clock that goes back changes what the
        thing shows, never its age.
        """
        offset = utc - at
        lost = 0 if self._known is None or self._offset is not None else offset - self._known
        if not 0 < lost <= limits.CLOCK_JUMP_S:
            lost = 0
        if lost:
            self._base += lost
            offset = self._known
        self._offset = offset
        if self._known is None or abs(offset - self._known) > 1:
            self._known = offset
            self._note([TAG, offset])
        return lost

    def apply(self, record):
        self._known = record[1]

    def dump(self):
        if self._known is not None:
            yield [TAG, self._known]
