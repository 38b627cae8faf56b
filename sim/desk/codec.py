"""CBOR and COSE as the desk reads and writes them, written apart from the agent on purpose.

Two implementations that share no line check each other: the agent's own in `agent/wire`, and this
one over `cbor2` and `cryptography`. The `cwt` library can do the same (it knows external_aad and
COSE_Mac0) and the tests hold both sides against it, but it parses a frame before it
authenticates it, lets the tag choose the algorithm and pins an old cbor2, so it is not in the path
of a received frame. Here the envelope is compared byte for byte and no CBOR decoder sees anything
before the MAC is right.

Sources: RFC 8949 section 4.2 (deterministic CBOR), RFC 9052 sections 4.4 and 6.3 (COSE).
"""

import hashlib
import hmac

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
UP, DOWN = "up", "down"

PAYLOAD_BYTES = 1024  # wire.cddl: payload
FRAME_BYTES = PAYLOAD_BYTES + 64
TAG_BYTES = 32
DOCUMENT_BYTES = 1024
DEPTH = 8  # wire.cddl nests to five

# Tag 17, array of 4, protected {1: 5} (HMAC 256/256), unprotected {4: four bytes}.
MAC0_HEAD = bytes.fromhex("d18443a10105a10444")
MAC0_PROTECTED = bytes.fromhex("a10105")
MAC0_TAG_HEAD = bytes.fromhex("5820")
SIGN1_PROTECTED = bytes.fromhex("a10126")  # {1: -7}, ES256
KID, SIGN1, SIGNATURE_BYTES = 4, 18, 64

P256 = ec.SECP256R1()
# RFC 6979 nonces: the same seed gives the same bytes, and no signature hangs on an RNG.
ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class CodecError(ValueError):
    """What came is not what wire.cddl says; the text names the rule that was broken."""


def encode(value) -> bytes:
    """Deterministic CBOR of integers, bytes, text, booleans, null, lists and maps."""
    return cbor2.dumps(_ordered(value))


def decode(data: bytes):
    """The value of `data`, which must be exactly one item of deterministic CBOR."""
    try:
        value = cbor2.loads(data)
    # cbor2 turns tags into dates, patterns, addresses …: each converter raises what it likes, and
    # all of it means the same here.
    except Exception as error:
        raise CodecError(f"not CBOR: {type(error).__name__}") from error
    _check_plain(value, DEPTH)
    if encode(value) != data:
        raise CodecError("CBOR is not deterministic")
    return value


def direction_key(root_key: bytes, thing: str, direction: str) -> bytes:
    """The 32-byte MAC key of one direction, HKDF-SHA-256 of the thing's root key."""
    info = f"steward/1 {direction} {thing}".encode()
    return HKDF(hashes.SHA256(), 32, salt=b"", info=info).derive(root_key)


def key_id(key: bytes) -> bytes:
    """First four bytes of the key's SHA-256: enough to tell keys apart, not to find one."""
    return hashlib.sha256(key).digest()[:4]


def seal(payload: dict, root_key: bytes, thing: str, direction: str) -> bytes:
    """The frame (COSE_Mac0) around a payload map."""
    content = encode(payload)
    if len(content) > PAYLOAD_BYTES:
        raise CodecError(f"payload of {len(content)} bytes, at most {PAYLOAD_BYTES}")
    mac = _mac(content, root_key, thing, direction)
    return MAC0_HEAD + key_id(root_key) + cbor2.dumps(content) + MAC0_TAG_HEAD + mac


def open_frame(frame: bytes, root_key: bytes, thing: str, direction: str) -> dict:
    """The payload map of an authentic frame; CodecError otherwise."""
    content = _authentic(frame, root_key, thing, direction)
    payload = decode(content)
    if not isinstance(payload, dict):
        raise CodecError("payload is not a map")
    return payload


def sign(document: dict, private_key) -> bytes:
    """A COSE_Sign1 (ES256) over a document map, by a P-256 private key."""
    payload = encode(document)
    r, s = decode_dss_signature(private_key.sign(_to_be_signed(payload), ES256))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    kid = key_id(public_bytes(private_key.public_key()))
    return cbor2.dumps(cbor2.CBORTag(SIGN1, [SIGN1_PROTECTED, {KID: kid}, payload, signature]))


def open_document(document: bytes, public_key64: bytes, kind: str) -> dict:
    """The map in a COSE_Sign1 that `public_key64` signed and whose type (key 0) is `kind`."""
    payload, signature = _document_parts(document)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        public_key(public_key64).verify(
            encode_dss_signature(r, s), _to_be_signed(payload), ec.ECDSA(hashes.SHA256())
        )
    except InvalidSignature as error:
        raise CodecError("signature does not match the signer's key") from error
    content = decode(payload)
    if not isinstance(content, dict) or content.get(0) != kind:
        raise CodecError(f"document is not of type {kind}")
    return content


def peek_document(document: bytes) -> dict:
    """The map in a COSE_Sign1 whose signature is another's to check."""
    content = decode(_document_parts(document)[0])
    if not isinstance(content, dict):
        raise CodecError("document is not a map")
    return content


def key_id_of(document: bytes) -> bytes:
    """The key id that a COSE_Sign1 names: which key to try, and no proof of anything."""
    _document_parts(document)
    return decode(document[1:])[1][KID]


def document_hash(document: bytes) -> bytes:
    """Head of the SHA-256 of a document with its signature: what an order points to."""
    return hashlib.sha256(document).digest()[:12]


def new_private_key(secret: int | None = None):
    """A P-256 private key; from `secret` (1 … n-1) when a run must be repeatable."""
    return ec.generate_private_key(P256) if secret is None else ec.derive_private_key(secret, P256)


def public_key(key64: bytes):
    """The public key of X || Y; CodecError when it is not a point of the curve."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(P256, b"\x04" + key64)
    except ValueError as error:
        raise CodecError("public key is not a point of P-256") from error


def public_bytes(key) -> bytes:
    """X || Y, 64 bytes, of a public key."""
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _authentic(frame, root_key, thing, direction) -> bytes:
    start, end = len(MAC0_HEAD) + 4, len(frame) - TAG_BYTES - len(MAC0_TAG_HEAD)
    if len(frame) > FRAME_BYTES or end <= start or not frame.startswith(MAC0_HEAD):
        raise CodecError("not a COSE_Mac0 with HMAC 256/256 and a key id")
    if frame[start - 4 : start] != key_id(root_key):
        raise CodecError("key id is not this thing's")
    item = frame[start:end]
    content = item[{0x58: 2, 0x59: 3}.get(item[0], 1) :]
    if cbor2.dumps(content) != item or frame[end:-TAG_BYTES] != MAC0_TAG_HEAD:
        raise CodecError("COSE_Mac0 with a misformed payload or tag")
    expected = _mac(content, root_key, thing, direction)
    if not hmac.compare_digest(expected, frame[-TAG_BYTES:]):
        raise CodecError("MAC does not match")
    return content


def _mac(content: bytes, root_key: bytes, thing: str, direction: str) -> bytes:
    aad = cbor2.dumps([direction, thing, VERSION])
    structure = cbor2.dumps(["MAC0", MAC0_PROTECTED, aad, content])
    return hmac.digest(direction_key(root_key, thing, direction), structure, "sha256")


def _to_be_signed(payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", SIGN1_PROTECTED, b"", payload])


def _document_parts(document: bytes) -> tuple[bytes, bytes]:
    if len(document) > DOCUMENT_BYTES or not document.startswith(b"\xd2\x84\x43" + SIGN1_PROTECTED):
        raise CodecError("not a COSE_Sign1 with ES256")
    parts = decode(document[1:])
    if not (isinstance(parts, list) and len(parts) == 4 and isinstance(parts[1], dict)):
        raise CodecError("COSE_Sign1 is not an array of four")
    payload, signature = parts[2:]
    if not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise CodecError("COSE_Sign1 payload and signature must be bytes")
    if len(signature) != SIGNATURE_BYTES or not isinstance(parts[1].get(KID), bytes):
        raise CodecError("COSE_Sign1 needs a key id and a signature of 64 bytes")
    return payload, signature


def _ordered(value):
    """The same value with every map in the bytewise order of its encoded keys."""
    if isinstance(value, dict):
        pairs = sorted((cbor2.dumps(key), key) for key in value)
        return {key: _ordered(value[key]) for _, key in pairs}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value


def _check_plain(value, depth: int) -> None:
    if depth == 0:
        raise CodecError("nested too deep")
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise CodecError("map key is neither an integer nor text")
            _check_plain(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth - 1)
    elif isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise CodecError("integer beyond 63 bits")
    elif value is not None and not isinstance(value, bytes | str):
        raise CodecError(f"{type(value).__name__} is not allowed on the wire")
