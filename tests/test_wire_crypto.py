"""HMAC, HKDF and P-256 against Wycheproof, against OpenSSL, and the two runtimes alike."""

import hashlib
import hmac
import time

import mpy_wire
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wire_vectors import pack, wycheproof

from agent.wire import p256
from agent.wire.hkdf import hkdf_sha256, hmac_sha256
from hal.linux import p256 as openssl
from sim.mpy import runtime

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MP_BUDGET_S = 60

# Where a comb of teeth 64 apart carries, borrows, and has all signs alike.
EDGES = sorted(
    {1, 2, 3, ORDER - 1, ORDER - 2, ORDER // 2, ORDER // 2 + 1}
    | {2**bits + step for bits in (63, 64, 65, 127, 128, 191, 192, 255) for step in (-1, 0, 1)}
)
SCALARS = st.integers(1, ORDER - 1) | st.sampled_from(EDGES)


def scalar(value: int) -> bytes:
    return value.to_bytes(32, "big")


def signature_cases() -> list[tuple[bytes, bytes, bytes, str]]:
    """(public key, message, signature, result) of every Wycheproof case."""
    return [
        (
            bytes.fromhex(group["publicKey"]["uncompressed"])[1:],
            bytes.fromhex(test["msg"]),
            bytes.fromhex(test["sig"]),
            test["result"],
        )
        for group, test in wycheproof("wycheproof_ecdsa_p256_p1363")
    ]


@pytest.mark.parametrize("port", [p256, openssl], ids=["python", "openssl"])
def test_every_wycheproof_signature(port):
    results = {"valid": 0, "invalid": 0}
    for public, message, signature, result in signature_cases():
        assert port.verify(public, message, signature) == (result == "valid"), signature.hex()
        results[result] += 1
    assert min(results.values()) > 50


def test_every_wycheproof_signature_on_micropython(tmp_path):
    cases = signature_cases()
    path = tmp_path / "cases.bin"
    path.write_bytes(b"".join(pack(*case[:3]) for case in cases))
    began = time.monotonic()
    judged = runtime.run(mpy_wire.__file__, "p256", path, heap="192K", timeout_s=MP_BUDGET_S)
    assert judged.split() == [case[3] for case in cases]
    assert time.monotonic() - began < MP_BUDGET_S


def test_every_wycheproof_hmac():
    for group, test in wycheproof("wycheproof_hmac_sha256"):
        tag = hmac_sha256(bytes.fromhex(test["key"]), bytes.fromhex(test["msg"]))
        fits = tag[: group["tagSize"] // 8].hex() == test["tag"]
        assert fits == (test["result"] == "valid"), test["tcId"]


def test_every_wycheproof_hkdf():
    for _, test in wycheproof("wycheproof_hkdf_sha256"):
        secret, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        if test["result"] == "valid":
            assert hkdf_sha256(secret, salt, info, test["size"]).hex() == test["okm"], test["tcId"]
        else:
            with pytest.raises(ValueError, match="length is 1 to 8160 bytes"):
                hkdf_sha256(secret, salt, info, test["size"])


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_is_that_of_the_standard_library(key, message):
    assert hmac_sha256(key, message) == hmac.digest(key, message, hashlib.sha256)


@settings(max_examples=60, deadline=None)
@given(SCALARS, st.binary(max_size=100))
@example(1, b"")
@example(ORDER - 1, b"")
def test_both_ports_give_the_same_bytes(secret, message):
    private = scalar(secret)
    public = openssl.public_key(private)
    signature = openssl.sign(private, message)
    assert p256.public_key(private) == public
    assert p256.sign(private, message) == signature
    assert p256.verify(public, message, signature)
    assert openssl.verify(public, message, signature)


def test_every_edge_of_the_comb_is_the_point_that_openssl_has():
    for secret in EDGES:
        assert p256.public_key(scalar(secret)) == openssl.public_key(scalar(secret)), hex(secret)


@settings(max_examples=60, deadline=None)
@given(SCALARS, st.binary(max_size=20), st.integers(0, 511), st.sampled_from(["key", "signature"]))
def test_both_ports_refuse_the_same_forgeries(secret, message, bit, where):
    public = bytearray(openssl.public_key(scalar(secret)))
    signature = bytearray(openssl.sign(scalar(secret), message))
    target = public if where == "key" else signature
    target[bit // 8] ^= 1 << bit % 8
    assert not p256.verify(bytes(public), message, bytes(signature))
    assert not openssl.verify(bytes(public), message, bytes(signature))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=70), st.binary(max_size=5), st.binary(max_size=70))
def test_noise_is_no_signature_and_no_exception(public, message, signature):
    assert not p256.verify(public, message, signature)
    assert not openssl.verify(public, message, signature)


@pytest.mark.parametrize("port", [p256, openssl], ids=["python", "openssl"])
@pytest.mark.parametrize("private", [bytes(32), scalar(ORDER), b"\xff" * 32, b"", bytes(33)])
def test_both_ports_refuse_the_same_private_keys(port, private):
    for call in (lambda: port.public_key(private), lambda: port.sign(private, b"")):
        with pytest.raises(ValueError, match=r"private|secret|range"):
            call()


def test_the_second_nonce_is_the_one_of_the_rfc():
    # No message is known whose first nonce fails, so the sequence itself is held to RFC 6979
    # section 3.2 steps d to h, written once more with the standard library.
    private, number = scalar(7), ORDER + 5
    seed = private + scalar(number % ORDER)
    key, value = bytes(32), b"\x01" * 32
    for step in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + step + seed, hashlib.sha256)
        value = hmac.digest(key, value, hashlib.sha256)
    nonces = p256._nonces(private, number)
    for _ in range(3):
        value = hmac.digest(key, value, hashlib.sha256)
        assert next(nonces) == int.from_bytes(value, "big")
        key = hmac.digest(key, value + b"\x00", hashlib.sha256)
        value = hmac.digest(key, value, hashlib.sha256)


def test_candidates_out_of_range_are_no_nonces(monkeypatch):
    # Four digests set the generator up, then three go into each candidate and its successor.
    candidates = [b"\xff" * 32, scalar(ORDER), scalar(0), scalar(ORDER - 1), scalar(1)]
    digests = [bytes(32)] * 4
    for candidate in candidates:
        digests += [candidate, bytes(32), bytes(32)]
    monkeypatch.setattr(p256, "hmac_sha256", lambda key, message: digests.pop(0))
    nonces = p256._nonces(scalar(1), 0)
    assert [next(nonces), next(nonces)] == [ORDER - 1, 1]


def test_the_table_of_the_comb_is_what_its_comment_says():
    from cryptography.hazmat.primitives.asymmetric import ec

    for index in range(8):
        signs = [1 if index >> tooth & 1 else -1 for tooth in range(3)] + [1]
        total = sum(sign << 64 * tooth if sign > 0 else -(1 << 64 * tooth)
                    for tooth, sign in enumerate(signs))  # fmt: skip
        point = ec.derive_private_key(total, ec.SECP256R1()).public_key().public_numbers()
        entry = p256._COMB[64 * index : 64 * index + 64]
        assert entry == scalar(point.x) + scalar(point.y)
