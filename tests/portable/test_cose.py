"""Frames and documents: what is sealed opens, whatever is changed does not."""

from binascii import unhexlify

from agent.wire import p256
from agent.wire.cbor import Tag, decode, encode
from agent.wire.cose import (
    CoseError,
    mac0_open,
    mac0_seal,
    sign1_open,
    sign1_peek,
    sign1_seal,
)

KEY = bytes(range(32))
KID = b"\x01\x02\x03\x04"
PAYLOAD = encode({1: 7, 2: 1, 3: 0, 4: 100, 6: {}})
AAD = encode(["up", "thing-1", 1])
HMAC_256 = b"\xa1\x01\x05"

# RFC 9052 appendix C.2.1, whose key "11" is in appendix C.7.1.
RFC_PAYLOAD = b"This is the content."
RFC_PUBLIC = unhexlify(
    "bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
    "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"
)
RFC_SIGNED = unhexlify(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab0"
    "5aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d"
    "3b0916e5a4c345cacb36"
)


def refusal(call, *arguments):
    """The text of the CoseError that the call raises, else None."""
    try:
        call(*arguments)
    except CoseError as error:
        return str(error)
    return None


def forged(change, number=17, frame=None):
    """A frame whose four parts went through `change`."""
    parts = decode(frame or mac0_seal(KEY, KID, PAYLOAD, AAD)).value
    change(parts)
    return encode(Tag(number, parts))


def put(index, value):
    """A change for `forged`."""

    def change(parts):
        parts[index] = value

    return change


def always(message, signature):
    """A verifier that a shape has to be refused before."""
    return True


def test_a_frame_opens_to_what_was_sealed():
    frame = mac0_seal(KEY, KID, PAYLOAD, AAD)
    assert mac0_open(KEY, frame, AAD) == (KID, PAYLOAD)
    assert mac0_open(KEY, mac0_seal(KEY, b"", b"", b""), b"") == (b"", b"")


def test_the_frame_is_the_one_of_the_golden_bytes():
    assert mac0_seal(KEY, KID, PAYLOAD, AAD) == unhexlify(
        "d18443a10105a10444010203044ca501070201030004186406a05820"
        "17f0b2d4f08cb1c790f1d0e1f361a1b460b546df0e0bcad9c7a44501ac9ad313"
    )


def test_no_changed_bit_of_a_frame_passes():
    frame = mac0_seal(KEY, KID, PAYLOAD, AAD)
    kid_at = frame.find(KID)
    for at in range(len(frame)):
        changed = bytearray(frame)
        changed[at] ^= 1 << at % 8
        if kid_at <= at < kid_at + len(KID):
            # The key id names a key; it proves nothing and is not proved.
            assert mac0_open(KEY, bytes(changed), AAD)[1] == PAYLOAD
        else:
            assert refusal(mac0_open, KEY, bytes(changed), AAD) is not None, at


def test_no_part_of_a_frame_is_a_frame():
    frame = mac0_seal(KEY, KID, PAYLOAD, AAD)
    for size in range(len(frame)):
        assert refusal(mac0_open, KEY, frame[:size], AAD).startswith("not CBOR: "), size
    assert refusal(mac0_open, KEY, frame + b"\x00", AAD).startswith("not CBOR: ")


def test_another_key_direction_or_thing_is_refused():
    frame = mac0_seal(KEY, KID, PAYLOAD, AAD)
    wrong = "authentication tag does not fit"
    assert refusal(mac0_open, bytes(32), frame, AAD) == wrong
    assert refusal(mac0_open, KEY, frame, encode(["down", "thing-1", 1])) == wrong
    assert refusal(mac0_open, KEY, frame, encode(["up", "thing-2", 1])) == wrong
    assert refusal(mac0_open, KEY, frame, encode(["up", "thing-1", 2])) == wrong
    assert refusal(mac0_open, KEY, frame, b"") == wrong


def test_a_frame_of_another_shape_is_refused():
    algorithm = "protected header is not the one algorithm"
    header = "unprotected header out of place"
    strings = "kid or payload is not a byte string"
    proof = "proof is not 32 bytes"
    for expected, frame in (
        ("not tag 17", encode(decode(mac0_seal(KEY, KID, PAYLOAD, AAD)).value)),
        ("not tag 17", forged(put(1, {4: KID}), number=18)),
        ("not tag 17", encode(17)),
        ("not an array of 4", encode(Tag(17, {}))),
        ("not an array of 4", encode(Tag(17, [HMAC_256, {4: KID}, PAYLOAD]))),
        ("not an array of 4", forged(lambda parts: parts.append(0))),
        (algorithm, forged(put(0, b""))),
        (algorithm, forged(put(0, b"\xa0"))),
        (algorithm, forged(put(0, b"\xa1\x01\x04"))),  # HMAC 256/64, the truncated one
        (algorithm, forged(put(0, b"\xa2\x01\x05\x02\x80"))),
        (algorithm, forged(put(0, {1: 5}))),
        (header, forged(put(1, []))),
        (header, forged(put(1, {1: 5, 4: KID}))),
        (header, forged(put(1, {2: [99], 4: KID}))),
        (strings, forged(put(1, {}))),
        (strings, forged(put(1, {4: "kid"}))),
        (strings, forged(put(2, None))),
        (strings, forged(put(2, "text"))),
        (proof, forged(put(3, bytes(8)))),
        (proof, forged(put(3, b""))),
        (proof, forged(put(3, None))),
        (proof, forged(put(3, [0] * 32))),
    ):
        assert refusal(mac0_open, KEY, frame, AAD) == expected, expected


def test_labels_we_do_not_know_are_ignored_where_nothing_is_proved():
    assert mac0_open(KEY, forged(put(1, {4: KID, 5: b"iv", 99: 1})), AAD) == (KID, PAYLOAD)


def test_the_signed_document_of_rfc_9052_opens():
    def verify(message, signature):
        return p256.verify(RFC_PUBLIC, message, signature)

    assert sign1_peek(RFC_SIGNED) == (b"11", RFC_PAYLOAD)
    assert sign1_open(verify, RFC_SIGNED) == (b"11", RFC_PAYLOAD)
    changed = RFC_SIGNED.replace(b"content.", b"content!")
    assert sign1_peek(changed) == (b"11", b"This is the content!")
    assert refusal(sign1_open, verify, changed) == "signature does not fit"


def test_a_document_opens_to_what_was_signed():
    private = KEY
    public = p256.public_key(private)
    document = sign1_seal(lambda message: p256.sign(private, message), KID, PAYLOAD)
    assert sign1_open(lambda *signed: p256.verify(public, *signed), document) == (KID, PAYLOAD)


def test_what_is_signed_is_the_structure_of_rfc_9052():
    signed = []
    document = sign1_seal(lambda message: signed.append(message) or bytes(64), KID, PAYLOAD)
    sign1_open(lambda message, signature: not signed.append(message), document)
    assert signed == [encode(["Signature1", b"\xa1\x01\x26", b"", PAYLOAD])] * 2


def test_a_document_of_another_shape_is_refused():
    document = sign1_seal(lambda message: bytes(64), KID, PAYLOAD)
    assert sign1_open(always, document) == (KID, PAYLOAD)
    algorithm = "protected header is not the one algorithm"
    for expected, changed in (
        ("not tag 18", forged(put(1, {4: KID}), 17, document)),
        (algorithm, forged(put(0, HMAC_256), 18, document)),
        (algorithm, forged(put(0, b"\xa1\x01\x38\x22"), 18, document)),  # ES384
        ("proof is not 64 bytes", forged(put(3, bytes(32)), 18, document)),
        ("not tag 18", mac0_seal(KEY, KID, PAYLOAD, b"")),
    ):
        assert refusal(sign1_open, always, changed) == expected
        assert refusal(sign1_peek, changed) == expected
