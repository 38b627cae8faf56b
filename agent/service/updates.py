"""Updates: the maker's signed release, fetched piece by piece, tried, and kept or left again.

    offered -> fetching -> staged -> trying -> confirmed
       offered waits for the owner, where the owner wants to be asked; trying is a start from the
       other slot, and ends well when the sensors read and the desk answers as they did before.

A dead network is no fault of a release: when the desk does not answer the new version for a day,
the old one is tried for an hour as a control.  If the desk answers that one, the new one is at
fault; if not, the network is, and the new one goes on being tried.

Loaded when there is an update.  The port is firmware/slots.py; its record survives the power.
"""

import binascii
import hashlib

from agent import limits
from agent.wire import cbor, cose
from agent.wire import messages as wire

ASKS, OFFERED, FETCHING, STAGED, TRYING, CONFIRMED, BACK = 0, 1, 2, 3, 4, 5, 6

# Of release-document.
_NUMBER, _PRODUCT, VERSION, _BOARD, _RUNTIME, BYTES, _FILES, _LIST, _LIST_BYTES, MENDS = range(
    1, 11)
_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"  # of a module's name


class Updates:
    """The one update that there can be.  Record words are described in firmware/steward_boot.py;
    besides: `number` of what runs, `bad`, the last that was left again, `held` by the owner."""

    def __init__(self, agent, port):
        self.port = port
        self.terms = None  # of the release that is under way
        self.done = 0  # bytes of it that are there
        self._agent = agent
        self.low = False  # the battery: nothing is fetched or put in force
        self._began = None  # uptime of the first step
        self._staged = None  # and of the first with all of a release
        self._busy = False  # the thing is in use, as usual at this hour
        self._at = 0
        self._told = False
        self._id = b""
        self._walk()
        if self.stage():
            self._resume()

    def stage(self):
        return self.port.record.get("stage", 0)

    def active(self):
        """Return whether it goes on at once, so that this is no time to sleep or go offline."""
        if self.low:
            return False
        fetching = self.stage() == FETCHING and self._silent < 2 and self._hears()
        return fetching or (self.stage() == STAGED and not self._busy)

    # -- what the desk says ----------------------------------------------------------------------

    def hear(self, message):
        """Take a manifest or a piece of a file; raises MessageError."""
        body = message[wire.BODY]
        try:
            if message[wire.KIND] == wire.PIECE:
                self._piece(body)
            else:
                self._offered(wire.octets(body, 1))
        except OSError as error:
            self._drop("flash: %s" % error)

    def _offered(self, document):
        record, terms = self.port.record, self._checked(document)
        number = terms[_NUMBER]
        if record.get("new") == number:
            self.report(self.stage())
            return
        if number <= max(record.get("number", 0), record.get("new", 0), self.port.maker["floor"]):
            raise wire.MessageError("release %d is not above what is here" % number)
        if number == record.get("bad"):
            raise wire.MessageError("release %d was given up before" % number)
        if self.stage() == TRYING:
            raise wire.MessageError("another release is being tried")
        self.port.clear()
        wanting = self.port.room(terms[BYTES], terms[_FILES])
        if wanting:
            raise wire.MessageError("%d bytes of flash are wanting" % wanting)
        slot = self.port.spare()
        self.port.append(slot + ".cose", document)
        self.port.save(slot=slot, new=number, stage=OFFERED if self.port.asks else FETCHING)
        self._resume()
        if self.port.asks:
            self._agent.tell("release %d waits for `update accept`: %s" % (
                number, terms.get(MENDS, terms[VERSION])))
        self.report(self.stage())

    def _checked(self, document):
        """Return the terms of a document that the maker signed for such a thing as this."""
        port = self.port
        if port.maker is None:
            raise wire.MessageError("no maker is trusted: provision maker KEY")
        verify = self._agent.identity.verifier(port.maker["key"])
        terms = cbor.decode(cose.sign1_open(verify, document)[1])
        if not isinstance(terms, dict) or terms.get(0) != "release":
            raise wire.MessageError("not a release")
        for key, mine in ((_PRODUCT, self._agent.product.name), (_BOARD, port.board),
                          (_RUNTIME, port.runtime)):
            if wire.text(terms, key, 40) != mine:
                raise wire.MessageError("it is for %s, not for %s" % (terms[key], mine))
        for key in (_NUMBER, BYTES, _FILES, _LIST_BYTES):
            wire.natural(terms, key)
        wire.text(terms, VERSION, 40)
        wire.octets(terms, _LIST, 32)
        if MENDS in terms:
            wire.text(terms, MENDS)
        return terms

    def _resume(self):
        """Go on with what the record says, from its beginning: whatever is there is checked."""
        if self.stage() == TRYING:
            return
        self._walk()
        try:
            document = self.port.read(self.port.record["slot"] + ".cose", 0, limits.PAYLOAD_BYTES)
            self.terms = self._checked(document)
            self._id = hashlib.sha256(document).digest()[:8]
        except (OSError, wire.MessageError) as error:
            self._drop(str(error))

    # -- fetching: the list of files, then one file after the other --------------------------------

    def _walk(self):
        """Begin anew at the list, which is file 0; a walk that changes nothing is the last."""
        self._place = self._line = self._sum = self.done = self._faults = 0
        self._again = self._until = self._silent = 0
        self._wanted = None  # name, bytes, SHA-256 of the file in hand
        self._changed = False

    def _fetch(self, now):
        port, self._staged = self.port, None
        if self._wanted is None and not self._next():
            return
        name, size, digest = self._wanted
        have = port.size(name)
        if have < size:
            if self._hears() and (now >= self._again or have >= self._until):
                self._ask(now, have, size)
        elif have == size and port.digest(name) == digest:
            self._sum += size if self._place else 0
            self.done = self._sum
            self._place, self._wanted, self._until = self._place + 1, None, 0
        else:
            self._changed = True
            self._faults += 1
            port.remove(name)
            if self._faults > limits.UPDATE_FAULTS:
                self._drop("%s is not what the maker signed" % name)

    def _next(self):
        """Take the next file in hand, from the version that runs if it has the same; False when
        that was the last one."""
        port, slot, terms = self.port, self.port.record["slot"], self.terms
        if self._place == 0:
            self._wanted = slot + ".list", terms[_LIST_BYTES], terms[_LIST]
            return True
        if self._line < terms[_LIST_BYTES]:
            row = port.read(slot + ".list", self._line, limits.UPDATE_ROW_BYTES)
            row = row[:row.find(b"\n") + 1]
            self._line += len(row)
            size, digest, name = parsed(row)
            self._wanted = slot + "/" + name, size, digest
            if port.size(self._wanted[0]) == 0 and port.copy(*self._wanted):
                self._changed = True
            return True
        if self._place - 1 != terms[_FILES] or self._sum != terms[BYTES]:
            raise ValueError("the list is not as the manifest says")
        if self._changed:
            self._walk()  # once more, all of it from flash
        else:
            port.save(stage=STAGED)
            self.report(STAGED)
        return False

    def _ask(self, now, have, size):
        if have < self._until:
            self._silent = min(self._silent + 1, 8)
        pieces = min(limits.UPDATE_PIECES, -(-(size - have) // limits.UPDATE_PIECE_BYTES))
        self._until = min(size, have + pieces * limits.UPDATE_PIECE_BYTES)
        self._again = now + (limits.UPDATE_AGAIN_S << self._silent)
        self._changed = True
        self._agent.outbox.answer(wire.FETCH, {1: self._id, 2: self._place, 3: have, 4: pieces},
                                  self._at)

    def _piece(self, body):
        """Add a piece to the file in hand; one that is late, double or early changes nothing."""
        place, start, data = wire.natural(body, 2), wire.natural(body, 3), wire.octets(body, 4)
        if (self.stage() != FETCHING or wire.octets(body, 1, 8) != self._id or not self._wanted
                or place != self._place or start + len(data) > self._wanted[1]
                or start != self.port.size(self._wanted[0])):
            return
        self.port.append(self._wanted[0], data)
        self._silent = 0
        if place:
            self.done = self._sum + start + len(data)

    # -- a step ------------------------------------------------------------------------------------

    def step(self, now, at):
        """Do what comes next; now: uptime, at: age (s)."""
        self._at = at
        if self._began is None:
            self._began = now
        record = self.port.record
        try:
            if "why" in record:
                self._tell_why()
            elif self.stage() == TRYING:
                self._try(now - self._began)
            elif self.terms and not record.get("held") and not self._waits():
                if self.stage() == FETCHING:
                    self._fetch(now)
                elif self.stage() == STAGED and self._may_restart(now):
                    self._switch()
        except (OSError, ValueError) as error:
            self._drop(str(error))

    def _waits(self):
        """Return whether the battery must be charged first; the desk is told when that changes."""
        low = self.port.low()
        if low != self.low:
            self.low = low
            self.report(self.stage(), why="waits for its battery" if low else "")
        return low

    def _may_restart(self, now):
        """Neither in an hour of use nor while an order is on its way to the desk; for a day, as
        the order may be at fault.
        """
        trade = self._agent.trade
        if self._staged is None:
            self._staged = now
        late = now - self._staged > limits.UPDATE_DESK_S
        self._busy = trade is not None and not late and trade.in_use(self._at)
        return late or not (self._busy or [
            each for each in self._agent.outbox.pending() if each.kind == wire.ORDER])

    def _switch(self):
        self.port.save(stage=TRYING, left=limits.UPDATE_STARTS, sense=self._senses(),
                       desk=self._agent.inbox.greeted)
        self.report(TRYING)
        self._restart()

    def _try(self, lasted):
        record, greeted = self.port.record, self._agent.inbox.greeted
        if record.get("control"):
            if greeted:
                self.port.give_up("the desk answers the old version and not the new one")
            elif lasted > limits.UPDATE_CONTROL_S:
                self.port.save(control=None, left=limits.UPDATE_STARTS)
                self._restart()
        elif record.get("sense") and not self._senses():
            if lasted > limits.UPDATE_SENSE_S:
                self.port.give_up("no sensor reads")
                self._restart()
        elif record.get("desk") and not greeted:
            if lasted > limits.UPDATE_DESK_S:
                self.port.save(control=True)
                self._restart()
        elif lasted >= limits.UPDATE_TRIAL_S:
            self._confirm()

    def _confirm(self):
        self.port.keep()
        number = self.port.record["number"]
        self._agent.release = (self.port.board, number)
        self._agent.tell("release %d is good" % number)
        self.report(CONFIRMED)

    def _tell_why(self):
        """Say why a release was left; forgotten only when that is in the journal."""
        if self._told:
            self.port.save(why=None)
            self._told = False
            return
        record = self.port.record
        self._agent.tell("release %d was left again: %s" % (record["bad"], record["why"]))
        self.report(BACK, record["bad"], record["why"])
        self._told = True

    def _drop(self, why):
        """This release cannot be had; what runs goes on."""
        self.terms = None
        try:
            self.port.give_up(why)
        except OSError as error:
            self._agent.tell("update: %s" % error)

    def _hears(self):
        return self._agent.linked and self._agent.inbox.greeted

    def _senses(self):
        return bool([each for each in self._agent.senses.signals
                     if each.at is not None and each.quality == 0])

    def _restart(self):
        self._agent.effects.append(("restart",))

    # -- what the owner and the desk learn ---------------------------------------------------------

    def report(self, state, number=None, why=""):
        """Tell the desk how far a release has come; ASKS: this thing wants one."""
        record = self.port.record
        if number is None:
            number = record.get("new") or record.get("number", 0)
        body = {1: number, 2: state}
        if why:
            body[3] = why
        self._agent.send(wire.UPDATE, body, b"")

    def ask(self, why):
        """Tell the desk that this thing wants a newer version."""
        if self.port.maker is not None and not self.stage():
            self.report(ASKS, why=why)


def parsed(row):
    """Return (bytes, SHA-256, name) of a line of a list; ValueError if it is none.

    A name is that of a module: nothing else can be written, and nothing outside of the slot.
    """
    size, digest, name = row.decode().split(" ")
    parts = name[:-1].split("/")
    parts[-1], _, ending = parts[-1].partition(".")
    odd = [part for part in parts if not part or [sign for sign in part if sign not in _SIGNS]]
    if odd or ending not in ("mpy", "py"):
        raise ValueError("no name of a module: " + name)
    return int(size), binascii.unhexlify(digest), name[:-1]
