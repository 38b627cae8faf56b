"""The story that `steward demo` has to tell, and whether it came out right.

Each step is checked against what the desk has in its database or what left the thing over the
broker; nothing is believed because the clock says so.
"""

from dataclasses import dataclass


@dataclass
class Step:
    """One thing that has to be seen; `at` is the virtual second at which it was."""

    words: str
    at: int | None = None


class Story:
    """What must happen once: an order from need to verified refill, a case from fault to closed.

    `look(now, orders, cases)` is given the words of every history at the desk: those of one order
    and of one case must have come true in this order.
    """

    ORDER = ("placed", "confirmed", "shipped", "delivered", "verified")
    CASE = ("opened", "scheduled", "done", "recovered")

    def __init__(self):
        self.order_steps = [Step(f"an order was {word}") for word in self.ORDER]
        self.case_steps = [Step(f"a case was {word}") for word in self.CASE[:-1]]
        self.case_steps.append(Step("the monitor that found the fault closed the case"))

    @property
    def steps(self) -> list[Step]:
        return self.order_steps + self.case_steps

    @property
    def complete(self) -> bool:
        return all(step.at is not None for step in self.steps)

    def look(self, now: int, orders: list[list[str]], cases: list[list[str]]) -> None:
        """Move on: for each order and each case the words of its history so far."""
        self._follow(now, self.order_steps, self.ORDER, orders)
        self._follow(now, self.case_steps, self.CASE, cases)

    @staticmethod
    def _follow(now: int, steps: list[Step], words: tuple, histories: list[list[str]]) -> None:
        furthest = max((_progress(words, history) for history in histories), default=0)
        for step in steps[:furthest]:
            step.at = now if step.at is None else step.at


def _progress(words: tuple, history: list[str]) -> int:
    """How many of the words occur in the history, one after the other."""
    position = 0
    for word in history:
        if position < len(words) and word == words[position]:
            position += 1
    return position
