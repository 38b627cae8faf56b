"""Cases: the list, and one with its evidence and what the service team may do."""

import datetime

from fastapi import Request
from nicegui import ui

from sim.desk.page import words
from sim.desk.page.charts import window
from sim.desk.page.client import of
from sim.desk.page.lists import Listing, narrowing
from sim.desk.page.orders import asked
from sim.desk.page.shell import (
    Detail,
    Visit,
    badge,
    box,
    choices,
    dialog,
    facts,
    frame,
    history,
    href,
    link,
    panel,
)
from sim.desk.page.table import Column

STATES = ["open", "accepted", "scheduled", "done", "closed", "refused"]
NO_CASES = ("No case is like that. A thing opens one when it has found a fault that it cannot mend "
            "by itself; choose `all` to see those that are closed.")
COLUMNS = [
    Column("id", "Case", "link"),
    Column("state", "State", "state"),
    Column("severity", "Severity", "state"),
    Column("thing", "Thing", "link"),
    Column("mode", "What is wrong"),
    Column("service", "Wants"),
    Column("opened", "Opened", "time"),
    Column("visit", "Visit", "time"),
]
# What the team may say, by the state in which it makes sense.
SAYS = {
    "open": ("accept", "schedule", "refuse"),
    "accepted": ("schedule", "done", "refuse"),
    "scheduled": ("schedule", "done", "refuse"),
    "done": ("refuse",),
}
BUTTONS = {"accept": "take it on", "schedule": "schedule a visit", "done": "done",
           "refuse": "refuse", "notes": "add a note"}  # fmt: skip


async def page(request: Request, state: str = "", thing: str = "", mode: str = "") -> None:
    """The list of cases."""
    visit = Visit(request)
    query = {"state": state or "open", "thing": thing, "mode": mode}
    shown = asked(query, ["accepted", "scheduled", "done", "closed", "refused"])
    with frame(visit, "cases", "Cases"), panel("Cases"):
        narrowing("/desk/cases", query | {"state": shown.pop("chosen")}, STATES[1:],
                  {"thing": "thing", "mode": "what is wrong"})
        Listing(visit, "/cases", shown, COLUMNS, case_row, NO_CASES)
    await visit.show()


def case_row(case: dict, visit: Visit) -> dict:
    """A case as tables show it."""
    severity = words.SEVERITIES[case["severity"]]
    return {
        "id": case["number"],
        "id_href": href("cases", case["number"]),
        "state": case["state"] + (", escalated" if case["escalated"] else ""),
        "state_look": words.LOOKS[case["state"]],
        "severity": severity,
        "severity_look": words.LOOKS[severity],
        "thing": case["thing"],
        "thing_href": href("things", case["thing"]),
        "mode": words.said(case["mode"]),
        "service": case["service"],
        "opened": visit.ago(case["opened_at"]),
        "opened_at": visit.exact(case["opened_at"]),
        "visit": visit.ago(case["visit_at"]) if case["visit_at"] else "",
        "visit_at": visit.exact(case["visit_at"]),
    }


class Case(Detail):
    """One case."""

    async def read(self) -> tuple[dict, dict]:
        case = await self.visit.rest.get(of("cases", self.number))
        return case, await self.visit.product(case["thing"])

    def draw(self, data: tuple[dict, dict]) -> None:
        case, known = data
        visit = self.visit
        with box("headline"):
            ui.label(f"{case['number']} {words.said(case['mode'])}").classes("title")
            badge(case["state"])
            if case["escalated"]:
                badge("escalated", "bad")
            for word in (*SAYS.get(case["state"], ()), "notes"):
                if not visit.may(f"POST /cases/{{number}}/{word}"):
                    continue
                button = ui.button(BUTTONS[word], on_click=lambda word=word: self._say(word))
                button.props("outline dense no-caps").classes("px-3")
        if case["state"] == "done":
            ui.label("Done by the team. The thing closes it when its own monitor sees the "
                     "recovery, and opens it again if it does not.").classes("note")  # fmt: skip
        with box("columns"):
            with panel("What is wrong"):
                self._facts(case)
            with panel("What was said"):
                history(visit, case["history"])
        self._evidence(case, known["channels"])

    def _facts(self, case: dict) -> None:
        visit = self.visit
        severity = words.SEVERITIES[case["severity"]]
        facts([
            ("Thing", lambda: link(case["thing"], "things", case["thing"])),
            ("Wants", case["service"]),
            ("Severity", lambda: badge(severity)),
            ("Confidence", f"{case['confidence']} %"),
            ("Fails in", words.span(case["eta_s"]) if case["eta_s"] else ""),
            ("Found by", words.said(case["monitor"])),
            ("Advice", case["advice"]),
            ("Tried already", ", ".join(words.said(word) for word in case["tried"])),
            ("Asks for", _remedy(case)),
            ("Opened", visit.both(case["opened_at"])),
            ("Visit", visit.both(case["visit_at"])),
            ("Changed", visit.both(case["changed_at"])),
        ])  # fmt: skip

    def _evidence(self, case: dict, units: dict[str, str]) -> None:
        note = "Readings around the finding, as the thing sent them; the time is before the case."
        with panel("Evidence", note):
            if not case["evidence"]:
                ui.label("The thing sent none: its owner may not allow it.").classes("empty")
            with box("charts"):
                for channel, scale, points in case["evidence"]:
                    with box("chart"):
                        name = words.channel(channel, units.get(channel))
                        ui.label(name).classes("chart-name")
                        ui.echart(window(scale, points)).classes("w-full h-40")

    def _say(self, word: str) -> None:
        with dialog(self.visit, f"{self.number}: {BUTTONS[word]}") as asked_:
            soon = datetime.datetime.fromtimestamp(self.visit.now + words.DAY_S, self.visit.zone)
            day = hour = None
            if word == "schedule":
                day = ui.input("day", value=f"{soon:%Y-%m-%d}").props("type=date")
                hour = ui.input("time", value=f"{soon:%H}:00").props("type=time")
            label = "reason" if word == "refuse" else "text"
            text = ui.input(label).props("maxlength=200 autogrow")
            wrong = ui.label().classes("trouble")

            async def send() -> None:
                body = {"text": text.value or ""}
                if word in ("refuse", "notes") and not body["text"].strip():
                    wrong.text = f"Say the {label}: the thing and its history keep it."
                    return
                if day is not None and hour is not None:
                    at = _moment(day.value, hour.value, self.visit.zone)
                    if at is None or at < self.visit.now:
                        wrong.text = "That is no day and time to come."
                        return
                    body["at"] = at
                asked_.close()
                await self.visit.do(of("cases", self.number, word), body, "noted")
                await self.live.refresh()

            choices(asked_, BUTTONS[word], send)


def _remedy(case: dict) -> str:
    """What the thing thinks would mend it, and the part for that."""
    if not case["remedy"]:
        return ""
    return words.said(case["remedy"]) + (f" ({case['part']})" if case["part"] else "")


def _moment(day: str, hour: str, zone: datetime.tzinfo) -> int | None:
    try:
        moment = datetime.datetime.fromisoformat(f"{day}T{hour}")
    except ValueError:
        return None
    return int(moment.replace(tzinfo=zone).timestamp())
