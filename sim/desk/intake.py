"""What each kind of up message does to the desk: one short function per kind, and their table."""

from sqlalchemy import delete, select

from sim.desk import (
    approvals,
    care,
    codec,
    disputes,
    documents,
    forms,
    keeping,
    mandates,
    messages,
    notices,
    quoting,
    releases,
    trade,
)
from sim.desk.models import Command, Finding, FindingState, Outgoing, Report, Thing
from sim.desk.work import Answer, Refused, Work, acknowledge, plain, send_again

# A hello puts an end to every frame that was sent before it: no memory of the thing can have
# numbered more than so many that the desk has not seen, with four messages an hour for a year.
FENCE = 1 << 16
# Under which a thing's last hello keeps the highest number of a mandate that it ever had.
KNOWN = "mandate_known"
# What a thing says in its hello of why it buys nothing, as far as the desk can tell it itself.
HELD = "paused on the console"
REFUSALS = {documents.PAUSE: "mandate paused", documents.REVOKE: "mandate revoked"}


def apply(work: Work, thing: Thing, kind: int, body: dict) -> Answer:
    """Carry out one authentic message. Refused or CodecError: nothing of it may stay."""
    if kind not in messages.UP:
        raise Refused("unknown kind")
    return ROOMS[kind](work, thing, messages.read(messages.UP[kind], body))


def _hello(work: Work, thing: Thing, words: dict) -> Answer:
    """Tell a thing that starts what counts, whatever it remembers.

    No number in a hello tells a memory that lacks something from one that does not: an old flash
    counts on, too. What another memory has still under way to the desk is dead from here on, so
    that nothing can be added to what is told now.
    """
    stale = delete(Outgoing).where(
        Outgoing.thing_id == thing.id, Outgoing.kind == messages.RECONCILE
    )
    work.session.execute(stale)
    thing.hello = {**plain(words), KNOWN: max(_mandate_of(thing), words["mandate_seq"])}
    thing.up_seq += FENCE
    releases.greeted(work, thing, words)
    send_again(work, thing, 1)  # after the answer, before which it is deaf to all of it
    trade.reconcile(work, thing, words["nonce"], thing.hello[KNOWN])
    mandates.send_again(work, thing, words["mandate_seq"], thing.hello[KNOWN])
    return Answer(messages.EXISTS)


def _mandate_of(thing: Thing) -> int:
    """The highest number of a mandate that a thing is known to have had, by its present owner."""
    return 0 if "left_at" in thing.hello else thing.hello.get(KNOWN, 0)


def late_hello(work: Work, thing: Thing, body: dict) -> None:
    """A hello whose number is too low: an old one, or a thing whose memory was lost or restored.

    It is answered with the number alone; only a thing that is waiting for just this nonce can make
    use of it, and it greets again.
    """
    words = messages.read(messages.UP[messages.HELLO], body)
    trade.tell_number(work, thing, words["nonce"])


def _report(work: Work, thing: Thing, words: dict, kind: str) -> Answer:
    row = Report(
        thing_id=thing.id,
        kind=kind,
        age_s=thing.age_s,
        made_at=work.made_at,
        received_at=work.now,
        content=plain(words),
    )
    work.session.add(row)
    return Answer()


def _finding(work: Work, thing: Thing, words: dict) -> Answer:
    row = work.session.scalars(
        select(Finding).where(
            Finding.thing_id == thing.id,
            Finding.monitor == words["monitor"],
            Finding.state != FindingState.CLEARED,
        )
    ).first()
    if row is None:
        row = Finding(thing_id=thing.id, monitor=words["monitor"], raised_at=work.made_at)
        work.session.add(row)
    for word in ("mode", "state", "severity", "confidence", "score", "eta_s", "mended_by"):
        setattr(row, word, words[word])
    row.changed_at = work.made_at
    return Answer()


def _order(work: Work, thing: Thing, words: dict) -> Answer:
    answer = trade.place(work, thing, words)
    approvals.ordered(work, thing)
    return answer


def refused_order(work: Work, thing: Thing, body: dict, reason: str) -> None:
    """An order that is not taken may have been its owner's wish."""
    words = messages.read(messages.UP[messages.ORDER], body)
    approvals.turned_away(work, thing, words["document"], reason)


def _ack(work: Work, thing: Thing, words: dict) -> Answer:
    taken = work.session.get(Outgoing, words["message"])
    if taken is not None and taken.thing_id == thing.id:
        if taken.kind == messages.MANDATE:
            _took_mandate(work, thing, taken, words["outcome"])
        elif taken.kind == messages.APPROVAL and words["outcome"]:
            approvals.not_cancelled(work, thing, taken, words["reason"])
    acknowledge(work, thing, words["message"])
    for room in (approvals, notices, releases):
        room.heard(work, thing, words["message"], words["outcome"] or 0, words["reason"])
    return Answer()


def _took_mandate(work: Work, thing: Thing, taken: Outgoing, outcome: int | None) -> None:
    """An old flash will not have it: the thing is told its number when it starts, and given it."""
    if outcome:
        return
    document = codec.decode(taken.body)[1]
    content = codec.peek_document(document)
    number = content.get(1)
    if isinstance(number, int) and forms.uint(number):
        mandates.keep(work, thing, str(content.get(0)), number, document)
        said = {**thing.hello, KNOWN: max(_mandate_of(thing), number)}
        if said.get("buys_not") != HELD:
            paused = documents.PAUSE if content.get(19) else documents.RESUME
            state = content.get(3) if content.get(0) == "control" else paused
            said["buys_not"] = REFUSALS.get(state) if isinstance(state, int) else None
        thing.hello = said


def _case(work: Work, thing: Thing, words: dict) -> Answer:
    answer = care.report(work, thing, words)
    if words["service"] == "software":
        releases.offer(work, thing, asked=True)
    return answer


def _farewell(work: Work, thing: Thing, words: dict) -> Answer:
    """It is reset for its next owner and will not know any more what was open: end what can be."""
    disputes.leave(work, thing)
    care.leave(work, thing)
    approvals.leave(work, thing)
    mandates.forget(work, thing)
    work.session.execute(delete(Outgoing).where(Outgoing.thing_id == thing.id))
    thing.hello = {**thing.hello, "left_at": work.now}  # until it greets again
    keeping.end_findings(work, thing)
    keeping.erase_later(work, thing)
    return _report(work, thing, words, "farewell")


def _reply(work: Work, thing: Thing, words: dict) -> Answer:
    command = work.session.get(Command, words["request"])
    if command is None or command.thing_id != thing.id:
        raise Refused("no such request")
    command.text, command.replied_at = words["text"], work.now
    return Answer()


ROOMS = {
    messages.HELLO: _hello,
    messages.HEALTH: lambda work, thing, words: _report(work, thing, words, "health"),
    messages.FINDING: _finding,
    messages.RFQ: quoting.request,
    messages.ORDER: _order,
    messages.ORDER_EVENT: disputes.event,
    messages.CASE: _case,
    messages.CASE_EVENT: care.event,
    messages.DISPUTE: disputes.take,
    messages.EXPERIENCE: trade.experience,
    messages.UP_ACK: _ack,
    messages.REPLY: _reply,
    messages.USAGE: lambda work, thing, words: _report(work, thing, words, "usage"),
    messages.SHED: lambda work, thing, words: _report(work, thing, words, "shed"),
    messages.REJECTION: lambda work, thing, words: _report(work, thing, words, "rejection"),
    messages.QUESTION: approvals.ask,
    messages.UPDATE: releases.told,
    messages.FETCH: releases.fetch,
    messages.FAREWELL: _farewell,
}
