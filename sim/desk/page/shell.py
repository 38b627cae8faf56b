"""What all pages share: their frame, panels that keep themselves up to date, tables, dialogs."""

import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fastapi import Request
from nicegui import ui

from sim.desk.page import words
from sim.desk.page.client import Rest, Trouble, of
from sim.desk.page.gate import HOME, SIGN_IN, SIGN_OUT, Entry
from sim.desk.permissions import may

CSS = Path(__file__).with_name("page.css")
REFRESH_S = 4.0
# Name, path, and what of REST it shows: who may not ask for that is not led there.
NAVIGATION = (
    ("Overview", "", "GET /overview"), ("Orders", "orders", "GET /orders"),
    ("Cases", "cases", "GET /cases"), ("Disputes", "disputes", "GET /disputes"),
    ("Approvals", "approvals", "GET /approvals"), ("Sellers", "sellers", "GET /perception"),
    ("Releases", "releases", "GET /releases"),
)  # fmt: skip
KEEPER = '<script type="module" src="/desk/keep.js"></script>'
KEPT = "path=/desk; max-age=31536000; samesite=lax"
# Kept in a cookie, so that the next page is right at once.
ZONE_CODE = f"""
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
document.cookie = `steward_zone=${{encodeURIComponent(zone)}}; {KEPT}`;
return zone;
"""
ZONE_WAIT_S = 10.0
THEMES = {"light": False, "dark": True}


class Visit:
    """One browser's view of one page: whom it asks, its time zone, what time the desk has."""

    def __init__(self, request: Request):
        entry: Entry = request.scope["steward"]
        self.caller = entry.caller
        self.rest: Rest = entry.rest
        self.address = str(request.base_url).rstrip("/")
        self.until = entry.until
        self.zone = words.zone_of(unquote(request.cookies.get("steward_zone", "")))
        self.theme = THEMES.get(request.cookies.get("steward_theme", ""))
        self.now = 0
        self._products: dict[str, dict] = {}
        self.told: dict[int, str] = {}  # moments and how far they were when something was drawn
        self.lives: list[Live] = []
        self.place: ui.element  # where dialogs are made: what is drawn anew would take them along
        self.foot: ui.label

    def may(self, endpoint: str) -> bool:
        """Whether whoever looks may do this, as sim/desk/permissions.py writes it."""
        return may(self.caller.role, endpoint)

    async def tick(self) -> None:
        """Ask the desk what time it is."""
        self.now = (await self.rest.get("/clock"))["now"]

    async def product(self, thing: str) -> dict:
        """The units and names of a thing's product, asked for once a page."""
        if not self.may("GET /things/{thing_id}/product"):
            return {}
        if thing not in self._products:
            self._products[thing] = await self.rest.get(of("things", thing, "product"))
        return self._products[thing]

    async def show(self) -> None:
        """Draw all parts of the page, then keep them up to date.

        In this order: a timer waits for the browser, and who waits for it has NiceGUI send the
        page as far as it is.
        """
        for live in self.lives:
            await live.refresh()
        with self.place:
            ui.timer(0.1, self.locate, once=True)
            for live in self.lives:
                ui.timer(live.every_s, live.refresh, immediate=False)

    async def locate(self) -> None:
        """Tell times as the browser's place has them."""
        try:
            zone = words.zone_of(await ui.run_javascript(ZONE_CODE, timeout=ZONE_WAIT_S))
        except TimeoutError:
            return  # it has left again, or is not a browser
        if str(zone) != str(self.zone):
            self.zone = zone
            self.foot.text = f"Times in {zone}"
            for live in self.lives:
                await live.refresh(anew=True)

    def stamp(self, at: int | None) -> str:
        return words.stamp(at, self.zone, self.now)

    def ago(self, at: int | None) -> str:
        text = words.ago(at, self.now)
        if at is not None:
            self.told[at] = text
        return text

    @property
    def day(self) -> str:
        """Which day it is where the browser is."""
        return words.date(self.now, self.zone)

    def exact(self, at: int | None) -> str:
        """A moment here and in UTC, as logs and things' ledgers have it."""
        return words.exact(at, self.zone, self.now)

    def both(self, at: int | None) -> str:
        """A moment and how far it is: for one line of its own."""
        return f"{self.stamp(at)} ({self.ago(at)})" if at is not None else ""

    async def do(self, path: str, body: dict | None, done: str) -> bool:
        """Carry something out and say how it went."""
        return await self._done(self.rest.post(path, body), done)

    async def change(self, path: str, body: dict, done: str) -> bool:
        """Change something and say how it went."""
        return await self._done(self.rest.patch(path, body), done)

    async def erase(self, path: str, done: str) -> bool:
        """Have something gone; whether REST did, which is said either way."""
        return await self._done(self.rest.delete(path), done)

    async def _done(self, request: Awaitable[Any], done: str) -> bool:
        try:
            await request
        except Trouble as trouble:
            ui.notify(str(trouble), type="negative", multi_line=True)
            return False
        ui.notify(done, type="positive")
        return True


@contextmanager
def box(classes: str = "", tag: str = "div"):
    """A plain container, laid out by page.css."""
    with ui.element(tag).classes(classes) as made:
        yield made


@contextmanager
def panel(title: str, note: str = ""):
    """A card with a heading and, if need be, a line about what it shows."""
    with box("panel", "section") as card:
        with box("panel-title", "h2"):
            ui.label(title)
        if note:
            ui.label(note).classes("note")
        yield card


@contextmanager
def frame(visit: Visit, here: str, title: str):
    """The page around what it shows; `here` is its place in the navigation."""
    ui.add_css(CSS)
    ui.add_head_html(KEEPER)
    ui.colors(primary="#1864ab", negative="#c92a2a", positive="#2b8a3e")
    dark = ui.dark_mode(visit.theme)
    ui.page_title(f"{title} - Steward desk")
    with box("page"):
        with box("unseen", "h1"):
            ui.label(title)
        with box("top", "header"):
            ui.link("Steward desk", HOME).classes("brand")
            with box("nav", "nav"):
                for name, path, shown in NAVIGATION:
                    if visit.may(shown):
                        _place(name, HOME + path, path == here)
            with box("tools"):
                button = ui.button(icon="contrast", on_click=lambda: _turn(dark))
                button.props('flat dense round aria-label="light or dark"')
                if visit.until is not None:
                    ui.label(visit.caller.name).classes("caller").tooltip(visit.caller.role)
                    ui.link("Sign out", SIGN_OUT)
        yield
        visit.foot = ui.label(f"Times in {visit.zone}").classes("foot")
        visit.place = ui.element("div")


def _place(name: str, target: str, here: bool) -> None:
    with ui.link(name, target).classes("here" if here else "") as made:
        if here:
            made.props("aria-current=page")


def _turn(dark: ui.dark_mode) -> None:
    """From what the system has to light, to dark, and back; kept for the next page."""
    turns: dict[bool | None, tuple[bool | None, str]] = {
        None: (False, "light"), False: (True, "dark"), True: (None, "")
    }  # fmt: skip
    dark.value, word = turns[dark.value]
    ui.run_javascript(f'document.cookie="steward_theme={word}; {KEPT}"')


class Live:
    """A part of a page that reads for itself and is drawn anew when what it reads has changed.

    draw(data) makes elements; it is called again when `Visit.ago` would say another word in them.
    What is drawn anew loses what its reader had opened in it (keep.js keeps scrolling and focus).
    """

    def __init__(self, visit: Visit, read: Callable[[], Awaitable[Any]],
                 draw: Callable[[Any], None], every_s: float = REFRESH_S):
        self._visit, self._read, self._draw = visit, read, draw
        self.every_s = every_s
        self._trouble = ui.label().classes("trouble")
        self._trouble.visible = False
        self._body = ui.element("div").classes("live")
        self._shown: tuple | None = None
        self._told: dict[int, str] = {}
        visit.lives.append(self)

    async def refresh(self, anew: bool = False) -> None:
        """Read, and draw if there is news; `anew`: in any case."""
        visit = self._visit
        if visit.until is not None and visit.until < time.time():
            ui.navigate.to(SIGN_IN)
            return
        try:
            await visit.tick()
            data = await self._read()
        except Trouble as trouble:
            self._trouble.text = str(trouble)
            self._trouble.visible = True
            return
        self._trouble.visible = False
        if (data, visit.day) == self._shown and self._still_so() and not anew:
            return
        self._shown = (data, visit.day)
        self._told = visit.told = {}
        self._body.clear()
        with self._body:
            self._draw(data)

    def _still_so(self) -> bool:
        """Whether all relative times are what they were when they were drawn."""
        now = self._visit.now
        return all(words.ago(at, now) == text for at, text in self._told.items())


class Detail:
    """The page about one order, case or dispute: what it reads, and how that is drawn."""

    def __init__(self, visit: Visit, number: str):
        self.visit, self.number = visit, number
        self.live = Live(visit, self.read, self.draw)

    async def read(self) -> Any:
        """Return what `draw` wants, from REST."""
        raise NotImplementedError

    def draw(self, data: Any) -> None:
        """Make the elements of the page."""
        raise NotImplementedError


def page_of(shown: type[Detail], here: str, title: str):
    """The page under a number's address; here: the entry of NAVIGATION that it belongs to."""

    async def page(request: Request, number: str) -> None:
        visit = Visit(request)
        with frame(visit, here, title):
            shown(visit, number)
        await visit.show()

    return page


def badge(word: str, look: str | None = None) -> ui.label:
    """A state in its colour, which is only a help: the word says it."""
    return ui.label(words.said(word)).classes(f"badge {look or words.LOOKS.get(word, 'over')}")


def facts(rows: list[tuple[str, Any]]) -> None:
    """Names and values, side by side; a value may be a function that draws it."""
    with box("facts", "dl"):
        for name, value in rows:
            if value in (None, ""):
                continue
            with box("", "dt"):
                ui.label(name)
            with box("", "dd"):
                value() if callable(value) else ui.label(str(value))


def history(visit: Visit, entries: list[dict], currency: str = "",
            count: words.Count = words.UNKNOWN) -> None:
    """Who said what, when; the latest at the end, as it happened."""
    if not entries:
        ui.label("Nothing yet.").classes("empty")
    for entry in entries:
        with box("entry"):
            ui.label(visit.stamp(entry["at"])).classes("when").tooltip(
                f"{visit.ago(entry['at'])}, {visit.exact(entry['at'])}"
            )
            ui.label(entry["source"]).classes("who")
            with box("what"):
                ui.label(words.spoken(entry["word"])).classes("word")
                detail = words.event(entry, visit.zone, visit.now, currency, count)
                ui.label(detail).classes("detail")


def link(text: str, *parts: str) -> ui.link:
    """A link to a page of the desk by the parts of its path."""
    return ui.link(text, href(*parts))


def href(*parts: str) -> str:
    """The address of a page of the desk by the parts of its path."""
    return "/desk" + of(*parts)


@contextmanager
def dialog(visit: Visit, title: str):
    """A dialog for a moment; gone when it is closed."""
    with visit.place, ui.dialog() as made, box("dialog"):
        ui.label(title).classes("dialog-title")
        yield made
    made.on("hide", made.delete)
    made.open()


def choices(asked: ui.dialog, word: str, send) -> None:
    """The two buttons at the end of a dialog."""
    with box("choices"):
        ui.button("back", on_click=asked.close).props("flat no-caps")
        ui.button(word, on_click=send).props("unelevated no-caps")
