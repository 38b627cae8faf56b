"""Releases: what makers signed, how far each has come in the things, and what failed."""

from typing import Any

from fastapi import Request
from nicegui import ui

from sim.desk.page import words
from sim.desk.page.client import of
from sim.desk.page.shell import (
    Detail,
    Live,
    Visit,
    badge,
    box,
    choices,
    dialog,
    facts,
    frame,
    href,
    panel,
)
from sim.desk.page.table import Column, table

PAGE, THINGS = 50, 200
FAILED = ("left", "refused")
# States of an install, in the order of a rollout, and how they look.
STATES = {
    "asks": "moving", "sent": "moving", "offered": "moving", "fetching": "moving",
    "staged": "moving", "trying": "moving", "confirmed": "good", "left": "bad", "refused": "bad",
}  # fmt: skip
EMPTY = (
    "No release has been published. A maker builds one with `steward build`, signs it with "
    "`steward update sign` and hands it over with `steward update publish --desk {address}`."
)
RUNS_EMPTY = "No thing has said what it runs: they do when they next start."
UPDATE = "PATCH /releases/{number}"
COLUMNS = [
    Column("id", "Release", "link"),
    Column("state", "State", "state"),
    Column("product", "Product"),
    Column("board", "Board"),
    Column("share", "Offered to"),
    Column("there", "Confirmed", "number"),
    Column("under", "On the way", "number"),
    Column("failed", "Failed", "count"),
    Column("published", "Published", "time"),
]
RUNS = [
    Column("id", "Thing", "link"),
    Column("runs", "Runs"),
    Column("number", "Latest heard of"),
    Column("state", "State", "state"),
    Column("reason", "Why"),
    Column("changed", "Changed", "time"),
]


async def page(request: Request) -> None:
    """All releases, and what things run."""
    visit = Visit(request)
    shown = _Releases(visit)
    with frame(visit, "releases", "Releases"):
        with panel("Releases", "Signed by their makers; things take only what their maker's key "
                   "signed, so the desk can offer a release and cannot make one."):
            Live(visit, shown.read, shown.draw)
        with panel("What things run", "Those in which a release failed come first."):
            Live(visit, shown.read_runs, shown.draw_runs)
    await visit.show()


class _Releases:
    def __init__(self, visit: Visit):
        self.visit = visit

    async def read(self) -> list[dict]:
        return (await self.visit.rest.get("/releases", limit=PAGE))["items"]

    def draw(self, rows: list[dict]) -> None:
        empty = EMPTY.format(address=self.visit.address)
        table(COLUMNS, [_row(row, self.visit) for row in rows], empty)

    async def read_runs(self) -> list[dict]:
        get = self.visit.rest.get
        failed = [row for state in FAILED
                  for row in (await get("/installs", state=state, limit=THINGS))["items"]]
        seen = {row["thing"] for row in failed}
        rest = (await get("/installs", limit=THINGS))["items"]
        return failed + [row for row in rest if row["thing"] not in seen]

    def draw_runs(self, rows: list[dict]) -> None:
        table(RUNS, [_install(row, self.visit) for row in rows], RUNS_EMPTY)


class Release(Detail):
    """One release."""

    async def read(self) -> tuple[dict, list[dict]]:
        rest = self.visit.rest
        release = await rest.get(of("releases", self.number))
        things = await rest.get("/installs", release=self.number, limit=THINGS)
        return release, things["items"]

    def draw(self, data: tuple[dict, list[dict]]) -> None:
        release, things = data
        with box("headline"):
            ui.label(f"{words.said(release['product'])} {release['version']}").classes("title")
            badge(*state_of(release))
            if self.visit.may(UPDATE):
                self._buttons(release)
        with box("columns"):
            with panel("The signed manifest"):
                self._facts(release)
            with panel("How far it has come"):
                self._rollout(release)
        failed = [row for row in things if row["state"] in FAILED]
        order = failed + [row for row in things if row["state"] not in FAILED]
        with panel("Things", "Those in which it failed come first, with their own reason."):
            table(RUNS, [_install(row, self.visit) for row in order],
                  "No thing has heard of it yet.")  # fmt: skip

    def _facts(self, release: dict) -> None:
        facts([
            ("Mends", release["mends"]),
            ("Number", f"{release['number']}: a thing takes none that is not above its own"),
            ("Product", words.said(release["product"])),
            ("Board", release["board"]),
            ("Runtime", release["runtime"]),
            ("Files", f"{words.plural(release['files'], 'file')}, {release['size_bytes']:,} bytes"),
            ("Signed with", f"key {release['signer']}, by the manifest's word"),
            ("Digest", release["digest"]),
            ("Published", self.visit.both(release["published_at"])),
        ])  # fmt: skip

    def _rollout(self, release: dict) -> None:
        total = sum(release["states"].values())
        ui.label(f"Offered to {share(release)}.").classes("note")
        if not total:
            ui.label("No thing has heard of it yet: those that are off line hear of it when they "
                     "are back.").classes("empty")  # fmt: skip
            return
        with box("rollout"):
            for state, look in STATES.items():
                count = release["states"].get(state, 0)
                if count:
                    ui.element("i").classes(look).style(f"flex-grow: {count}").tooltip(
                        f"{state}: {count}"
                    )
        with box("tally"):
            for state, look in STATES.items():
                if release["states"].get(state):
                    ui.label(f"{release['states'][state]:,} {state}").classes(look)

    def _buttons(self, release: dict) -> None:
        path = of("releases", str(release["id"]))

        async def bad(value: bool, done: str) -> None:
            await self.visit.change(path, {"bad": value}, done)
            await self.live.refresh()

        if release["bad"]:
            again = ui.button("it is good after all", on_click=lambda: bad(False, "offered again"))
            again.props("outline dense no-caps").classes("px-3")
            return
        if release["percent"] < 100 or release["named"] is not None:
            more = ui.button("offer it to more", on_click=lambda: self._ask(release, path))
            more.props("outline dense no-caps").classes("px-3")
        stop = ui.button("it is bad", on_click=lambda: bad(True, "offered to nobody any more"))
        stop.props("outline dense no-caps color=negative").classes("px-3")
        stop.tooltip("nobody is offered it; who runs it is offered the next better one")

    def _ask(self, release: dict, path: str) -> None:
        with dialog(self.visit, f"Offer {release['version']} to more things") as asked:
            percent = ui.number("percent of all, always the same ones first", min=0, max=100,
                                value=release["percent"], precision=0)  # fmt: skip

            async def send() -> None:
                asked.close()
                if percent.value is not None:
                    await self.visit.change(path, {"percent": int(percent.value)}, "offered")
                    await self.live.refresh()

            choices(asked, "offer it", send)


def state_of(release: dict) -> tuple[str, str]:
    """A release in one word, and how that looks."""
    if release["bad"]:
        return "bad", "bad"
    if any(release["states"].get(state) for state in FAILED):
        return "failing", "bad"
    return ("everywhere", "good") if release["percent"] == 100 else ("first ones", "moving")


def share(release: dict) -> str:
    """To whom a release is offered."""
    if release["bad"]:
        return "nobody, because it is bad"
    if release["named"] is not None:
        return words.plural(len(release["named"]), "named thing")
    return f"{release['percent']} % of its things"


def _row(release: dict, visit: Visit) -> dict[str, Any]:
    state, look = state_of(release)
    states = release["states"]
    moving = sum(count for state, count in states.items() if STATES[state] == "moving")
    return {
        "id": f"{release['version']} (no. {release['number']})",
        "id_href": href("releases", str(release["id"])),
        "state": state,
        "state_look": look,
        "product": words.said(release["product"]),
        "board": release["board"],
        "share": share(release),
        "there": states.get("confirmed", 0),
        "under": moving,
        "failed": sum(states.get(state, 0) for state in FAILED),
        "published": visit.ago(release["published_at"]),
        "published_at": visit.exact(release["published_at"]),
    }


def _install(row: dict, visit: Visit) -> dict[str, Any]:
    return {
        "id": row["thing"],
        "id_href": href("things", row["thing"]),
        "runs": f"no. {row['runs']}" if row["runs"] else "as it came by cable",
        "number": f"no. {row['number']}" if row["number"] else "",
        "state": row["state"],
        "state_look": STATES[row["state"]],
        "reason": row["reason"] or "",
        "changed": visit.ago(row["changed_at"]),
        "changed_at": visit.exact(row["changed_at"]),
    }
