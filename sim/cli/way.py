"""`steward way`: tell things where the desk is found as well, before its broker moves or ends, and
renew the certificates by which they prove themselves there.

Exit codes: 0 done, 1 the answer is no (the desk's refusal), 2 wrong usage.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from firmware.mandate.install import InstallError, ask_desk
from firmware.serial.certify import Authority, CertifyError, authority, certify
from sim.cli.maker_options import table
from sim.cli.options import LOCAL, Desk, Json, link_to, stop
from sim.cli.provision import address

app = typer.Typer(no_args_is_help=True, help="Tell things where the desk is found as well.")


@app.command()
def tell(
    broker: Annotated[str, typer.Argument(help="Of the broker, as HOST or HOST:PORT.")],
    ca: Annotated[
        Path, typer.Option(help="Certificate of its authority, PEM or DER.", exists=True)
    ],
    thing: Annotated[list[str] | None, typer.Option(help="This one; repeatable.")] = None,
    product: Annotated[str | None, typer.Option(help="All of a product.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All things of the desk.")] = False,
    signer: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Certificate and key, PEM: each thing gets a certificate of its own."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How long such a certificate holds.")] = 730,
    desk: Desk = LOCAL,
    as_json: Json = False,
) -> None:
    """Give things another way to the desk: each tries it at once, and keeps the one it knows.

    The desk must be behind the new broker already, and stay behind the old one until `list` shows
    `kept` for all of them. With the broker that they know and --signer, a client certificate is
    renewed.
    """
    if bool(thing) + (product is not None) + everything != 1:
        raise typer.BadParameter("say which things: --thing, --product or --all")
    host, port = address(broker)
    body = {"things": thing or [], "product": product, "host": host, "port": port,
            "authority": _pem(ca)}  # fmt: skip
    try:
        if signer:
            certified = _certified(desk, authority(*signer), thing, product, days)
            told = [row for each in certified
                    for row in ask_desk(link_to(desk), "/ways", body | each)]  # fmt: skip
        else:
            told = ask_desk(link_to(desk), "/ways", body)
    except (InstallError, CertifyError, OSError) as error:
        stop(error)
    _show(told, as_json)


@app.command("list")
def list_(desk: Desk = LOCAL, as_json: Json = False) -> None:
    """Show which way each thing was told of last, and what became of it."""
    try:
        told = list(_all(desk, "/ways"))
    except InstallError as error:
        stop(error)
    _show(told, as_json)


def _all(desk: str, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a list of the desk. Raises InstallError."""
    cursor = ""
    while cursor is not None:
        page = ask_desk(link_to(desk), f"{path}?limit=500{cursor and '&cursor=' + cursor}")
        yield from page["items"]
        cursor = page["next"]


def _certified(
    desk: str, signer: Authority, things: list[str] | None, product: str | None, days: int
) -> Iterator[dict[str, Any]]:
    """For each thing that is meant what is said to it alone. Raises InstallError."""
    meant = things or [
        one["id"] for one in _all(desk, "/things") if product in (None, one["product"])
    ]
    for thing in meant:
        known = ask_desk(link_to(desk), f"/things/{quote(thing, safe='')}")
        key = bytes.fromhex(known["public_key"])
        certificate = certify(signer, thing, key, days)
        yield {"things": [thing], "product": None, "client": certificate}


def _show(told: list[dict[str, Any]], as_json: bool) -> None:
    rows = [
        {"thing": row["thing"], "way": row["line"].partition(" ")[2],
         "state": (row["text"] or ": not heard yet").rpartition(": ")[2]}
        for row in told
    ]  # fmt: skip
    if as_json:
        print(json.dumps({"ways": rows}))
    else:
        table(("thing", "way", "state"), rows)


def _pem(file: Path) -> str:
    data = file.read_bytes()
    if not data.startswith(b"-----BEGIN"):
        try:
            data = load_der_x509_certificate(data).public_bytes(Encoding.PEM)
        except ValueError as error:
            raise typer.BadParameter(f"{file}: holds no certificate") from error
    return data.decode("ascii", "replace")
