"""The service department: who answers cases.

As with suppliers, a department answers a case with a plan of steps that the desk stores and
carries out. `SimpleDepartment` accepts, schedules a visit and does the work after delays drawn
from its ranges; `PeopleDepartment` plans nothing, because people drive each case over REST.
"""

import dataclasses
import random
from typing import Protocol

from sim.desk.models import CaseState

HOUR_S, DAY_S = 3_600, 86_400


@dataclasses.dataclass(frozen=True)
class Job:
    """A case as the department sees it."""

    case: bytes
    number: str
    thing: str
    mode: str
    service: str
    severity: int
    escalated: bool
    state: CaseState


@dataclasses.dataclass(frozen=True)
class CaseStep:
    """After `delay_s` the department says a state; a visit is `when_s` from then."""

    delay_s: int
    state: CaseState
    when_s: int | None = None
    reason: str | None = None


class Department(Protocol):
    """The port: one question, asked when a case opens, comes back or becomes more urgent."""

    def plan(self, job: Job, now: int) -> list[CaseStep]:
        """The steps that replace whatever was planned for this case."""


@dataclasses.dataclass(frozen=True)
class Pace:
    """(least, most) seconds to accept, from there to schedule, from there to have it done."""

    accept_s: tuple[int, int] = (600, 2 * HOUR_S)
    schedule_s: tuple[int, int] = (600, 4 * HOUR_S)
    work_s: tuple[int, int] = (12 * HOUR_S, 3 * DAY_S)


REMOTE = Pace((300, HOUR_S), (60, 600), (HOUR_S, 8 * HOUR_S))
URGENT = Pace((60, 600), (60, 600), (HOUR_S, 6 * HOUR_S))
# What needs nobody on site is done within the day.
PACES = {"software": REMOTE, "assistance": REMOTE, "alarm": URGENT}
URGENT_SEVERITY = 4


class SimpleDepartment:
    """Accepts every case and does the work; urgent ones first."""

    def __init__(self, rng: random.Random | None = None, pace: Pace | None = None):
        self._rng = rng or random.Random()
        self._pace = pace or Pace()

    def plan(self, job: Job, now: int) -> list[CaseStep]:
        """Accepted, scheduled, done; the first two are left out when they have been said."""
        urgent = job.escalated or job.severity >= URGENT_SEVERITY
        pace = URGENT if urgent else PACES.get(job.service, self._pace)
        accept_s = self._draw(pace.accept_s)
        schedule_s = accept_s + self._draw(pace.schedule_s)
        done_s = schedule_s + self._draw(pace.work_s)
        steps = [
            CaseStep(accept_s, CaseState.ACCEPTED),
            CaseStep(schedule_s, CaseState.SCHEDULED, when_s=done_s - schedule_s),
            CaseStep(done_s, CaseState.DONE),
        ]
        return [step for step in steps if step.state > job.state or step.state > CaseState.ACCEPTED]

    def _draw(self, bounds: tuple[int, int]) -> int:
        return self._rng.randint(*bounds)


class PeopleDepartment:
    """Plans nothing: a service team accepts, schedules and closes over the desk's REST."""

    def plan(self, job: Job, now: int) -> list[CaseStep]:
        """No steps."""
        return []
