"""HMAC and HKDF over SHA-256, because MicroPython has `hashlib` but no `hmac`.

One source for both runtimes; `hashlib` does the work, so nothing is gained by a faster twin.
"""

import hashlib

from agent import const

_BLOCK_BYTES = const(64)
_DIGEST_BYTES = const(32)

# As integers, a whole block is masked in one operation and no list of bytes is made.
_INNER = int.from_bytes(b"\x36" * _BLOCK_BYTES, "big")
_OUTER = int.from_bytes(b"\x5c" * _BLOCK_BYTES, "big")


def hmac_sha256(key, message):
    """The 32-byte HMAC (RFC 2104) of `message` under `key`, both bytes of any length."""
    if len(key) > _BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    block = int.from_bytes(key + bytes(_BLOCK_BYTES - len(key)), "big")
    inner = hashlib.sha256((block ^ _INNER).to_bytes(_BLOCK_BYTES, "big"))
    inner.update(message)
    outer = hashlib.sha256((block ^ _OUTER).to_bytes(_BLOCK_BYTES, "big"))
    outer.update(inner.digest())
    return outer.digest()


def hkdf_sha256(secret, salt, info, length):
    """`length` bytes of key (at most 8160) from `secret`, bound to `info` (RFC 5869).

    An empty salt stands for 32 zero bytes. Raises ValueError for a length out of range.
    """
    if not 0 < length <= 255 * _DIGEST_BYTES:
        raise ValueError("length is 1 to 8160 bytes, not %d" % length)
    key = hmac_sha256(salt, secret)
    block = derived = b""
    counter = 1
    while len(derived) < length:
        block = hmac_sha256(key, block + info + bytes([counter]))
        derived += block
        counter += 1
    return derived[:length]
