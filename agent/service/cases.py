"""Cases: a confirmed finding asks for service, and is closed by the monitor that raised it.

    open -> accepted -> scheduled -> done -> closed
       done only says that somebody was there: the case closes when the same monitor agrees, and
       goes back to open when it still alarms CASE_VERIFY_S later.  One that alarms no more, and
       has to be quiet for longer than that, is waited for: nobody is called a second time for it.
       Done a second time, the monitor learns anew: what it holds to be normal may be what the
       repair has changed.

One case at most is open for a failure mode; more findings of the mode become updates of it. So
does what may be the same fault as another monitor sees it: a finding on a signal on which an open
case rests already, unless it is the graver one. While a sensor's own case is open, whatever rests
on that sensor is an update of it; when the sensor proves well, it has to be confirmed again and is
then a case of its own. What comes back within CASE_BACK_S opens the same case again.
"""

import binascii
import hashlib

from agent import limits, loan
from agent.sense.findings import CONFIRMED
from agent.sense.senses import SENSOR_FAULT
from agent.wire import cbor
from agent.wire import messages as wire

CASE, COUNT, TRIAL = TAGS = 60, 61, 62

OPEN, ACCEPTED, SCHEDULED, DONE, REFUSED, CLOSED = 1, 2, 3, 4, 5, 6
STATES = ("", "open", "accepted", "scheduled", "done", "refused", "closed")
MOVES = {
    OPEN: (ACCEPTED, SCHEDULED, DONE, REFUSED, CLOSED),
    ACCEPTED: (SCHEDULED, DONE, REFUSED, CLOSED),
    SCHEDULED: (DONE, REFUSED, CLOSED),
    DONE: (OPEN, CLOSED),
    REFUSED: (CLOSED,),
}

# case_event codes, as in wire.cddl.
RECOVERED, CAME_BACK, WITHDRAWN, ESCALATED = 1, 2, 3, 4


class Case:
    """One request for service.  Times are ages in s.

    monitor: that which opened it, "" for somebody's word; joined: whose findings became updates
    of it, each once.
    """

    COLUMNS = ("id", "mode", "monitor", "state", "since", "opened", "number", "updates", "well",
               "visits", "joined")

    def __init__(self, values):
        self.joined = []  # an older agent's record lacks them
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)

    def record(self):
        return [CASE] + [getattr(self, column) for column in self.COLUMNS]

    def holds(self, watch):
        """Return whether a watch's finding is this case or a part of it."""
        return watch.mode == self.mode or watch.name in self.joined

    def kept_by(self, watches):
        """Return those of the watches that keep it open.

        A sensor's case is over when the sensor is well, whatever was seen through it; one that
        rests on somebody's word when service says so.
        """
        if not self.monitor:
            return self.state < DONE
        only = self.mode == SENSOR_FAULT
        return [w for w in watches if (w.mode == self.mode if only else self.holds(w))]

    def refused(self):
        return self.state == REFUSED

    def ref(self):
        """Return how a person calls the case: the head of its id in hex."""
        return binascii.hexlify(self.id[:4]).decode()


class Cases:
    """Open cases.  Durable: they, the count of each failure mode's cases, and what was tried.

    try_first(watches, at): what the thing tries itself (remedies.py), where it has such remedies;
    returns for what service is to be asked.
    """

    try_first = None
    outside = None  # (age, until which age, [[name, tenths], ...]): the weather, if it is known

    def __init__(self, thing, send, tell, note):
        self.thing = thing
        self.send = send
        self.tell = tell
        self.note = note
        self.open = []
        self.counts = {}
        self.past = {}  # of each mode the case that was closed last
        self.trials = {}  # of each monitor the row of remedies.py, if anything was tried for it

    def step(self, at, senses):
        """Open, update, close and reopen cases after what the monitors say now."""
        asking = [watch for watch in senses.changes
                  if watch.finding.state == CONFIRMED and watch.service]
        if self.try_first:
            asking = self.try_first(asking, at)
        for watch in asking:
            loan.call("agent.service.asking", "ask", self, watch, at, senses)
        for case in list(self.open):
            self._follow(case, at, senses)

    def begin(self, watch, at):
        """Open a case, or again the one of the mode that was closed not long ago."""
        past = self.past.get(watch.mode)
        if past and at - past.since < limits.CASE_BACK_S:
            case = Case(past.record()[1:])
            case.monitor, case.joined = watch.name, []
            case.updates += 1
            case.state, case.since, case.well = OPEN, at, 0
            self.event(case, CAME_BACK, "")
        else:
            number = self.counts.get(watch.mode, 0)
            key = cbor.encode([self.thing, "case", watch.mode, number])
            identifier = hashlib.sha256(key).digest()[:16]
            case = Case([identifier, watch.mode, watch.name, OPEN, at, at, "", 0, 0, 0])
            self.counts[watch.mode] = number + 1
            self.note([COUNT, watch.mode, number + 1])
        self.open.append(case)
        return case

    def _follow(self, case, at, senses):
        watches = senses.open_watches()
        kept = case.kept_by(watches)
        if kept:
            case.well = 0
            if case.state == DONE and max([watch.finding.seen for watch in kept]) >= (
                    case.since + limits.CASE_VERIFY_S):
                self.event(case, CAME_BACK, "the monitor still sees it")
                self._move(case, OPEN, at)
                loan.call("agent.service.asking", "insist", self, case, at, senses)
            return
        case.well = case.well or at
        if case.state == DONE:
            self._close(case, RECOVERED, "", at)
        elif at - case.well >= limits.CASE_SETTLE_S:
            self._close(case, WITHDRAWN, "recovered by itself", at)
        if case.state == CLOSED and case.joined:
            loan.call("agent.service.asking", "let_go", self, case, watches, at)

    def _close(self, case, event, reason, at):
        self.event(case, event, reason)
        self._move(case, CLOSED, at)

    def status(self, body, at, senses):
        """Take the service team's word on a case; forward moves only."""
        case = self.find(wire.octets(body, 1, 16))
        state = wire.natural(body, 2, REFUSED)
        if case is None or state not in MOVES[case.state]:
            return
        if 5 in body:
            case.number = wire.text(body, 5, 40)
        if state == DONE:
            case.visits += 1
            senses.renew(case, at, case.visits > 1)
        self._move(case, state, at)
        if state == REFUSED:
            self.tell("service for %s was refused" % case.mode)

    def answered(self, case_id, outcome, reason, number, at):
        """The desk acknowledged a case message."""
        case = self.find(case_id)
        if case is None:
            return
        if number and number != case.number:
            case.number = number
            self.note(case.record())
        if outcome == wire.REFUSED and case.state == OPEN:
            self._move(case, REFUSED, at)
            self.tell("the desk refused a case for %s: %s" % (case.mode, reason))

    def find(self, identifier):
        """Return the open case of an id (bytes), or None."""
        for case in self.open:
            if case.id == identifier:
                return case
        return None

    def of_mode(self, mode):
        """Return the open case of a failure mode, or None."""
        for case in self.open:
            if case.mode == mode:
                return case
        return None

    def event(self, case, event, reason):
        self.send(wire.CASE_EVENT, {1: case.id, 2: event, 3: reason}, case.id)

    def _move(self, case, state, at):
        case.state = state
        case.since = at
        if state == CLOSED:
            self.open.remove(case)
            self.past[case.mode] = case
        self.note(case.record())

    def apply(self, record):
        if record[0] != CASE:
            if record[0] == COUNT:
                self.counts[record[1]] = record[2]
            else:
                self.trials[record[1]] = record[2:]
                if not record[2:]:
                    del self.trials[record[1]]
            return
        case = Case(record[1:])
        known = self.find(case.id)
        if known:
            self.open.remove(known)
        if case.state != CLOSED:
            self.open.append(case)
        else:
            self.past[case.mode] = case

    def dump(self):
        for mode in sorted(self.counts):
            yield [COUNT, mode, self.counts[mode]]
        for name in sorted(self.trials):
            yield [TRIAL, name] + self.trials[name]
        for mode in sorted(self.past):
            yield self.past[mode].record()
        for case in self.open:
            yield case.record()
