"""The live page: what the thing senses, what is left, what it found, ordered and asked for.

Everything on it comes from the running parts through `sim.live.Live`: readings from the thing's
own console, orders and cases from the desk's database, the timeline from the broker's traffic.
The buttons change the physical world, the network or the power, never the agent. Served by
NiceGUI from files in its wheel, so it works without the internet.
"""

import asyncio

from nicegui import app, background_tasks, server, ui

from sim.live import Live
from sim.report import COLOURS, when

REFRESH_S = 0.5
SPEEDS = (60, 900, 3600, 7200, 14_400)  # virtual seconds a second

STYLE = """
body { background: #f5f4f0; }
.panel { background: white; border-radius: 12px; box-shadow: 0 1px 3px rgba(0,0,0,.12); }
.panel-title { font-size: .75rem; letter-spacing: .08em; text-transform: uppercase;
               color: #8a8477; }
.timeline { font-family: ui-monospace, monospace; font-size: .78rem; line-height: 1.45; }
"""
HUES = {"cyan": "#0b7285", "yellow": "#b8860b", "green": "#2b8a3e", "magenta": "#862e9c",
        "blue": "#1864ab", "red": "#c92a2a", "bold red": "#c92a2a", "dim": "#868e96"}


def panel(title: str, classes: str = ""):
    """A white card with a small heading; use as a context manager."""
    card = ui.column().classes(f"panel p-4 gap-2 {classes}")
    with card:
        ui.label(title).classes("panel-title")
    return card


class Page:
    """One browser's view of a Live; `refresh` brings it up to date."""

    def __init__(self, live: Live):
        self.live = live
        self._charts: dict[str, ui.echart] = {}
        self._bars: dict[str, tuple] = {}
        self._shown = 0
        ui.add_css(STYLE)
        with ui.column().classes("w-full max-w-screen-2xl mx-auto p-4 gap-4"):
            self._header()
            with ui.row().classes("w-full gap-4 no-wrap items-start"):
                with ui.column().classes("w-2/3 gap-4"):
                    self._consumables_panel()
                    self._channels_panel()
                with ui.column().classes("w-1/3 gap-4"):
                    self._controls_panel()
                    self._timeline_panel()
            self._tables()
        self.refresh()
        ui.timer(REFRESH_S, self.refresh)

    # -- layout ------------------------------------------------------------------------------

    def _header(self) -> None:
        with ui.row().classes("w-full items-center gap-4"):
            ui.label("Steward").classes("text-2xl font-bold")
            ui.label(self.live.title).classes("text-lg text-gray-600")
            ui.space()
            self._clock = ui.label().classes("font-mono text-lg")
            self._state = ui.badge()
            known = sorted({*SPEEDS, self.live.speed})
            speeds = {speed: f"{speed / 3600:g} h/s" for speed in known}
            ui.select(speeds, value=self.live.speed, on_change=lambda e: self._pace(e.value)).props(
                "dense"
            ).tooltip("virtual time in a second")
            pause = ui.button(icon="play_arrow", on_click=self.live.toggle_pause)
            pause.props("flat dense").tooltip("pause or go on")

    def _pace(self, speed: float) -> None:
        self.live.speed = speed

    def _consumables_panel(self) -> None:
        with panel("What is left", "w-full"), ui.row().classes("w-full gap-4"):
            for name in self.live.consumables:
                with ui.column().classes("gap-1 grow").style("min-width: 8rem"):
                    ui.label(name).classes("font-medium")
                    bar = ui.linear_progress(0, show_value=False, size="10px").props("rounded")
                    self._bars[name] = (bar, ui.label().classes("text-sm"),
                                        ui.label().classes("text-xs text-gray-500"))

    def _channels_panel(self) -> None:
        with panel("Channels", "w-full"), ui.grid(columns=3).classes("w-full gap-3"):
            for channel in self.live.channels:
                with ui.column().classes("gap-0"):
                    ui.label(f"{channel.name}  [{channel.unit}]").classes("text-xs text-gray-600")
                    self._charts[channel.name] = ui.echart(_chart()).classes("w-full h-24")

    def _controls_panel(self) -> None:
        live = self.live
        with panel("Do something to it", "w-full"):
            with ui.row().classes("w-full items-center gap-2"):
                stock = ui.select(live.consumables, value=live.consumables[0]).classes("grow")
                ui.button("empty", on_click=lambda: live.empty(stock.value)).props("outline")
                ui.button("refill", on_click=lambda: live.refill(stock.value)).props("outline")
            with ui.row().classes("w-full items-center gap-2"):
                fault = ui.select(live.failure_modes, value=live.failure_modes[0]).classes("grow")
                ui.button("break", on_click=lambda: live.fail(fault.value)).props(
                    "outline color=negative"
                )
                ui.button("repair", on_click=lambda: live.repair(fault.value)).props(
                    "outline color=positive"
                )
            with ui.row().classes("w-full items-center gap-2"):
                ui.switch("network", value=True, on_change=lambda e: live.set_network(e.value))
                ui.space()
                ui.button("cut the power", on_click=live.cut_power).props(
                    "outline color=negative"
                ).tooltip("in the middle of the next flash operation")
            with ui.row().classes("w-full items-center gap-2 no-wrap"):
                line = ui.input(placeholder="console: help").props("dense")
                line.classes("grow font-mono")
                line.on("keydown.enter", lambda: self._type(line))
            self._answer = ui.label().classes("timeline whitespace-pre overflow-auto w-full")
            self._answer.style("max-height: 12rem")

    def _type(self, line: ui.input) -> None:
        self._answer.text = self.live.type(line.value)
        line.value = ""

    def _timeline_panel(self) -> None:
        with panel("What happened", "w-full"):
            self._timeline = ui.column().classes("timeline gap-0 w-full overflow-auto")
            self._timeline.style("height: 26rem; flex-wrap: nowrap")

    def _tables(self) -> None:
        with ui.row().classes("w-full gap-4 no-wrap items-start"):
            with panel("Orders at the desk", "grow"):
                self._orders = _table("number", "consumable", "item", "packs", "seller", "total",
                                      "state")
            with panel("Cases at the desk", "grow"):
                self._cases = _table("number", "mode", "service", "severity", "state")
            with panel("Findings on the thing", "grow"):
                self._findings = _table("monitor", "state", "severity", "confidence")

    # -- refresh -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show how things are now."""
        live = self.live
        self._clock.text = when(live.now)
        self._state.text = live.state
        self._state.props(f"color={'positive' if live.state == 'running' else 'warning'}")
        for row in live.stock():
            self._show_stock(row)
        for name, points in live.series().items():
            chart = self._charts[name]
            chart.options["series"][0]["data"] = points
            chart.update()
        self._orders.rows = live.orders()
        self._cases.rows = live.cases()
        self._findings.rows = live.findings()
        self._show_timeline()

    def _show_stock(self, row: dict) -> None:
        bar, level, days = self._bars[row["consumable"]]
        if row["level"] is None:
            level.text, days.text = "unknown", ""
            return
        share = max(0.0, min(1.0, row["level"] / row["capacity"]))
        bar.value = share
        bar.props(f"color={'negative' if share < 0.15 else 'primary'}")
        level.text = f"{row['level']:.0f} {row['unit']}"
        days.text = row["doubt"] or (
            "learning" if row["days_left"] is None
            else f"{row['days_left']:.1f} days ({row['low']:.1f} to {row['high']:.1f})"
        )

    def _show_timeline(self) -> None:
        timeline = self.live.timeline
        for happening in timeline[self._shown:]:
            hue = HUES.get(COLOURS.get(happening.kind, "dim"), "#495057")
            with self._timeline:
                line = ui.label(f"{when(happening.at)}  {happening.kind:<8} {happening.text}")
            line.style(f"color: {hue}").classes("whitespace-pre-wrap")
            line.move(target_index=0)  # the latest on top
        self._shown = len(timeline)


def _table(*names: str) -> ui.table:
    columns = [{"name": n, "label": n, "field": n, "align": "left"} for n in names]
    table = ui.table(columns=columns, rows=[], row_key=names[0])
    return table.props("dense flat no-data-label=none").classes("w-full")


def _chart() -> dict:
    return {
        "animation": False,
        "grid": {"left": 44, "right": 6, "top": 6, "bottom": 18},
        "xAxis": {"type": "value", "scale": True, "splitLine": {"show": False},
                  "axisLabel": {"fontSize": 9, "formatter": "{value}d"}},
        "yAxis": {"type": "value", "scale": True, "axisLabel": {"fontSize": 9},
                  "splitNumber": 2},
        "series": [{"type": "line", "showSymbol": False, "lineStyle": {"width": 1.4}, "data": []}],
    }  # fmt: skip


def serve(live: Live, port: int, ready) -> None:
    """Serve the page on loopback until Ctrl-C; `ready(url)` is called once it can be opened."""

    @ui.page("/", title=f"Steward: {live.title}")
    def _index() -> None:
        Page(live)

    async def announce() -> None:
        while not server.Server.instance.started:  # it listens a moment after this begins
            await asyncio.sleep(0.01)
        ready(f"http://127.0.0.1:{port}")

    app.on_startup(lambda: background_tasks.create(announce()))
    app.on_shutdown(live.stop)
    ui.run(host="127.0.0.1", port=port, show=False, reload=False, show_welcome_message=False)
