"""Cases: from a thing's first word to service done and recovery seen by the thing.

One case is open per thing and failure mode; more about the same fault updates it. The department
says accepted, scheduled, done, refused; the thing alone closes a case, because its own monitor
saw the recovery, and opens it again when the fault comes back.
"""

import dataclasses

from sqlalchemy import select

from sim.desk import messages
from sim.desk.database import lock_with_thing
from sim.desk.models import OPEN_CASE, Case, CaseState, Thing
from sim.desk.service import CaseStep, Job
from sim.desk.work import Answer, Refused, ServiceDone, Work, case_number

CASE_SILENCE_S = 86_400  # a case that nobody accepted by then is escalated, and again after that
DEPARTMENT = "service"
RECOVERED, CAME_BACK, WITHDRAWN, ESCALATED = 1, 2, 3, 4
EVENTS = {1: "recovered", 2: "came_back", 3: "withdrawn", 4: "escalated"}
KEPT = ("service", "severity", "confidence", "eta_s", "advice", "monitor", "remedy", "part",
        "update")


def report(work: Work, thing: Thing, words: dict) -> Answer:
    """Open a case, or add to the one that is open for this id or this failure mode."""
    case = _case(work, words["case"])
    if case is None:
        case = _open_case(work, thing, words["mode"])
        if case is None:
            return _open(work, thing, words)
        # The thing lost count and gave the fault a new id; it stays one case with one number.
        work.note(case, "thing", "renamed", before=case.case_id.hex())
        case.case_id = words["case"]
    elif case.thing_id != thing.id or case.mode != words["mode"]:
        raise Refused("case id was used for another fault")
    elif words["update"] <= case.update and case.state not in OPEN_CASE:
        # Only a thing that lost its memory counts from nought again: the fault is back.
        work.note(case, "thing", "came_back", severity=words["severity"])
        _fill(case, words)
        _reopen(work, thing, case)
        return Answer(number=case_number(case))
    elif words["update"] <= case.update:
        return Answer(messages.EXISTS, number=case_number(case))
    more_severe = words["severity"] > case.severity
    _fill(case, words)
    work.note(case, "thing", "updated", severity=case.severity, confidence=case.confidence)
    if more_severe:
        _ask_department(work, case)
    return Answer(number=case_number(case))


def event(work: Work, thing: Thing, words: dict) -> Answer:
    """The thing's own word on a case."""
    case = _case(work, words["case"])
    if case is None or case.thing_id != thing.id:
        raise Refused("no such case")
    work.note(case, "thing", EVENTS[words["event"]], reason=words["reason"])
    if words["event"] in (RECOVERED, WITHDRAWN):
        case.state = CaseState.CLOSED
        _forget_plans(work, case)
    elif words["event"] == CAME_BACK:
        _reopen(work, thing, case)
    elif words["event"] == ESCALATED:
        escalate(work, case)
    return Answer(number=case_number(case))


def department_step(work: Work, subject: str, content: dict) -> None:
    """A step of the department's plan is due."""
    case = lock_with_thing(work.session, Case, int(subject))
    say(work, case, CaseStep(**content), DEPARTMENT)


def say(work: Work, case: Case, step: CaseStep, source: str) -> bool:
    """Move a case forward by the department's word and tell the thing; False when it may not."""
    again = case.state == CaseState.SCHEDULED and step.state == CaseState.SCHEDULED
    if case.state not in OPEN_CASE or (step.state <= case.state and not again):
        return False
    case.state = int(step.state)
    if step.when_s is not None:
        case.visit_at = work.now + step.when_s
    word = CaseState(step.state).name.lower()
    work.note(case, source, word, when_s=step.when_s, reason=step.reason)
    told = {"state": case.state, "when_s": step.when_s, "reason": step.reason}
    work.queue(
        case.thing_id,
        messages.CASE_STATUS,
        case=case.case_id,
        number=case_number(case),
        **told,
    )
    if case.state == CaseState.DONE:
        about = (case.thing_id, case.case_id, case_number(case), case.mode, case.service)
        work.after.append(ServiceDone(*about))
    return True


def set_by_person(work: Work, case: Case, step: CaseStep) -> None:
    """The service team drives the case by hand from here on; Refused when it cannot be."""
    if not say(work, case, step, "person"):
        raise Refused(f"a case that is {CaseState(case.state).name.lower()} cannot be that")
    work.drop("department_step", _subject(case))


def leave(work: Work, thing: Thing) -> None:
    """Its monitors will not know these faults again: a new owner's thing opens its own cases."""
    held = select(Case).where(Case.thing_id == thing.id, Case.state.in_(OPEN_CASE))
    for case in work.session.scalars(held).all():
        case.state = CaseState.CLOSED
        work.note(case, "thing", "closed", reason="the thing was reset")
        _forget_plans(work, case)


def silence(work: Work, subject: str) -> None:
    """Nobody has accepted the case in time: escalate, and look again later."""
    case = lock_with_thing(work.session, Case, int(subject))
    if case.state == CaseState.OPEN:
        work.note(case, "desk", "escalated", reason="nobody accepted it")
        escalate(work, case)
        work.put_off(CASE_SILENCE_S, "case_silence", subject)


def escalate(work: Work, case: Case) -> None:
    """Mark the case and let the department plan it anew."""
    case.escalated = True
    if case.state in (CaseState.OPEN, CaseState.ACCEPTED, CaseState.SCHEDULED):
        _ask_department(work, case)


def _open(work: Work, thing: Thing, words: dict) -> Answer:
    case = Case(
        case_id=words["case"],
        thing_id=thing.id,
        mode=words["mode"],
        state=CaseState.OPEN,
        escalated=False,
        opened_at=work.now,
        changed_at=work.now,
    )
    _fill(case, words)
    work.session.add(case)
    work.note(case, "thing", "opened", severity=case.severity, confidence=case.confidence)
    _ask_department(work, case)
    work.put_off(CASE_SILENCE_S, "case_silence", _subject(case))
    return Answer(number=case_number(case))


def _reopen(work: Work, thing: Thing, case: Case) -> None:
    other = _open_case(work, thing, case.mode)
    if other is not None and other is not case:
        raise Refused(f"case {case_number(other)} is open for this failure mode")
    case.state = CaseState.OPEN
    case.visit_at = None
    _forget_plans(work, case)
    _ask_department(work, case)
    work.put_off(CASE_SILENCE_S, "case_silence", _subject(case))


def _fill(case: Case, words: dict) -> None:
    for word in KEPT:
        setattr(case, word, words[word])
    case.evidence = words["evidence"]
    case.tried = words["tried"] or []


def _ask_department(work: Work, case: Case) -> None:
    work.drop("department_step", _subject(case))
    job = Job(
        case=case.case_id,
        number=case_number(case),
        thing=case.thing_id,
        mode=case.mode,
        service=case.service,
        severity=case.severity,
        escalated=case.escalated,
        state=CaseState(case.state),
    )
    for step in work.department.plan(job, work.now):
        content = dataclasses.asdict(step)
        work.put_off(step.delay_s, "department_step", _subject(case), content)


def _forget_plans(work: Work, case: Case) -> None:
    work.drop("department_step", _subject(case))
    work.drop("case_silence", _subject(case))


def _case(work: Work, case_id: bytes) -> Case | None:
    return work.session.scalars(select(Case).where(Case.case_id == case_id)).first()


def _open_case(work: Work, thing: Thing, mode: str) -> Case | None:
    query = select(Case).where(
        Case.thing_id == thing.id, Case.mode == mode, Case.state.in_(OPEN_CASE)
    )
    return work.session.scalars(query).first()


def _subject(case: Case) -> str:
    return str(case.number)
