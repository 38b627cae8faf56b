"""`steward owner`: the owner's key, and the mandates, controls and answers signed with it.

Exit codes: 0 done, 1 the answer is no (a mistake in the file, a wrong passphrase, no consent),
2 wrong usage. docs/owner.md is the manual.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from firmware.mandate import mandate_file, mandate_words
from firmware.mandate.install import InstallError, console_lines, sequence_of, to_desk
from firmware.mandate.mandate_model import SEQUENCE, THING
from firmware.mandate.owner import Owner, OwnerError, fingerprint, opened
from firmware.serial.commission import install_mandate, sequence_at
from firmware.serial.console_tool import ConsoleError, Session
from sim.cli import owner_answers, owner_cancel, owner_data
from sim.cli.options import LOCAL, Desk, Json, link_to, passphrase, stop
from sim.cli.owner_options import (
    HERE,
    Directory,
    How,
    Output,
    PassphraseFile,
    Port,
    Thing,
    Via,
    Yes,
)

app = typer.Typer(no_args_is_help=True, help="Keys, mandates, answers: what things may buy.")

STATE, RESUME, PAUSE, REVOKE = 3, 0, 1, 2  # of control-document in wire.cddl
# A frame takes 1024 bytes of payload; the envelope around a document needs up to 52.
DOCUMENT_BYTES = 972

Sequence = Annotated[str, typer.Option(help="A number, or `auto`: one more than the last.")]


@app.command()
def init(
    directory: Directory = HERE, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """Make the owner's key pair. Never overwrites one."""
    owner = Owner(directory)
    try:
        public = owner.make(passphrase(passphrase_file, new=True))
    except OwnerError as error:
        stop(error)
    _say_key(directory, public, as_json)


@app.command()
def show(directory: Directory = HERE, as_json: Json = False) -> None:
    """Show the public key, to be paired on a thing's own console, and its fingerprint."""
    try:
        public = Owner(directory).public_key
    except OwnerError as error:
        stop(error)
    _say_key(directory, public, as_json)


@app.command()
def mandate(
    file: Annotated[Path, typer.Argument(help="The mandate (TOML).", exists=True, dir_okay=False)],
    sequence: Sequence = "auto",
    out: Output = None,
    via: How = Via.FILE,
    port: Port = None,
    desk: Desk = LOCAL,
    directory: Directory = HERE,
    passphrase_file: PassphraseFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, no more.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Check a mandate, show it in plain words, sign it, and pass it on to its thing."""
    product = _product(file)
    draft = mandate_file.read(file, product)
    for problem in sorted(draft.problems, key=lambda problem: problem.line):
        colour = "red" if problem.level == "error" else "yellow"
        typer.secho(str(problem), fg=colour, err=True)
    if not draft.sound:
        raise typer.Exit(1)
    link = link_to(desk, str(draft.terms[THING]))
    signing = _Signing(Owner(directory), passphrase_file, (via, port), link, out, yes, as_json)
    signing.carry_out(draft.terms, sequence, product, dry_run)


def _control(word: str, state: int, purpose: str) -> None:
    """Add a command that signs one control document."""

    def control(
        thing: Thing,
        sequence: Sequence = "auto",
        out: Output = None,
        via: How = Via.DESK,
        port: Port = None,
        desk: Desk = LOCAL,
        directory: Directory = HERE,
        passphrase_file: PassphraseFile = None,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        link = link_to(desk, thing)
        signing = _Signing(Owner(directory), passphrase_file, (via, port), link, out, yes, as_json)
        signing.carry_out({0: "control", THING: thing, STATE: state}, sequence)

    app.command(word, help=purpose)(control)


for _row in (
    ("pause", PAUSE, "Have a thing buy nothing until it is told to resume."),
    ("resume", RESUME, "End a pause: the mandate in force holds again."),
    ("revoke", REVOKE, "End a thing's mandate for good; only a new one lets it buy again."),
):
    _control(*_row)


for _word, _answer in owner_answers.COMMANDS.items():
    app.command(_word)(_answer)
app.command()(owner_cancel.cancel)
app.command()(owner_data.data)
app.command()(owner_data.erase)


class _Signing:
    """One document on its way from terms to the thing."""

    def __init__(self, owner, passphrase_file, way, link, out, yes, as_json):
        self._owner = owner
        self._passphrase_file = passphrase_file
        self._via, self._port = way
        self._link = link
        self._out = out
        self._yes = yes
        self._as_json = as_json
        self._console = Console(stderr=as_json, highlight=False)

    def carry_out(self, terms, sequence: str, product=None, dry_run=False) -> None:
        """Number, show, ask, sign, keep and pass on; leaves with an exit code when it cannot."""
        try:
            thing = str(terms[THING])
            terms = {**terms, SEQUENCE: self._number(thing, sequence)}
            self._show(terms, product)
            if dry_run:
                return
            if not self._yes and not typer.confirm("Sign this?", err=True):
                raise typer.Exit(1)
            self._owner.unlock(passphrase(self._passphrase_file))
            document = self._owner.sign(terms)
            assert opened(document, self._owner.public_key) == terms
            if len(document) > DOCUMENT_BYTES:
                raise OwnerError(f"signed it has {len(document)} bytes and {DOCUMENT_BYTES} fit in "
                                 "a message: allow fewer sellers or give fewer limits")
            self._pass_on(thing, document, terms)
        except (OwnerError, InstallError, ConsoleError) as error:
            stop(error)

    def _number(self, thing: str, sequence: str) -> int:
        last = self._owner.last(thing)
        known = last[SEQUENCE] if last else 0
        if sequence != "auto":
            if not sequence.isdecimal() or int(sequence) < 1:
                raise typer.BadParameter(f"{sequence} is neither a number nor `auto`")
            if int(sequence) <= known:
                raise OwnerError(f"number {sequence} is not above {known}, the last one signed")
            return int(sequence)
        if self._via == Via.DESK:
            known = max(known, sequence_of(self._link))
        if self._via == Via.CONSOLE and self._port:
            with Session(self._port) as session:
                known = max(known, sequence_at(session, thing))
        return known + 1

    def _show(self, terms: dict[int, Any], product: dict | None) -> None:
        strange = mandate_words.unknown(terms)
        assert not strange, strange  # only terms of our own making get here
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for topic, words in mandate_words.lines(terms, product):
            table.add_row(topic, words)
        self._console.print(table, markup=False)

    def _pass_on(self, thing: str, document: bytes, terms: dict[int, Any]) -> None:
        kept = self._owner.keep(thing, document)
        if self._out:
            self._out.write_bytes(document)
        file = self._out or kept
        facts: dict[str, Any] = {"thing": thing, "number": terms[SEQUENCE],
                                 "bytes": len(document), "file": str(file)}  # fmt: skip
        if self._via == Via.DESK:
            to_desk(self._link, document)
            facts["desk"] = self._link.desk
        if self._via == Via.CONSOLE and self._port:
            with Session(self._port) as session:
                facts["thing_says"] = install_mandate(session, document)
        elif self._via == Via.CONSOLE:
            facts["lines"] = console_lines(document)
        if self._as_json:
            print(json.dumps(facts))
        else:
            self._say(facts)

    def _say(self, facts: dict[str, Any]) -> None:
        for line in facts.get("lines", ()):
            print(line)
        where = f", passed on by {facts['desk']}" if "desk" in facts else ""
        where += f"; {facts['thing']} says: {facts['thing_says']}" if "thing_says" in facts else ""
        print(f"signed as number {facts['number']}: {facts['file']}, {facts['bytes']} bytes{where}",
              file=sys.stderr)


def _product(file: Path) -> dict | None:
    """The compiled product that a mandate file names."""
    import cbor2

    from boards import compiler
    from boards.problems import DescriptionError

    name = mandate_file.named_product(file)
    if name is None:
        return None
    folder = Path(compiler.__file__).parent / "products"
    paths = [path for path in (folder / f"{name}.toml", file.parent / name) if path.is_file()]
    if not paths:
        stop(OwnerError(f"{file}: product {name!r} is neither in {folder} nor a file beside it"))
    try:
        return cbor2.loads(compiler.compile_product(paths[0]))
    except DescriptionError as error:
        stop(error)


def _say_key(directory: Path, public: bytes, as_json: bool) -> None:
    facts = {"directory": str(directory), "public_key": public.hex(),
             "fingerprint": fingerprint(public)}  # fmt: skip
    if as_json:
        print(json.dumps(facts))
        return
    for word, value in facts.items():
        print(f"{word:12} {value}")
