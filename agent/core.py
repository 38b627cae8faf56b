"""The core: everything that goes into the agent and comes out of it, and the one step.

    readings -> senses -> findings ------------> cases --+-> outbox -> desk
                   +----> shelf -> needs -> orders ------+
    desk -> inbox -> mandate, offers, orders, cases

feed_* store, step thinks, take_* hand out.  A step passes each room once, and everything it
changed becomes durable with one append before any of it is handed out.  The lower row, from shelf
to orders, is agent/trade.py: a product without consumables has none of it.
"""

from agent import VERSION, console, limits, loan
from agent import clock as clocks
from agent import inbox as inboxes
from agent import outbox as outboxes
from agent import store as stores
from agent.product import quantise
from agent.sense import senses as sensing
from agent.service import cases as services
from agent.wire import messages as wire

BOOT, NOTICES = 2, 4

RUN, SAFE = 0, 1


class Agent:
    """The agent of one thing.

    product: Product; identity: Identity; store: a store port (hal/store.py); entropy(n) -> n
    random bytes.  Replays the store; never touches hardware.  `now` is whole seconds of uptime
    and must not go back between calls.
    """

    def __init__(self, product, identity, store, entropy, cause="power on", release=None):
        self.product = product
        self.identity = identity
        self.journal = stores.Journal(store)
        note = self.journal.note
        self.clock = clocks.Clock(note)
        self.senses = sensing.Senses(product, note)
        if product.habits:
            habit = __import__("agent.sense.habit", None, None, ("watch",))
            habit.watch(self.senses, product)
        up = wire.Channel(identity.root_key, identity.thing, wire.UP)
        self.outbox = outboxes.Outbox(up, note)
        self.trade = None
        if product.consumables:
            from agent.trade import Trade  # a third of the agent: loaded only where it is used

            self.trade = Trade(self)
        self.cases = services.Cases(identity.thing, self.send, self.tell, note)
        if product.sensors or [watch for watch in self.senses.watches if watch.remedies]:
            self.cases.try_first = self._try_first
        self._trials = None
        self.switches = ()  # the board's outputs and sensors that a main lends to remedies
        self.inbox = inboxes.Inbox(self, entropy(8))
        self.cause = cause
        self.release = release  # the board's name, the number of the maker's release that runs
        self.slots = None  # a main that has them: () -> the port of updates
        self.updates = None
        self.boots = 0
        self.notices = []  # what the butler kept, a room that is only there when a notice comes
        self.linked = False
        self.mode = RUN
        self._at = 0
        self.effects = []
        self._learned_at = self._snapshots = self._reported_at = 0
        self._resume()

    # -- what comes in -------------------------------------------------------------------------

    def feed_reading(self, channel, value, quality, now):
        """Store one reading: channel index, value in its unit (or None), quality (GOOD..)."""
        self.senses.feed(channel, value, quality, self.clock.at(now))

    def feed_message(self, frame, now):
        """Store one frame from the desk (bytes)."""
        self.inbox.feed(frame)

    def feed_line(self, line, now):
        """Obey a console line and return the text that answers it.

        What it changed is durable, and goes out, with the next step.
        """
        return console.at_once(self.answers(line, now))

    def answers(self, line, now):
        """Obey a console line in slices: yield its answers, and None where the work goes on."""
        self._at = max(self._at, self.clock.at(now))
        return console.answers(self, line, self._at)

    def feed_link(self, up, now):
        """Learn that the link came up or went down."""
        self.linked = up
        if up:
            self.outbox.linked()

    def updater(self):
        """Return the room of updates, loaded when it is first wanted; None without slots."""
        if self.updates is None and self.slots:
            from agent.service.updates import Updates

            self.updates = Updates(self, self.slots())
        return self.updates

    def age(self):
        """Return the age (s) that the last step, line or reading found."""
        return self._at

    # -- the step ------------------------------------------------------------------------------

    def step(self, now):
        """Think once; return the uptime (s) at which the next step is due at the latest.

        Raises OSError when the store cannot take what was decided: nothing of it is handed out
        then, and the next step tries again.
        """
        while (due := self.think(now)) is None:
            pass
        return due

    def think(self, now):
        """A slice of a step, which most are whole; return as `step`, None where it goes on."""
        at = self._at = max(self._at, self.clock.at(now))
        try:
            if not self.inbox.work:  # a message and what it changes are one transaction
                self.journal.commit(at)  # what a console line, or a full flash, left open
        except OSError:
            self._sense(at)  # goes on without flash; nothing is decided
            raise
        if not self.inbox.step(at):
            return None
        at = self._at = max(at, self.clock.at(now))
        self._sense(at)
        if self.trade:
            self.trade.step(at)
        self.cases.step(at, self.senses)
        if self.updates:
            self.updates.step(now, at)
        self._report(at)
        self.outbox.reserve()
        self.journal.commit(at)
        self._keep_learned(at)
        return self._next_due(now, at)

    def _sense(self, at):
        trade = self.trade
        self.senses.step(at, trade.feed if trade else _nobody_listens)
        if trade:
            trade.shelf.step(at)

    def _try_first(self, asking, at):
        """Hold back what the thing may yet mend itself; return for what service is asked."""
        if asking or self.cases.trials:
            self._trials = self._trials or loan.call("agent.service.remedies", "Trials", self)
            return self._trials.step(asking, at)
        self._trials = None
        return asking

    def may_buy(self):
        """Return whether the thing's own memory of its money can be relied on."""
        return self.mode == RUN and self.inbox.greeted

    def _report(self, at):
        for watch in self.senses.changes:
            self._report_finding(watch, at)
        # By days of its age, not since its start: what is switched off every night reports, too,
        # and what a blackout started at once does not for ever after.
        before, self._reported_at = self._reported_at, at
        if at // limits.HEALTH_S != before // limits.HEALTH_S:
            self.outbox.put(wire.HEALTH, self.health(at), at)
            ending = self.trade and self.trade.mandate.ending(self.clock.utc(at))
            if ending:
                self.tell(ending)
        if self.trade and at // limits.USAGE_S != before // limits.USAGE_S:
            self.trade.share_usage(at)
        self.outbox.report_drops(at)

    def _report_finding(self, watch, at):
        """Confirmed findings leave the thing, and that they went; suspicions do not."""
        finding = watch.finding
        confirmed = finding.state == sensing.CONFIRMED
        if not confirmed and watch.before != sensing.CONFIRMED:
            return
        if confirmed and not watch.service:  # no case will tell the owner
            self.tell("%s: %s" % (watch.mode, watch.advice))
        body = {1: watch.name, 2: watch.mode, 3: finding.state if confirmed else 3,
                4: watch.severity, 5: finding.confidence(),
                6: quantise(min(finding.peak, 1000.0), 100)}
        eta = watch.eta_s()
        if eta is not None:
            body[7] = max(0, int(eta))
        if watch.mended:
            body[8], watch.mended = watch.mended, None
        self.outbox.put(wire.FINDING, body, at)

    def health(self, at):
        """Return the body of a health message: coarse, for it leaves the thing every day."""
        body = {1: self.mode, 2: self.trade.stock_bands(at) if self.trade else {}}
        for key, count in ((3, len(self.senses.open_watches())), (4, self.outbox.waiting()),
                           (5, self.outbox.dropped)):
            if count:
                body[key] = count
        return body

    def _next_due(self, now, at):
        due = self.outbox.next_due() if self.linked else None
        wait = limits.STEP_S if due is None else min(limits.STEP_S, max(0, due - at))
        if self.updates and self.updates.active():
            return now + 1
        return now + max(1, wait)

    # -- what goes out -------------------------------------------------------------------------

    def take_message(self):
        """Return the next frame for the desk, or None; it stays queued until the desk answers."""
        return self.outbox.take(self._at, self.clock)

    def take_effect(self):
        """Return the next effect for the loop to carry out, a tuple (word, ...), or None."""
        return self.effects.pop(0) if self.effects else None

    def tell(self, text):
        """Let the owner know, through whatever display, console or page the thing has."""
        if len(self.effects) < limits.EFFECTS_WAITING:
            self.effects.append(("notify", text))

    def keep_notices(self, rows):
        """Keep these notices of others, in the form of agent/terms/butler.py, and no more."""
        self.notices = rows
        self.journal.note([NOTICES, rows])

    def send(self, kind, body, about):
        """Queue a message about an order or a case (its id)."""
        self.outbox.put(kind, body, self._at, about)

    def reconcile(self, rows, latest, mandate, at):
        """Take the desk's word for orders and numbers that this thing may have forgotten."""
        if self.trade:
            self.trade.mandate.least = mandate
            self.trade.reconcile(rows, latest, at)
        self.outbox.renumber(latest)

    # -- durability ----------------------------------------------------------------------------

    def _resume(self):
        """Replay the journal, note the boot, greet the desk."""
        journal = self.journal
        rooms = self._room_of()
        for transaction in journal.transactions():
            self.clock.resume(transaction[0])
            for record in transaction[1:]:
                if record[0] in rooms:  # a newer agent's records are left alone
                    rooms[record[0]].apply(record)
        at = self._at = self.clock.at(0)
        self._learned_at = self._reported_at = at
        damage = "%d bytes of the journal are damaged" % journal.rotten if journal.rotten else None
        if self.trade:
            damage = self.trade.doubt(damage)
        if damage:
            self.tell("memory is damaged, nothing is bought until the desk has reconciled: "
                      + damage)
        if journal.torn or journal.rotten:
            self._try(journal.rewrite, at, self._dump())
        self.boots += 1
        journal.note([BOOT, self.boots])
        self.outbox.reserve()
        self.outbox.put(wire.HELLO, self.hello(), at)
        self._try(journal.commit, at)

    def _try(self, write, *arguments):
        """Write to flash at boot; if it cannot be, the next step tries again and senses work."""
        try:
            write(*arguments)
        except OSError as error:
            self.tell("flash: %s" % error)

    def hello(self):
        """Return the body of a hello message: a memory that is not relied on counts nothing."""
        body = {1: self.boots, 2: self.cause, 3: self.product.name, 4: self.product.version,
                5: VERSION, 6: self.mode, 7: self.inbox.last,
                12: [case.id for case in self.cases.open], 13: self.inbox.nonce,
                14: self.journal.port.appends}
        if self.release:
            body[15], body[16] = self.release
        body.update(self.trade.greeting() if self.trade
                    else {8: 0, 9: bytes(16), 10: 0, 11: []})
        return body

    def _room_of(self):
        """Return which room keeps the records of each tag."""
        table = {}
        for room, tags in (
            (self, (BOOT, NOTICES)), (self.clock, (clocks.TAG,)), (self.inbox, inboxes.TAGS),
            (self.senses, sensing.TAGS), (self.outbox, outboxes.TAGS),
            (self.cases, services.TAGS)) + (self.trade.rooms() if self.trade else ()):
            for tag in tags:
                table[tag] = room
        return table

    def apply(self, record):
        if record[0] == BOOT:
            self.boots = record[1]
        else:
            self.notices = record[1]

    def _dump(self):
        """Yield everything a rewritten journal holds."""
        yield [BOOT, self.boots]
        if self.notices:
            yield [NOTICES, self.notices]
        for room in (self.clock, self.inbox, self.outbox, self.cases, self.senses, self.trade):
            if room:
                yield from room.dump()

    def _keep_learned(self, at):
        """Write what was learned now and then, and the journal anew when it has outgrown."""
        if self.journal.outgrown():
            self.journal.rewrite(at, self._dump())
            self._learned_at = at
        elif at - self._learned_at >= (limits.SNAPSHOT_EARLY_S if self._snapshots <
                                       limits.SNAPSHOTS_EARLY else limits.SNAPSHOT_S):
            self._learned_at = at
            self._snapshots += 1
            for records in (self.senses.learned(), self.trade.shelf.dump() if self.trade else ()):
                for record in records:
                    self.journal.note(record)
                    self.journal.commit(at)


def _nobody_listens(channel, value, at):
    """Take a reading where there is no shelf."""
