"""Remembers how starts went: enough failures in a row and the thing comes up in SAFE.

In SAFE it senses, answers on its console and can be updated; it buys nothing. A start that lasts
HEALTHY_S ends the row, and so does a sleep that the thing itself chose.
"""

import io
import json
import sys

from hal import HalError

BAD_BOOTS = 5
HEALTHY_S = 600
ASLEEP = "sleep"  # the cause of a start that hal.esp32.board.deep_sleep brought about
CAUSES_KEPT = 8
TRACE_CHARACTERS = 700  # its end, where MicroPython names the file, the line and the error


class Guard:
    """Counts this start in `store`. `safe` says whether the thing must come up in SAFE.

    `cause`: why it started, a word of hal.esp32.board.CAUSES. A store that fails does not stop a
    thing from starting; `error` is its last reason.
    """

    def __init__(self, store, cause):
        self.error = None
        self.cause = cause
        self.healthy = False
        self._store = store
        self._record = record = self._load()
        self.safe = record["bad"] >= BAD_BOOTS
        record["boots"] += 1
        if cause != ASLEEP:
            record["bad"] += 1
        record["causes"] = (record["causes"] + [cause])[-CAUSES_KEPT:]
        self._save("boots", record)

    @property
    def boots(self) -> int:
        """How often the thing has started."""
        return self._record["boots"]

    def watch(self, now: int) -> bool:
        """Told the uptime every turn; True once, when this start has become a good one."""
        if self.healthy or now < HEALTHY_S:
            return False
        self.good()
        return True

    def good(self) -> None:
        """This start did what it was for: the next one begins a new row."""
        self.healthy = True
        self.safe = False
        if self._record["bad"]:
            self._record["bad"] = 0
            self._save("boots", self._record)

    def crashed(self, error, now: int) -> None:
        """Keep the end of the traceback until the next crash."""
        self._save("crash", {
            "boot": self.boots,
            "cause": self._record["causes"][-1],
            "uptime_s": now,
            "trace": trace(error)[-TRACE_CHARACTERS:],
        })  # fmt: skip

    def _load(self):
        try:
            data = self._store.load("boots")
            record = json.loads(data) if data else {}
            return {
                "boots": int(record.get("boots", 0)),
                "bad": int(record.get("bad", 0)),
                "causes": list(record.get("causes", ())),
            }
        except (OSError, ValueError, TypeError, AttributeError) as error:
            self.error = str(error)
            return {"boots": 0, "bad": 0, "causes": []}

    def _save(self, name, record):
        try:
            self._store.save(name, json.dumps(record).encode())
        except HalError as error:
            self.error = str(error)


def trace(error) -> str:
    """The traceback as text."""
    if not hasattr(sys, "print_exception"):
        return repr(error)
    page = io.StringIO()
    sys.print_exception(error, page)
    return page.getvalue()
