"""The owner's key on a laptop: made once, kept encrypted, used to sign what things may do.

Whoever holds this key decides what a thing buys; maker and desk do not have it. A folder holds the
private key (PKCS8, encrypted with a passphrase), its public half, and the last mandate that was
signed for each thing, from which the next one takes its sequence number.
"""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.wire import cbor, cose
from firmware.mandate import key_file
from hal.linux import p256

PRIVATE, PUBLIC, MANDATES, ENDING = "owner.pem", "owner.pub", "mandates", ".cose"
PASSPHRASE_CHARACTERS = 8  # the least; the file may be copied and tried at leisure


class OwnerError(Exception):
    """What the owner's folder, key or passphrase does not allow; says what to do instead."""


class Owner:
    """An owner's folder. Nothing is read or written before a method is called."""

    private, public, kept = PRIVATE, PUBLIC, MANDATES  # names in the folder
    made_by = "steward owner init"

    def __init__(self, directory: Path):
        self.directory = directory
        self._private: bytes | None = None

    def make(self, passphrase: str) -> bytes:
        """Make the key pair and return its public half, X || Y; never over another one."""
        if len(passphrase) < PASSPHRASE_CHARACTERS:
            raise OwnerError(f"a passphrase has at least {PASSPHRASE_CHARACTERS} characters")
        for name in (self.private, self.public):
            if (self.directory / name).exists():
                raise OwnerError(f"{self.directory / name} exists already; nothing was changed")
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key_file.pem(key, passphrase)
        self._private = key.private_numbers().private_value.to_bytes(32, "big")
        public = p256.public_key(self._private)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(self.directory / self.private, pem, 0o600)
        _write_once(self.directory / self.public, public.hex().encode() + b"\n", 0o644)
        return public

    def unlock(self, passphrase: str) -> None:
        """Open the private key; OwnerError when there is none or the passphrase is wrong."""
        path = self.directory / self.private
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), passphrase.encode())
        except FileNotFoundError as error:
            raise OwnerError(f"{path} does not exist: `{self.made_by}` makes it") from error
        except (ValueError, TypeError) as error:
            raise OwnerError(f"{path} does not open: wrong passphrase or not a key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise OwnerError(f"{path} is no P-256 key")
        self._private = key.private_numbers().private_value.to_bytes(32, "big")

    @property
    def public_key(self) -> bytes:
        """X || Y, 64 bytes; needs no passphrase."""
        path = self.directory / self.public
        try:
            return read_public(path)
        except FileNotFoundError as error:
            raise OwnerError(f"{path} does not exist: `{self.made_by}` makes it") from error

    def sign(self, terms: dict) -> bytes:
        """A COSE_Sign1 document (ES256) over deterministic CBOR of `terms`; after `unlock`."""
        if self._private is None:
            raise OwnerError("the key is locked")
        private, public = self._private, p256.public_key(self._private)
        kid = hashlib.sha256(public).digest()[:4]
        return cose.sign1_seal(lambda data: p256.sign(private, data), kid, cbor.encode(terms))

    def keep(self, thing: str, document: bytes) -> Path:
        """Remember the last mandate of a thing; returns the file."""
        path = self._mandate_file(thing)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(document)
        os.replace(fresh, path)
        return path

    def last(self, thing: str) -> dict | None:
        """The terms last signed for a thing by this key, or None."""
        path = self._mandate_file(thing)
        return opened(path.read_bytes(), self.public_key) if path.exists() else None

    def _mandate_file(self, thing: str) -> Path:
        # A thing's id may hold characters that a file's name may not.
        safe = "".join(sign if sign.isalnum() or sign in "-_" else f"%{ord(sign):x}"
                       for sign in thing)
        return self.directory / self.kept / (safe + ENDING)


def opened(document: bytes, public_key: bytes) -> dict:
    """The map in a document that this key signed; OwnerError for anything else."""
    try:
        _, payload = cose.sign1_open(lambda data, proof: p256.verify(public_key, data, proof),
                                     document)
        terms = cbor.decode(payload)
    except (cose.CoseError, cbor.CborError) as error:
        raise OwnerError(f"not a document of this owner: {error}") from error
    if not isinstance(terms, dict):
        raise OwnerError("not a document of this owner: no map in it")
    return terms


def read_public(path: Path) -> bytes:
    """The public key in a file, X || Y: hexadecimal or PEM. OSError, or OwnerError."""
    data = path.read_bytes()
    if data.lstrip().startswith(b"-----BEGIN"):
        return _public_of_pem(path, data)
    try:
        key = bytes.fromhex(data.decode("ascii").strip())
    except ValueError as error:
        raise OwnerError(f"{path} holds neither a PEM nor a hexadecimal public key") from error
    return checked(key, str(path))


def checked(key: bytes, name: str) -> bytes:
    """The same key if it is a point of P-256; OwnerError naming `name` otherwise."""
    try:
        if len(key) != 64:
            raise ValueError(f"{len(key)} bytes where 64 are needed")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key)
    except ValueError as error:
        raise OwnerError(f"{name} is no public key of P-256: {error}") from error
    return key


def fingerprint(public_key: bytes) -> str:
    """What people compare aloud: the first 16 bytes of the key's SHA-256, in fours."""
    digest = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


def _public_of_pem(path: Path, data: bytes) -> bytes:
    try:
        key = serialization.load_pem_public_key(data)
    except ValueError as error:
        raise OwnerError(f"{path} is no PEM public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise OwnerError(f"{path} is no P-256 key")
    point = serialization.PublicFormat.UncompressedPoint
    return key.public_bytes(serialization.Encoding.X962, point)[1:]


def _write_once(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
