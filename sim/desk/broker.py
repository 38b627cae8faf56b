"""An embedded MQTT broker behind TLS for one laptop: demo, tests and `steward desk` alone.

The broker is rumqttd from the `iotcore` wheel, run in a child process that ends with this one.
It makes its own certificate authority and server certificate, so that every client verifies what
it talks to (CERT_REQUIRED) and no key outlives the folder it was made in. Retained
messages and the sessions of offline clients are kept for as long as the broker runs; a real
deployment puts Mosquitto or a clustered broker in its place. Client certificates are for those:
this build of rumqttd serves TLS but does not ask for them.
"""

import datetime
import ipaddress
import json
import os
import socket
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from iotcore import Broker

LOOPBACK = "127.0.0.1"
STARTUP_S = 15.0
CERTIFICATE_DAYS = 30  # longer than any run, short enough to be of no use to a thief
CLOCK_SLACK = datetime.timedelta(days=1)  # a device's clock may be a little behind the laptop's
MAX_PAYLOAD_BYTES = 20_480  # twenty times the 1 KiB that a frame may have
SEGMENT_BYTES = 1_048_576  # what the broker keeps per topic for offline sessions:
SEGMENTS = 10  # ten segments of one MiB, thousands of frames


class LoopbackBroker:
    """A TLS broker on a loopback port; a context manager.

    After `start`: `host`, `port`, `directory` and the authority that clients must trust, as
    `ca_path` (PEM) and `ca_der_path` (DER, the only form that MicroPython's TLS reads).
    `port` 0 picks a free one. Without a directory, one is made and removed by `close`.
    """

    def __init__(self, directory=None, port: int = 0):
        self._temporary = None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="steward-mqtt-")
            directory = self._temporary.name
        self.directory = Path(directory)
        self.host = LOOPBACK
        self.port = port
        self.ca_path = self.directory / "ca.pem"
        self.ca_der_path = self.directory / "ca.der"
        self._broker: Broker | None = None

    def start(self) -> "LoopbackBroker":
        """Make the certificates if there are none yet and serve; OSError if the port is taken."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.ca_path.exists() or _runs_out(self.ca_path):
            make_certificates(self.ca_path, self.directory / "server")
        self.port = self.port or free_port()
        config_path = self.directory / "rumqttd.toml"
        config_path.write_text(self._config(), encoding="utf-8")
        self._broker = Broker(config_path=str(config_path))
        self._broker.start()
        self._wait_until_it_listens()
        return self

    @property
    def running(self) -> bool:
        return self._broker is not None

    def _wait_until_it_listens(self) -> None:
        """The broker's thread binds a moment after its start; a client would be turned away."""
        end = time.monotonic() + STARTUP_S
        while True:
            try:
                socket.create_connection((self.host, self.port), STARTUP_S).close()
                return
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def stop(self) -> None:
        """Stop serving; `start` again serves on the same port, with all sessions forgotten."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None

    def close(self) -> None:
        """Stop, and remove the folder when it was a temporary one."""
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _config(self) -> str:
        server = self.directory / "server"
        return CONFIG.format(
            host=self.host,
            port=self.port,
            payload=MAX_PAYLOAD_BYTES,
            segment=SEGMENT_BYTES,
            segments=SEGMENTS,
            certificate=json.dumps(f"{server}.pem"),
            key=json.dumps(f"{server}.key"),
        )

    def __enter__(self) -> "LoopbackBroker":
        return self.start()

    def __exit__(self, *exception) -> None:
        self.close()


# The table and key names are rumqttd's own (its rumqttd.toml); v4 is MQTT 3.1.1.
CONFIG = """\
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = {segment}
max_segment_count = {segments}

[v4.1]
name = "tls"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v4.1.tls]
certpath = {certificate}
keypath = {key}

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = 100
dynamic_filters = true
"""


def make_certificates(ca_path: Path, server: Path) -> None:
    """Write an authority to `ca_path` (.pem and .der), and `server`.pem and .key issued by it.

    The authority's key exists only while this function runs.
    """
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Steward loopback authority")
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    signs_certificates = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = (
        _builder(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs_certificates, critical=True)
        .add_extension(identifier, critical=False)
    )
    key = ec.generate_private_key(ec.SECP256R1())
    loopback = x509.IPAddress(ipaddress.ip_address(LOOPBACK))
    leaf = (
        _builder(_name("localhost"), issuer, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), loopback]), critical=False
        )
    )
    certificate = root.sign(authority, hashes.SHA256())
    _write(ca_path.with_suffix(".der"), certificate.public_bytes(serialization.Encoding.DER))
    _write(ca_path, certificate.public_bytes(serialization.Encoding.PEM))
    certificate = leaf.sign(authority, hashes.SHA256())
    _write(server.with_suffix(".pem"), certificate.public_bytes(serialization.Encoding.PEM))
    _write(server.with_suffix(".key"), _private_pem(key), mode=0o600)


def free_port() -> int:
    """A loopback TCP port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _runs_out(certificate: Path) -> bool:
    """Whether it ends within a day: things that trust it have to be told of another one then."""
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return ends - CLOCK_SLACK < datetime.datetime.now(datetime.UTC)


def _builder(subject, issuer, public_key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private_pem(key) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
