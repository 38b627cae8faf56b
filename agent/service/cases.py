"""Cases: a confirmed finding asks for service, and is closed by the monitor that raised it.

    open -> accepted -> scheduled -> done -> closed
       done only says that somebody was there: the case closes when the same monitor agrees, and
       goes back to open when it does not within CASE_VERIFY_S.  Done a second time, the monitor
       learns anew: what it holds to be normal may be what the repair has changed.

One case at most is open for a failure mode; more findings of the mode become updates of it.
"""

import hashlib

from agent import limits
from agent.sense.findings import CONFIRMED
from agent.wire import cbor
from agent.wire import messages as wire

CASE, COUNT = TAGS = 60, 61

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
    """One request for service.  Times are ages in s."""

    COLUMNS = ("id", "mode", "monitor", "state", "since", "opened", "number", "updates", "well",
               "visits")

    def __init__(self, values):
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)

    def record(self):
        return [CASE] + [getattr(self, column) for column in self.COLUMNS]

    def ref(self):
        """Return how a person calls the case: the head of its id in hex."""
        return "".join("%02x" % byte for byte in self.id[:4])


class Cases:
    """Open cases.  Durable: they and the count of each failure mode's cases."""

    def __init__(self, thing, send, tell, note):
        self._thing = thing
        self._send = send
        self._tell = tell
        self._note = note
        self.open = []
        self._counts = {}

    def step(self, at, senses):
        """Open, update, close and reopen cases after what the monitors say now."""
        for watch in senses.changes:
            if watch.finding.state == CONFIRMED and watch.service:
                self._raise(watch, at)
        for case in list(self.open):
            self._follow(case, at, senses.alarmed(case.mode))

    def _raise(self, watch, at):
        case = self.of_mode(watch.mode)
        if case is None:
            number = self._counts.get(watch.mode, 0)
            key = cbor.encode([self._thing, "case", watch.mode, number])
            identifier = hashlib.sha256(key).digest()[:16]
            case = Case([identifier, watch.mode, watch.name, OPEN, at, at, "", 0, 0, 0])
            self._counts[watch.mode] = number + 1
            self._note([COUNT, watch.mode, number + 1])
            self.open.append(case)
            self._tell("%s: %s" % (watch.mode, watch.advice or "service asked for"))
        else:
            case.updates += 1
        self._note(case.record())
        self._send(wire.CASE, describe(case, watch, at), case.id)

    def _follow(self, case, at, alarmed):
        if alarmed:
            case.well = 0
            if case.state == DONE and at - case.since >= limits.CASE_VERIFY_S:
                self._event(case, CAME_BACK, "the monitor still sees it")
                self._move(case, OPEN, at)
            return
        case.well = case.well or at
        if case.state == DONE:
            self._event(case, RECOVERED, "")
            self._move(case, CLOSED, at)
        elif at - case.well >= limits.CASE_SETTLE_S:
            self._event(case, WITHDRAWN, "recovered by itself")
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
            senses.renew(case.mode, at, case.visits > 1)
        self._move(case, state, at)
        if state == REFUSED:
            self._tell("service for %s was refused" % case.mode)

    def answered(self, case_id, outcome, reason, number, at):
        """The desk acknowledged a case message."""
        case = self.find(case_id)
        if case is None:
            return
        if number and number != case.number:
            case.number = number
            self._note(case.record())
        if outcome == wire.REFUSED and case.state == OPEN:
            self._move(case, REFUSED, at)
            self._tell("the desk refused a case for %s: %s" % (case.mode, reason))

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

    def _event(self, case, event, reason):
        self._send(wire.CASE_EVENT, {1: case.id, 2: event, 3: reason}, case.id)

    def _move(self, case, state, at):
        case.state = state
        case.since = at
        if state == CLOSED:
            self.open.remove(case)
        self._note(case.record())

    def apply(self, record):
        if record[0] == COUNT:
            self._counts[record[1]] = record[2]
            return
        case = Case(record[1:])
        known = self.find(case.id)
        if known:
            self.open.remove(known)
        if case.state != CLOSED:
            self.open.append(case)

    def dump(self):
        for mode in sorted(self._counts):
            yield [COUNT, mode, self._counts[mode]]
        for case in self.open:
            yield case.record()


def describe(case, watch, at):
    """Return the body of a case message: what fails, how sure, how soon, and the evidence."""
    body = {
        1: case.id, 2: case.mode, 3: watch.service, 4: watch.severity,
        5: watch.finding.confidence(),
        7: [[s.channel.name, s.channel.scale, s.evidence(at, limits.EVIDENCE_READINGS)]
            for s in watch.signals[:limits.EVIDENCE_CHANNELS] if s.channel.evidence],
        9: case.updates, 11: watch.name,
    }
    eta = watch.eta_s()
    if eta is not None:
        body[6] = max(0, int(eta))
    if watch.advice:
        body[10] = watch.advice
    return body
