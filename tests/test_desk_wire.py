"""The desk's codec and key table against the schema, against cwt, and against the agent's own."""

import functools
import re
from pathlib import Path
from types import SimpleNamespace

import cbor2
import pycddl
import pytest
from cwt import COSE, COSEKey
from hypothesis import given
from hypothesis import strategies as st

from agent.console import looks, privacy
from agent.wire import cbor as agent_cbor
from agent.wire import messages as agent_messages
from sim.desk import codec, documents, messages
from sim.desk.testing import TestThing

CDDL = (Path(agent_messages.__file__).parent / "wire.cddl").read_text(encoding="utf-8")
THING = TestThing()

BODIES = [("up", kind, body) for kind, body in messages.UP.items()]
BODIES += [("down", kind, body) for kind, body in messages.DOWN.items()]
DOCUMENTS = [
    ("asked", messages.ASKED),
    ("order-document", messages.ORDER_DOCUMENT),
    ("offer-document", messages.OFFER_DOCUMENT),
    ("notice-document", messages.NOTICE_DOCUMENT),
    ("mandate-document", documents.MANDATE),
    ("control-document", documents.CONTROL),
    ("approval-document", documents.APPROVAL),
    ("cancel-document", documents.CANCEL),
    ("receipt-document", documents.RECEIPT),
    ("dispute-document", documents.DISPUTE),
    ("experience-document", documents.EXPERIENCE),
    ("release-document", documents.RELEASE),
]

# One good value per form, told apart by what the form accepts.
SAMPLES = [
    7,
    3,
    1,
    True,
    "EUR",
    "repair",
    bytes(range(16)),
    bytes(8),
    bytes(12),
    bytes(32),
    b"\xd2\x84",
    [["water", 1000, [[-5, 3], [0, 4]]]],
    [[bytes(16), "beans", 3, 7, "roaster", 2606, 1_800_000_000, "EUR"]],
    {"beans": "price"},
    {"beans": 30},
    {"beans": 3012},
    {"beans": ["BEAN-2"]},
    {"beans": [5000, 30000]},
    [["roaster", bytes(64), 30000]],
    [60, 300],
    [[3, bytes(12)]],
    [["cups", 812]],
    [bytes(16)],
    ["beans-1kg"],
    {1: "beans", 2: "BEAN-1", 3: 2, 4: 1000, 5: "roaster", 6: 2606, 7: "EUR", 8: 172_800,
     9: 259_200, 10: bytes(12), 11: False},
    {0: "notice", 1: 3, 2: "desk", 3: "frost tonight", 4: 1_800_000_000, 5: 1_800_003_600},
    {"outdoor_c": -41},
]


@functools.cache
def schema(rule: str) -> pycddl.Schema:
    # `text` is in CDDL's prelude already (RFC 8610, appendix D), and pycddl insists.
    # Its `.cbor` inside an array and its size of bytes in one do not work: spelled out.
    text = re.sub(r"\btext\b", "free-text", f"root = {rule}\n{CDDL}")
    return pycddl.Schema(text.replace("bstr .cbor { 1: 5 }", "bstr"))


def rule_of(direction: str, body: messages.Body) -> str:
    special = {"ack": f"{direction}-ack"}
    return special.get(body.name, body.name.replace("_", "-"))


def sample(field: messages.Field):
    return next(value for value in SAMPLES if field.form(value))


def content(body: messages.Body, optional: bool) -> dict:
    return {field.key: sample(field) for field in body.fields if optional or field.needed}


@pytest.mark.parametrize("direction, kind, body", BODIES)
def test_every_body_the_table_allows_is_in_the_schema(direction, kind, body):
    for optional in (False, True):
        words = messages.read(body, content(body, optional))
        written = messages.write(body, **words)
        assert written == content(body, optional)
        schema(rule_of(direction, body)).validate_cbor(codec.encode(written))


@pytest.mark.parametrize("direction, kind, body", BODIES)
def test_schema_and_table_agree_on_what_must_be_there(direction, kind, body):
    full = content(body, optional=True)
    for field in body.fields:
        without = {key: value for key, value in full.items() if key != field.key}
        assert field.needed == (not valid(rule_of(direction, body), without)), field.word
        if field.needed:
            with pytest.raises(messages.MessageError):
                messages.read(body, without)


@pytest.mark.parametrize("rule, body", DOCUMENTS)
def test_documents_are_in_the_schema(rule, body):
    for optional in (False, True):
        document = {0: body.name} | content(body, optional)
        schema(rule).validate_cbor(codec.encode(document))
        messages.read(body, document)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_kinds_are_the_agents(direction):
    names = {"up": messages.UP, "down": messages.DOWN}[direction]
    for kind, body in names.items():
        word = f"{direction}_ack" if body.name == "ack" else body.name
        assert getattr(agent_messages, word.upper()) == kind


def test_owners_are_told_every_field_that_leaves():
    text = (Path(__file__).parent.parent / "docs/owner.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()
            if line.count("|") == 5]  # fmt: skip
    told = {row[0]: row[1:] for row in rows}
    signed = {body.name: body for body in (messages.ORDER_DOCUMENT, documents.RECEIPT,
                                           documents.DISPUTE, documents.EXPERIENCE)}  # fmt: skip
    for kind, body in {**messages.UP, 0: documents.RECEIPT}.items():
        fields = list(signed.get(body.name, body).fields)
        if kind == agent_messages.QUESTION:
            fields = fields[:1] + list(messages.ASKED.fields)
        purpose, recipient, what = told[body.name]
        assert len([word for word in what.split(", ") if word]) == len(fields), body.name
        if kind:
            outbox = SimpleNamespace(said={kind: [2, 70]})
            (words,) = privacy.privacy(SimpleNamespace(outbox=outbox), [], 100).rows
            assert (words[0], words[1]) == (purpose.removesuffix(", by consent"), recipient)
            assert words[3:] == [2, 30]


def test_the_console_has_a_word_for_every_kind():
    for told, kinds in ((looks.KINDS, messages.UP), (looks.HEARD, messages.DOWN)):
        said = told.split(",") if isinstance(told, str) else told
        assert len(said) == max(kinds) + 1 == len(set(said))


def test_a_frame_is_in_the_schema():
    frame = codec.seal({1: 1, 2: 13, 3: 1, 4: 5, 6: {1: []}}, THING.root_key, THING.name, "up")
    schema("frame").validate_cbor(frame)


@given(st.integers(0, 2**47), st.binary(max_size=300), st.sampled_from(["up", "down"]))
def test_frames_are_the_same_bytes_on_all_sides(number, data, direction):
    payload = {1: number, 2: 3, 3: 4, 4: 5, 6: {1: data, 2: ["ä", -1, None, True]}}
    frame = codec.seal(payload, THING.root_key, THING.name, direction)
    assert frame == THING.seal(cbor2.dumps(payload, canonical=True), direction)
    assert codec.open_frame(frame, THING.root_key, THING.name, direction) == payload
    channel = agent_messages.Channel(THING.root_key, THING.name, direction)
    assert channel.open(frame) == payload
    assert channel.seal(number, 3, 4, 5, None, agent_cbor.encode(payload[6])) == frame


def test_cwt_opens_and_makes_the_same_frames():
    payload = {1: 9, 2: 3, 3: 4, 4: 5, 6: {1: b"x"}}
    frame = codec.seal(payload, THING.root_key, THING.name, "up")
    key = COSEKey.from_symmetric_key(
        key=codec.direction_key(THING.root_key, THING.name, "up"),
        alg="HS256",
        kid=codec.key_id(THING.root_key),
    )
    aad = cbor2.dumps(["up", THING.name, 1])
    assert cbor2.loads(COSE.new().decode(frame, key, external_aad=aad)) == payload
    headers = {"protected": {1: 5}, "unprotected": {4: codec.key_id(THING.root_key)}}
    made = COSE.new().encode_and_mac(cbor2.dumps(payload), key, external_aad=aad, **headers)
    assert codec.open_frame(made, THING.root_key, THING.name, "up") == payload


def test_cwt_verifies_our_documents_and_we_its():
    private = codec.new_private_key(12345)
    document = codec.sign({0: "offer", 1: b"x"}, private)
    numbers = private.public_key().public_numbers()
    jwk = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
    jwk[2] = codec.key_id(codec.public_bytes(private.public_key()))
    public = COSEKey.new(jwk)
    assert cbor2.loads(COSE.new().decode(document, public)) == {0: "offer", 1: b"x"}
    secret = COSEKey.new(jwk | {-4: (12345).to_bytes(32)})
    headers = {"protected": {1: -7}, "unprotected": {4: jwk[2]}}
    theirs = COSE.new().encode(cbor2.dumps({0: "offer", 1: b"y"}), secret, **headers)
    key64 = codec.public_bytes(private.public_key())
    assert codec.open_document(theirs, key64, "offer") == {0: "offer", 1: b"y"}


@pytest.mark.parametrize(
    "data",
    [
        "1800",  # 0 in two bytes
        "a2020101 01",  # keys out of order
        "a201010102",  # a key twice
        "9f01ff",  # indefinite length
        "f97e00",  # a float
        "c11a00000000",  # a tag
        "0101",  # trailing byte
        "1bffffffffffffffff",  # beyond 63 bits
        "81" * 20 + "01",  # nested too deep
        "81" * 900 + "01",
        "5bffffffffffffffff",  # a length nobody has
        "a1f6 01",  # null as a key
        "d82900",  # shared reference to nothing
        "",
    ],
)
def test_what_is_not_deterministic_is_refused(data):
    with pytest.raises(codec.CodecError):
        codec.decode(bytes.fromhex(data))


@given(st.binary(max_size=200))
def test_no_bytes_upset_the_codec(data):
    for opened in (
        lambda: codec.decode(data),
        lambda: codec.open_frame(data, THING.root_key, THING.name, "up"),
        lambda: codec.open_document(data, THING.public_key, "order"),
    ):
        try:
            opened()
        except codec.CodecError:
            continue


@given(st.integers(0, 150), st.integers(1, 255))
def test_no_changed_byte_is_accepted(position, change):
    frame = bytearray(THING.frame(13, {1: [["cups", 3]]}, message=1))
    frame[position % len(frame)] ^= change
    with pytest.raises(codec.CodecError):
        codec.open_frame(bytes(frame), THING.root_key, THING.name, "up")


def valid(rule: str, body: dict) -> bool:
    try:
        schema(rule).validate_cbor(codec.encode(body))
    except pycddl.ValidationError:
        return False
    return True
