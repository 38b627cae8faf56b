"""All things at a glance: what needs somebody now, and every thing in one row."""

from collections import Counter

from fastapi import Request
from nicegui import ui

from sim.desk.overview import MOST
from sim.desk.page import words
from sim.desk.page.gate import HOME
from sim.desk.page.shell import Live, Visit, badge, box, frame, href, panel
from sim.desk.page.table import Column, table

PAGE = 50
FIRST = 3  # of what waits for the same reason; the rest on demand
SHOWS = {
    "": "all", "silent": "not heard of", "restoring": "memory being checked",
    "findings": "with findings", "cases": "with cases", "orders": "with orders",
    "disputes": "with disputes",
}  # fmt: skip
COLUMNS = [
    Column("id", "Thing", "link"),
    Column("product", "Product"),
    Column("heard", "Last heard", "time"),
    Column("mode", "Mode", "state"),
    Column("stock", "What is left", "stock"),
    Column("findings", "Findings", "count"),
    Column("cases", "Cases", "count"),
    Column("orders", "Orders", "count"),
    Column("disputes", "Disputes", "count"),
    Column("memory", "Memory", "state"),
]
# Of the summary: what a number counts, in one and in several, where its list is, how it looks.
TILES = (
    ("things", "thing", "things", "", "over"),
    ("cases", "open case", "open cases", "cases", "bad"),
    ("approvals", "question to an owner", "questions to owners", "approvals", "moving"),
    ("disputes", "open dispute", "open disputes", "disputes", "bad"),
    ("orders", "open order", "open orders", "orders", "moving"),
    ("findings", "confirmed finding", "confirmed findings", "?show=findings", "moving"),
)
ALL_WELL = ("Nothing: everything goes its way. Questions to owners, disputes, cases that nobody "
            "took on and orders that are late will stand here.")
NO_THINGS = ("No thing has been admitted yet. `steward provision` makes a board a thing and admits "
             "it here; with a thing's keys at hand, POST /things does.")
PLACES = {"dispute": "disputes", "case": "cases", "order": "orders", "thing": "things"}


async def page(request: Request, search: str = "", show: str = "") -> None:
    """The first page."""
    visit = Visit(request)
    with frame(visit, "", "Overview"):
        waits = _Waiting(visit)
        things = _Things(visit, search, show if show in SHOWS else "")
        Live(visit, waits.read_summary, waits.draw_summary)
        with panel("Needs somebody now"):
            Live(visit, waits.read, waits.draw)
        with panel("Things"):
            things.controls()
            things.live = Live(visit, things.read, things.draw)
    await visit.show()


class _Waiting:
    """What waits for a person."""

    def __init__(self, visit: Visit):
        self.visit = visit
        self._all = False

    async def read_summary(self) -> dict[str, int]:
        return await self.visit.rest.get("/summary")

    def draw_summary(self, counts: dict[str, int]) -> None:
        with box("tiles"):
            for key, one, many, place, look in TILES:
                count = counts[key]
                with ui.link(target=HOME + place).classes(f"tile {look if count else 'over'}"):
                    ui.label(f"{count:,}").classes("count")
                    name = one if count == 1 else many
                    ui.label(f"{name}, {counts['online']:,} on line" if key == "things" else name)

    async def read(self) -> list[dict]:
        return await self.visit.rest.get("/waiting")

    def draw(self, rows: list[dict]) -> None:
        if not rows:
            ui.label(ALL_WELL).classes("empty")
            return
        counts = Counter((row["kind"], row["why"]) for row in rows)
        with box("tally"):
            for (kind, why), count in counts.items():
                bound = " or more" if count >= MOST else ""
                ui.label(f"{words.plural(count, kind)}{bound}: {why}")
        seen: Counter = Counter()
        later = []
        with box("waiting"):
            for row in rows:
                seen[row["why"]] += 1
                if seen[row["why"]] > FIRST:
                    later.append(row)
                else:
                    self._row(row)
        with box("waiting") as rest:
            rest.visible = self._all
            for row in later:
                self._row(row)
        if later:
            more = ui.button(self._more(len(rows))).props("flat dense no-caps")
            more.on_click(lambda: self._turn(rest, more, len(rows)))

    def _turn(self, rest, button, count: int) -> None:
        self._all = not self._all
        rest.visible = self._all
        button.text = self._more(count)

    def _more(self, count: int) -> str:
        return "fewer" if self._all else f"all {count} of this list"

    def _row(self, row: dict) -> None:
        with box("wait"):
            badge(row["kind"], "bad" if row["kind"] in ("dispute", "case") else "moving")
            place = PLACES.get(row["kind"])
            target = href(place, row["number"]) if place else href("approvals")
            ui.link(row["number"], target).classes("number")
            with box("what"):
                ui.label(row["about"])
                ui.label(row["why"]).classes("detail")
            if row["kind"] != "thing":
                ui.link(row["thing"], href("things", row["thing"])).classes("of")
            ui.label(self.visit.ago(row["since"])).classes("since").tooltip(
                self.visit.exact(row["since"])
            )


class _Things:
    """A page of things, searched and narrowed."""

    live: Live

    def __init__(self, visit: Visit, search: str, show: str):
        self.visit = visit
        self.search, self.show, self.start = search[:80], show, 0

    def controls(self) -> None:
        with box("controls"):
            found = ui.input(placeholder="search: thing, product, owner", value=self.search)
            found.props('dense outlined clearable debounce=300 aria-label="search"')
            found.on_value_change(lambda event: self._narrow(search=(event.value or "")[:80]))
            chosen = ui.select(SHOWS, value=self.show).props('dense outlined aria-label="show"')
            chosen.on_value_change(lambda event: self._narrow(show=event.value))

    async def _narrow(self, **to) -> None:
        vars(self).update(to, start=0)
        await self.live.refresh()

    async def read(self) -> dict:
        return await self.visit.rest.get(
            "/overview", search=self.search, show=self.show, start=self.start, limit=PAGE
        )

    def draw(self, found: dict) -> None:
        narrowed = self.search or self.show
        empty = "No thing is like that." if narrowed else NO_THINGS
        table(COLUMNS, [_row(row, self.visit) for row in found["items"]], empty)
        with box("pager"):
            first, last = found["start"] + 1, found["start"] + len(found["items"])
            if found["total"]:
                ui.label(f"{first} to {last} of {found['total']:,}")
            if found["start"]:
                self._step("previous", -PAGE)
            if last < found["total"]:
                self._step("next", PAGE)

    def _step(self, word: str, by: int) -> None:
        async def go() -> None:
            self.start = max(0, self.start + by)
            await self.live.refresh()

        ui.button(word, on_click=go).props("outline dense no-caps").classes("px-3")


def _row(row: dict, visit: Visit) -> dict:
    heard = "on line" if row["online"] else visit.ago(row["heard_at"])
    mode = {"run": "running", "safe": "safe mode", None: "not yet"}[row["mode"]]
    return {
        "id": row["id"],
        "id_href": href("things", row["id"]),
        "product": words.said(row["product"]),
        "heard": heard,
        "heard_at": visit.exact(row["heard_at"]),
        "mode": mode,
        "mode_look": words.LOOKS.get(row["mode"] or "", "over"),
        "stock": {"all": [
            {"name": words.said(one["name"]), "band": one["band"],
             "days": "" if one["days"] is None else f"{one['days']} d",
             "level": words.BANDS[min(one["band"], 4)]}
            for one in row["stock"]
        ]},
        "memory": {"restoring": "being checked"}.get(row["memory"], row["memory"]),
        "memory_look": words.LOOKS[row["memory"]],
        **{name: row[name] for name in ("findings", "cases", "orders", "disputes")},
    }  # fmt: skip
