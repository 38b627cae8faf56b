"""P-256 for simulated things, owners and suppliers: the cryptography package behind the port.

Signatures are deterministic (RFC 6979), as those of agent/wire/p256.py are, so that both runtimes
sign the same bytes. Public keys are X || Y (64 bytes), signatures r || s.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def private_key(seed: bytes) -> bytes:
    """A private key (32 bytes) that depends on 32 bytes of seed."""
    return (int.from_bytes(seed, "big") % (_ORDER - 1) + 1).to_bytes(32, "big")


class Signer:
    """The signer port of agent/identity.py."""

    def __init__(self):
        self._private: dict[bytes, ec.EllipticCurvePrivateKey] = {}
        self._public: dict[bytes, ec.EllipticCurvePublicKey] = {}

    def public_key(self, private: bytes) -> bytes:
        numbers = self._load_private(private).public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def sign(self, private: bytes, message: bytes) -> bytes:
        algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(self._load_private(private).sign(message, algorithm))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        if len(public) != 64 or len(signature) != 64:
            return False
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        try:
            key = self._load_public(public)
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def _load_private(self, private: bytes):
        if private not in self._private:
            number = int.from_bytes(private, "big")
            self._private[private] = ec.derive_private_key(number, _CURVE)
        return self._private[private]

    def _load_public(self, public: bytes):
        if public not in self._public:
            point = b"\x04" + public
            self._public[public] = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        return self._public[public]
