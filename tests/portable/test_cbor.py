"""CBOR says the same bytes on both runtimes, and refuses the same ones."""

from array import array

from agent.limits import CBOR_DEPTH
from agent.wire.cbor import CborError, Tag, decode, encode

INFINITY = float("inf")

# Each line the one encoding of its value: RFC 8949 appendix A, and both sides of every bound.
SAME = (
    ("00", 0), ("17", 23), ("1818", 24), ("18ff", 255), ("190100", 256), ("19ffff", 65535),
    ("1a00010000", 65536), ("1a3fffffff", 2**30 - 1), ("1a40000000", 2**30),
    ("1a7fffffff", 2**31 - 1), ("1a80000000", 2**31), ("1affffffff", 2**32 - 1),
    ("1b0000000100000000", 2**32), ("1b3fffffffffffffff", 2**62 - 1),
    ("1b8000000000000000", 2**63), ("1bffffffffffffffff", 2**64 - 1),
    ("20", -1), ("37", -24), ("3818", -25), ("38ff", -256), ("390100", -257),
    ("3a3fffffff", -(2**30)), ("3a40000000", -(2**30) - 1), ("3bffffffffffffffff", -(2**64)),
    ("f4", False), ("f5", True), ("f6", None),
    ("f90000", 0.0), ("f98000", -0.0), ("f93c00", 1.0), ("f93e00", 1.5), ("f97bff", 65504.0),
    ("fa477ff000", 65520.0), ("fa47c35000", 100000.0), ("fa7f7fffff", 3.4028234663852886e38),
    ("f90001", 2.0**-24), ("f90200", 2.0**-15), ("f903ff", 1023 * 2.0**-24),
    ("f983ff", -1023 * 2.0**-24), ("f90400", 2.0**-14), ("f9c400", -4.0),
    ("fa33000000", 2.0**-25), ("fa33c00000", 1.5 * 2.0**-24), ("fa00000001", 2.0**-149),
    ("fb3ff199999999999a", 1.1), ("fb7e37e43c8800759c", 1.0e300),
    ("fb3690000000000000", 2.0**-150), ("fb47efffffe0000001", 3.402823466385289e38),
    ("f97c00", INFINITY), ("f9fc00", -INFINITY),
    ("40", b""), ("4401020304", b"\x01\x02\x03\x04"), ("5818" + "ab" * 24, b"\xab" * 24),
    ("60", ""), ("6449455446", "IETF"), ("62225c", '"\\'), ("62c3bc", "\u00fc"),
    ("63e6b0b4", "\u6c34"), ("64f0908591", "\U00010151"), ("64f48fbfbf", "\U0010ffff"),
    ("80", []), ("83010203", [1, 2, 3]), ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("a0", {}), ("a201020304", {1: 2, 3: 4}), ("826161a161626163", ["a", {"b": "c"}]),
    ("c074323031332d30332d32315432303a30343a30305a", Tag(0, "2013-03-21T20:04:00Z")),
    ("d818456449455446", Tag(24, b"dIETF")), ("db800000000000000080", Tag(2**63, [])),
)  # fmt: skip

# Bytes, the rule they break, and where.
REFUSED = (
    ("", "ends too early", 0), ("18", "ends too early", 1), ("42ff", "ends too early", 1),
    ("8201", "ends too early", 0), ("820118", "ends too early", 3), ("a101", "ends too early", 0),
    ("c1", "ends too early", 0), ("f93c", "ends too early", 1),
    ("9bffffffffffffffff00", "ends too early", 0), ("bb8000000000000000", "ends too early", 0),
    ("5bffffffffffffffff00", "ends too early", 9), ("7affffffff00", "ends too early", 5),
    ("0000", "bytes after the end", 1), ("f600", "bytes after the end", 1),
    ("1817", "not the shortest form", 0), ("1900ff", "not the shortest form", 0),
    ("1a0000ffff", "not the shortest form", 0), ("1b00000000ffffffff", "not the shortest form", 0),
    ("3817", "not the shortest form", 0), ("580100", "not the shortest form", 0),
    ("d80100", "not the shortest form", 0), ("9801f6", "not the shortest form", 0),
    ("fa3fc00000", "not the shortest form", 0), ("fb3ff8000000000000", "not the shortest form", 0),
    ("fa7f800000", "not the shortest form", 0), ("fb36a0000000000000", "not the shortest form", 0),
    ("fa33800000", "not the shortest form", 0), ("fa80000000", "not the shortest form", 0),
    ("5f4100ff", "indefinite or reserved length", 0), ("9fff", "indefinite or reserved length", 0),
    ("bfff", "indefinite or reserved length", 0), ("7fff", "indefinite or reserved length", 0),
    ("1c", "indefinite or reserved length", 0), ("1f", "indefinite or reserved length", 0),
    ("df00", "indefinite or reserved length", 0),
    ("ff", "simple value without meaning", 0), ("f7", "simple value without meaning", 0),
    ("f0", "simple value without meaning", 0), ("f818", "simple value without meaning", 0),
    ("f8ff", "simple value without meaning", 0), ("fc", "simple value without meaning", 0),
    ("a201000100", "map key twice or out of order", 3),
    ("a202000100", "map key twice or out of order", 3),
    ("a220000100", "map key twice or out of order", 3),
    ("a2616200616100", "map key twice or out of order", 4),
    ("a262616100616200", "map key twice or out of order", 5),
    ("a2616100616100", "map key twice or out of order", 4),
    ("a21901000018ff00", "map key twice or out of order", 5),
    ("a1f400", "map key that is not int or str", 1),
    ("a18000", "map key that is not int or str", 1),
    ("a1410000", "map key that is not int or str", 1),
    ("a1f93c0000", "map key that is not int or str", 1),
    ("f97e00", "not a number", 0), ("fa7fc00000", "not a number", 0),
    ("61ff", "text that is not UTF-8", 1), ("61c3", "text that is not UTF-8", 1),
    ("62c080", "text that is not UTF-8", 1), ("62c1bf", "text that is not UTF-8", 1),
    ("63e08080", "text that is not UTF-8", 1), ("63e09fbf", "text that is not UTF-8", 1),
    ("63eda080", "text that is not UTF-8", 1), ("63edbfbf", "text that is not UTF-8", 1),
    ("64f0808080", "text that is not UTF-8", 1), ("64f08fbfbf", "text that is not UTF-8", 1),
    ("64f4908080", "text that is not UTF-8", 1), ("64f5808080", "text that is not UTF-8", 1),
    ("65f888808080", "text that is not UTF-8", 1),
    ("81" * CBOR_DEPTH + "80", "nested too deep", CBOR_DEPTH),
    ("c1" * CBOR_DEPTH + "c100", "nested too deep", CBOR_DEPTH),
    ("a100" * CBOR_DEPTH + "a0", "nested too deep", 2 * CBOR_DEPTH),
)  # fmt: skip

MESSAGE = {
    1: 70001, 2: 7, 4: 34560000, 5: 1790000000,
    6: {1: b"0123456789abcdef", 2: "pump_blocked", 3: "r\u00e9paration", 7: [["flow", [-30, 1.5]]]},
}  # fmt: skip


def bytes_of(text):
    """bytes.fromhex, for every MicroPython."""
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])


def refusal(call, argument):
    """(what, offset) of the CborError that the call raises, else None."""
    try:
        call(argument)
    except CborError as error:
        return error.what, error.offset
    return None


def nested(depth):
    """A list that is `depth` containers deep."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_each_value_has_its_one_encoding():
    for text, value in SAME:
        assert encode(value) == bytes_of(text), text


def test_each_encoding_has_its_one_value():
    for text, value in SAME:
        decoded = decode(bytes_of(text))
        assert decoded == value, text
        assert type(decoded) is type(value), text
        assert encode(decoded) == bytes_of(text), text


def test_what_is_not_deterministic_is_refused_and_says_where():
    for text, what, offset in REFUSED:
        assert refusal(decode, bytes_of(text)) == (what, offset), text


def test_every_half_precision_number_survives():
    for high in range(256):
        if high & 0x7C == 0x7C:
            continue
        # All subnormals, on which MicroPython's own packing fails, and some of the rest.
        for low in range(0, 256, 1 if high & 0x7C == 0 else 29):
            data = bytes([0xF9, high, low])
            assert encode(decode(data)) == data


def test_map_keys_are_sorted_by_their_encoding():
    # The order of RFC 8949 section 4.2.1, which neither insertion nor length-first order gives.
    scrambled = {"aa": 7, -1: 5, 100: 3, "z": 6, 10: 2, 0: 1, 1000: 4}
    data = encode(scrambled)
    assert data == bytes_of("a700010a021864031903e8042005617a0662616107")
    assert decode(data) == scrambled


def test_unsigned_keys_are_sorted_as_numbers():
    data = encode({256: 4, 24: 3, 23: 2, 0: 1})
    assert data == bytes_of("a40001170218180319010004")


def test_long_text_keys_follow_their_length():
    keys = ["b" * 24, "a" * 25, "a" * 24, "b" * 23]
    data = encode(dict.fromkeys(keys, 0))
    assert sorted(decode(data)) == sorted(keys)
    expected = b"\xa4"
    for key in ("b" * 23, "a" * 24, "b" * 24, "a" * 25):
        expected += encode(key) + b"\x00"
    assert data == expected


def test_nan_is_refused_in_every_form():
    assert refusal(encode, float("nan")) == ("not a number", 0)
    for text in ("f97e00", "f97e01", "f9fe00", "fa7fc00000", "fb7ff8000000000000"):
        assert refusal(decode, bytes_of(text)) == ("not a number", 0), text


def test_depth_is_bounded_both_ways():
    deepest = nested(CBOR_DEPTH)
    assert decode(encode(deepest)) == deepest
    assert refusal(encode, nested(CBOR_DEPTH + 1)) == ("nested too deep", CBOR_DEPTH)


def test_what_has_no_encoding_is_refused():
    assert refusal(encode, 2**64)[0] == "integer beyond 64 bits"
    assert refusal(encode, [0, -(2**64) - 1]) == ("integer beyond 64 bits", 2)
    assert refusal(encode, {1, 2}) == ("no encoding for set", 0)
    assert refusal(encode, {True: 1})[0] == "map key that is not int or str"
    assert refusal(encode, {b"a": 1})[0] == "map key that is not int or str"
    assert refusal(encode, {1.0: 1})[0] == "map key that is not int or str"
    assert refusal(encode, "\ud800")[0] == "text that is not Unicode"


def test_a_tuple_is_a_list_and_a_buffer_is_bytes():
    assert encode((1, (2,))) == encode([1, [2]])
    assert encode(bytearray(b"ab")) == encode(b"ab")
    assert encode(bytes(array("H", [513]))) == encode(b"\x01\x02")
    data = encode(MESSAGE)
    assert decode(bytearray(data)) == MESSAGE
    assert decode(memoryview(data)) == MESSAGE


def test_no_beginning_of_a_message_is_a_message():
    data = encode(MESSAGE)
    assert decode(data) == MESSAGE
    for size in range(len(data)):
        assert refusal(decode, data[:size]) is not None, size


def test_a_promise_of_much_allocates_little():
    # Each level claims every byte that is left: at their word, all of the heap that tests get.
    size = 3000
    data = b""
    for _ in range(CBOR_DEPTH):
        data += b"\x99" + (size - len(data) - 3).to_bytes(2, "big")
    data += b"\xf6" * (size - len(data))
    assert refusal(decode, data) == ("ends too early", size)


def test_the_error_reads_as_a_sentence():
    try:
        decode(b"\x82\x00\x18\x01")
    except CborError as error:
        assert str(error) == "not the shortest form at byte 2"
    else:
        raise AssertionError("accepted")
