"""ECDSA over P-256 for CPython, by OpenSSL: the port that `agent.wire.p256` is on MicroPython.

Same three functions, same bytes: nonces follow RFC 6979 here too, so a ledger signed on a
Raspberry Pi is the one that an ESP32 would have signed. Needs OpenSSL 3.2 (in the wheels).
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SIGNING = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING = ec.ECDSA(SHA256())


def public_key(private):
    """The 64-byte X || Y of a 32-byte private key. Raises ValueError for one out of range."""
    encoded = (
        _private(private).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return encoded[1:]


def sign(private, message):
    """The 64-byte r || s over `message` (bytes of any length, hashed here)."""
    r, s = utils.decode_dss_signature(_private(private).sign(message, _SIGNING))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public, message, signature):
    """Whether `signature` of `message` was made by the owner of `public`. Never raises on bytes."""
    if len(public) != 64 or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public)
        key.verify(utils.encode_dss_signature(r, s), message, _VERIFYING)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(private):
    if len(private) != 32:
        raise ValueError("private key is not 32 bytes")
    return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
