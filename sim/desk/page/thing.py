"""One thing: how it is, what is open for it, what was said, and its console."""

from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from sim.desk.page import words
from sim.desk.page.cases import COLUMNS as CASE_COLUMNS
from sim.desk.page.cases import case_row
from sim.desk.page.client import Trouble, of
from sim.desk.page.disputes import COLUMNS as DISPUTE_COLUMNS
from sim.desk.page.disputes import dispute_row
from sim.desk.page.keeping import keeping
from sim.desk.page.notices import COLUMNS as NOTICE_COLUMNS
from sim.desk.page.notices import notice_row
from sim.desk.page.orders import COLUMNS as ORDER_COLUMNS
from sim.desk.page.orders import order_row
from sim.desk.page.shell import HOME, Live, Visit, badge, box, facts, frame, href, panel
from sim.desk.page.table import Column, table
from sim.desk.page.timeline import Figures, Timeline

SHOWN = 8  # of each list
FIGURES_S = 30.0  # they change once a day
LINES = ("status", "consumables", "findings", "orders", "cases", "experience", "help")
CONSOLE_NOTE = ("Lines that the thing's owner leaves to the desk; what spends money or unlocks is "
                "refused by the thing, and what its owner has not agreed to tell is told in "
                "fifths or not at all. The answer comes when it next listens.")
NOT_FOUND = 404
PAST_NOTE = "The latest first: what it found, asked for and bought, and what it was told."
OUTCOMES = {"accepted": "good", "exists": "over", "refused": "bad"}
OWN = ("thing", "product")  # columns that say nothing on a page about one thing
FINDINGS = [
    Column("monitor", "Monitor"),
    Column("mode", "What is wrong"),
    Column("state", "State", "state"),
    Column("severity", "Severity", "state"),
    Column("sure", "Sure", "number"),
    Column("score", "Score", "number"),
    Column("fails", "Fails in", "number"),
    Column("raised", "Raised", "time"),
]
MESSAGES = [
    Column("at", "When", "time"),
    Column("way", "Way"),
    Column("kind", "What"),
    Column("outcome", "Outcome", "state"),
    Column("about", "About"),
]


async def page(request: Request, thing_id: str) -> None:
    """The page of a thing."""
    visit = Visit(request)
    try:
        await visit.rest.get(of("things", thing_id))
    except Trouble as trouble:
        if trouble.status == NOT_FOUND:
            await _nothing(visit, thing_id, str(trouble))
            return
    shown = _Thing(visit, thing_id)
    with frame(visit, "", thing_id):
        Live(visit, shown.read, shown.draw)
        with panel("Lately", "Of the last reports and orders; the scale of days is logarithmic."):
            figures = Figures(visit, thing_id)
            Live(visit, figures.read, figures.draw, FIGURES_S)
        with panel("What happened", PAST_NOTE):
            past = Timeline(visit, thing_id)
            past.live = Live(visit, past.read, past.draw)
        Live(visit, shown.read_lists, shown.draw_lists)
        if visit.may("POST /things/{thing_id}/commands"):
            with panel("Console", CONSOLE_NOTE) as card:
                card.props("id=console")
                shown.console()
                shown.answers = Live(visit, shown.read_answers, shown.draw_answers, 2.0)
        with panel("Messages", "The latest first; above them what waits for the thing to listen."):
            Live(visit, shown.read_said, shown.draw_said)
        keeping(visit, thing_id)
    await visit.show()


async def _nothing(visit: Visit, thing_id: str, trouble: str) -> None:
    """Of what is not there, or not for this caller to see, no panel says that it is empty."""
    with frame(visit, "", thing_id):
        ui.label(trouble).classes("trouble")
        ui.link("all things", HOME).classes("link")
    await visit.show()


class _Thing:
    answers: Live

    def __init__(self, visit: Visit, name: str):
        self.visit, self.name = visit, name

    async def read(self) -> dict[str, Any]:
        rest, name = self.visit.rest, self.name
        usage = []
        if self.visit.may("GET /usage"):  # what a household uses in a week is not everybody's
            usage = (await rest.get("/usage", thing=name, limit=1))["items"]
        return {
            "thing": await rest.get(of("things", name)),
            "usage": usage,
            "known": await self.visit.product(name),
            "row": await rest.get(of("overview", name)),
            "findings": (await rest.get("/findings", thing=name, limit=SHOWN))["items"],
        }

    def draw(self, data: dict[str, Any]) -> None:
        thing, row = data["thing"], data["row"]
        with box("headline"):
            ui.label(thing["id"]).classes("title")
            badge("on line" if thing["online"] else "off line",
                  "good" if thing["online"] else "over")
            if row["mode"] == "safe":
                badge("safe mode", "bad")
            if row["memory"] == "restoring":
                badge("memory being checked: it buys nothing until then", "moving")
            if row["memory"] == "reset":
                badge("reset for its next owner", "over")
        with box("columns"):
            with panel("What is left", "Fifths of the container, and days at its present use."):
                _stock(row["stock"])
            with panel("How it is"):
                self._facts(thing, _used(data["usage"], data["known"]))
        self._list("Findings", FINDINGS, [_finding(f, self.visit) for f in data["findings"]],
                   "It has found nothing wrong.")

    async def read_lists(self) -> dict[str, list[dict]]:
        rest, name = self.visit.rest, self.name
        return {
            kind: (await rest.get(f"/{kind}", thing=name, limit=SHOWN))["items"]
            for kind in ("orders", "cases", "disputes", "notices")
        }

    def draw_lists(self, data: dict[str, list[dict]]) -> None:
        lists = (("Orders", ORDER_COLUMNS, order_row, "It has ordered nothing yet."),
                 ("Cases", CASE_COLUMNS, case_row, "It has asked for no service yet."),
                 ("Disputes", DISPUTE_COLUMNS, dispute_row, "It holds nothing against anybody."),
                 ("Notices", NOTICE_COLUMNS, notice_row, "Nobody has told it anything."))
        for title, columns, row_of, empty in lists:
            rows = [row_of(item, self.visit) for item in data[title.lower()]]
            self._list(title, columns, rows, empty)

    def _list(self, title: str, columns: list[Column], rows: list[dict], empty: str) -> None:
        with panel(title):
            table([column for column in columns if column.name not in OWN], rows, empty)
            if len(rows) == SHOWN and title not in ("Findings", "Notices"):
                ui.link(f"all {title.lower()} of this thing",
                        href(title.lower()) + f"?state=all&{_query(self.name)}").classes("more")

    def _facts(self, thing: dict, used: str) -> None:
        visit = self.visit
        hello = thing["hello"] if "boots" in thing["hello"] else {}
        health = thing["health"]
        content = health["content"] if health else {}
        facts([
            ("Product", words.said(thing["product"])),
            ("Owner", thing["owner"]),
            ("Last heard", visit.both(thing["heard_at"]) or "never"),
            ("Health", f"as of {visit.both(health['made_at'])}" if health else "not told yet"),
            ("Uses in a week", used),
            ("Age", words.span(thing["age_s"]) if thing["age_s"] else ""),
            ("Starts", f"{hello['boots']}, the last by {hello['reset_cause'] or 'unknown cause'}"
                       if hello else ""),
            ("Agent", f"{hello['agent_version']}, product {hello['product_version']}"
                      if hello else ""),
            ("Ledger", f"{hello['ledger_count']} entries at its last start" if hello else ""),
            ("Mandate", _mandate(hello) if hello else ""),
            ("Mandate ends", visit.both(thing["mandate_ends_at"])),
            ("Buys nothing", hello.get("buys_not") or ""),
            ("Waiting to be sent", content.get("waiting") or ""),
            ("Reports shed", content.get("dropped") or ""),
            ("Free memory", f"{content['heap_free']:,} bytes" if content.get("heap_free") else ""),
            ("Admitted", visit.both(thing["provisioned_at"])),
        ])  # fmt: skip

    # -- console -------------------------------------------------------------------------------

    def console(self) -> None:
        with box("controls"):
            line = ui.input(placeholder="a line for its console").props(
                'dense outlined maxlength=200 aria-label="console line"'
            )
            line.classes("code grow").on("keydown.enter", lambda: self._type(line))
            ui.button("send", on_click=lambda: self._type(line)).props("outline no-caps")
        with box("lines"):
            for word in LINES:
                button = ui.button(word, on_click=lambda word=word: self._send(word))
                button.props("flat dense no-caps")

    async def _type(self, line: ui.input) -> None:
        typed, line.value = (line.value or "").strip(), ""
        if typed:
            await self._send(typed)

    async def _send(self, line: str) -> None:
        await self.visit.do(of("things", self.name, "commands"), {"line": line}, "on its way")
        await self.answers.refresh()

    async def read_answers(self) -> list[dict]:
        path = of("things", self.name, "commands")
        return (await self.visit.rest.get(path, limit=SHOWN))["items"]

    def draw_answers(self, commands: list[dict]) -> None:
        for command in commands:
            with box("answer"):
                with box("asked"):
                    ui.label(f"> {command['line']}").classes("code")
                    ui.label(self.visit.ago(command["sent_at"])).classes("when")
                if command["replied_at"] is None:
                    ui.label("no answer yet").classes("detail")
                else:
                    ui.label(command["text"] or "done, without a word").classes("code reply")

    # -- messages ------------------------------------------------------------------------------

    async def read_said(self) -> list[dict]:
        return await self.visit.rest.get(of("things", self.name, "messages"))

    def draw_said(self, messages: list[dict]) -> None:
        rows = [
            {
                "id": index,
                "at": self.visit.ago(message["at"]),
                "at_at": self.visit.exact(message["at"]),
                "way": {"up": "from it", "down": "to it"}[message["direction"]],
                "kind": words.said(message["kind"]),
                "outcome": "known already" if message["outcome"] == "exists"
                           else message["outcome"],
                "outcome_look": OUTCOMES.get(message["outcome"], "moving"),
                "about": " ".join(filter(None, (message["number"], message["reason"]))),
            }
            for index, message in enumerate(messages)
        ]  # fmt: skip
        with box("latest"):
            table(MESSAGES, rows, "Nothing was said yet.")


def _mandate(hello: dict) -> str:
    """The highest number that it told, or took from the desk since."""
    number = max(hello["mandate_seq"], hello.get("mandate_known", 0))
    return f"number {number}" if number else "none that the desk knows of"


def _used(reports: list[dict], known: dict) -> str:
    """What its latest report of use says: "2,310 g of beans, 210 cups"."""
    parts = []
    for name, count in reports[0]["content"]["counts"] if reports else []:
        used, of = words.counted(known, name)(count), words.said(name)
        parts.append(used if used.endswith(of) else f"{used} of {of}")
    return ", ".join(parts)


def _finding(finding: dict, visit: Visit) -> dict:
    severity = words.SEVERITIES[finding["severity"]]
    return {
        "id": f"{finding['monitor']} {finding['raised_at']}",
        "monitor": words.said(finding["monitor"]),
        "mode": words.said(finding["mode"]),
        "state": finding["state"],
        "state_look": {"confirmed": "bad"}.get(finding["state"], words.LOOKS.get(finding["state"])),
        "severity": severity,
        "severity_look": words.LOOKS[severity],
        "sure": f"{finding['confidence']} %",
        "score": f"{finding['score'] / 100:.2f}",
        "fails": words.span(finding["eta_s"]) if finding["eta_s"] else "",
        "raised": visit.ago(finding["raised_at"]),
        "raised_at": visit.exact(finding["raised_at"]),
    }


def _stock(stock: list[dict]) -> None:
    if not stock:
        ui.label("Nothing runs out in it, or it has not told yet.").classes("empty")
    with box("left"):
        for one in stock:
            ui.label(words.said(one["name"])).classes("name")
            with box(f"fifths b{one['band']}"):
                for fifth in range(5):
                    ui.element("i").classes("on" if fifth <= one["band"] else "")
            days = "" if one["days"] is None else f", {words.plural(one['days'], 'day')}"
            ui.label(words.BANDS[min(one["band"], 4)] + days)


def _query(name: str) -> str:
    return urlencode({"thing": name})
