"""The owner's answer as a browser signs it, run in Node and verified in Python."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.wire import cbor, cose
from firmware.mandate.owner import PRIVATE, Owner, opened
from hal.linux import p256
from sim.desk import approvals

SCRIPT = Path(__file__).parents[1] / "sim" / "desk" / "page" / "approve.js"
PASSPHRASE = "correct horse, bätterie"
QUESTION = {
    "thing": "coffee_machine-1", "order": "00ff" * 8, "seller": "röster", "sku": "BEAN-1",
    "packs": 24, "pack_units": 70_000, "total_minor": 2**32 + 5, "currency": "EUR",
}  # fmt: skip
# Answers every line of standard input with a line: what was signed, or what was wrong. A question
# without terms is an order to cancel.
NODE = """
import * as approve from %s;
import readline from "node:readline";
for await (const line of readline.createInterface({input: process.stdin})) {
  const {question, yes, pem, passphrase} = JSON.parse(line);
  try {
    const document = "terms" in question
      ? await approve.sign(question, yes, pem, passphrase)
      : await approve.signCancel(question.thing, question.order, pem, passphrase);
    console.log(JSON.stringify({document}));
  } catch (error) {
    console.log(JSON.stringify({wrong: error.message}));
  }
}
"""

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node on the path")


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    made = Owner(tmp_path_factory.mktemp("owner"))
    made.make(PASSPHRASE)
    return made


def question(**changed) -> dict[str, Any]:
    """A question with the digest of its own terms."""
    shown: dict[str, Any] = QUESTION | changed
    terms = approvals.terms_of(bytes.fromhex(shown["order"]), shown)
    return shown | {"terms": terms.hex()}


def signed(*asked: tuple) -> list[dict]:
    """What the script says to each (question, yes, pem, passphrase)."""
    names = ("question", "yes", "pem", "passphrase")
    lines = "".join(json.dumps(dict(zip(names, one, strict=True))) + "\n" for one in asked)
    program = NODE % json.dumps(SCRIPT.as_uri())
    command = ["node", "--input-type=module", "--eval", program]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def pem_of(owner: Owner) -> str:
    return (owner.directory / PRIVATE).read_text("ascii")


def test_yes_and_no_are_documents_of_the_owners_key_byte_for_byte(owner):
    pem = pem_of(owner)
    asked = question()
    answers = signed((asked, True, pem, PASSPHRASE), (asked, False, pem, PASSPHRASE))
    owner.unlock(PASSPHRASE)
    for answer, yes in zip(answers, (True, False), strict=True):
        document = bytes.fromhex(answer["document"])
        terms = {
            0: "approval", 1: bytes.fromhex(asked["order"]), 2: asked["thing"],
            3: bytes.fromhex(asked["terms"]), 4: asked["total_minor"], 5: yes,
        }  # fmt: skip
        assert opened(document, owner.public_key) == terms
        ours = owner.sign(terms)
        assert document[:-64] == ours[:-64], "all but the signature, which has a random number"
        kid, payload = cose.sign1_peek(document)
        assert payload == cbor.encode(terms) == cbor2.dumps(terms, canonical=True)
        assert not p256.verify(owner.public_key, b"else", document[-64:]) and len(kid) == 4


def test_a_cancel_is_the_document_that_the_command_line_signs_too(owner):
    order = {"thing": "coffee_machine-1", "order": "00ff" * 8}
    good, wrong = signed((order, None, pem_of(owner), PASSPHRASE),
                         (order, None, pem_of(owner), "other"))  # fmt: skip
    content = {0: "cancel", 1: bytes.fromhex(order["order"]), 2: order["thing"]}
    document = bytes.fromhex(good["document"])
    assert opened(document, owner.public_key) == content
    owner.unlock(PASSPHRASE)
    assert document[:-64] == owner.sign(content)[:-64]
    assert "document" not in wrong and "does not open" in wrong["wrong"]


def test_amounts_have_the_shortest_form(owner):
    totals = [0, 23, 24, 255, 256, 65_535, 65_536, 2**40 - 1]
    pem = pem_of(owner)
    answers = signed(*((question(total_minor=one), True, pem, PASSPHRASE) for one in totals))
    said = [opened(bytes.fromhex(one["document"]), owner.public_key)[4] for one in answers]
    assert said == totals


def test_what_cannot_be_signed_is_named_and_not_signed(owner):
    pem, asked = pem_of(owner), question()
    wrong = [
        ((asked, True, pem, "wrong passphrase"), "passphrase does not open"),
        ((asked | {"packs": 23}, True, pem, PASSPHRASE), "not those that the thing asks"),
        ((asked | {"seller": "other"}, True, pem, PASSPHRASE), "not those that the thing asks"),
        ((asked, True, pem[:120], PASSPHRASE), "not an owner's key file"),
        ((asked, True, "", PASSPHRASE), "not an owner's key file"),
        ((asked | {"total_minor": -1}, True, pem, PASSPHRASE), "no whole number"),
        ((asked | {"total_minor": 1.5}, True, pem, PASSPHRASE), "no whole number"),
    ]
    answers = signed(*(one for one, _ in wrong))
    for answer, (_, words) in zip(answers, wrong, strict=True):
        assert "document" not in answer and words in answer["wrong"], (answer, words)


def test_a_key_file_of_fewer_rounds_opens_too(owner):
    pkcs8, pem = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    key = ec.generate_private_key(ec.SECP256R1())
    older = key.private_bytes(
        pem, pkcs8, serialization.BestAvailableEncryption(PASSPHRASE.encode())
    )
    assert "document" in signed((question(), True, older.decode(), PASSPHRASE))[0]


def test_other_key_files_are_named(owner):
    pkcs8, pem = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    best = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    key = ec.generate_private_key(ec.SECP256R1())
    clear = key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(pem, pkcs8, best).decode()
    answers = signed(*((question(), True, file, PASSPHRASE) for file in (clear, other)))
    assert "not an owner's key file" in answers[0]["wrong"]
    assert "does not open" in answers[1]["wrong"]
