"""The core: everything that goes into the agent and comes out of it, and the one step.

    readings -> senses -> findings ------------> cases --+-> outbox -> desk
                   +----> shelf -> needs -> orders ------+
    desk -> inbox -> mandate, offers, orders, cases

feed_* store, step thinks, take_* hand out.  A step passes each room once, and everything it
changed becomes durable with one append before any of it is handed out.
"""

from agent import VERSION, console, limits, needs
from agent import clock as clocks
from agent import inbox as inboxes
from agent import outbox as outboxes
from agent import store as stores
from agent.money import budget as budgets
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import ledger as books
from agent.money import mandate as mandates
from agent.money import orders as ordering
from agent.money.buyer import Buyer
from agent.money.rooms import Rooms
from agent.sense import senses as sensing
from agent.service import cases as services
from agent.stock import pattern
from agent.stock import shelf as shelves
from agent.terms import privacy as privacies
from agent.wire import messages as wire

BOOT = 2

RUN, SAFE = 0, 1


class Agent:
    """The agent of one thing.

    product: Product; identity: Identity; store: a store port (hal/store.py); entropy(n) -> n
    random bytes.  Replays the store; never touches hardware.  `now` is whole seconds of uptime
    and must not go back between calls.
    """

    def __init__(self, product, identity, store, entropy, cause="power on"):
        self.product = product
        self.identity = identity
        self.journal = stores.Journal(store)
        note = self.journal.note
        self.clock = clocks.Clock(note)
        self.senses = sensing.Senses(product, note)
        self.shelf = shelves.Shelf(product)
        self.ledger = books.Ledger(note)
        self.mandate = mandates.Mandate(identity, note)
        self.budget = budgets.Budget(note)
        self.orders = ordering.Orders(identity.thing, self.ledger, self.budget, note)
        up = wire.Channel(identity.root_key, identity.thing, wire.UP)
        self.outbox = outboxes.Outbox(up, note)
        self.experience = learned.Experience(note)
        self.disputes = disputing.Disputes(identity, self.ledger, self._send, note)
        self.buyer = Buyer(Rooms(identity, self.orders, self.mandate, self.budget, self.ledger,
                                 self.experience, self.disputes, self.shelf, self._send,
                                 self.tell))
        self.cases = services.Cases(identity.thing, self._send, self.tell, note)
        self.privacy = privacies.Privacy(self.mandate, note)
        self.inbox = inboxes.Inbox(self, entropy(8))
        self.cause = cause
        self.boots = 0
        self._linked = False
        self.mode = RUN
        self._at = 0
        self._effects = []
        self._learned_at = self._health_at = self._usage_at = 0
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
        self._at = max(self._at, self.clock.at(now))
        return console.obey(self, line, self._at)

    def feed_link(self, up, now):
        """Learn that the link came up or went down."""
        self._linked = up
        if up:
            self.outbox.linked()

    # -- the step ------------------------------------------------------------------------------

    def step(self, now):
        """Think once; return the uptime (s) at which the next step is due at the latest.

        Raises OSError when the store cannot take what was decided: nothing of it is handed out
        then, and the next step tries again.
        """
        at = self._at = max(self._at, self.clock.at(now))
        try:
            self.journal.commit(at)  # what a console line, or a flash that was full, left open
        except OSError:
            self._sense(at)  # goes on without flash; nothing is decided
            raise
        self.inbox.step(at)
        at = self._at = max(at, self.clock.at(now))
        self._sense(at)
        self._note_refills(at)
        self._buy(at)
        self._note_levels()
        self.cases.step(at, self.senses)
        self._report(at)
        self.outbox.reserve()
        self.journal.commit(at)
        self._keep_learned(at)
        return self._next_due(now, at)

    def _sense(self, at):
        self.senses.step(at, self.shelf.feed)
        self.shelf.step(at)

    def _note_refills(self, at):
        for index, kind, amount, _ in self.shelf.events:
            if kind in ("refilled", "replaced"):
                name = self.shelf.specs[index]["name"]
                scale = self.shelf.unit_scales[index]
                spare = self.shelf.items[index].spares() > 0
                self.buyer.delivery.refilled(name, needs.quantise(amount, scale), spare,
                                             self.may_buy(), at, self.clock.utc(at))

    def _note_levels(self):
        """Keep the level with every move of an order: a refill without power shows only by it."""
        moved, self.orders.moved = self.orders.moved, []
        for name in moved:
            index = self.shelf.index(name)
            if index is not None:
                self.journal.note(self.shelf.record(index))

    def _buy(self, at):
        if not self.may_buy():
            return
        utc = self.clock.utc(at)
        for need in needs.arising(self.shelf, self.orders.busy, at):
            self.orders.begin(self.shelf.specs[need.consumable]["name"], need, at)
        self.buyer.step(at, utc)

    def may_buy(self):
        """Return whether the thing's own memory of its money can be relied on."""
        return self.mode == RUN and self.inbox.greeted

    def _report(self, at):
        for watch in self.senses.changes:
            self._report_finding(watch, at)
        if at - self._health_at >= limits.HEALTH_S:
            self._health_at = at
            self.outbox.put(wire.HEALTH, self.health(at), at)
        if at - self._usage_at >= limits.USAGE_S:
            self._usage_at = at
            self._share_usage(at)
        self.outbox.report_drops(at)

    def _share_usage(self, at):
        rows = pattern.week(self.shelf)
        if rows and self.privacy.allows("usage", privacies.DESK):
            self.privacy.disclose("usage", privacies.DESK, "use of a week by consumable", at)
            self.outbox.put(wire.USAGE, {1: rows}, at)

    def _report_finding(self, watch, at):
        """Confirmed findings leave the thing, and that they went; suspicions do not."""
        finding = watch.finding
        confirmed = finding.state == sensing.CONFIRMED
        if not confirmed and watch.before != sensing.CONFIRMED:
            return
        body = {1: watch.name, 2: watch.mode, 3: finding.state if confirmed else 3,
                4: watch.severity, 5: finding.confidence(),
                6: needs.quantise(min(finding.peak, 1000.0), 100)}
        eta = watch.eta_s()
        if eta is not None:
            body[7] = max(0, int(eta))
        self.outbox.put(wire.FINDING, body, at)

    def health(self, at):
        """Return the body of a health message: coarse, for it leaves the thing every day."""
        stock = {}
        for spec, item in zip(self.shelf.specs, self.shelf.items):
            level, days = item.level(), item.days_left(at)
            band = 0 if level is None else min(4, max(0, int(5 * level / item.capacity)))
            stock[spec["name"]] = 1000 * band + (0 if days is None else min(999, int(days[1])))
        body = {1: self.mode, 2: stock}
        for key, count in ((3, len(self.senses.open_watches())), (4, self.outbox.waiting()),
                           (5, self.outbox.dropped)):
            if count:
                body[key] = count
        return body

    def _next_due(self, now, at):
        due = self.outbox.next_due() if self._linked else None
        wait = limits.STEP_S if due is None else min(limits.STEP_S, max(0, due - at))
        return now + max(1, wait)

    # -- what goes out -------------------------------------------------------------------------

    def take_message(self):
        """Return the next frame for the desk, or None; it stays queued until the desk answers."""
        return self.outbox.take(self._at, self.clock)

    def take_effect(self):
        """Return the next effect for the loop to carry out, a tuple (word, ...), or None."""
        return self._effects.pop(0) if self._effects else None

    def tell(self, text):
        """Let the owner know, through whatever display, console or page the thing has."""
        if len(self._effects) < limits.EFFECTS_WAITING:
            self._effects.append(("notify", text))

    def install_mandate(self, document, at):
        """Put the owner's signed mandate in force; raises MandateError and changes nothing."""
        self.mandate.install(document)
        self.ledger.add(at, books.MANDATE, self.mandate.sequence(), self.mandate.hash)

    def reconcile(self, rows, latest, at):
        """Take the desk's word for orders and numbers that this thing may have forgotten."""
        fault = self.ledger.fault
        if fault:
            self.ledger.restart()
        self.ledger.add(at, books.RECONCILED, len(rows), latest, fault or "")
        for identifier, name, cycle, state, seller, total, utc in rows:
            if state not in ordering.UNFULFILLED:
                self.budget.recall(identifier, name, seller, total, utc, at)
            self.orders.adopt(identifier, name, cycle, state, seller, total, at)
        self.outbox.renumber(latest)
        self.outbox.withdraw(wire.HELLO, b"")

    def _send(self, kind, body, about):
        self.outbox.put(kind, body, self._at, about)

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
        self._learned_at = self._health_at = self._usage_at = at
        if journal.rotten and not self.ledger.fault:
            self.ledger.fault = "%d bytes of the journal are damaged" % journal.rotten
        if self.ledger.fault:
            self.inbox.forget()
            self.tell("memory is damaged, nothing is bought until the desk has reconciled: "
                      + self.ledger.fault)
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
        known = self.inbox.reconciled
        return {1: self.boots, 2: self.cause, 3: self.product.name, 4: self.product.version,
                5: VERSION, 6: self.mode, 7: self.inbox.last, 8: self.ledger.count if known else 0,
                9: self.ledger.head[:16] if known else bytes(16), 10: self.mandate.sequence(),
                11: [order.id for order in self.orders.open if order.state > ordering.AWAITING],
                12: [case.id for case in self.cases.open], 13: self.inbox.nonce,
                14: self.journal.port.appends}

    def _room_of(self):
        """Return which room keeps the records of each tag."""
        table = {}
        for room, tags in (
            (self, (BOOT,)), (self.clock, (clocks.TAG,)), (self.inbox, inboxes.TAGS),
            (self.senses, sensing.TAGS), (self.shelf, (shelves.STOCK,)),
            (self.ledger, books.TAGS), (self.mandate, mandates.TAGS),
            (self.experience, learned.TAGS), (self.disputes, (disputing.DISPUTE,)),
            (self.budget, budgets.TAGS), (self.orders, ordering.TAGS),
            (self.outbox, outboxes.TAGS), (self.cases, services.TAGS),
            (self.privacy, (privacies.DISCLOSED,)),
        ):
            for tag in tags:
                table[tag] = room
        return table

    def apply(self, record):
        self.boots = record[1]

    def _dump(self):
        """Yield everything a rewritten journal holds."""
        yield [BOOT, self.boots]
        for room in (self.clock, self.inbox, self.mandate, self.budget, self.experience,
                     self.disputes, self.orders, self.outbox,
                     self.cases, self.privacy, self.senses, self.shelf):
            yield from room.dump()
        yield from self.ledger.dump(self.journal.transactions(), self.orders.oldest_entry())

    def _keep_learned(self, at):
        """Write what was learned now and then, and the journal anew when it has outgrown."""
        if self.journal.outgrown():
            self.journal.rewrite(at, self._dump())
            self._learned_at = at
        elif at - self._learned_at >= limits.SNAPSHOT_S:
            self._learned_at = at
            for room in (self.senses.learned(), self.shelf.dump()):
                for record in room:
                    self.journal.note(record)
                    self.journal.commit(at)

