"""P-256: published vectors, the edges of the arithmetic, and everything a forger would try."""

import hashlib
from binascii import unhexlify

from agent.wire import p256

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE = unhexlify(
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)

# RFC 6979 appendix A.2.5, the signatures with SHA-256.
PRIVATE = unhexlify("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
PUBLIC = unhexlify(
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
SIGNED = (
    (b"sample",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
    (b"test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"),
)  # fmt: skip
MESSAGE = b"sample"
SIGNATURE = unhexlify(SIGNED[0][1])


def number(value):
    """32 bytes."""
    return value.to_bytes(32, "big")


def negative(public):
    """The point opposite to a public key."""
    return public[:32] + number(PRIME - int.from_bytes(public[32:], "big"))


def test_keys_and_signatures_of_rfc_6979():
    assert p256.public_key(PRIVATE) == PUBLIC
    for message, signature in SIGNED:
        assert p256.sign(PRIVATE, message) == unhexlify(signature)
        assert p256.verify(PUBLIC, message, unhexlify(signature))


def test_multiples_at_the_edges_of_the_comb():
    assert p256.public_key(number(1)) == BASE
    assert p256.public_key(number(ORDER - 1)) == negative(BASE)
    for scalar in (2, 3, 2**64, 2**128 + 1, 2**192 - 1, 2**255, 2**64 + 2**128 + 2**192 + 1):
        assert p256.public_key(number(ORDER - scalar)) == negative(p256.public_key(number(scalar)))


def test_a_private_key_out_of_range_is_refused():
    for private in (bytes(32), number(ORDER), number(2**256 - 1), b"\x01", number(1) + b"\x01"):
        for call in (p256.public_key, lambda key: p256.sign(key, b"")):
            try:
                call(private)
            except ValueError:
                continue
            raise AssertionError(private)


def test_any_changed_bit_spoils_a_signature():
    for at in range(0, 64, 9):
        changed = bytearray(SIGNATURE)
        changed[at] ^= 1 << at % 8
        assert not p256.verify(PUBLIC, MESSAGE, bytes(changed))
    assert not p256.verify(PUBLIC, MESSAGE + b"\x00", SIGNATURE)
    assert not p256.verify(negative(PUBLIC), MESSAGE, SIGNATURE)
    assert not p256.verify(BASE, MESSAGE, SIGNATURE)


def refused_unseen(public, signature):
    """Whether it is refused before any arithmetic, whose answer might be luck."""

    def not_reached(*numbers):
        raise AssertionError("computed with what should have been refused")

    combine = p256._combine
    p256._combine = not_reached
    try:
        return not p256.verify(public, MESSAGE, signature)
    finally:
        p256._combine = combine


def test_numbers_out_of_range_are_no_signature():
    r, s = SIGNATURE[:32], SIGNATURE[32:]
    for bad in (0, ORDER, ORDER + 1, 2**256 - 1):
        assert refused_unseen(PUBLIC, number(bad) + s)
        assert refused_unseen(PUBLIC, r + number(bad))
    assert refused_unseen(PUBLIC, bytes(64))


def test_what_has_the_wrong_length_is_no_signature():
    # With a zero in the middle, the numbers are right and only the length is not.
    stretched = SIGNATURE[:32] + b"\x00" + SIGNATURE[32:]
    for signature in (b"", SIGNATURE[:63], SIGNATURE + b"\x00", stretched):
        assert refused_unseen(PUBLIC, signature)
    stretched = PUBLIC[:32] + b"\x00" + PUBLIC[32:]
    for public in (b"", PUBLIC[:32], PUBLIC[:63], b"\x04" + PUBLIC, stretched):
        assert refused_unseen(public, SIGNATURE)


def test_a_key_off_the_curve_verifies_nothing():
    x, y = PUBLIC[:32], PUBLIC[32:]
    for public in (bytes(64), y + x, x + number(0), x + number(PRIME), number(PRIME) + y,
                   number(2**256 - 1) * 2):  # fmt: skip
        assert refused_unseen(public, SIGNATURE)


def test_x_beyond_the_prime_is_not_taken_for_x():
    # The public key of x = 5 exists, and so do 32 bytes for x + prime: only the first is a key.
    y = pow(5**3 - 3 * 5 + p256._B, (PRIME + 1) // 4, PRIME)
    assert p256._is_on_curve(5, y)
    assert not p256._is_on_curve(5 + PRIME, y)


def test_the_exceptions_of_addition():
    x, y = int.from_bytes(PUBLIC[:32], "big"), int.from_bytes(PUBLIC[32:], "big")
    for z in (1, 2, PRIME - 3):
        point = (x * z * z % PRIME, y * z * z * z % PRIME, z)
        twice = p256._affine(p256._double(point))
        assert p256._affine(p256._add(point, x, y)) == twice
        assert p256._add(point, x, PRIME - y)[2] == 0
        assert p256._affine(p256._add(p256._double(point), x, PRIME - y)) == (x, y)
    assert p256._add(p256._double(p256._INFINITY), x, y) == (x, y, 1)


def test_a_sum_at_infinity_is_no_signature():
    # With r = -number and public key G, number / s * G + r / s * G is infinity.
    digest = int.from_bytes(hashlib.sha256(MESSAGE).digest(), "big") % ORDER
    assert not p256.verify(BASE, MESSAGE, number(ORDER - digest) + number(1))


def test_both_signs_of_s_verify():
    # ECDSA is malleable, so nothing may take a signature for the name of a document.
    s = int.from_bytes(SIGNATURE[32:], "big")
    assert p256.verify(PUBLIC, MESSAGE, SIGNATURE[:32] + number(ORDER - s))
