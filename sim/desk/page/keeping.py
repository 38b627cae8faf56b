"""What the desk keeps of a thing: all of it to take along, and an end of what may go."""

import json
from typing import Any

from nicegui import ui

from sim.desk.page.client import Trouble, of
from sim.desk.page.shell import Visit, box, choices, dialog, panel

DATA = "{} /things/{{thing_id}}/data"
NOTE = "Reports go by themselves after 100 days, the rest after 400; what was bought stays."
ERASES = ("Reports, console lines, cleared findings, closed cases and answered questions of this "
          "thing go now and for good. What is open stays until it has ended, and what was bought "
          "stays: orders with their offers, disputes, and what was signed about them.")  # fmt: skip


def keeping(visit: Visit, thing: str) -> None:
    """The panel, for those whose data it is."""
    if not visit.may(DATA.format("GET")):
        return
    with panel("What the desk keeps of it", NOTE), box("controls"):
        ui.button("take it along", on_click=lambda: _take(visit, thing)).props(
            "outline dense no-caps").classes("px-3")  # fmt: skip
        ui.button("erase it", on_click=lambda: _ask(visit, thing)).props(
            "outline dense no-caps color=negative").classes("px-3")  # fmt: skip


async def _take(visit: Visit, thing: str) -> None:
    try:
        told: dict[str, Any] = await visit.rest.get(of("things", thing, "data"))
    except Trouble as trouble:
        ui.notify(str(trouble), type="negative", multi_line=True)
        return
    hand_over(json.dumps(told, indent=2, ensure_ascii=False), f"{thing}.json")


def hand_over(content: str, name: str) -> None:
    """Have the browser save a file of JSON."""
    ui.download.content(content, name, "application/json")


def _ask(visit: Visit, thing: str) -> None:
    with dialog(visit, f"Erase what {thing} told") as asked:
        ui.label(ERASES).classes("note")

        async def send() -> None:
            asked.close()
            await visit.erase(of("things", thing, "data"), "erased")

        choices(asked, "erase", send)
