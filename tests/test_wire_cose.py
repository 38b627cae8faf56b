"""COSE against an independent library, in both directions, and against whoever is on the line."""

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey
from cwt.cose_key_interface import COSEKeyInterface
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.wire.cbor import decode, encode
from agent.wire.cose import (
    CoseError,
    mac0_open,
    mac0_seal,
    sign1_open,
    sign1_peek,
    sign1_seal,
)
from hal.linux import p256

PRIVATE = bytes(range(1, 33))
PUBLIC = p256.public_key(PRIVATE)
BYTES = st.binary(max_size=300)
KEYS = st.binary(min_size=32, max_size=32)
KIDS = st.binary(min_size=1, max_size=8)

ALGORITHM, KID = 1, 4


def cwt_mac_key(key: bytes, kid: bytes) -> COSEKeyInterface:
    return COSEKey.from_symmetric_key(key, alg="HS256", kid=kid)


def cwt_signing_key(kid: bytes) -> COSEKeyInterface:
    key = ec.derive_private_key(int.from_bytes(PRIVATE, "big"), ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return COSEKey.from_pem(pem, alg="ES256", kid=kid)


def sign(message: bytes) -> bytes:
    return p256.sign(PRIVATE, message)


def verify(message: bytes, signature: bytes) -> bool:
    return p256.verify(PUBLIC, message, signature)


@given(KEYS, KIDS, BYTES, BYTES)
@example(bytes(32), b"k", b"", b"")
def test_cwt_opens_our_frames(key, kid, payload, aad):
    frame = mac0_seal(key, kid, payload, aad)
    assert COSE.new().decode(frame, cwt_mac_key(key, kid), external_aad=aad) == payload


@given(KEYS, KIDS, BYTES, BYTES)
@example(bytes(32), b"k", b"", b"")
def test_we_open_the_frames_of_cwt_and_write_the_same(key, kid, payload, aad):
    frame = COSE.new().encode_and_mac(
        payload,
        cwt_mac_key(key, kid),
        protected={ALGORITHM: 5},
        unprotected={KID: kid},
        external_aad=aad,
    )
    assert mac0_open(key, frame, aad) == (kid, payload)
    assert mac0_seal(key, kid, payload, aad) == frame


@settings(deadline=None)
@given(KIDS, BYTES)
def test_cwt_opens_our_documents(kid, payload):
    document = sign1_seal(sign, kid, payload)
    assert COSE.new().decode(document, cwt_signing_key(kid)) == payload


@settings(deadline=None)
@given(KIDS, BYTES)
def test_we_open_the_documents_of_cwt(kid, payload):
    document = COSE.new().encode_and_sign(
        payload, cwt_signing_key(kid), protected={ALGORITHM: -7}, unprotected={KID: kid}
    )
    assert sign1_open(verify, document) == (kid, payload)
    assert sign1_peek(document) == (kid, payload)
    changed = document[:-1] + bytes([document[-1] ^ 1])
    with pytest.raises(CoseError, match="signature does not fit"):
        sign1_open(verify, changed)


@settings(max_examples=300)
@given(KEYS, BYTES, BYTES, st.data())
def test_a_changed_frame_never_opens_to_anything_else(key, payload, aad, draw):
    frame = bytearray(mac0_seal(key, b"\x00\x01\x02\x03", payload, aad))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(frame) - 1))
        frame[at] = draw.draw(st.integers(0, 255))
    try:
        assert mac0_open(key, bytes(frame), aad)[1] == payload
    except CoseError:
        return
    # What opens is the frame itself, or the frame with another key id in its open header.
    kid = decode(bytes(frame)).value[1][KID]
    assert bytes(frame) == mac0_seal(key, kid, payload, aad)


@given(BYTES)
def test_noise_raises_nothing_but_cose_error(data):
    for call in (
        lambda: mac0_open(bytes(32), data, b""),
        lambda: sign1_open(verify, data),
        lambda: sign1_peek(data),
    ):
        with pytest.raises(CoseError):
            call()


@given(st.recursive(st.none() | st.integers(-9, 9) | st.binary(max_size=70),
                    lambda inner: st.lists(inner, max_size=5)
                    | st.dictionaries(st.integers(-1, 5), inner, max_size=4)),
       st.sampled_from([17, 18]))  # fmt: skip
def test_no_other_shape_raises_anything_else(value, number):
    data = cbor2.dumps(cbor2.CBORTag(number, value), canonical=True)
    for call in (lambda: mac0_open(bytes(32), data, b""), lambda: sign1_peek(data)):
        try:
            call()
        except CoseError:
            continue
        assert number == 18
        assert len(value) == 4


def test_a_frame_is_not_a_document_nor_the_other_way_round():
    frame = mac0_seal(bytes(32), b"k", b"p", b"")
    document = sign1_seal(sign, b"k", b"p")
    with pytest.raises(CoseError, match="not tag 18"):
        sign1_open(lambda message, signature: True, frame)
    with pytest.raises(CoseError, match="not tag 17"):
        mac0_open(bytes(32), document, b"")


def test_a_frame_adds_at_most_the_64_bytes_that_the_limit_gives_it():
    payload = encode(bytes(1021))
    assert len(payload) == 1024
    assert len(mac0_seal(bytes(32), bytes(4), payload, b"")) - len(payload) <= 64
