"""COSE (RFC 9052): frames sealed with a shared key, documents signed for anybody to check.

Two shapes only, each with one algorithm, so nothing a peer writes can choose a weaker one:

    COSE_Mac0   tag 17  [{1: 5} HMAC 256/256, {4: kid}, payload, tag 32 B]         every frame
    COSE_Sign1  tag 18  [{1: -7} ES256,       {4: kid}, payload, signature 64 B]   documents

The algorithm is in the protected header and compared as bytes. Other unprotected labels are
ignored, as they prove nothing. What is proved is the payload and `external_aad`, not the kid.
"""

from agent import const
from agent.wire.cbor import CborError, MessageError, Tag, decode, encode
from agent.wire.hkdf import hmac_sha256

_MAC_BYTES = const(32)
_SIGNATURE_BYTES = const(64)

_MAC0 = const(17)
_SIGN1 = const(18)
_HMAC_256 = const(b"\xa1\x01\x05")
_ES256 = const(b"\xa1\x01\x26")

# Header labels (RFC 9052 §3.1). The first two may stand only where they are protected.
_ALGORITHM = const(1)
_CRITICAL = const(2)
_KID = const(4)


class CoseError(MessageError):
    """Bytes that are not the expected COSE message, or whose tag or signature does not fit."""


def mac0_seal(key, kid, payload, external_aad):
    """A COSE_Mac0 frame around `payload`. key: 32 bytes; kid, payload, external_aad: bytes."""
    tag = hmac_sha256(key, _to_be_maced(payload, external_aad))
    return encode(Tag(_MAC0, [_HMAC_256, {_KID: kid}, payload, tag]))


def mac0_open(key, frame, external_aad):
    """(kid, payload) of a frame that was sealed with this key and external_aad, else CoseError."""
    kid, payload, tag = _parts(frame, _MAC0, _HMAC_256, _MAC_BYTES)
    if not _equal(tag, hmac_sha256(key, _to_be_maced(payload, external_aad))):
        raise CoseError("authentication tag does not fit")
    return kid, payload


def sign1_seal(sign, kid, payload):
    """A COSE_Sign1 document around `payload`. sign(message) -> the 64-byte r || s."""
    signature = sign(_to_be_signed(payload))
    return encode(Tag(_SIGN1, [_ES256, {_KID: kid}, payload, signature]))


def sign1_open(verify, document):
    """(kid, payload) of a document that verify(message, signature) -> bool vouches for.

    Raises CoseError for anything else.
    """
    kid, payload, signature = _parts(document, _SIGN1, _ES256, _SIGNATURE_BYTES)
    if not verify(_to_be_signed(payload), signature):
        raise CoseError("signature does not fit")
    return kid, payload


def sign1_peek(document):
    """(kid, payload) of a document, NOT verified: for choosing the key, nothing else."""
    return _parts(document, _SIGN1, _ES256, _SIGNATURE_BYTES)[:2]


def _to_be_maced(payload, external_aad):
    """MAC_structure (RFC 9052 §6.3)."""
    return encode(["MAC0", _HMAC_256, external_aad, payload])


def _to_be_signed(payload):
    """Sig_structure (RFC 9052 §4.4), with no external_aad: a document must stand alone."""
    return encode(["Signature1", _ES256, b"", payload])


def _parts(data, number, protected, proof_bytes):
    """(kid, payload, proof) of a COSE message of exactly the expected shape and algorithm."""
    try:
        message = decode(data)
    except CborError as error:
        raise CoseError("not CBOR: " + str(error))
    if not isinstance(message, Tag) or message.number != number:
        raise CoseError("not tag %d" % number)
    message = message.value
    if not isinstance(message, list) or len(message) != 4:
        raise CoseError("not an array of 4")
    if message[0] != protected:
        raise CoseError("protected header is not the one algorithm")
    header, payload, proof = message[1:]
    if not isinstance(header, dict) or _ALGORITHM in header or _CRITICAL in header:
        raise CoseError("unprotected header out of place")
    if not isinstance(header.get(_KID), bytes) or not isinstance(payload, bytes):
        raise CoseError("kid or payload is not a byte string")
    if not isinstance(proof, bytes) or len(proof) != proof_bytes:
        raise CoseError("proof is not %d bytes" % proof_bytes)
    return header[_KID], payload, proof


def _equal(left, right):
    """Compares equally long tags in a time that does not tell where they differ."""
    difference = 0
    for index in range(_MAC_BYTES):
        difference |= left[index] ^ right[index]
    return difference == 0
