"""`steward owner waiting`, `approve` and `deny`: what things ask, and the owner's signed answers.

Exit codes: 0 the thing took the answer, 1 it did not (or nothing was signed), 2 wrong usage,
3 it is on its way and the thing has not said a word yet.
"""

import json
import time
from typing import Annotated, Any

import typer

from firmware.mandate.currency import shown
from firmware.mandate.install import InstallError, Link, answer_to_desk, question, questions
from firmware.mandate.mandate_words import when
from firmware.mandate.owner import Owner, OwnerError, opened
from firmware.mandate.question import (
    REFERENCE,
    TAKEN,
    Question,
    chosen,
    plain,
    read,
    read_all,
)
from firmware.serial.console_tool import ConsoleError, Session
from sim.cli.options import LOCAL, Desk, Json, link_to, passphrase, stop
from sim.cli.owner_options import (
    HERE,
    LOOK_S,
    UNHEARD,
    Directory,
    How,
    Order,
    Output,
    PassphraseFile,
    Port,
    Thing,
    Via,
    Wait,
    Yes,
    agree,
    say,
)

AWAITING = "awaiting approval"  # as a thing's console calls it


def waiting(
    thing: Annotated[str, typer.Option(help="Of this thing only.")] = "",
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """List the orders that wait for the owner's yes or no."""
    try:
        rows = read_all(questions(link_to(desk, thing)))
    except (OwnerError, InstallError) as error:
        stop(error)
    if as_json:
        print(json.dumps([row.model_dump() for row in rows]))
        return
    for row in rows:
        print(f"{plain(row.thing)}  {row.reference}  {row.goods()} from {plain(row.seller)} for "
              f"{row.total}, asked until {when(row.until)}")  # fmt: skip
        if row.state == "refused":
            print(f"    {plain(row.thing)} does not take the answer: {plain(row.reason or '')}")
        elif row.yes is not None:
            print("    an answer is on its way")
    if not rows:
        print("nothing waits for an answer")


def _command(says_yes: bool, purpose: str):
    """One of the two answers as a command, for they are asked for alike."""

    def answer(
        thing: Thing,
        order: Order,
        out: Output = None,
        via: How = Via.DESK,
        port: Port = None,
        desk: Desk = LOCAL,
        directory: Directory = HERE,
        passphrase_file: PassphraseFile = None,
        wait: Wait = 60,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        keys, ways = (Owner(directory), passphrase_file, out), (yes, wait, as_json)
        _Answering(says_yes, keys, link_to(desk, thing), ways).carry_out(order, via, port)

    answer.__doc__ = purpose
    return answer


COMMANDS = {
    "waiting": waiting,
    "approve": _command(
        True, "Say yes to an order that waits: on these terms, at this total or less."
    ),
    "deny": _command(False, "Say no to an order that waits."),
}


class _Answering:
    """One answer on its way from the terms to the thing."""

    def __init__(self, says_yes: bool, keys, link: Link, ways):
        self._says_yes = says_yes
        self._owner, self._passphrase_file, self._out = keys
        self._link = link
        self._sure, self._wait_s, self._as_json = ways
        self._word = "approve" if says_yes else "deny"

    def carry_out(self, order: str, via: Via, port: str | None) -> None:
        """Show, ask, sign and pass on; leaves with an exit code when it cannot."""
        if via == Via.FILE and self._out is None:
            raise typer.BadParameter("--via file writes a file: name it with --out")
        try:
            if via == Via.CONSOLE and port:
                self._type(order, port)
                return
            asked = chosen(read_all(questions(self._link)), self._link.thing, order)
            document = asked.answer(self._says_yes)  # before anybody agrees to what does not fit
            self._agree(asked.lines())
            if via == Via.CONSOLE:
                self._say({"thing": asked.thing, "order": asked.order,
                           "line": self._line(asked.reference, asked.terms)})  # fmt: skip
                return
            self._sign_and_pass_on(asked, document, via)
        except (OwnerError, InstallError, ConsoleError) as error:
            stop(error)

    def _sign_and_pass_on(self, asked: Question, terms: dict[int, Any], via: Via) -> None:
        self._owner.unlock(passphrase(self._passphrase_file))
        document = self._owner.sign(terms)
        assert opened(document, self._owner.public_key) == terms
        facts: dict[str, Any] = {"thing": asked.thing, "order": asked.order, "answer": self._word}
        if self._out:
            self._out.write_bytes(document)
            facts["file"] = str(self._out)
        if via == Via.DESK:
            answer_to_desk(self._link, asked.order, document)
            last = self._heard(asked)
            facts |= {"state": last.state, "reason": last.reason}
            self._say(facts)
            self._leave(last)
        else:
            self._say(facts)

    def _heard(self, asked: Question) -> Question:
        """The question after the thing's word on the answer, or as it is when none comes."""
        deadline = time.monotonic() + self._wait_s
        while True:
            last = read(question(self._link, asked.id))
            if last.state != "waiting" or time.monotonic() >= deadline:
                return last
            time.sleep(LOOK_S)

    def _leave(self, last: Question) -> None:
        if last.state == "waiting":
            raise typer.Exit(UNHEARD)
        if last.state != TAKEN[not self._says_yes]:
            raise typer.Exit(1)

    def _type(self, order: str, port: str) -> None:
        """Answer on the thing's own console, to what the thing itself says."""
        with Session(port) as session:
            thing = session.value("status")["thing"]
            if thing != self._link.thing:
                raise OwnerError(f"the thing on {port} is {thing}")
            rows = [row for row in session.value("orders") if row["state"] == AWAITING]
            found = [row for row in rows if order.lower().startswith(row["order"])
                     or row["order"].startswith(order.lower())]  # fmt: skip
            if len(found) != 1:
                asks = ", ".join(row["order"] for row in rows) or "nothing"
                raise OwnerError(f"{thing} does not ask about order {order}; it asks about {asks}")
            row = found[0]
            total = shown(row["total_minor"], session.value("mandate")["currency"])
            self._agree([
                ("thing", thing), ("order", row["order"]), ("from", row["seller"]),
                ("buy", f"{row['packs']} x {row['item']}, for {row['consumable']}"),
                ("for", f"{total}, shipping and tax inside"), ("terms", row["terms"]),
            ])  # fmt: skip
            said = session.value(self._line(row["order"], row["terms"]))["said"]
        self._say({"thing": thing, "order": row["order"], "answer": self._word, "said": said})

    def _line(self, order: str, terms: str) -> str:
        return f"approve {order} {terms[:REFERENCE]}" if self._says_yes else f"deny {order}"

    def _agree(self, lines: list[tuple[str, str]]) -> None:
        agree(lines, self._word.capitalize(), self._sure, self._as_json)

    def _say(self, facts: dict[str, Any]) -> None:
        say(facts, _words, self._as_json)


def _words(facts: dict[str, Any]) -> str:
    """What came of an answer, for a person."""
    thing, order, file = plain(facts["thing"]), facts["order"][:REFERENCE], facts.get("file")
    if "said" in facts:
        return f"{thing} says: {facts['said']}"
    if "state" not in facts:
        return f"signed: {file}"
    reason = f": {plain(facts['reason'])}" if facts["reason"] else ""
    if facts["state"] == "waiting":
        return (
            f"{order}: on its way; {thing} has not answered yet, `steward owner waiting` shows it"
        )
    if facts["state"] == "refused":
        return f"{order}: {thing} does not take it{reason}"
    return f"{order}: {facts['state']}{reason}"
