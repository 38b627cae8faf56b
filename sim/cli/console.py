"""`steward console`: the console of a thing, over USB, a terminal of the Pi or of the simulator.

Exit codes: 0 all was obeyed, 1 the thing refused a line or fell silent, 2 wrong usage.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from firmware.serial.console_tool import ConsoleError, Refused, Session, find_port

app = typer.Typer()

HISTORY = 500
SECRET = ("pin ", "config set wifi.password")  # lines that are not remembered

Port = Annotated[
    str | None,
    typer.Argument(envvar="STEWARD_PORT", help="Serial port or terminal; default: the one board."),
]


@app.command()
def console(
    port: Port = None,
    execute: Annotated[
        list[str] | None, typer.Option("--exec", "-e", help="Say this, and leave.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="Lines to say; # begins a remark.", exists=True)
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.", min=0.1)] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value a line.")] = False,
) -> None:
    """Ask a thing; without --exec or --script line by line, with completion and a history."""
    lines = list(execute or [])
    if script:
        lines += [line for line in script.read_text().splitlines() if line.strip()[:1] not in "#"]
    try:
        with Session(port or find_port(), patience) as session:
            if lines:
                raise typer.Exit(0 if _say_all(session, lines, as_json) else 1)
            _converse(session)
    except ConsoleError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error


def _say_all(session: Session, lines: list[str], as_json: bool) -> bool:
    """Whether every line was obeyed; stops at the first that was not."""
    for line in lines:
        if as_json:
            try:
                print(json.dumps(session.value(line)), flush=True)
            except Refused as error:
                print(json.dumps({"error": str(error)}), flush=True)
                return False
            continue
        answer = session.ask(line)
        print(answer, flush=True)
        if answer.startswith("error:"):
            return False
    return True


def _converse(session: Session) -> None:
    remember = _prepare_line_editing(sorted(session.commands()))
    print("Tab completes, Ctrl+D leaves.", file=sys.stderr)
    while True:
        for said in [*session.heard, *session.lines()]:
            print(said)
        session.heard.clear()
        try:
            line = input("> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        remember(line)
        if line.strip():
            print(session.ask(line.strip()))


def _prepare_line_editing(words: list[str]):
    """Set readline up where there is one; returns what keeps secrets out of its history."""
    try:
        import readline
    except ImportError:  # Windows: the console there edits lines by itself
        return lambda line: None

    def complete(text: str, state: int) -> str | None:
        return [*(word + " " for word in words if word.startswith(text)), None][state]

    file = Path(typer.get_app_dir("steward")) / "console-history"
    file.parent.mkdir(parents=True, exist_ok=True)
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    readline.set_history_length(HISTORY)
    readline.set_auto_history(False)
    with contextlib.suppress(FileNotFoundError):
        readline.read_history_file(file)

    def remember(line: str) -> None:
        if line.strip() and not line.lstrip().startswith(SECRET):
            readline.add_history(line)
            readline.write_history_file(file)

    return remember
