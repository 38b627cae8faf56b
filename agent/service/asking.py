"""How a finding asks for service: which case it belongs to, and what the desk is told of it.

On loan, for it is rare; what a case is and how it goes on stands in cases.py.
"""

from agent import limits
from agent.sense.findings import CONFIRMED
from agent.sense.senses import FINDING, SENSOR_FAULT
from agent.wire import messages as wire


def ask(cases, watch, at, senses):
    """Open a case for a confirmed finding, or make it an update of one."""
    case = related(cases, watch, senses)
    if case:
        case.updates += 1
        new = not case.holds(watch)
    else:
        case, new = cases.begin(watch, at), True
    if new:
        cases.tell("%s: %s" % (watch.mode, watch.advice or "service asked for"))
    if watch.name != case.monitor and watch.name not in case.joined:
        case.joined.append(watch.name)
    cases.note(case.record())
    cases.send(wire.CASE, describe(cases, case, watch, at, senses), case.id)


def insist(cases, case, at, senses):
    """Service was there and the monitor sees it still: ask for the next remedy."""
    watch = senses.find(case.monitor)
    if watch:
        case.updates += 1
        cases.note(case.record())
        cases.send(wire.CASE, describe(cases, case, watch, at, senses), case.id)


class Word:
    """What a case rests on that no monitor saw."""

    name = ""

    def __init__(self, mode):
        self.mode = mode


def by_word(cases, mode, service, severity, words, at, senses):
    """Open a case because somebody says so, or add what is said to the open one; return it.

    service, severity: of a new one; another is as grave as its monitor says.
    """
    case = cases.of_mode(mode)
    if case:
        case.updates += 1
    else:
        case = cases.begin(Word(mode), at)
    cases.note(case.record())
    watch = senses.find(case.monitor)
    body = describe(cases, case, watch, at, senses) if watch else {
        1: case.id, 2: mode, 3: service, 4: severity, 5: 100, 7: [], 9: case.updates}
    body[10] = words
    cases.send(wire.CASE, body, case.id)
    return case


def related(cases, watch, senses):
    """Return the open case that a finding belongs to, or None."""
    return cases.of_mode(watch.mode) or _shared(cases, watch, senses)


def history(cases, case, senses):
    """Return (names of what was tried, what is asked for: name and, of a part, stock number).

    After each visit that did not help, the next remedy is asked for.
    """
    watch = senses.find(case.monitor)
    if not watch:
        return [], []
    row = cases.trials.get(watch.name)
    tried = [remedy["name"] for place, remedy in enumerate(watch.remedies)
             if row and row[-1] >> place & 1]
    visits, asks = case.visits, watch.asks
    tried += [asked[0] for asked in asks[:visits]]
    return tried, asks[min(visits, len(asks) - 1)] if asks else []


def let_go(cases, case, watches, at):
    """A sensor's case is closed: what was seen through it has to be seen once more."""
    for watch in watches:
        if watch.name in case.joined and watch.finding.doubt(at):
            cases.note([FINDING, watch.name, watch.finding.state, at])


def _suspects(watch):
    """Return the signals that a verdict rests on: of several the one that is furthest off."""
    blame = getattr(getattr(watch, "detector", None), "blame", None)
    if blame is None:
        return watch.signals
    _, place = max([(share, -place) for place, share in blame()])
    return (watch.signals[-place],)


def _shared(cases, watch, senses):
    """Return an open case of another mode that rests on the same signal, or None."""
    suspects = _suspects(watch)
    for case in cases.open:
        opener = senses.find(case.monitor)
        if case.refused() or not opener:
            continue
        if watch.severity > opener.severity and case.mode != SENSOR_FAULT:
            continue
        for name in [case.monitor] + case.joined:
            other = senses.find(name)
            if other and other.mode == case.mode and any(
                    signal in suspects for signal in _suspects(other)):
                return case
    return None


def describe(cases, case, watch, at, senses):
    """Return the body of a case message: what fails, how sure, how soon, and the evidence.

    Help of the kind that its gravest finding needs; the evidence is of the latest one.
    """
    gravest = watch
    for other in senses.open_watches():
        if case.holds(other) and other.finding.state == CONFIRMED and other.service and (
                other.severity > gravest.severity):
            gravest = other
    tried, asked = history(cases, case, senses)
    signals, readings = watch.signals[:limits.EVIDENCE_CHANNELS], limits.EVIDENCE_READINGS
    if len(signals) > 3:  # a message fits 1 KiB
        readings -= len(tried) + len(asked)
    body = {
        1: case.id, 2: case.mode, 3: gravest.service, 4: gravest.severity,
        5: watch.finding.confidence(),
        7: [[s.channel.name, s.channel.scale, s.evidence(at, readings)]
            for s in signals if s.channel.evidence],
        9: case.updates, 11: watch.name,
    }
    if cases.outside and at < cases.outside[1] and len(signals) <= 3:
        ago = at - cases.outside[0]
        body[7] += [[name, 10, [[ago, tenths]]] for name, tenths in cases.outside[2]]
    if tried:
        body[8] = tried
    for key, word in zip((12, 13), asked):
        body[key] = word
    eta = watch.eta_s()
    if eta is not None:
        body[6] = max(0, int(eta))
    advice = gravest.advice
    if watch.advice and watch is not gravest:
        advice = (advice + " " + watch.advice).strip()
    if advice:
        body[10] = advice[:limits.TEXT_CHARACTERS]
    return body
