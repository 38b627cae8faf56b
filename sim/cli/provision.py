"""`steward provision`: a bare board becomes a thing that its desk knows and its owner can command.

Exit codes: 0 done, 1 a step failed and the next run goes on from there, or the thing found
something to be mended in itself, 2 wrong usage, 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from boards.problems import DescriptionError
from firmware.image.build import BuildError, board_file
from firmware.mandate.owner import OwnerError, checked, read_public
from firmware.serial import commission as commissioning
from firmware.serial import provision as tool
from firmware.serial.console_tool import ConsoleError, Session, find_port
from sim.cli.options import DESK_KEY, Json

app = typer.Typer()

TLS_PORT = 8883
PIN = "STEWARD_PIN"  # of a console that its owner shut
GOES_ON = "what was done stays: the same command, mended where it was wrong, goes on from there"
File = Path | None
Pair = tuple[Path, Path] | None
Maker = Annotated[
    str | None, typer.Option(help="Whose updates it takes: a public key, or its file.")
]
OwnerName = Annotated[
    str | None, typer.Option(help="What the desk is to call its owner, for the owner's keys.")
]
Wifi = Annotated[
    str | None, typer.Option(help="Network; STEWARD_WIFI_PASSWORD holds its password.")
]


@app.command()
def provision(
    thing: Annotated[str, typer.Option(help="The id that the thing will have.")],
    port: Annotated[
        str | None, typer.Argument(envvar="STEWARD_PORT", help="Default: the one board.")
    ] = None,
    product: Annotated[File, typer.Option(help="Product file.", exists=True)] = None,
    board: Annotated[str | None, typer.Option(help="A file, a name in boards/, or a chip.")] = None,
    broker: Annotated[str | None, typer.Option(help="host:port of the broker.")] = None,
    ca: Annotated[File, typer.Option(help="Certificate of its authority.", exists=True)] = None,
    client: Annotated[Pair, typer.Option(help="Certificate and key, if the broker asks.")] = None,
    desk: Annotated[str | None, typer.Option(help="REST address of the desk.")] = None,
    owner: Annotated[
        str | None, typer.Option(help="The owner's public key, or its file: owner.pub.")
    ] = None,
    owner_name: OwnerName = None,
    maker: Maker = None,
    wifi: Wifi = None,
    lock: Annotated[
        bool, typer.Option("--lock/--no-lock", help="Let no key out any more, at the end.")
    ] = True,
    mandate: Annotated[
        File, typer.Option(help="Signed mandate to install: steward owner mandate.", exists=True)
    ] = None,
    try_order: Annotated[
        bool, typer.Option("--test-order", help="At the end, order without money.")
    ] = False,
    consumable: Annotated[
        str | None, typer.Option(help="What to order; default: the first one.")
    ] = None,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds for its desk to greet it; 0: none.")
    ] = 120,
    as_json: Json = False,
) -> None:
    """Give a board its keys, product, broker, network and owner, and admit it at the desk.

    Then it starts anew, examines itself, and is locked when its desk has greeted it; with
    --mandate and --test-order it takes its mandate and orders something for trial, until the
    desk has accepted it.
    """
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        print(text, file=sys.stderr if as_json else sys.stdout, flush=True)

    with _told():
        order = tool.Order(
            thing, product, board_file(board, product or Path()) if board else None,
            address(broker) if broker else None, ca, _key("--owner", owner), _wifi(wifi), desk,
            os.environ.get(DESK_KEY), False, client, _key("--maker", maker),
            owner_name,
        )  # fmt: skip
        with Session(port or find_port()) as session:
            tool.unlock(session, os.environ.get(PIN))
            facts = tool.provision(session, order, say)
            _commission(session, facts, mandate, wait_s, say)
            if lock and not facts["locked"]:
                _lock(session, facts, say)
            if try_order:
                facts["order"] = commissioning.try_order(session, consumable, say)
    if as_json:
        print(json.dumps({**facts, "said": said}))
    if facts["failed"]:
        typer.secho(f"to be mended: {', '.join(facts['failed'])}", fg="red", err=True)
        raise typer.Exit(1)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is told to a person, with what to do, and becomes the exit code."""
    try:
        yield
    except DescriptionError as error:
        for problem in error.problems:
            typer.secho(str(problem), fg="red", err=True)
        raise typer.Exit(1) from error
    except (BuildError, ConsoleError, OwnerError, tool.ProvisionError) as error:
        typer.secho(f"{error}\n{GOES_ON}", fg="red", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.secho(f"interrupted\n{GOES_ON}", fg="red", err=True)
        raise typer.Exit(130) from error


def _commission(
    session: Session, facts: dict, mandate: File, wait_s: float, say: Callable[[str], None]
) -> None:
    """Raises ProvisionError when its desk is to be waited for and does not greet it."""
    commissioning.restart(session)
    tool.unlock(session, os.environ.get(PIN))
    if mandate:
        say(f"mandate: {commissioning.install_mandate(session, mandate.read_bytes())}")
    facts["failed"] = commissioning.examine(session, say)
    obstacle = commissioning.reach(session, wait_s, say) if wait_s else None
    if obstacle:
        unlocked = "" if facts["locked"] else " (it is not locked yet)"
        raise tool.ProvisionError(obstacle + unlocked)


def _lock(session: Session, facts: dict, say: Callable[[str], None]) -> None:
    """A start later the prompt below the console is shut as well."""
    tool.lock(session, say)
    commissioning.restart(session)
    tool.unlock(session, os.environ.get(PIN))
    facts["locked"] = True


def _key(option: str, given: str | None) -> str | None:
    """A public key in hexadecimal, as it was given or out of the file that was named."""
    if given is None or not Path(given).is_file():
        try:
            return given and checked(bytes.fromhex(given), option).hex()
        except ValueError:
            raise OwnerError(f"{option}: {given} is neither a file nor a public key") from None
    return read_public(Path(given)).hex()


def address(broker: str) -> tuple[str, int]:
    """Host and port of a broker as a person writes it."""
    host, colon, port = broker.rpartition(":")
    if not colon:
        return broker, TLS_PORT
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{broker} is not host:port")
    return host.strip("[]"), int(port)


def _wifi(name: str | None) -> tuple[str, str] | None:
    return None if name is None else (name, os.environ.get("STEWARD_WIFI_PASSWORD", ""))
