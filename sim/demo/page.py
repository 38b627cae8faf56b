"""The live page: what the thing senses, what is left, what it found, ordered and asked for.

Everything on it comes from the running parts through `sim.demo.live.Live`: readings from the
thing's own console, orders and cases from the desk's database, the timeline from the broker's
traffic.
The buttons change the physical world, the network or the power, never the agent. Served by
NiceGUI from files in its wheel, so it works without the internet.
"""

import contextlib
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from nicegui import app, run, ui

from sim.demo.live import Live
from sim.desk.page.mount import join
from sim.desk.rest.app import application
from sim.world.report import when

HOST = "127.0.0.1"
REFRESH_S = 0.5
SPEEDS = (60, 900, 3600, 7200, 14_400)  # virtual seconds a second
CSS = Path(__file__).with_name("page.css")
COLOURS = {"running": "positive", "starting": "info", "paused": "info"}  # of states; else a warning
UNITS = {"a", "bar", "c", "g", "ml", "pct", "s", "v"}  # as channels' names end in
GREY = "#8a919b"  # of axes: legible on light and on dark
LINE, BAND, LOW = "#3b82c4", "rgba(245, 166, 35, .28)", "#c92a2a"


@contextmanager
def panel(title: str, classes: str = ""):
    """A card with a small heading."""
    with ui.element("section").classes(f"panel {classes}") as card:
        ui.label(title).classes("panel-title")
        yield card


@contextmanager
def box(classes: str):
    """A plain container, laid out by page.css."""
    with ui.element("div").classes(classes) as made:
        yield made


class Page:
    """One browser's view of a Live; `refresh` brings it up to date."""

    def __init__(self, live: Live):
        self.live = live
        self._charts: dict[str, tuple] = {}
        self._bars: dict[str, tuple] = {}
        self._steps: list[tuple] = []
        self._shown = 0
        ui.add_css(CSS)
        ui.colors(negative="#e5484d", positive="#2f9e44")
        self._dark = ui.dark_mode(None)
        with box("page"):
            self._header()
            self._story_panel()
            with box("columns"):
                with box("main"):
                    self._consumables_panel()
                    self._channels_panel()
                with box("side"):
                    self._controls_panel()
                    self._timeline_panel()
            self._tables()
        self.refresh()
        ui.timer(REFRESH_S, self.refresh)

    # -- layout ------------------------------------------------------------------------------

    def _header(self) -> None:
        with ui.row().classes("w-full items-center gap-4"):
            ui.label("Steward").classes("text-2xl font-bold")
            ui.label(self.live.title).classes("text-lg soft")
            ui.link("its desk", "/desk/").tooltip("what the service and supply teams see")
            ui.space()
            self._clock = ui.label().classes("font-mono text-lg")
            self._state = ui.badge()
            known = sorted({*SPEEDS, self.live.speed})
            speeds = {speed: f"{speed / 3600:g} h/s" for speed in known}
            choice = ui.select(speeds, value=self.live.speed, on_change=self._pace)
            choice.props("dense borderless").tooltip("virtual time in a second")
            self._pause = ui.button(on_click=self.live.toggle_pause).props("flat dense round")
            self._pause.tooltip("pause or go on")
            button = ui.button(icon="contrast", on_click=self._turn_dark).props("flat dense round")
            button.tooltip("light, dark, or as the system has it")

    def _pace(self, event) -> None:
        self.live.speed = event.value

    def _turn_dark(self) -> None:
        turns = {None: True, True: False, False: None}
        self._dark.value = turns[self._dark.value]

    def _story_panel(self) -> None:
        story = self.live.story
        rows = (("An order", story.ORDER, story.order_steps),
                ("A service case", story.CASE, story.case_steps))  # fmt: skip
        with panel("The story"), box("story"):
            for title, words, steps in rows:
                ui.label(title).classes("font-medium")
                with box("steps"):
                    for word, step in zip(words, steps, strict=True):
                        with box("step") as chip:
                            ui.label(word)
                            at = ui.label().classes("at")
                        chip.tooltip(step.words)
                        self._steps.append((step, chip, at))

    def _consumables_panel(self) -> None:
        with panel("What is left"), box("stock"):
            for name in self.live.display.consumables:
                with box(""):
                    ui.label(name).classes("font-medium")
                    bar = ui.linear_progress(0, show_value=False, size="10px").props("rounded")
                    self._bars[name] = (bar, ui.label().classes("text-sm"),
                                        ui.label().classes("text-xs soft"))

    def _channels_panel(self) -> None:
        title = "Channels (dashed: low; shaded: a confirmed finding)"
        with panel(title), box("charts"):
            for channel in self.live.display.channels:
                with box(""):
                    with box("chart-name"):
                        ui.label(_spoken(channel.name))
                        value = ui.label().classes("soft")
                    chart = ui.echart(_chart(channel)).classes("w-full h-24")
                    self._charts[channel.name] = (chart, value)

    def _controls_panel(self) -> None:
        live = self.live
        with panel("Do something to it"):
            with ui.row().classes("w-full items-center gap-2 no-wrap"):
                stock = _choice(live.display.consumables)
                _button("empty", lambda: live.empty(stock.value))
                _button("refill", lambda: live.refill(stock.value))
                button = _button("believe", lambda: self._say("believe " + stock.value))
                button.tooltip("the owner's word on its console: what the sensor says is true")
            with ui.row().classes("w-full items-center gap-2 no-wrap"):
                fault = _choice(live.failure_modes)
                _button("break", lambda: live.fail(fault.value), "negative")
                _button("repair", lambda: live.repair(fault.value), "positive")
            with ui.row().classes("w-full items-center gap-2 no-wrap"):
                self._network = ui.switch("network", value=True, on_change=self._switch_network)
                ui.space()
                button = _button("cut the power", self._cut_power, "negative")
                button.tooltip("in the middle of the thing's next flash operation")
            line = ui.input(placeholder="the thing's console: help").props("dense")
            line.classes("w-full font-mono").on("keydown.enter", lambda: self._type(line))
            self._answer = ui.label().classes("answer")

    async def _switch_network(self, event) -> None:
        await run.io_bound(self.live.set_network, event.value)

    def _cut_power(self) -> None:
        if not self.live.cut_power():
            ui.notify("it has no power")

    async def _type(self, line: ui.input) -> None:
        typed, line.value = line.value or "", ""
        if typed.strip():
            await self._say(typed)

    async def _say(self, line: str) -> None:
        answer = await run.io_bound(self.live.type, line)
        self._answer.text = (answer or "").strip() or "no answer"

    def _timeline_panel(self) -> None:
        with panel("What happened"):
            self._timeline = ui.element("div").classes("timeline")

    def _tables(self) -> None:
        with box("tables"):
            with panel("Orders at the desk"):
                self._orders = _table("number", "goods", "seller", "total", "state")
            with panel("Cases at the desk"):
                self._cases = _table("number", "mode", "service", "state")
            with panel("Findings on the thing"):
                self._findings = _table("monitor", "state", "confidence")

    # -- refresh -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show how things are now."""
        live, display = self.live, self.live.display
        self._clock.text = when(live.now)
        self._state.text = live.state
        self._state.props(f"color={COLOURS.get(live.state, 'warning')}")
        self._pause.props(f"icon={'play_arrow' if live.paused else 'pause'}")
        self._network.set_value(live.broker_up)
        for step, chip, at in self._steps:
            if step.at is not None:
                chip.classes("seen")
                at.text = when(step.at).strip()
        for row in display.stock:
            self._show_stock(row)
        for channel in display.channels:
            self._show_channel(channel)
        _fill(self._orders, display.orders)
        _fill(self._cases, display.cases)
        _fill(self._findings, display.findings)
        self._show_timeline()

    def _show_stock(self, row: dict) -> None:
        bar, level, days = self._bars[row["consumable"]]
        if row["level"] is None:
            level.text, days.text = "unknown", ""
            return
        share = max(0.0, min(1.0, row["level"] / row["capacity"]))
        bar.value = share
        bar.props(f"color={'negative' if share < 0.15 else 'primary'}")
        unit = "" if row["unit"] == "count" else row["unit"]
        level.text = f"{row['level']:.0f} {unit}"
        days.text = row["doubt"] or (
            "learning its use" if row["days_left"] is None
            else f"{row['days_left']:.1f} days ({row['low']:.1f} to {row['high']:.1f})"
        )

    def _show_channel(self, channel) -> None:
        chart, value = self._charts[channel.name]
        points = list(channel.points)
        series = chart.options["series"][0]
        bands = [[{"xAxis": first}, {"xAxis": last}] for first, last, _ in channel.bands]
        if points == series["data"] and bands == series["markArea"]["data"]:
            return
        series["data"], series["markArea"]["data"] = points, bands
        chart.update()
        unit = "" if channel.unit in ("count", "on/off") else channel.unit.replace("deg", "°")
        value.text = f"{points[-1][1]:.4g} {unit}" if points else ""

    def _show_timeline(self) -> None:
        timeline = self.live.timeline
        news = timeline[self._shown:]
        self._shown += len(news)
        for happening in news:
            with self._timeline, box("happening") as line:
                ui.label(when(happening.at).strip())
                ui.label(happening.kind).classes(f"kind {happening.kind}")
                ui.label(happening.text)
            line.move(target_index=0)  # the latest on top


def _button(text: str, do, colour: str = "primary") -> ui.button:
    return ui.button(text, on_click=do).props(f"outline dense no-caps color={colour}").classes(
        "px-3"
    )


def _choice(names: list[str]) -> ui.select:
    shown = {name: name.replace("_", " ") for name in names}
    return ui.select(shown, value=names[0]).props("dense").classes("grow")


def _spoken(name: str) -> str:
    """A channel's name without the unit at its end, which stands beside the value."""
    words = name.split("_")
    while len(words) > 1 and words[-1] in UNITS:
        words.pop()
    return " ".join(words)


def _table(*names: str) -> ui.table:
    columns = [{"name": n, "label": n, "field": n, "align": "left"} for n in names]
    table = ui.table(columns=columns, rows=[], row_key=names[0])
    table.props('dense flat wrap-cells no-data-label="none yet" hide-no-data')
    return table.classes("w-full")


def _fill(table: ui.table, rows: list[dict]) -> None:
    if table.rows != rows:
        table.rows = rows


def _chart(channel) -> dict:
    """An ECharts line over virtual days; keys that begin with a colon are JavaScript."""
    low = [] if channel.low is None else [{"yAxis": channel.low}]
    label = {"fontSize": 9, "color": GREY}
    clock = "v => { const h = Math.round(v * 24); return Math.floor(h / 24) + 'd ' + h % 24 + 'h' }"
    return {
        "animation": False,
        "grid": {"left": 42, "right": 14, "top": 6, "bottom": 18},
        "xAxis": {"type": "value", "scale": True, "splitLine": {"show": False}, "splitNumber": 3,
                  "axisLine": {"lineStyle": {"color": GREY}},
                  "axisLabel": {**label, ":formatter": clock, "hideOverlap": True}},
        "yAxis": {"type": "value", "scale": True, "axisLabel": label, "splitNumber": 2,
                  "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}}},
        "series": [{
            "type": "line", "showSymbol": False, "data": [],
            "lineStyle": {"width": 1.4, "color": LINE},
            "markArea": {"silent": True, "itemStyle": {"color": BAND}, "data": []},
            "markLine": {"silent": True, "symbol": "none", "label": {"show": False}, "data": low,
                         "lineStyle": {"color": LOW, "type": "dashed", "opacity": 0.6}},
        }],
    }  # fmt: skip


def serve(live: Live, port: int, ready) -> None:
    """Serve the page on loopback until Ctrl-C; `ready(url)` is called once it can be opened."""

    @ui.page("/", title=f"Steward: {live.title}")
    def _index() -> None:
        Page(live)

    join(application(live.desk))

    def announce() -> None:
        # NiceGUI calls this before it listens.
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                ready(f"http://{HOST}:{port}")
                return
            time.sleep(0.1)

    app.on_startup(lambda: threading.Thread(target=announce, daemon=True).start())
    app.on_shutdown(live.stop)
    ui.run(host=HOST, port=port, show=False, reload=False, show_welcome_message=False)
