"""The outbox: what the desk has not yet acknowledged, and in what order it goes out.

Reading from it consumes nothing: only the desk's own acknowledgement does, for a broker's PUBACK
says nothing about the desk.  A message goes out again, in a new frame with a new sequence number,
until it is answered.  One counter numbers messages and frames; it is reserved ahead in blocks, so
that neither ever repeats after a power cut.  What was said is counted by kind: its owner may see.
"""

from agent import limits
from agent.wire import cbor
from agent.wire import messages as wire

PUT, GONE, RESERVE, SAID = TAGS = 50, 51, 52, 53

# Classes: what may be dropped when there is no room, last one first. From the vital signs on, it is
# made anew after a boot, so not written to flash.
KEPT, REPORT, VITAL_SIGNS, GREETING = 0, 1, 2, 3
_CLASS = {wire.FINDING: REPORT, wire.USAGE: REPORT, wire.SHED: REPORT, wire.EXPERIENCE: REPORT,
          wire.HEALTH: VITAL_SIGNS, wire.HELLO: GREETING,
          wire.FAREWELL: GREETING}
# A newer message of these kinds about the same thing makes the older one pointless.
_REPLACES = (wire.RFQ, wire.HEALTH, wire.HELLO, wire.QUESTION, wire.UPDATE, wire.CASE_EVENT)


class Message:
    """One message that waits: body is encoded CBOR, `about` the id of its order or case."""

    def __init__(self, identifier, kind, at, about, body):
        self.id = identifier
        self.kind = kind
        self.at = at
        self.about = about
        self.body = body
        self.due = 0
        self.tries = 0

    def lasts(self):
        return self.importance() < VITAL_SIGNS

    def importance(self):
        return _CLASS.get(self.kind, KEPT)

    def record(self):
        return [PUT, self.id, self.kind, self.at, self.about, self.body]


class Outbox:
    """Durable queue.  channel: the sealed direction to the desk (wire.Channel)."""

    def __init__(self, channel, note):
        self._channel = channel
        self._note = note
        self._waiting = []
        self.said = {}  # kind: [how often, age of the last]
        self._answers = []  # acknowledgements and replies: sent once, for the peer asks again
        self._next = 1
        self._reserved = 0
        self.bytes = 0
        self.dropped = 0
        self._drops_told = 0

    def put(self, kind, body, at, about=b"", due=0):
        """Queue a message, to go out from age `due` on; on its way to flash when the step ends."""
        if kind in _REPLACES:
            self.withdraw(kind, about)
        message = Message(self._number(), kind, at, about, cbor.encode(body))
        message.due = due
        if kind == wire.HELLO:  # until it is answered, the thing may be deaf to everything else
            self._waiting.insert(0, message)
        else:
            self._waiting.append(message)
        self.bytes += len(message.body)
        if message.lasts():
            self._note(message.record())
        self.count(kind, at)
        self._make_room()

    def answer(self, kind, body, at):
        """Queue a message that nobody acknowledges."""
        if len(self._answers) < limits.FRAMES_WAITING:
            self._answers.append((kind, at, cbor.encode(body)))
            self.count(kind, at)

    def count(self, kind, at):
        """Count what leaves: a kind of message, or from 100 on a purpose (console/remote.py)."""
        self.said[kind] = said = [self.said.get(kind, (0,))[0] + 1, at]
        self._note([SAID, kind] + said)

    def withdraw(self, kind, about):
        """Take back what has not been answered and no longer matters."""
        for message in list(self._waiting):
            if message.kind == kind and message.about == about:
                self.acknowledged(message.id)

    def acknowledged(self, identifier):
        """Take a message out; return it, or None when it was not waiting."""
        message = self._forget(identifier)
        if message and message.lasts():
            self._note([GONE, identifier])
        return message

    def linked(self):
        """The link came up: everything may be sent again at once."""
        for message in self._waiting:
            message.due = 0
            message.tries = 0

    def waiting(self):
        """Return how many messages the desk has not acknowledged."""
        return len(self._waiting)

    def pending(self):
        """Return the messages that the desk has not acknowledged, in the order of sending."""
        return self._waiting

    def reserve(self):
        """Keep enough numbers in hand for the frames between two steps; call once in a step."""
        if self._reserved - self._next < limits.SEQUENCE_BLOCK // 2:
            self._reserved = self._next + limits.SEQUENCE_BLOCK
            self._note([RESERVE, self._reserved])

    def renumber(self, latest):
        """Go on above a number the desk has already seen (after amnesia)."""
        if self._next <= latest:
            self._next = latest + 1
            self._reserved = 0
            self.reserve()

    def take(self, at, clock):
        """Return the next frame that is due, or None."""
        if self._next >= self._reserved:
            return None
        if self._answers:
            kind, made, body = self._answers.pop(0)
            return self._seal(kind, 0, made, clock, body)
        for message in self._window():
            if message.due <= at:
                message.due = at + min(limits.RESEND_S << min(message.tries, 10),
                                       limits.RESEND_LONGEST_S)
                message.tries += 1
                return self._seal(message.kind, message.id, message.at, clock, message.body)
        return None

    def next_due(self):
        """Return the age (s) at which a message will be due, or None when none waits."""
        if self._answers:
            return 0
        dues = [message.due for message in self._window()]
        return min(dues) if dues else None

    def _window(self):
        """Return the messages that may go out: a greeting alone, for its answer renumbers all, and
        of what is about one order or case the first alone, lest the word of its end come first.
        """
        window = []
        for message in self._waiting[:limits.OUTBOX_WINDOW]:
            if not message.about or all(one.about != message.about for one in window):
                window.append(message)
            if message.kind == wire.HELLO:
                break
        return window

    def _seal(self, kind, identifier, made, clock, body):
        utc = clock.utc(made) if kind == wire.HELLO else None
        return self._channel.seal(self._number(), kind, identifier, made, utc, body)

    def _number(self):
        number = self._next
        self._next += 1
        return number

    def _make_room(self):
        """Shed the oldest of the least important until the rest fits; money is never shed."""
        for unimportant in (VITAL_SIGNS, REPORT):
            for message in list(self._waiting):
                if self.bytes <= limits.OUTBOX_BYTES:
                    return
                if message.importance() == unimportant:
                    self.acknowledged(message.id)
                    self.dropped += 1

    def report_drops(self, at):
        """Tell the desk how much was shed, once there is room again."""
        if self.dropped > self._drops_told and self.bytes < limits.OUTBOX_BYTES // 2:
            self.put(wire.SHED, {1: self.dropped - self._drops_told, 2: self.dropped}, at)
            self._drops_told = self.dropped

    def apply(self, record):
        if record[0] == RESERVE:
            self._reserved = self._next = max(self._next, record[1])
        elif record[0] == GONE:
            self._forget(record[1])
        elif record[0] == SAID:
            self.said[record[1]] = record[2:]
        else:
            message = Message(*record[1:])
            self._waiting.append(message)
            self.bytes += len(message.body)
            self._next = max(self._next, message.id + 1)

    def _forget(self, identifier):
        for message in self._waiting:
            if message.id == identifier:
                self._waiting.remove(message)
                self.bytes -= len(message.body)
                return message
        return None

    def dump(self):
        yield [RESERVE, self._reserved]
        for message in self._waiting:
            if message.lasts():
                yield message.record()
        for kind in sorted(self.said):
            yield [SAID, kind] + self.said[kind]
