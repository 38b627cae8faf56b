"""HMAC and HKDF against the test cases of RFC 4231 and RFC 5869."""

from binascii import hexlify

from agent.wire.hkdf import hkdf_sha256, hmac_sha256

# RFC 4231 section 4: key, data, HMAC-SHA-256.
HMAC = (
    (b"\x0b" * 20, b"Hi There",
     b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?",
     b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50,
     b"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50,
     b"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
     b"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    (b"\xaa" * 131,
     b"This is a test using a larger than block-size key and a larger than block-size data. "
     b"The key needs to be hashed before being used by the HMAC algorithm.",
     b"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
)  # fmt: skip

# RFC 5869 appendix A.1 to A.3: secret, salt, info, key.
HKDF = (
    (b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)),
     b"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
    (bytes(range(80)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)),
     b"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
     b"0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
    (b"\x0b" * 22, b"", b"",
     b"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
)  # fmt: skip


def test_hmac_of_rfc_4231():
    for key, message, expected in HMAC:
        assert hexlify(hmac_sha256(key, message)) == expected


def test_a_key_of_one_block_is_taken_as_it_is():
    whole = bytes(range(64))
    assert hmac_sha256(whole[:63], b"m") == hmac_sha256(whole[:63] + b"\x00", b"m")
    assert hmac_sha256(whole, b"m") != hmac_sha256(whole + b"\x00", b"m")


def test_hkdf_of_rfc_5869():
    for secret, salt, info, expected in HKDF:
        assert hexlify(hkdf_sha256(secret, salt, info, len(expected) // 2)) == expected


def test_each_direction_has_a_key_of_its_own():
    keys = [hkdf_sha256(bytes(32), b"", info, 32) for info in (b"up a", b"down a", b"up b")]
    assert len(set(keys)) == 3


def test_a_length_that_the_counter_cannot_reach_is_refused():
    assert len(hkdf_sha256(b"s", b"", b"", 255 * 32)) == 8160
    for length in (-1, 0, 255 * 32 + 1):
        try:
            hkdf_sha256(b"s", b"", b"", length)
        except ValueError:
            continue
        raise AssertionError(length)
