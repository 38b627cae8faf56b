"""Lists that REST hands out page by page, the newest first, narrowed by what stands in the address.

A list's address says what it shows, so it can be sent to a colleague.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from nicegui import ui

from sim.desk.page.shell import Live, Visit, box
from sim.desk.page.table import Column, table

PAGE = 50


class Listing:
    """A list of REST's at `path`, as a table that keeps itself up to date."""

    def __init__(self, visit: Visit, path: str, query: dict, columns: list[Column],
                 row: Callable[[dict, Visit], dict], empty: str):
        self.visit, self.path, self.query = visit, path, query
        self._columns, self._row, self._empty = columns, row, empty
        self._cursors: list[str | None] = [None]  # of the pages up to the one that is shown
        self.live = Live(visit, self.read, self.draw)

    async def read(self) -> dict:
        return await self.visit.rest.get(
            self.path, limit=PAGE, cursor=self._cursors[-1], **self.query
        )

    def draw(self, found: dict) -> None:
        table(self._columns, [self._row(item, self.visit) for item in found["items"]], self._empty)
        with box("pager"):
            if len(self._cursors) > 1:
                _step("newer", self._newer)
            if found["next"]:
                _step("older", lambda: self._older(found["next"]))

    async def _older(self, cursor: str) -> None:
        self._cursors.append(cursor)
        await self.live.refresh()

    async def _newer(self) -> None:
        self._cursors.pop()
        await self.live.refresh()


def _step(word: str, go) -> None:
    ui.button(word, on_click=go).props("outline dense no-caps").classes("px-3")


def narrowing(path: str, query: dict, states: list[str], words: dict[str, str]) -> None:
    """Fields that narrow a list: open or a state, and one text field per entry of `words`."""
    def go(**to) -> None:
        wanted = {key: value for key, value in (query | to).items() if value}
        ui.navigate.to(f"{path}?{urlencode(wanted)}" if wanted else path)

    choices = {"open": "open", "": "all"} | {state: state for state in states}
    with box("controls"):
        chosen = ui.select(choices, value=query["state"])
        chosen.props('dense outlined aria-label="state"')
        chosen.on_value_change(lambda event: go(state=event.value or "all"))
        for name, label in words.items():
            field = ui.input(label=label, value=query[name]).props("dense outlined clearable")
            field.on("keydown.enter", lambda _, name=name, field=field: go(**{name: field.value}))
            field.on("clear", lambda _, name=name: go(**{name: ""}))
