"""The desk itself, without I/O besides its database: frames in, frames out, time passed in.

The simulator in virtual time and the deployed service run this same class. `receive` verifies a
frame, applies it and queues the answer in one transaction; `take` hands out what is due, each
frame sealed with a fresh sequence number; `tick` carries out what sellers and service planned.
A crash between any two calls loses nothing: what was committed is sent, what was not is asked
for again by the thing, and nothing is applied twice.
"""

import hashlib
import time
from collections.abc import Callable, Iterable

from sqlalchemy import delete, insert, update

from sim.desk import (
    approvals,
    care,
    codec,
    disputes,
    forms,
    intake,
    keeping,
    mandates,
    messages,
    notices,
    releases,
    tasks,
)
from sim.desk.database import Database, Owned, lock, lock_with_thing
from sim.desk.models import (
    MESSAGES,
    Case,
    CaseState,
    Command,
    Dispute,
    Message,
    Order,
    OrderState,
    Outgoing,
    Reject,
    Seller,
    Thing,
)
from sim.desk.products import Products
from sim.desk.service import CaseStep, Department, PeopleDepartment
from sim.desk.suppliers import Step, Supplier
from sim.desk.work import Answer, Delivery, Refused, ServiceDone, Work, next_frame, send_again

REJECTS_KEPT = 1000
REJECT_BYTES = 64  # of a rejected frame: enough to see what it was, useless to replay
COMMAND_EXPIRES_S = 86_400
TASKS_PER_TICK = 10_000  # a bound, so that a planner that plans for now cannot hold tick for ever


class Desk:
    """The cloud endpoint's state and rules over one database.

    database_url: as SQLAlchemy writes it. clock: callable, unix seconds. suppliers: the sellers
    requests are passed to. department: who answers cases (None: people, over REST). decides_s:
    after how long a dispute that nobody settled is decided for the thing (None: by people).
    on_delivered(Delivery), on_service_done(ServiceDone): called after the commit. products: whose
    units and names it knows (sim/desk/products.py).
    """

    def __init__(
        self,
        database_url: str = "sqlite://",
        clock: Callable[[], float] = time.time,
        suppliers: Iterable[Supplier] = (),
        department: Department | None = None,
        decides_s: int | None = None,
        on_delivered: Callable[[Delivery], object] | None = None,
        on_service_done: Callable[[ServiceDone], object] | None = None,
        products: Products | None = None,
    ):
        self.database = Database(database_url)
        self.suppliers = {supplier.name: supplier for supplier in suppliers}
        self.department = department or PeopleDepartment()
        self.decides_s = decides_s
        self.products = products or {}
        self._clock = clock
        self._hooks = {Delivery: on_delivered, ServiceDone: on_service_done}
        self.broker: str | None = None  # whose things it writes to, where desks have several
        self._due: int | None = None
        self._act(self._register)

    @property
    def now(self) -> int:
        """The desk's time, whole unix seconds."""
        return int(self._clock())

    def provision(self, thing_id, root_key, public_key64, product="", owner=None) -> None:
        """Admit a thing, or give one new keys: its sequence numbers then start afresh.

        owner: None leaves it with the one that it has, unless its keys are new.

        Raises ValueError for an id or keys that cannot be right.
        """
        if not forms.name(thing_id) or any(sign in thing_id for sign in "/+#\0"):
            raise ValueError("thing id must be 1 to 40 characters without / + #")
        if len(root_key) != 32:
            raise ValueError("root key must be 32 bytes")
        if len(public_key64) != 64:
            raise ValueError("public key must be 64 bytes, X || Y")
        codec.public_key(public_key64)

        keys = {"root_key": root_key, "public_key": public_key64}
        self._act(lambda work: _admit(work, thing_id, keys, product, owner))

    def receive(self, thing_id: str, frame: bytes) -> None:
        """Verify, apply and answer one frame; what is not right is counted and dropped.

        Returns when the outcome is committed. Raises only when the database is out of reach, so
        that the caller does not acknowledge what was not kept.
        """
        self._act(lambda work: self._receive(work, thing_id, frame))

    def take(self) -> tuple[str, bytes] | None:
        """The next (thing id, frame) that is due, or None."""
        if self._idle():
            return None
        return self._act(next_frame)

    def tick(self) -> int | None:
        """Do what is due; returns unix seconds of what is due next (perhaps to `take`), or None."""
        if self._idle():
            return self._due
        for _ in range(TASKS_PER_TICK):
            failed = True
            try:
                done, due = self._act(self._look)
                failed = False
            finally:
                if failed:
                    self._act(tasks.set_aside)
            if not done:
                break
        return due

    def status(self, thing_id: str, online: bool) -> None:
        """Note what the thing's retained status topic says; back on line, it is written to."""

        def work(work: Work) -> None:
            thing = lock(work.session, Thing, thing_id)
            moved = thing is not None and thing.broker not in (None, self.broker)
            if thing is None or (moved and not online):
                return  # it said goodbye to the broker that it has left
            if online and (moved or not thing.online):
                thing.broker = self.broker
                send_again(work, thing)
            thing.online = online

        self._act(work)

    def send(self, thing_id: str, kind: int, expires: int | None = None, **words) -> None:
        """Queue a down message of one's own: a mandate, a notice, a manifest, a config."""

        def work(work: Work) -> None:
            _check_thing(work, thing_id)
            work.queue(thing_id, kind, expires=expires, **words)

        self._act(work)

    def command(self, thing_id: str, line: str) -> int:
        """Send a console line to a thing; returns the request's id, see `Command`."""

        def work(work: Work) -> int:
            _check_thing(work, thing_id)
            command = Command(thing_id=thing_id, line=line, sent_at=work.now)
            work.session.add(command)
            work.session.flush()
            expires = work.now + COMMAND_EXPIRES_S
            work.queue(thing_id, messages.EXEC, expires=expires, request=command.id, line=line)
            return command.id

        return self._act(work)

    def set_case(self, number: int, state: CaseState, when_s=None, reason=None) -> None:
        """A service team's word on a case; Refused when there is none or it may not be said."""
        step = CaseStep(0, state, when_s, reason or None)
        self._act(lambda work: care.set_by_person(work, _existing(work, Case, number), step))

    def note_case(self, number: int, text: str) -> None:
        """Add a service team's remark to a case."""
        self._act(
            lambda work: work.note(_existing(work, Case, number), "person", "note", text=text)
        )

    def set_order(self, number: int, state: OrderState, **told) -> None:
        """What a seller's staff says: packs, eta_s, reason, charged_minor as in `Step`."""
        step = Step(0, **told)
        self._act(
            lambda work: disputes.set_order(work, _existing(work, Order, number), state, step)
        )

    def answer_dispute(self, number: int, text: str, agrees: bool, charged_minor=None) -> None:
        """What a seller's staff answers; Refused when there is no such dispute or it is over."""
        step = Step(0, answer=text, agrees=agrees, charged_minor=charged_minor)
        self._act(
            lambda work: disputes.answer_by_person(work, _existing(work, Dispute, number), step)
        )

    def settle_dispute(self, number: int, text: str, charged_minor: int) -> None:
        """A person's decision: what the seller keeps, and an end of the order if it is open."""
        self._act(
            lambda work: disputes.decide(
                work, _existing(work, Dispute, number), "person", text, charged_minor
            )
        )

    def act(self, action: Callable[[Work], object]):
        """`action(work)` in one transaction, for what has no method of its own."""
        return self._act(action)

    def close(self) -> None:
        """Give back the database."""
        self.database.close()

    def _act(self, action):
        done: list = []

        def attempt(session):
            self._due = None
            work = Work(session, self.now, self.suppliers, self.department, self.broker,
                        self.decides_s)
            result = action(work)
            done[:] = work.after
            return result

        result = self.database.run(attempt)
        for item in done:
            hook = self._hooks[type(item)]
            if hook is not None:
                hook(item)
        return result

    def _receive(self, work: Work, thing_id: str, frame: bytes) -> None:
        thing = lock(work.session, Thing, thing_id) if forms.name(thing_id) else None
        if thing is None:
            _reject(work, thing_id, "unknown thing", frame)
            return
        try:
            payload = _verified(thing, frame)
        except codec.CodecError as error:
            _reject(work, thing_id, str(error), frame)
            return
        if payload[messages.SEQ] <= thing.up_seq:
            _reject(work, thing_id, "sequence number does not rise", frame)
            if payload[messages.KIND] == messages.HELLO:
                self._try(work, intake.late_hello, thing, payload[messages.BODY])
            return
        thing.up_seq = payload[messages.SEQ]
        thing.heard_at, thing.broker = work.now, self.broker
        thing.age_s = max(thing.age_s, payload[messages.AT])
        work.made_at = _made_at(work, thing, payload)
        message_id, kind = payload[messages.ID], payload[messages.KIND]
        digest = hashlib.sha256(codec.encode([kind, payload[messages.BODY]])).digest()[:16]
        known = work.session.get(Message, (thing.id, message_id)) if message_id else None
        if known is not None and known.digest == digest:
            outcome = known.outcome or messages.EXISTS
            _answer(work, thing, payload, Answer(outcome, known.reason, known.number))
            return
        answer = self._try(work, intake.apply, thing, kind, payload[messages.BODY])
        if kind == messages.ORDER and answer.outcome == messages.REFUSED:
            self._try(work, intake.refused_order, thing, payload[messages.BODY], answer.reason)
        if message_id:
            _remember(work, thing, payload, digest, answer, known is not None)
            _answer(work, thing, payload, answer)

    def _try(self, work: Work, action, *arguments) -> Answer:
        """The answer of an action; of one that refuses, nothing stays but the refusal."""
        noted = len(work.after)
        try:
            with work.session.begin_nested():
                return action(work, *arguments) or Answer()
        except (Refused, codec.CodecError) as error:
            del work.after[noted:]
            return Answer(messages.REFUSED, str(error)[: forms.TEXT_CHARACTERS])

    def _look(self, work: Work) -> tuple[bool, int | None]:
        done, due = tasks.next_task(work)
        # A database in memory has no other writer, so until then nothing else becomes due.
        self._due = due if self.database.in_memory and not done else None
        return done, due

    def _idle(self) -> bool:
        return self._due is not None and self.now < self._due

    def _register(self, work: Work) -> None:
        for supplier in self.suppliers.values():
            row = work.session.get(Seller, supplier.name)
            if row is None:
                row = Seller(name=supplier.name, since=work.now)
                work.session.add(row)
            row.public_key = supplier.public_key
        tasks.plan_sweep(work)


def _check_thing(work: Work, thing_id: str) -> None:
    if lock(work.session, Thing, thing_id) is None:
        raise Refused("no such thing")


def _existing(work: Work, table: type[Owned], key) -> Owned:
    if work.session.get(table, key) is None:
        raise Refused(f"no such {table.__name__.lower()}")
    return lock_with_thing(work.session, table, key)


def _verified(thing: Thing, frame: bytes) -> dict:
    payload = codec.open_frame(frame, thing.root_key, thing.id, codec.UP)
    for key in (messages.SEQ, messages.KIND, messages.ID, messages.AT):
        if not forms.uint(payload.get(key)):
            raise codec.CodecError(f"envelope: key {key} must be an unsigned integer")
    if not isinstance(payload.get(messages.BODY), dict):
        raise codec.CodecError("envelope: key 6 must be a map")
    return payload


def _made_at(work: Work, thing: Thing, payload: dict) -> int:
    """When the message was written: a thing tells the time now and then, its age always."""
    utc, age_s = payload.get(messages.UTC), payload[messages.AT]
    if forms.uint(utc):
        thing.born_at = utc - age_s
    return work.now if thing.born_at is None else min(work.now, thing.born_at + age_s)


def _answer(work: Work, thing: Thing, payload: dict, answer: Answer) -> None:
    words = {"outcome": answer.outcome, "reason": answer.reason, "number": answer.number}
    if payload[messages.KIND] == messages.HELLO and answer.outcome != messages.REFUSED:
        words["nonce"] = payload[messages.BODY][13]
    about = payload[messages.ID]
    work.queue(thing.id, messages.DOWN_ACK, wants_ack=False, message=about, **words)


def _remember(work: Work, thing: Thing, payload: dict, digest: bytes, answer: Answer, reused: bool):
    key = {"thing_id": thing.id, "message_id": payload[messages.ID]}
    row = {
        "kind": payload[messages.KIND],
        "digest": digest,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "number": answer.number,
        "received_at": work.now,
    }
    if reused:
        # One that lost its memory may count from one again: other content, another message.
        work.session.execute(update(Message).filter_by(**key).values(row))
    else:
        work.session.execute(insert(MESSAGES), key | row)


def _reject(work: Work, thing_id: str, reason: str, frame: bytes) -> None:
    row = Reject(
        thing_id=thing_id[: forms.NAME_CHARACTERS],
        reason=reason[: forms.TEXT_CHARACTERS],
        frame=frame[:REJECT_BYTES],
        received_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.session.execute(delete(Reject).where(Reject.id <= row.id - REJECTS_KEPT))


def _admit(work: Work, thing_id: str, keys: dict, product: str, owner: str | None) -> None:
    thing = lock(work.session, Thing, thing_id)
    if thing is None:
        told = {"provisioned_at": work.now, "product": product, "owner": owner or ""}
        work.session.add(Thing(id=thing_id, **told, **keys))
        return
    same = thing.root_key == keys["root_key"]
    if owner is None:
        owner = thing.owner if same else ""
    if not same and thing.owner != owner:  # reset where no desk heard its farewell
        disputes.leave(work, thing)
        care.leave(work, thing)
    keeping.hand_over(work, thing, owner, not same)
    thing.product = product
    if same:
        return
    # With new keys both directions count from one again, and nothing old may be answered.
    thing.root_key, thing.public_key = keys["root_key"], keys["public_key"]
    thing.up_seq = thing.down_seq = 0
    thing.hello = {}
    keeping.end_findings(work, thing)
    for table in (Message, Outgoing, approvals.Question, notices.Notice, releases.Install,
                  mandates.Mandate):  # fmt: skip
        work.session.execute(delete(table).where(table.thing_id == thing.id))
