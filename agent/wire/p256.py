"""ECDSA over P-256 with SHA-256 in pure Python, for chips whose firmware has no such function.

Signatures are r || s, 64 bytes (IEEE P1363); public keys X || Y, 64 bytes; private keys and nonces
32 bytes, all big-endian. Nonces follow RFC 6979, so that signing needs no entropy and gives the
same bytes everywhere; `hal.linux.p256` is the same three functions over OpenSSL. Each is there
twice, `..._slowly` as a generator that pauses after every fortieth of a verification.

What this does not protect from: anybody who can measure. Python's integers take a time, a power
and a memory access pattern that depend on the secrets, here above all the inversion of the nonce.
Keep it to signing what the thing itself decides and rarely; where somebody can hold a probe to
the product, put a secure element behind the same three functions.

How: Jacobian coordinates (X / Z², Y / Z³; Z = 0 at infinity) with a = -3. Multiples of the base
point come from a signed comb of four teeth and a table of eight points. Verification runs that
comb and the signed windows of the public key down the same doublings (Shamir's trick). Numbers
are reduced with `%`: on MicroPython one call in C is cheaper than the folding that the prime was
made for. Sources: FIPS 186-5 §6; Hankerson, Menezes, Vanstone, Guide to ECC, §3.2, §3.3.
"""

import hashlib

from agent import const
from agent.wire.hkdf import hmac_sha256

_PRIME = const((1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1)
_ORDER = const(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

_TEETH_APART = const(64)
_ODD_MULTIPLES = const(8)  # of the public key: 1, 3, ... 15, for signed windows of 5 bits
_INFINITY = (1, 1, 0)


def public_key(private):
    """The public key of a private key. Raises ValueError unless that is in 1 .. order - 1.

    A new private key is 32 random bytes that this function takes.
    """
    return _at_once(public_key_slowly(private))


def public_key_slowly(private):
    x, y = _affine((yield from _combine(_secret(private))))
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def sign(private, message):
    """The signature of `message` (bytes of any length, hashed here)."""
    return _at_once(sign_slowly(private, message))


def sign_slowly(private, message):
    secret = _secret(private)
    digest = hashlib.sha256(message).digest()
    number = int.from_bytes(digest, "big")
    nonces = _nonces(private, number)
    r = s = 0
    while not (r and s):
        nonce = next(nonces)
        r = _affine((yield from _combine(nonce)))[0] % _ORDER
        yield
        s = (number + r * secret) * _inverse(nonce, _ORDER) % _ORDER
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public, message, signature):
    """Whether `signature` of `message` was made by the owner of `public`.

    False, never an exception, for keys off the curve and numbers out of range.
    """
    return _at_once(verify_slowly(public, message, signature))


def verify_slowly(public, message, signature):
    if len(public) != 64 or len(signature) != 64:
        return False
    x, y = _halves(public)
    r, s = _halves(signature)
    if not (_is_on_curve(x, y) and 0 < r < _ORDER and 0 < s < _ORDER):
        return False
    number = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = _inverse(s, _ORDER)
    yield
    windows = _windows(r * inverse % _ORDER)
    yield
    multiples = yield from _odd_multiples(x, y)
    point_x, _, z = yield from _combine(number * inverse % _ORDER, windows, multiples)
    if z == 0:
        return False
    # x mod order = r, compared without dividing by Z²; x itself may be r or r + order.
    square = z * z % _PRIME
    if (r * square - point_x) % _PRIME == 0:
        return True
    return r + _ORDER < _PRIME and ((r + _ORDER) * square - point_x) % _PRIME == 0


def on_curve(public):
    """Whether 64 bytes are a public key at all."""
    return len(public) == 64 and _is_on_curve(*_halves(public))


def shared_slowly(private, public):
    """The 32 bytes that the owners of two key pairs have in common (ECDH, SP 800-56A §5.7.1.2).

    Raises ValueError for a public key off the curve. Derive keys from it; use it for nothing else.
    """
    if not on_curve(public):
        raise ValueError("not a point on the curve")
    multiples = yield from _odd_multiples(*_halves(public))
    # The comb cannot be left out; the order times the base point is infinity and adds nothing.
    x, _ = _affine((yield from _combine(0, _windows(_secret(private)), multiples)))
    return x.to_bytes(32, "big")


def _at_once(work):
    """What comes of a generator that is not paused."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _halves(data):
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")


def _secret(private):
    secret = int.from_bytes(private, "big")
    if len(private) != 32 or not 0 < secret < _ORDER:
        raise ValueError("private key is not 32 bytes in 1 .. order - 1")
    return secret


def _is_on_curve(x, y):
    if x >= _PRIME or y >= _PRIME:
        return False
    return ((x * x - 3) * x + _B - y * y) % _PRIME == 0


def _nonces(private, number):
    """The candidates of RFC 6979 §3.2, in their order."""
    seed = private + (number % _ORDER).to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for step in (b"\x00", b"\x01"):
        key = hmac_sha256(key, value + step + seed)
        value = hmac_sha256(key, value)
    while True:
        value = hmac_sha256(key, value)
        nonce = int.from_bytes(value, "big")
        if 0 < nonce < _ORDER:
            yield nonce
        key = hmac_sha256(key, value + b"\x00")
        value = hmac_sha256(key, value)


def _inverse(value, modulus):
    """1 / value mod a prime, by Euclid: on MicroPython five times as quick as a power.

    MicroPython's pow() answers an exponent of -1 with 0, not with an error.
    """
    high, low = modulus, value
    before, after = 0, 1
    while low:
        quotient, rest = divmod(high, low)
        high, low = low, rest
        before, after = after, before - quotient * after
    return before % modulus


def _double(point):
    """Twice a point; infinity stays infinity."""
    x, y, z = point
    delta = z * z % _PRIME
    gamma = y * y % _PRIME
    beta = x * gamma % _PRIME
    alpha = 3 * (x - delta) * (x + delta) % _PRIME
    x = (alpha * alpha - 8 * beta) % _PRIME
    z = 2 * y * z % _PRIME
    return x, (alpha * (4 * beta - x) - 8 * gamma * gamma) % _PRIME, z


def _add(point, x2, y2):
    """The sum of any point and an affine one, which is never infinity."""
    x, y, z = point
    if z == 0:
        return x2, y2, 1
    square = z * z % _PRIME
    h = (x2 * square - x) % _PRIME
    slope = (y2 * (z * square % _PRIME) - y) % _PRIME
    if h == 0:
        return _INFINITY if slope else _double(point)
    h2 = h * h % _PRIME
    h3 = h * h2 % _PRIME
    v = x * h2 % _PRIME
    x = (slope * slope - h3 - 2 * v) % _PRIME
    return x, (slope * (v - x) - y * h3) % _PRIME, z * h % _PRIME


def _affine(point):
    return _divide(point, _inverse(point[2], _PRIME))


def _divide(point, inverse):
    """(x, y) of a point whose 1 / Z is known."""
    square = inverse * inverse % _PRIME
    return point[0] * square % _PRIME, point[1] * square * inverse % _PRIME


def _odd_multiples(x, y):
    """1, 3, ... 15 times a point, affine, for two inversions (Montgomery's trick).

    None of them is infinity, nor are two equal: the order of every point is a large prime.
    """
    twice_x, twice_y = _affine(_double((x, y, 1)))
    points = [(x, y, 1)]
    products = [1]
    for _ in range(_ODD_MULTIPLES - 1):
        if len(points) & 1:
            yield
        points.append(_add(points[-1], twice_x, twice_y))
        products.append(products[-1] * points[-1][2] % _PRIME)
    yield
    inverse = _inverse(products[-1], _PRIME)
    for index in range(_ODD_MULTIPLES - 1, 0, -1):
        z = points[index][2]
        points[index] = _divide(points[index], inverse * products[index - 1] % _PRIME)
        inverse = inverse * z % _PRIME
    points[0] = (x, y)
    yield
    return points


def _windows(scalar):
    """The width-5 non-adjacent form, lowest digit first: 0, or 16 + an odd number in -15 .. 15."""
    digits = bytearray(257)
    place = 0
    while scalar:
        if scalar & 1:
            digit = (scalar + 16 & 31) - 16
            digits[place] = 16 + digit
            scalar -= digit
        scalar >>= 1
        place += 1
    return digits


def _combine(scalar, windows=b"", multiples=()):
    """scalar * base point + (the number in `windows`) * (the point of `multiples`)."""
    # Only an odd number is a sum of 256 powers of two with signs: bit i + 1 of it is the sign
    # of power i, and the top one is positive. For an even one take order - scalar and negate.
    negated = not scalar & 1
    if negated:
        scalar = _ORDER - scalar
    signs = (scalar >> 1 | 1 << 255).to_bytes(32, "big")
    point = _INFINITY
    for place in range(max(len(windows), _TEETH_APART) - 1, -1, -1):
        point = _double(point)
        digit = windows[place] if place < len(windows) else 0
        if digit > 16:
            x, y = multiples[digit - 16 >> 1]
            point = _add(point, x, y)
        elif digit:
            x, y = multiples[16 - digit >> 1]
            point = _add(point, x, _PRIME - y)
        if place < _TEETH_APART:
            x, y = _comb_point(signs, place)
            point = _add(point, x, _PRIME - y if negated else y)
        if place & 1:
            yield
    return point


def _comb_point(signs, place):
    """± 2^192 G ± 2^128 G ± 2^64 G ± G, by the four signs that stand over `place`."""
    low, shift = 31 - (place >> 3), place & 7
    index = signs[low] >> shift & 1
    index |= (signs[low - 8] >> shift & 1) << 1
    index |= (signs[low - 16] >> shift & 1) << 2
    positive = signs[low - 24] >> shift & 1
    if not positive:
        index = 7 - index
    x, y = _halves(_COMB[64 * index : 64 * index + 64])
    return x, y if positive else _PRIME - y


# X || Y of 2^192 G ± 2^128 G ± 2^64 G ± G; bit 2, 1, 0 of the index: that term is added.
_COMB = (
    b"\xdc\xa7\x46\x34\x84\x11\xaf\xb5\x7a\x94\x1b\x31\x00\xc7\x46\x2e"
    b"\xc7\xdd\x30\x79\x02\xd8\x83\x40\x2c\x14\x7b\xd3\x02\x3e\x0a\x99"
    b"\xa3\x78\xf4\x9c\x3c\x60\x73\xe0\xef\xa2\x30\xd3\x8e\x28\x75\xb6"
    b"\xd1\x70\xfe\x41\x00\x60\x63\x2c\x47\xb0\xd5\x20\x23\x5f\x3f\xb0"
    b"\x47\xb8\xc1\x5b\x59\x31\x23\x90\x87\xf5\x1b\xcf\xa6\xc7\x51\x33"
    b"\x24\xfc\x08\x1a\xd4\xe6\xe5\xc5\xf7\x44\x7e\x16\xe0\xb9\x01\x0a"
    b"\xea\xb6\x9c\xfc\xb2\x7b\xce\xd9\x1d\xe9\xc2\xea\xd6\x1a\xa5\xc0"
    b"\xc8\xcb\x9d\x1b\xc2\xfa\xa8\x27\x5d\x8a\x5a\x16\xd7\xb4\xb7\x92"
    b"\x39\xf2\xe1\x26\xe7\xa9\x01\x57\xaf\xf9\x55\xe9\x75\xa5\x29\x79"
    b"\x4f\xcf\xde\x2a\x0f\xcb\x47\xe3\x8d\xb2\x21\x50\x5b\x37\x0b\x39"
    b"\x2f\xe3\x91\x8b\x81\xba\xc5\xc2\x03\x4c\xfc\x1d\x65\x14\x1b\x26"
    b"\x6f\xda\xb9\xfb\x48\x1d\xe5\xac\xc1\x3c\x7a\x63\x86\x51\x22\xba"
    b"\xb9\x86\x68\xc6\x4a\x1d\x88\x9b\x37\xb0\x90\x17\x18\x35\x52\x37"
    b"\x43\x72\x6c\x12\xf9\x02\x1b\xc1\xdb\xd4\x0b\x53\x76\x99\xe8\x98"
    b"\x04\xef\x5f\xa9\xa1\x13\xf2\x97\xc8\xda\xa7\x51\x5d\xa9\xf6\x56"
    b"\x4e\xc8\x47\x65\x37\xc4\x8f\x4e\xc8\x94\xa7\x32\x3a\x91\x3c\x3d"
    b"\x83\x99\xd7\x6d\xf7\x06\x60\xcb\x57\x4a\xf4\x33\xf5\x1b\x14\xf0"
    b"\xac\xcb\xd9\xe5\xa6\xc9\x02\xa9\x73\x42\xe8\x9b\x4c\x02\xfa\xa6"
    b"\xa0\x8f\x6b\x51\x56\xec\xb1\xcc\x58\xef\x27\xc6\x20\x16\xd4\xc8"
    b"\x7a\x47\xe0\x13\xc6\x87\x58\x72\x74\xc9\x3f\x9b\xe6\x8b\xa2\xba"
    b"\x61\x30\x2d\x5d\x50\x8f\xdc\x2e\x7f\x8e\xd5\x08\xa4\x3b\x83\xb7"
    b"\x0b\xa6\xd2\xf4\xe0\x10\x3c\x59\xd1\x4f\x8e\xad\x7d\xb8\xca\xb2"
    b"\x6c\x58\x4e\x7f\x2c\xc4\xa0\x29\x04\x10\xb8\x83\x23\xe6\xde\x42"
    b"\x70\x75\x0b\x1d\x46\xb0\xf7\x59\xeb\xd1\x78\x2f\xb0\x12\x80\xc1"
    b"\x87\x81\xfb\xda\xfc\x93\x14\x10\xb4\x14\xf9\xce\xe8\x1f\xf1\x0c"
    b"\x45\xe3\x88\xa8\x1f\xd9\xd0\x3d\xe4\x7c\x24\x7d\x3c\xe7\x42\xeb"
    b"\x3e\xb3\x52\x34\xfa\x6a\xda\x4c\xbf\xe6\x1e\xe2\x0c\x94\x51\x28"
    b"\xca\xda\x9a\xd5\x97\x13\xe7\xca\xa8\x7b\x21\x11\x08\x2c\xa2\x0d"
    b"\xb4\x8e\x26\xb4\x84\xf7\xa2\x1c\x0a\x4a\x46\xfb\x6a\xaf\x36\x3a"
    b"\x66\xb0\xde\x32\x25\xc4\x74\x4b\x96\x15\xb5\x11\x0d\x1d\x78\xe5"
    b"\xfa\xc0\x15\x40\x4d\x4d\x3d\xab\x64\x13\x1b\xcd\xfe\xd6\xf6\x68"
    b"\xc0\x04\xe4\x04\x8b\x7b\x0f\x98\x06\xeb\xb0\xf6\x21\xa0\x1b\x2d"
)
