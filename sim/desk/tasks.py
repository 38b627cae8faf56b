"""Work of the desk that is due at a time: a seller's answer, a visit, a silence to notice.

A task is a row, so that it outlives the process and any of several workers can do it; what each
kind of task does is the table at the end.
"""

from sqlalchemy import func, select

from sim.desk import approvals, care, disputes, keeping, notices, quoting, trade
from sim.desk.models import Outgoing, Task, Thing
from sim.desk.work import Work, within_reach

SWEEP_S = 86_400
ASIDE_S = 600  # a seller's or a department's own program that failed may be mended by then


def next_task(work: Work) -> tuple[bool, int | None]:
    """Whether a task was due and has been done; if none was, when something will be."""
    first = select(func.min(Task.due)).scalar_subquery()
    waiting = select(func.min(Outgoing.due))
    if reach := within_reach(work):
        waiting = waiting.join(Thing, Thing.id == Outgoing.thing_id).where(*reach)
    outgoing = waiting.scalar_subquery()
    due, sends = work.session.execute(select(first, outgoing)).one()
    if due is not None and due <= work.now and _do_task(work):
        return True, None
    dues = [moment for moment in (due, sends) if moment is not None]
    return False, min(dues) if dues else None


def set_aside(work: Work) -> None:
    """What could not be done is tried again later, so that what is due behind it is done at all."""
    task = _first_due(work)
    if task is not None:
        task.due = work.now + ASIDE_S


def _first_due(work: Work) -> Task | None:
    query = select(Task).where(Task.due <= work.now).order_by(Task.due, Task.id).limit(1)
    return work.session.scalars(query.with_for_update(skip_locked=True)).first()


def _do_task(work: Work) -> bool:
    task = _first_due(work)
    if task is None:
        return False  # another worker is at it
    work.session.delete(task)
    work.session.flush()
    TASKS[task.what](work, task.subject, dict(task.content))
    return True


def plan_sweep(work: Work) -> None:
    """See to it that what is old goes, once a day."""
    query = select(func.count()).select_from(Task).where(Task.what == "sweep")
    if not work.session.scalar(query):
        work.put_off(SWEEP_S, "sweep", "")


def _sweep(work: Work, subject: str, content: dict) -> None:
    """What is old goes."""
    keeping.sweep(work)
    work.put_off(SWEEP_S, "sweep", subject)


TASKS = {
    "quote": lambda work, subject, content: quoting.quote(work, content),
    "seller_step": disputes.seller_step,
    "dispute_due": disputes.due,
    "order_silence": lambda work, subject, content: trade.silence(work, subject),
    "department_step": care.department_step,
    "case_silence": lambda work, subject, content: care.silence(work, subject),
    "question_due": approvals.due,
    "notice_due": notices.due,
    "erase": keeping.due,
    "sweep": _sweep,
}
