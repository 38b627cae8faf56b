"""Findings: what a monitor holds against the machine, from the first alarm to the all-clear.

    none --alarm--> raised --alarm for hold_s--> confirmed --quiet for clear_s--> none
                    raised --quiet for clear_s--> none
                    raised --a sensor is sick--> none

A monitor has one finding at most.  Only a confirmed finding leaves the thing or costs money; a
raised one is a suspicion that may pass, and quiet spells do not make it older.  One that is
confirmed again and again has to be quiet for longer each time until it goes.
"""

from agent import limits

NONE, RAISED, CONFIRMED = 0, 1, 2
STATES = ("none", "raised", "confirmed")
# What the wire calls a confirmed finding that has gone (see `finding` in wire.cddl).
CLEARED = 3


class Finding:
    """The state of one monitor's finding; times are ages in seconds."""

    paused = False  # a suspicion's alarm has been off since it was last on
    gone = -limits.FLAP_S  # when it was last cleared

    def __init__(self, hold_s, clear_s):
        self.hold_s = hold_s
        self.clear_s = clear_s
        self.calm_s = clear_s  # the same of a confirmed one, which doubles each time it flaps
        self.state = NONE
        self.since = 0  # when the state was entered
        self.seen = 0  # when the alarm was last on
        self.peak = 0.0  # highest score since it was raised

    def advance(self, alarm, score, at):
        """Move on by one verdict; return True when the state changed."""
        if not alarm:
            self.paused = True
            quiet_s = self.calm_s if self.state == CONFIRMED else self.clear_s
            return self.state != NONE and at - self.seen >= quiet_s and self._enter(NONE, at)
        if self.paused:
            self.paused = False
            self.since += at - self.seen if self.state == RAISED else 0
        self.seen = at
        self.peak = max(self.peak, score)
        if self.state == NONE:
            return self._enter(RAISED, at)
        if self.state == RAISED and at - self.since >= self.hold_s:
            return self._enter(CONFIRMED, at)
        return False

    def blind(self, at):
        """Nobody can look: a suspicion is dropped, and quiet begins anew; True when it changed."""
        self.seen = at
        return self.state == RAISED and self._enter(NONE, at)

    def doubt(self, at):
        """What confirmed it may not have been true: it is a suspicion again; True if it was one."""
        return self.state == CONFIRMED and self._enter(RAISED, at)

    def restore(self, state, since):
        """Take up a finding that was open before a restart."""
        self.state, self.since, self.seen = state, since, since

    def confidence(self):
        """Return percent: 50 for a score that just alarms, towards 99 the further it went."""
        return min(99, int(100 - 50 / max(1.0, self.peak)))

    def _enter(self, state, at):
        if self.state == CONFIRMED:
            self.gone = at
        elif state == CONFIRMED:
            longer = min(2 * self.calm_s, max(self.clear_s, limits.FLAP_S))
            self.calm_s = longer if at - self.gone < limits.FLAP_S else self.clear_s
        self.state = state
        self.since = at
        if state == NONE:
            self.peak = 0.0
        return True
