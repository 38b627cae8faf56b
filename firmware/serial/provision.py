"""Makes a bare board a thing, over its own console, and makes it known to its desk.

Every step looks first whether it has been done, so provisioning that was cut off is begun again.
The thing makes its keys; its root key comes out once, sealed for a key pair that this program
makes for the occasion and forgets, and goes to the desk. Then the thing is locked.
"""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from boards import compiler
from firmware.mandate.install import detail, why
from firmware.serial.console_tool import ConsoleError, Session

PART_BYTES = 72  # of a document in one console line of at most 200 characters
SEAL = b"steward/1 root key "
PATIENCE_S = 20
CURVE = ec.SECP256R1()
_KEY_WANTED = " (STEWARD_DESK_API_KEY holds its key)"
HINTS = {401: _KEY_WANTED, 403: _KEY_WANTED, 404: " (is that the desk's REST address?)"}


class ProvisionError(Exception):
    """A step that could not be done; says which, and what was answered."""


class Order(NamedTuple):
    """What is wanted. Files are compiled here; None: leave as it is, or as its image has it."""

    thing: str
    product: Path | None = None
    board: Path | None = None
    broker: tuple[str, int] | None = None
    ca: Path | None = None
    owner_key: str | None = None
    wifi: tuple[str, str] | None = None
    desk: str | None = None
    api_key: str | None = None
    lock: bool = True
    client: tuple[Path, Path] | None = None  # certificate and its key, where the broker asks
    maker_key: str | None = None
    owner_name: str | None = None  # as the desk calls its owner


class Sealed(NamedTuple):
    """What a thing hands out of its root key; all bytes."""

    thing: str
    public_key: bytes
    ephemeral: bytes
    sealed: bytes
    tag: bytes


class Recipient:
    """A key pair for one root key; `public_key` is X || Y."""

    def __init__(self):
        self._private = ec.generate_private_key(CURVE)
        self.public_key = _raw(self._private.public_key())

    def open(self, sealed: Sealed) -> bytes:
        """The root key. Raises ProvisionError if it was not sealed for us, or was changed."""
        secret = self._private.exchange(ec.ECDH(), _point(sealed.ephemeral))
        salt = sealed.ephemeral + self.public_key + sealed.public_key
        keys = HKDF(hashes.SHA256(), 64, salt, SEAL + sealed.thing.encode()).derive(secret)
        tag = hmac.digest(keys[32:], sealed.sealed, "sha256")
        if len(sealed.sealed) != 32 or not hmac.compare_digest(tag, sealed.tag):
            raise ProvisionError("the root key did not arrive as the thing sealed it")
        return bytes(a ^ b for a, b in zip(sealed.sealed, keys, strict=False))


def provision(session: Session, order: Order, say: Callable[[str], None] = print) -> dict:
    """Carry the order out; returns what the thing says of itself. Raises ProvisionError.

    Of a thing that is locked only the network is changed; whatever else differs is refused.
    """
    try:
        before = session.value("provision")
        if before["locked"]:
            _unchanged(order, before)
            say("locked already: keys, documents and owner are as they were")
            _settings(session, order, say)
            return before
        for name, data in documents(order).items():
            _put(session, name, data, before[name], say)
        _settings(session, order, say)
        _keys(session, order, before, say)
        if order.desk:
            _admit(session, order, say)
        if order.lock:
            lock(session, say)
        return session.value("provision")
    except ConsoleError as error:
        raise ProvisionError(str(error)) from error


def unlock(session: Session, pin: str | None) -> None:
    """Open a console that its owner shut with a PIN; a restart shuts it again."""
    state = session.value("pin")
    if state["locked"] and pin is None:
        raise ProvisionError("the console wants its PIN: STEWARD_PIN holds it")
    if state["locked"]:
        session.value(f"pin unlock {pin}")


def lock(session: Session, say: Callable[[str], None]) -> None:
    """From now on no key leaves the thing and none is replaced; a prompt is shut by a restart."""
    session.value("provision lock")
    say("locked: its keys stay where they are")


def documents(order: Order) -> dict[str, bytes]:
    """What the thing is to hold, by name, as deterministic CBOR."""
    found = {}
    if order.product:
        found["product"] = compiler.compile_product(order.product)
        if order.board:
            found["board"] = compiler.compile_board(order.board, order.product)
    if order.broker:
        if order.ca is None:
            raise ProvisionError("a broker needs the certificate of its authority: --ca")
        host, port = order.broker
        link = {"host": host, "port": port, "ca": _der(order.ca), "utc": int(time.time())}
        if order.client:
            link["client"] = _client(*order.client)
        found["link"] = cbor2.dumps(link, canonical=True)
    return found


def _unchanged(order: Order, before: dict) -> None:
    """Raises ProvisionError when a thing that is locked should become another one."""
    if before["thing"] != order.thing:
        raise ProvisionError(f"this is {before['thing']}, not {order.thing}, and it is locked")
    if order.broker:
        raise ProvisionError(f"{order.thing} is locked: its broker stays; only `reset` erases it")
    for name, data in documents(order).items():
        if before[name] != hashlib.sha256(data).hexdigest()[:16]:
            raise ProvisionError(f"{order.thing} is locked, and its {name} is another one")
    for whom, key in (("owner", order.owner_key), ("maker", order.maker_key)):
        if key and before[whom + "_key"] != key.lower():
            raise ProvisionError(f"{order.thing} is locked, and its {whom} is another one")


def _put(session, name, data, digest, say):
    if digest == hashlib.sha256(data).hexdigest()[:16]:
        say(f"{name}: there already")
        return
    parts = [data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES)]
    for number, part in enumerate(parts, 1):
        session.value(f"provision put {name} {number}/{len(parts)} {part.hex()}")
    say(f"{name}: {len(data)} bytes")


def _settings(session, order, say):
    if not order.wifi:
        return
    name, password = order.wifi
    session.value(f"config set wifi.name hex:{name.encode().hex()}")
    if password:
        session.value(f"config set wifi.password hex:{password.encode().hex()}")
    say(f"network: {session.value('config apply')['said']}")


def _keys(session, order, before, say):
    if before["thing"] is None:
        made = session.value(f"provision keys {order.thing}")
        say(f"keys: made on the thing; public key {made['public_key']}")
    elif before["thing"] != order.thing:
        raise ProvisionError(f"this is {before['thing']}, not {order.thing}")
    for whom, key in (("owner", order.owner_key), ("maker", order.maker_key)):
        if key and before[whom + "_key"] != key.lower():
            session.value(f"provision {whom} {key}")
            say(f"{whom}: paired")


def _admit(session, order, say):
    recipient = Recipient()
    answer = session.value(f"provision export {recipient.public_key.hex()}")
    parts = [bytes.fromhex(answer[word]) for word in Sealed._fields[1:]]
    sealed = Sealed(answer["thing"], *parts)
    name = order.product.stem if order.product else ""
    body = {"id": sealed.thing, "root_key": recipient.open(sealed).hex(),
            "public_key": sealed.public_key.hex(), "product": name}  # fmt: skip
    if order.owner_name is not None:
        body["owner"] = order.owner_name
    _post(order, body)
    say(f"desk: {order.desk} knows {sealed.thing}")


def _post(order: Order, body: dict) -> None:
    url = f"{(order.desk or '').rstrip('/')}/things"
    host = url.partition("://")[2].partition("/")[0].rpartition(":")[0]
    if not url.startswith("https://") and host not in ("127.0.0.1", "localhost", "[::1]"):
        raise ProvisionError(f"{url}: a root key travels to another machine over https only")
    headers = {"Content-Type": "application/json"}
    if order.api_key:
        headers["X-API-Key"] = order.api_key
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()
    except urllib.error.HTTPError as error:
        raise ProvisionError(
            f"the desk refuses: {url}: {detail(error)}{HINTS.get(error.code, '')}"
        ) from error
    except (OSError, ValueError) as error:
        raise ProvisionError(f"the desk cannot be reached: {url}: {why(error)}") from error


def _der(file: Path) -> bytes:
    """A certificate as DER, from a file with that or with PEM. Raises ProvisionError."""
    try:
        data = file.read_bytes()
        pem = data.startswith(b"-----BEGIN")
        found = load_pem_x509_certificate(data) if pem else load_der_x509_certificate(data)
    except OSError as error:
        raise ProvisionError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise ProvisionError(f"{file} holds no certificate, in neither PEM nor DER") from error
    return found.public_bytes(serialization.Encoding.DER)


def _client(certificate: Path, key: Path) -> list[bytes]:
    """Both as DER, the only form that MicroPython's TLS reads. Raises ProvisionError."""
    try:
        shown = load_der_x509_certificate(_der(certificate)).public_key()
    except ValueError as error:
        raise ProvisionError(f"{certificate}: {error}") from error
    data = key.read_bytes()
    load = serialization.load_pem_private_key
    if not data.startswith(b"-----BEGIN"):
        load = serialization.load_der_private_key
    try:
        private = load(data, None)
    except (ValueError, TypeError) as error:
        raise ProvisionError(f"{key}: {error}") from error
    if private.public_key() != shown:
        raise ProvisionError(f"{key} is not the key of {certificate}")
    encoding, none = serialization.Encoding.DER, serialization.NoEncryption()
    secret = private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none)
    return [_der(certificate), secret]


def _raw(public: ec.EllipticCurvePublicKey) -> bytes:
    encoding = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return public.public_bytes(*encoding)[1:]


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, b"\x04" + raw)
    except ValueError as error:
        raise ProvisionError("the thing's key is no point on P-256") from error
