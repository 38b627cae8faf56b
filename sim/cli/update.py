"""`steward update`: the maker's key, releases that it signs, and what becomes of them.

Exit codes: 0 done, 1 the answer is no (a wrong passphrase, no image, the desk's refusal), 2 wrong
usage. docs/device.md, Updates, is the manual.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from boards.problems import DescriptionError
from firmware.image import release
from firmware.image.build import BuildError, board_file, product_file
from firmware.image.build import collect as collect_sources
from firmware.image.closure import Missing
from firmware.image.flash import FlashError
from firmware.image.release import BOARD, BYTES, FILES, NUMBER, PRODUCT, VERSION, Maker
from firmware.mandate.install import InstallError, ask_desk
from firmware.mandate.owner import OwnerError, fingerprint
from sim.cli.maker_options import HERE, Directory, PassphraseFile, say, table
from sim.cli.options import LOCAL, Desk, Json, link_to, passphrase, stop

app = typer.Typer(no_args_is_help=True, help="The maker's releases: sign, publish, follow.")

Image = Annotated[Path, typer.Argument(help="Folder that `steward build` made.", file_okay=False)]
BUILT = Path("build/device")


@app.command()
def init(
    directory: Directory = HERE, passphrase_file: PassphraseFile = None, as_json: Json = False
) -> None:
    """Make the maker's key pair. Never overwrites one."""
    try:
        public = Maker(directory).make(passphrase(passphrase_file, new=True))
    except OwnerError as error:
        stop(error)
    _say_key(directory, public, as_json)


@app.command()
def show(directory: Directory = HERE, as_json: Json = False) -> None:
    """Show the public key, to be said on each thing's console: provision maker KEY."""
    try:
        public = Maker(directory).public_key
    except OwnerError as error:
        stop(error)
    _say_key(directory, public, as_json)


@app.command()
def collect(
    board: Annotated[str, typer.Argument(help="A board on Linux: a file, or a name in boards/.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder.", file_okay=False)] = BUILT,
    as_json: Json = False,
) -> None:
    """Collect the sources of a Raspberry Pi's thing, to be signed; what others run is built."""
    try:
        wired = board_file(board, Path("coffee_machine.toml"))
        build = collect_sources(wired, product_file(wired), out)
    except DescriptionError as error:
        for problem in error.problems:
            typer.secho(str(problem), fg="red", err=True)
        raise typer.Exit(1) from error
    except (BuildError, Missing, OSError) as error:
        stop(error)
    say({"build": build, "folder": str(out)}, as_json)


@app.command()
def sign(
    image: Image = BUILT,
    number: Annotated[
        int | None, typer.Option(min=1, help="Default: one more than the last.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Default: the product's and build.")] = None,
    mends: Annotated[
        str | None, typer.Option(help="What it mends, in words for whoever owns the thing.")
    ] = None,
    directory: Directory = HERE,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Sign what is built as the next release for its product and board."""
    maker = Maker(directory)
    try:
        maker.unlock(passphrase(passphrase_file))
        terms = release.sign(maker, image, number, version, mends)
    except (OwnerError, FlashError) as error:
        stop(error)
    facts = {
        "number": terms[NUMBER],
        "product": terms[PRODUCT],
        "board": terms[BOARD],
        "version": terms[VERSION],
        "files": terms[FILES],
        "bytes": terms[BYTES],
        "manifest": str(image / release.MANIFEST),
    }
    say(facts, as_json)


@app.command()
def publish(
    image: Image = BUILT,
    percent: Annotated[int, typer.Option(min=0, max=100, help="Of the things hear of it.")] = 100,
    thing: Annotated[list[str] | None, typer.Option(help="Only for this one; repeatable.")] = None,
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Hand a signed release to a desk, which offers it to its things."""
    try:
        said = release.publish(link_to(desk), image, percent, thing)
    except (OwnerError, FlashError, InstallError) as error:
        stop(error)
    say({word: said[word] for word in ("id", "product", "board", "number", "version")}, as_json)


@app.command()
def rollout(
    release_id: Annotated[int, typer.Argument(help="The desk's id of the release.")],
    percent: Annotated[int, typer.Argument(min=0, max=100, help="Of the things.")],
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Offer a release to more things: always the same ones first."""
    _change(release_id, {"percent": percent}, desk, as_json)


@app.command()
def bad(
    release_id: Annotated[int, typer.Argument(help="The desk's id of the release.")],
    good_again: Annotated[bool, typer.Option("--not", help="It is good after all.")] = False,
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Mark a release as bad: nobody is offered it, who runs it is offered the next one."""
    _change(release_id, {"bad": not good_again}, desk, as_json)


@app.command("list")
def list_(
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Show the releases of a desk, and what each thing runs."""
    try:
        releases = ask_desk(link_to(desk), "/releases?limit=500")["items"]
        installs = ask_desk(link_to(desk), "/installs?limit=500")["items"]
    except InstallError as error:
        stop(error)
    if as_json:
        print(json.dumps({"releases": releases, "installs": installs}))
        return
    table(("id", "product", "board", "number", "version", "percent", "named", "bad"), releases)
    table(("thing", "runs", "number", "state", "reason"), installs)


def _change(release_id: int, what: dict[str, Any], desk: str, as_json: bool) -> None:
    try:
        said = ask_desk(link_to(desk), f"/releases/{release_id}", what, "PATCH")
    except InstallError as error:
        stop(error)
    say({word: said[word] for word in ("id", "number", "percent", "bad", "states")}, as_json)


def _say_key(directory: Path, public: bytes, as_json: bool) -> None:
    facts = {
        "directory": str(directory),
        "public_key": public.hex(),
        "fingerprint": fingerprint(public),
    }
    say(facts, as_json)
