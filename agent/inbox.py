"""The inbox: what the desk says, verified, in order, each message acted on at most once.

A frame counts only if it is sealed for this thing and this direction and its sequence number is
above every one accepted before; that number becomes durable in the same transaction as what the
message changed.  At boot the numbers cannot be relied on, for the flash may be an old one, to which
everything that the desk has said since would be new: until a reconcile message came whole, only
answers that repeat this boot's nonce are taken.  What takes a chip long, a word of the desk and the
signature under a document, is done in slices, and while they last nothing else is decided.
"""

from agent import console, limits, loan
from agent.wire import messages as wire

INBOUND = 3
TAGS = (INBOUND,)

# Where the answers to a greeting repeat its nonce.
_NONCE_KEY = {wire.DOWN_ACK: 5, wire.RECONCILE: 3}


class Inbox:
    """Frames from the desk.  Durable: the last sequence number."""

    def __init__(self, agent, nonce):
        self._agent = agent
        identity = agent.identity
        self._channel = wire.Channel(identity.root_key, identity.thing, wire.DOWN)
        self._note = agent.journal.note
        self._waiting = []
        self.work = None  # what is under way with what waits, a generator
        self.nonce = nonce
        self.last = 0
        self._parts = {}  # of how many: those of the desk's answer that came
        self.greeted = False  # since this boot: the desk knows no more of us than we do
        self.accepted = 0
        self.rejected = 0
        self.reason = ""  # why the last rejected frame was
        self.heard = []  # (age, kind or 0 for nobody's word, why it was refused or None) of late
        self._handlers = {
            wire.DOWN_ACK: self._acknowledged, wire.CASE_STATUS: self._case_status,
            wire.EXEC: self._exec, wire.RECONCILE: self._reconcile,
            wire.MANIFEST: self._update, wire.PIECE: self._update, wire.NOTICE: self._notice,
            wire.CONFIG: self._config,
        }
        self._handlers.update(agent.trade.handlers() if agent.trade else dict.fromkeys(
            (wire.OFFER, wire.ORDER_STATUS, wire.MANDATE, wire.APPROVAL), _buys_nothing))

    def feed(self, frame):
        """Keep a frame for the step; beyond the bound it is dropped, for the desk sends again."""
        if len(self._waiting) < limits.FRAMES_WAITING:
            self._waiting.append(frame)
        else:
            self.reject("too many frames at once")

    def step(self, at):
        """Take what waits, a slice a call; return whether that was all."""
        self.work = self.work or (self._waiting and self._take_all(at))
        for _ in self.work:
            return False
        self.work = None
        return True

    def _take_all(self, at):
        while self._waiting:
            try:
                yield from self._take(self._waiting.pop(0), at)
            except wire.MessageError as error:
                self._refuse(0, error, at)
            yield  # the next one, or the rest of the step, is a turn's work by itself

    def reject(self, reason):
        self.rejected += 1
        self.reason = reason

    def _refuse(self, kind, error, at):
        self.reject(str(error))
        self._remember(kind, self.reason, at)

    def _remember(self, kind, why, at):
        self.heard = self.heard[1 - limits.MESSAGES_KEPT:] + [(at, kind, why)]

    def _take(self, frame, at):
        message = self._channel.open(frame)
        kind, seq = message[wire.KIND], message[wire.SEQ]
        if not self.greeted:
            if message[wire.BODY].get(_NONCE_KEY.get(kind)) != self.nonce:
                raise wire.MessageError("kind %d before the desk has answered the greeting" % kind)
        elif seq <= self.last:
            raise wire.MessageError("sequence %d is not above %d" % (seq, self.last))
        self.last = seq
        self._note([INBOUND, seq])
        self.accepted += 1
        lost = self._agent.clock.tell(wire.natural(message, wire.UTC), at)
        if lost:
            self._agent.senses.resume(lost)
        identifier = message[wire.ID]
        try:
            handler = self._handlers.get(kind)
            if handler:
                yield from (yield from self._agent.identity.acting(handler, message, at)) or ()
            if kind != wire.DOWN_ACK and kind != wire.PIECE:  # they come by the hundred
                self._remember(kind, None if handler else "not understood", at)
            answer = {1: identifier}
        except wire.MessageError as error:
            self._refuse(kind, error, at)
            answer = {1: identifier, 2: wire.REFUSED,
                      3: str(error)[:limits.TEXT_CHARACTERS]}
        if identifier:
            self._agent.outbox.answer(wire.UP_ACK, answer, at)

    # -- one method a kind; each checks its whole body before it changes anything ----------------

    def _acknowledged(self, message, at):
        body = message[wire.BODY]
        outcome = wire.natural(body, 2, wire.REFUSED)
        reason = wire.text(body, 3) if 3 in body else ""
        number = wire.text(body, 4, 40) if 4 in body else ""
        entry = self._agent.outbox.acknowledged(wire.natural(body, 1))
        if entry is None:
            return
        if entry.kind == wire.HELLO:  # a reconcile message follows; say it again if none does
            if not self.greeted:
                self._agent.outbox.put(wire.HELLO, self._agent.hello(), at,
                                       due=at + limits.RESEND_S)
        elif entry.kind in (wire.RFQ, wire.ORDER):
            self._agent.trade.buyer.answered(entry.about, entry.kind, outcome, reason, number, at)
        elif entry.kind == wire.CASE:
            self._agent.cases.answered(entry.about, outcome, reason, number, at)

    def _case_status(self, message, at):
        self._agent.cases.status(message[wire.BODY], at, self._agent.senses)

    def _update(self, message, at):
        updates = self._agent.updater()
        if updates is None:
            raise wire.MessageError("this thing takes no updates")
        updates.hear(message)

    def _notice(self, message, at):
        loan.call("agent.terms.butler", "take", self._agent, message[wire.BODY], at)

    def _config(self, message, at):
        loan.call("agent.service.ways", "take", self._agent, message[wire.BODY], at)

    def _exec(self, message, at):
        body = message[wire.BODY]
        return self._obey(wire.natural(body, 1), wire.text(body, 2), at)

    def _obey(self, request, line, at):
        said = []
        for text in console.answers(self._agent, line, at, True):
            if text is None:
                yield
            elif text:
                said.append("".join(text))
        text = "\n".join(said)[:limits.REPLY_CHARACTERS]
        self._agent.outbox.answer(wire.REPLY, {1: request, 2: text}, at)

    def _reconcile(self, message, at):
        """Take the desk's word for what this thing no longer knows about itself."""
        body = message[wire.BODY]
        if wire.octets(body, 3, 8) != self.nonce:
            raise wire.MessageError("reconcile without this boot's nonce")
        latest = wire.natural(body, 2)
        if self.greeted:  # said again, or an earlier greeting of this boot came late: no news but
            self._agent.outbox.renumber(latest)  # the number, to which the desk has become deaf
            return
        rows = [_order_row(row) for row in wire.items(body, 1)]
        part = wire.natural(body, 4) if 4 in body else 0
        parts = wire.natural(body, 5, limits.LIST_ITEMS) if 5 in body else 1
        if part >= parts:
            raise wire.MessageError("key 4 must be below key 5")
        mandate = wire.natural(body, 6) if 6 in body else 0
        self._agent.reconcile(rows, latest, mandate, at)
        heard = self._parts.setdefault(parts, set())
        heard.add(part)
        if len(heard) < parts:
            return  # half of what was spent is no ground to spend on
        self._agent.outbox.withdraw(wire.HELLO, b"")
        self.greeted = True

    def apply(self, record):
        self.last = max(self.last, record[1])

    def dump(self):
        yield [INBOUND, self.last]


def _buys_nothing(message, at):
    raise wire.MessageError("this product has no consumables: it buys nothing")


def _order_row(row):
    """Return one order of a reconcile message as a tuple, every field checked."""
    if not isinstance(row, list) or len(row) < 7:
        raise wire.MessageError("key 1 must hold rows of seven")
    fields = dict(enumerate(row))
    return (wire.octets(fields, 0, 16), wire.text(fields, 1, 40), wire.natural(fields, 2),
            wire.natural(fields, 3, 12), wire.text(fields, 4, 40), wire.natural(fields, 5),
            wire.natural(fields, 6), wire.text(fields, 7, 3) if len(row) > 7 else "")
