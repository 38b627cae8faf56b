"""`steward verify`: one chain of documents holds, and each way of breaking it is named."""

import hashlib
import json

import cbor2
import pytest
from typer.testing import CliRunner

from sim import proof
from sim.cli.verify import app
from sim.desk import codec

OWNER, THING, SHOP, STRANGER = (codec.new_private_key(number) for number in (11, 12, 13, 14))
SHOP_KEY = codec.public_bytes(SHOP.public_key())
KEYS = {name: codec.public_bytes(key.public_key())
        for name, key in (("owner", OWNER), ("thing", THING))}  # fmt: skip
ID = hashlib.sha256(cbor2.dumps(["kitchen", "beans", 3])).digest()[:16]
HASH = bytes(12)


def mandate(change=None, key=OWNER):
    content = {0: "mandate", 1: 5, 2: "kitchen", 3: 1_000, 4: 9_000, 5: "EUR", 6: 0, 7: 0, 8: 5000,
               9: 9000, 10: 90000, 11: 3, 12: 30, 13: [["shop", SHOP_KEY, 9000]]}  # fmt: skip
    return codec.sign(content | (change or {}), key)


def offer(change=None, key=SHOP):
    content = {0: "offer", 1: bytes(8), 2: ID, 3: "shop", 4: "BEAN", 5: 1000, 6: 2, 7: 1500, 8: 390,
               9: 100, 10: 3490, 11: "EUR", 12: 86400, 13: 8_000, 14: 80, 15: 500}  # fmt: skip
    return codec.sign(content | (change or {}), key)


def order(to_offer, to_mandate, change=None, key=THING):
    content = {0: "order", 1: ID, 2: "kitchen", 3: "beans", 4: "BEAN", 5: 2, 6: "shop", 7: 3490,
               8: "EUR", 9: codec.document_hash(to_offer), 10: codec.document_hash(to_mandate),
               11: HASH, 12: False, 13: 3, 14: 2_000, 15: 1500}  # fmt: skip
    return codec.sign(content | (change or {}), key)


def receipt(change=None):
    content = {0: "receipt", 1: ID, 2: "kitchen", 3: "shop", 4: "BEAN", 5: 2, 6: 1990, 7: 3490,
               8: "EUR", 9: False, 10: HASH, 11: HASH}  # fmt: skip
    return codec.sign(content | (change or {}), THING)


def dispute(change=None):
    content = {0: "dispute", 1: ID, 2: "kitchen", 3: 3, 4: 1, 6: 3490, 10: 40, 11: bytes(16)}
    return codec.sign(content | (change or {}), THING)


def experience(change=None):
    content = {0: "experience", 1: ID, 2: "kitchen", 3: "shop", 6: {"in full": 50}, 7: 60}
    return codec.sign(content | (change or {}), THING)


def control():
    return codec.sign({0: "control", 1: 6, 2: "kitchen", 3: 1}, OWNER)


def approval(change=None, key=OWNER):
    bound = [ID, "shop", "BEAN", 1000, 2, "EUR"]
    terms = hashlib.sha256(cbor2.dumps(bound)).digest()[:12]
    content = {0: "approval", 1: ID, 2: "kitchen", 3: terms, 4: 3490, 5: True}
    return codec.sign(content | (change or {}), key)


def prove(*documents, keys=KEYS):
    return proof.prove([(f"file {n}", one) for n, one in enumerate(documents)], keys)


def broken(*documents, keys=KEYS):
    return [words for one in prove(*documents, keys=keys) for words in one.broken]


def test_a_whole_chain_is_sound_and_linked():
    chain = [mandate(), offer()]
    chain += [order(chain[1], chain[0]), receipt(), dispute(), experience(), control(), approval()]
    proofs = prove(*chain)
    assert [one.broken for one in proofs] == [[]] * 8
    assert all(one.sound for one in proofs)
    assert [one.signer for one in proofs] == [
        "owner", "shop, named by file 0", *["thing"] * 4, "owner", "owner"]  # fmt: skip
    assert [link["file"] for link in proofs[2].links] == ["file 1", "file 0"]
    assert [proofs[n].links[0]["file"] for n in (3, 4, 5, 7)] == ["file 2"] * 4


def test_the_order_of_the_files_does_not_matter():
    first, second = mandate(), offer()
    assert all(one.sound for one in prove(order(second, first), second, first))


def test_an_offer_needs_a_mandate_that_is_vouched_for():
    assert broken(offer()) == [f"no key given fits (its key id is {codec.key_id(SHOP_KEY).hex()})"]
    forged = mandate(key=STRANGER)
    assert not any(one.sound for one in prove(forged, offer()))
    assert prove(offer(), keys={"shop": SHOP_KEY})[0].sound


def test_a_changed_document_is_not_signed_by_its_key():
    data = cbor2.loads(order(offer(), mandate()))
    inner = cbor2.loads(data.value[2]) | {7: 1}
    data.value[2] = cbor2.dumps(inner, canonical=True)
    (words, *_) = broken(cbor2.dumps(data))
    assert words == "signature does not match the signer's key: thing"


@pytest.mark.parametrize("change, words", [
    ({7: 9999}, "total_minor is 9999, there it is 3490"),
    ({5: 3}, "packs is 3, there it is 2"),
    ({6: "other"}, "the mandate names no seller other"),
    ({4: "CREMA"}, "sku is CREMA, there it is BEAN"),
    ({13: 4}, "its id does not follow from thing, consumable and cycle"),
    ({14: 9_000}, "the mandate did not hold then"),
    ({8: "USD"}, "the mandate is in another currency"),
])  # fmt: skip
def test_an_order_that_departs_from_what_it_names(change, words):
    first, second = mandate(), offer()
    assert words in broken(first, second, order(second, first, change))


@pytest.mark.parametrize("change, words", [
    ({4: 3489}, "the order costs 3490, the owner agreed to 3489"),
    ({5: False}, "the owner said no to an order that stands here, signed"),
    ({3: HASH}, "the owner agreed to other terms"),
    ({2: "attic"}, "thing is attic, there it is kitchen"),
])  # fmt: skip
def test_an_approval_of_something_else(change, words):
    first, second = mandate(), offer()
    assert words in broken(first, second, order(second, first), approval(change))
    assert broken(first, second, order(second, first), approval(key=STRANGER))


@pytest.mark.parametrize("change, words", [
    ({8: 3489}, "its total is above the cap of 3489"),
    ({14: {"beans": [3000, 9000]}}, "its total is above the cap of 3000"),
    ({20: ["BEAN"]}, "the mandate blocks it"),
    ({2: "attic"}, "the mandate is another thing's"),
])  # fmt: skip
def test_an_order_that_its_mandate_does_not_allow(change, words):
    first, second = mandate(change), offer()
    assert broken(first, second, order(second, first)) == [words]


def test_an_offer_for_another_need_or_that_does_not_add_up():
    first = mandate()
    other = offer({2: bytes(16)})
    assert "the offer is for another need" in broken(first, other, order(other, first))
    assert broken(first, offer({10: 3491})) == ["its parts sum up to 3490, its total is 3491"]


def test_what_is_not_there_is_named_and_breaks_nothing():
    (one,) = prove(order(offer(), mandate()))
    assert one.sound and [link["file"] for link in one.links] == [None, None]


def test_receipts_disputes_and_experiences_are_held_against_their_order():
    made = order(offer(), mandate())
    assert broken(made, receipt({3: "other"})) == ["seller is other, there it is shop"]
    assert broken(made, dispute({6: 1})) == ["its total is not the order's"]
    denial = dispute({3: 1})
    assert broken(made, denial) == ["it denies an order that stands here, signed"]
    assert broken(denial) == []
    assert broken(made, experience({3: "other"})) == ["the order was with another seller"]


def test_nonsense_is_named():
    assert "COSE_Sign1" in broken(b"nonsense")[0]
    assert "not known" in broken(codec.sign({0: "recipe"}, THING))[0]
    assert "missing" in broken(codec.sign({0: "control", 1: 1}, OWNER))[0]


def test_the_command_reads_three_forms_and_tells_by_its_exit_code(tmp_path):
    document, key = control(), KEYS["owner"]
    text = json.dumps({"number": "O-1", "document": document.hex()})
    forms = {"raw": document, "hex": document.hex().encode() + b"\n", "json": text.encode()}
    for name, data in forms.items():
        (tmp_path / name).write_bytes(data)
    files = [str(tmp_path / name) for name in forms]
    result = CliRunner().invoke(app, [*files, "--key", key.hex(), "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["sound"] and len({one["hash"] for one in said["documents"]}) == 1
    (tmp_path / "owner.pub").write_text(key.hex())
    shown = CliRunner().invoke(app, [files[0], "--key", str(tmp_path / "owner.pub")])
    assert shown.exit_code == 0 and "sound control" in shown.stdout
    assert CliRunner().invoke(app, files).exit_code == 1
    assert CliRunner().invoke(app, [*files, "--key", "ab" * 64]).exit_code == 2
    (tmp_path / "empty").write_text("{}")
    assert CliRunner().invoke(app, [str(tmp_path / "empty")]).exit_code == 2
