"""`steward verify`: check orders, offers, mandates, approvals, receipts, disputes, experiences.

Exit codes: 0 every document is signed by a trusted key and fits the others, 1 one is or does not,
2 wrong usage. The desk is neither asked nor trusted.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware.mandate import owner
from sim import proof
from sim.cli.options import Json

app = typer.Typer()

USAGE = 2


@app.command()
def verify(
    files: Annotated[
        list[Path],
        typer.Argument(help="Documents: as bytes, hexadecimal, or a desk's JSON.", exists=True),
    ],
    key: Annotated[
        list[str],
        typer.Option(help="A trusted public key: 128 hexadecimal digits, or a file. Repeatable."),
    ] = [],  # noqa: B006 typer copies it
    as_json: Json = False,
) -> None:
    """Check signed documents without trusting whoever passed them on.

    Given together, an order is followed to its offer and its mandate, and an approval, receipt,
    dispute or experience to its order. A mandate that a key vouches for brings the keys of its
    sellers along.
    """
    try:
        keys = dict(map(_key, key))
        proofs = proof.prove([(str(path), proof.load(path)) for path in files], keys)
    except (OSError, ValueError, owner.OwnerError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(USAGE) from error
    sound = all(one.sound for one in proofs)
    if as_json:
        print(json.dumps({"sound": sound, "documents": [one.as_dict() for one in proofs]}))
    else:
        console = Console(highlight=False)
        for one in proofs:
            _show(one, console)
    raise typer.Exit(0 if sound else 1)


def _key(word: str) -> tuple[str, bytes]:
    try:
        return word[:8], owner.checked(bytes.fromhex(word), f"key {word[:8]}")
    except ValueError:
        return word, owner.read_public(Path(word))


def _show(one: proof.Proof, console: Console) -> None:
    colour = "green" if one.sound else "bold red"
    console.print(f"[{colour}]{'sound' if one.sound else 'NOT SOUND'}[/] ", end="")
    console.print(f"{one.kind} {one.hash.hex()}  {one.file}", markup=False, soft_wrap=True)
    signed = f"signed by {one.signer}" if one.signer else "signed by nobody who is trusted"
    console.print(f"  {signed}, key id {one.key_id or 'unknown'}", markup=False)
    for word, value in one.as_dict()["terms"].items():
        console.print(f"  {word:15} {_short(value)}", markup=False, soft_wrap=True)
    for link in one.links:
        where = link["file"] or "not among these files"
        console.print(f"  to {link['to']:12} {link['named']}  {where}", markup=False)
    for words in one.broken:
        console.print(f"  {words}", style="red", markup=False)


def _short(value) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."
