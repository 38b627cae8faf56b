"""A private key in a file: PKCS #8 (RFC 5958), encrypted after PBES2 (RFC 8018) by a passphrase.

`cryptography` opens such files, and browsers do, but it writes them with 2,048 rounds only: too few
for a file that whoever has a copy may try at leisure.
"""

import base64
import os
import textwrap

from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

# OWASP's figure for PBKDF2 with HMAC-SHA-256; about a fifth of a second on a laptop. Not scrypt:
# browsers have none, and the desk's page opens this file, too.
ROUNDS = 600_000
SALT_BYTES = IV_BYTES = 16

# Identifiers of RFC 8018, appendix C, in DER (X.690); 0500 is NULL, which HMAC's parameters are.
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d02090500")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30


def pem(key: ec.EllipticCurvePrivateKey, passphrase: str) -> bytes:
    """The file of a key that this passphrase opens."""
    salt, iv = os.urandom(SALT_BYTES), os.urandom(IV_BYTES)
    plain = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    secret = PBKDF2HMAC(hashes.SHA256(), 32, salt, ROUNDS).derive(passphrase.encode())
    padder = padding.PKCS7(8 * IV_BYTES).padder()
    cipher = Cipher(algorithms.AES256(secret), modes.CBC(iv)).encryptor()
    sealed = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    der = _der(_SEQUENCE, _how(salt, iv), _der(_OCTETS, sealed))
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    label = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def _how(salt: bytes, iv: bytes) -> bytes:
    """The AlgorithmIdentifier: how the passphrase becomes a key, and the cipher."""
    count = ROUNDS.to_bytes(ROUNDS.bit_length() // 8 + 1, "big")
    function = _der(_SEQUENCE, _HMAC_SHA256)
    rounds = _der(_SEQUENCE, _der(_OCTETS, salt), _der(_INTEGER, count), function)
    derivation = _der(_SEQUENCE, _PBKDF2, rounds)
    cipher = _der(_SEQUENCE, _AES256_CBC, _der(_OCTETS, iv))
    return _der(_SEQUENCE, _PBES2, _der(_SEQUENCE, derivation, cipher))


def _der(tag: int, *parts: bytes) -> bytes:
    """One element; its content stays below 64 KiB."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes(1 if size < 0x100 else 2, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
