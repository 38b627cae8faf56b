"""The CBOR codec against appendix A of the RFC, an independent library, noise, and itself."""

import math
import random
import struct

import cbor2
import mpy_wire
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wire_vectors import load, pack

from agent.limits import CBOR_DEPTH
from agent.wire.cbor import CborError, Tag, decode, encode
from sim.mpy import runtime

# Values of appendix A that JSON cannot hold, by their encoding.
BEYOND_JSON = {
    "f97c00": float("inf"), "f9fc00": float("-inf"), "40": b"", "4401020304": b"\x01\x02\x03\x04",
    "c249010000000000000000": Tag(2, (2**64).to_bytes(9, "big")),
    "c349010000000000000000": Tag(3, (2**64).to_bytes(9, "big")),
    "c074323031332d30332d32315432303a30343a30305a": Tag(0, "2013-03-21T20:04:00Z"),
    "c11a514b67b0": Tag(1, 1363896240), "c1fb41d452d9ec200000": Tag(1, 1363896240.5),
    "d74401020304": Tag(23, b"\x01\x02\x03\x04"), "d818456449455446": Tag(24, b"dIETF"),
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d": Tag(32, "http://www.example.com"),
    "a201020304": {1: 2, 3: 4},
}  # fmt: skip
# Well-formed or once thought so, and without meaning here: undefined, simple values. `f818` is a
# two-byte form of simple(24), which RFC 8949 made malformed.
MEANINGLESS = {"f7", "f0", "f818", "f8ff"}

INTEGERS = st.integers(-(2**64), 2**64 - 1) | st.sampled_from(
    [sign * (2**bits + step) for sign in (1, -1) for bits in (5, 8, 16, 30, 31, 32, 62, 63)
     for step in (-1, 0, 1)]
)  # fmt: skip
FLOATS = (
    st.floats(allow_nan=False)
    | st.floats(width=32, allow_nan=False)
    | st.floats(width=16, allow_nan=False)
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | TEXT | st.binary(max_size=300)
KEYS = INTEGERS | TEXT
# Numbers to which cbor2 gives no meaning of its own.
TAGS = st.integers(60000, 2**64 - 1)


def containers(inner):
    return (
        st.lists(inner, max_size=30)
        | st.dictionaries(KEYS, inner, max_size=30)
        | st.builds(Tag, TAGS, inner)
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=40)


def depth(value) -> int:
    """How many containers deep a value is."""
    if isinstance(value, Tag):
        return 1 + depth(value.value)
    if isinstance(value, list | dict):
        items = list(value.values()) if isinstance(value, dict) else value
        return 1 + max(map(depth, items), default=0)
    return 0


MESSAGES = VALUES.filter(lambda value: depth(value) <= CBOR_DEPTH)


def reference(value) -> bytes:
    """The deterministic encoding: leaves and heads by cbor2, key order by the text of the RFC.

    cbor2's own canonical order is length first (RFC 7049), which RFC 8949 replaced.
    """
    if isinstance(value, list):
        return head(0x80, len(value)) + b"".join(map(reference, value))
    if isinstance(value, dict):
        pairs = sorted((reference(key), reference(item)) for key, item in value.items())
        return head(0xA0, len(value)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, Tag):
        return head(0xC0, value.number) + reference(value.value)
    if isinstance(value, float) and math.isfinite(value):
        return shortest(value)
    return cbor2.dumps(value, canonical=True)


def shortest(value: float) -> bytes:
    """The shortest form that keeps the value; cbor2 writes none above 2^15 as a half."""
    for form, initial in ((">e", 0xF9), (">f", 0xFA)):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return bytes([initial]) + packed
    return b"\xfb" + struct.pack(">d", value)


def head(major: int, argument: int) -> bytes:
    encoded = bytearray(cbor2.dumps(argument))
    encoded[0] |= major
    return bytes(encoded)


def foreign(value):
    """A decoded value as cbor2 has it."""
    if isinstance(value, list):
        return [foreign(item) for item in value]
    if isinstance(value, dict):
        return {key: foreign(item) for key, item in value.items()}
    if isinstance(value, Tag):
        return cbor2.CBORTag(value.number, foreign(value.value))
    return value


def identical(left, right) -> bool:
    """Equality that tells 1 from 1.0 and True, and 0.0 from -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Tag):
        return left.number == right.number and identical(left.value, right.value)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(identical, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(identical(left[key], right[key]) for key in left)
    if isinstance(left, float):
        return struct.pack(">d", left) == struct.pack(">d", right)
    return left == right


def test_every_vector_of_appendix_a_decodes_or_is_refused_for_its_reason():
    vectors = load("cbor_appendix_a")
    assert len(vectors) == 82
    for vector in vectors:
        data, name = bytes.fromhex(vector["hex"]), vector["hex"]
        if name in MEANINGLESS:
            expected = "simple value without meaning"
        elif name in ("f97e00", "fa7fc00000", "fb7ff8000000000000"):
            expected = "not a number"
        elif not vector["roundtrip"]:
            long_float = data[0] >> 5 == 7
            expected = "not the shortest form" if long_float else "indefinite or reserved length"
        else:
            value = BEYOND_JSON[name] if name in BEYOND_JSON else vector["decoded"]
            assert identical(decode(data), value), name
            assert encode(value) == data, name
            continue
        with pytest.raises(CborError) as error:
            decode(data)
        assert error.value.what == expected, name


@given(MESSAGES)
@example({-1: 0, 24: 0, "": 0, 1000: 0, "aa": 0, "b": 0})
@example([64000.0, 65504.0, 65536.0, -0.0, 2.0**-24, 1e300, 0.1])
def test_what_we_encode_is_what_the_reference_encodes(value):
    data = encode(value)
    assert data == reference(value)
    assert identical(decode(data), value)
    assert cbor2.loads(data) == foreign(value)


@given(VALUES)
def test_the_codec_agrees_with_itself_on_what_is_too_deep(value):
    if depth(value) > CBOR_DEPTH:
        with pytest.raises(CborError, match="nested too deep"):
            encode(value)
        with pytest.raises(CborError, match="nested too deep"):
            decode(reference(value))
    else:
        assert identical(decode(reference(value)), value)


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_noise_raises_nothing_but_cbor_error(data):
    try:
        value = decode(data)
    except CborError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert encode(value) == data


@settings(max_examples=300)
@given(MESSAGES, st.data())
def test_what_still_decodes_after_a_change_is_deterministic(value, draw):
    data = bytearray(encode(value))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= 1 << draw.draw(st.integers(0, 7))
    try:
        changed = decode(bytes(data))
    except CborError:
        return
    assert encode(changed) == bytes(data)
    assert not identical(changed, value)


@given(MESSAGES)
def test_what_a_loose_encoder_writes_is_taken_only_if_it_is_the_one_encoding(value):
    # Floats always in 8 bytes, keys in the order in which they were put in.
    loose = cbor2.dumps(foreign(value))
    try:
        decoded = decode(loose)
    except CborError:
        assert loose != encode(value)
    else:
        assert loose == encode(decoded)


@given(st.floats(allow_nan=False))
@example(65504.0)
@example(65520.0)
@example(3.4028234663852886e38)
@example(3.4028235677973366e38)
@example(2.0**-149)
@example(2.0**-150)
@example(-0.0)
def test_only_the_shortest_form_of_a_float_is_taken(value):
    data = encode(value)
    for initial, form in ((0xF9, ">e"), (0xFA, ">f"), (0xFB, ">d")):
        try:
            other = bytes([initial]) + struct.pack(form, value)
        except OverflowError:
            continue
        if other == data:
            assert identical(decode(other), value)
        elif struct.unpack(form, other[1:])[0] == value:
            with pytest.raises(CborError, match="not the shortest form"):
                decode(other)


def test_a_rounded_double_is_judged_by_its_own_bytes(monkeypatch):
    """What a runtime with single precision does, played on this one: it cannot keep 1.1."""
    from agent.wire import cbor

    class SinglePrecision:
        pack = staticmethod(struct.pack)

        @staticmethod
        def unpack(form, raw):
            return struct.unpack(">f", struct.pack(">f", struct.unpack(form, raw)[0]))

    monkeypatch.setattr(cbor, "struct", SinglePrecision)
    assert decode(b"\xfb" + struct.pack(">d", 1.1)) == struct.unpack(">f", b"\x3f\x8c\xcc\xcd")[0]
    with pytest.raises(CborError, match="not the shortest form"):
        decode(b"\xfb" + struct.pack(">d", 1.5))


def mutants(seed: int) -> list[bytes]:
    """Encodings, good and spoilt, of values that a message may hold."""
    draw = random.Random(seed)
    sound = [
        {
            1: 70001,
            2: 7,
            3: 0,
            4: 2**40,
            6: {1: bytes(16), 2: "pumpe über", 7: [["flow", [-9, 4]]]},
        },
        {"v": 1, "channels": [{"name": "level", "low": -0.5, "high": 1e9, "scale": 10}], "z": None},
        [2**64 - 1, -(2**64), 2**31, 1.1, 1.5, 1e5, -0.0, 2.0**-24, True, Tag(18, [b"\x00" * 30])],
    ]
    cases = [encode(value) for value in sound]
    for _ in range(2000):
        data = bytearray(draw.choice(cases[:3]))
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(data))
            action = draw.randrange(3)
            if action == 0:
                data[at] ^= 1 << draw.randrange(8)
            elif action == 1:
                data[at] = draw.randrange(256)
            else:
                del data[at]
        cases.append(bytes(data))
    return cases


def test_both_runtimes_judge_2000_spoilt_messages_alike(tmp_path):
    cases = mutants(seed=1)
    (tmp_path / "cases.bin").write_bytes(b"".join(map(pack, cases)))
    judged = runtime.run(mpy_wire.__file__, "cbor", tmp_path / "cases.bin", heap="192K")
    expected = [mpy_wire.judge_cbor(case) for case in cases]
    assert judged.split("\n")[:-1] == expected
    refused = sum(" at byte " in line for line in expected)
    assert 200 < refused < len(cases) - 200
