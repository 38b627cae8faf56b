"""The link against networks and brokers that break: it says why, never blocks, and comes back."""

import contextlib
import datetime
import os
import queue
import socket
import ssl
import struct
import threading

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from link_rig import (
    KINDS,
    WAIT_S,
    Desk,
    Wire,
    each_kind,
    make_client_certificate,
    running_broker,
    starter,
)

from firmware.serial import provision
from hal.link_paho import Link
from sim.desk import broker as brokers

kind = pytest.fixture(each_kind, params=KINDS)
broker = pytest.fixture(running_broker)
start = pytest.fixture(starter)

CONNACK = b"\x20\x02\x00\x00"
REFUSED = b"\x20\x02\x00\x05"  # not authorised


class Sham:
    """A TLS server that answers each connection by `script(stream)`, then closes it."""

    def __init__(self, directory, script, context=None):
        brokers.make_certificates(directory / "ca.pem", directory / "server")
        self.authority = directory / "ca.der"
        self._script = script
        self._context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(directory / "server.pem", directory / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = queue.Queue()  # why each of them ended, None where the script did
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return  # closed
            plain.settimeout(WAIT_S)
            try:
                with self._context.wrap_socket(plain, server_side=True) as stream:
                    self._script(stream)
                self.connections.put(None)
            except OSError as error:
                self.connections.put(error)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._listener.close()


def silent(stream):
    """Take what comes until the other end has enough of it."""
    while stream.recv(4096):
        pass


def hasty(stream):
    """Welcome the thing, and be gone."""
    stream.recv(4096)
    stream.sendall(CONNACK)


def answering(data):
    def script(stream):
        stream.recv(4096)
        stream.sendall(data)
        silent(stream)

    return script


# What a broker does to one connection after another, and what the link says of it.
BAD_DAYS = (
    (silent, "time"),
    (answering(REFUSED), "authorized"),
    (answering(b"\xff" * 7), ""),
    (answering(CONNACK[:3]), "time"),
    (answering(b"\x30\x84\x80\x80\x01"), ""),  # a message of two megabytes, too soon
)


def test_whatever_a_broker_does_the_link_says_so_and_comes_back(start, tmp_path):
    scripts = [script for script, _ in BAD_DAYS]

    def script(stream):
        (scripts.pop(0) if scripts else hasty)(stream)

    with Sham(tmp_path, script) as sham:
        probe = start("impatient", port=sham.port, authority=sham.authority)
        for _, why in BAD_DAYS:
            assert why in probe.expect("error").lower()
        probe.expect("drops 1")  # so there was a session
        no_slow_poll(probe)


def test_a_broker_that_accepts_and_at_once_drops(start, tmp_path):
    with Sham(tmp_path, hasty) as sham:
        probe = start("impatient", port=sham.port, authority=sham.authority)
        probe.expect("drops 2")
        no_slow_poll(probe)


def test_a_name_that_nobody_knows(start):
    probe = start(host="broker.invalid")
    assert probe.expect("error")
    no_slow_poll(probe)


def test_a_queue_that_is_full_takes_no_more_and_loses_nothing(start, tmp_path):
    """Without acknowledgements a link takes a few frames; the others stay in the outbox."""
    with Sham(tmp_path, answering(CONNACK)) as sham:
        probe = start("flood", port=sham.port, authority=sham.authority)
        assert 1 <= int(probe.expect("full after")) <= 8
        no_slow_poll(probe)


class Scissors(Wire):
    """A wire that is cut, hard, when so many bytes have gone to the broker."""

    limit = 20_000

    def _carry(self, source, target):
        carried = 0
        with contextlib.suppress(OSError):  # one side is gone
            while data := source.recv(4096):
                carried += len(data)
                if target.getpeername()[1] == self.broker_port and carried > self.limit:
                    target.sendall(data[: len(data) // 2])
                    break
                target.sendall(data)
        for one in (source, target):
            # Nothing is said in parting: a reset, as of a router whose plug was pulled.
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()


def test_a_connection_cut_in_the_middle_of_a_frame(broker, start):
    desk = Desk(broker)
    wire = Scissors(broker.port)
    probe = start("flood", port=wire.port)
    probe.expect("drops 2")
    frames = [desk.frames.get(timeout=WAIT_S) for _ in range(20)]
    assert set(frames) == {b"up " + b"x" * 1021}, "a frame arrives whole or not at all"
    no_slow_poll(probe)
    wire.listener.close()
    desk.close()


def provisioned(directory, name):
    """Put the pair into the form in which provisioning leaves it in the thing's store."""
    files = directory / f"{name}.pem", directory / f"{name}.key"
    order = provision.Order(name, broker=("localhost", 8883), ca=files[0], client=files)
    link = cbor2.loads(provision.documents(order)["link"])
    for file, data in zip(files, link["client"], strict=True):
        file.write_bytes(data)


def test_a_key_of_another_certificate_is_not_provisioned(tmp_path):
    for name in ("thing", "stranger"):
        make_client_certificate(tmp_path / name)
    ca, key = tmp_path / "thing.pem", tmp_path / "stranger.key"
    order = provision.Order("thing", broker=("localhost", 8883), ca=ca, client=(ca, key))
    with pytest.raises(provision.ProvisionError, match="is not the key of"):
        provision.documents(order)
    key.write_text("nonsense")
    with pytest.raises(provision.ProvisionError, match=r"stranger\.key: "):
        provision.documents(order)
    ca.write_bytes(b"\x30nonsense")
    with pytest.raises(provision.ProvisionError, match=r"thing\.pem holds no certificate"):
        provision.documents(order)


def asking_for_certificates(known):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(known)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_broker_that_asks_for_a_certificate(start, tmp_path):
    """Whoever shows the registered one is let in; a stranger's, or none, is turned away."""
    make_client_certificate(tmp_path / "thing")
    make_client_certificate(tmp_path / "stranger")
    context = asking_for_certificates(tmp_path / "thing.pem")
    provisioned(tmp_path, "thing")
    with Sham(tmp_path, hasty, context) as sham:
        for name in ("stranger", "thing", None):
            paths = [tmp_path / (name + end) for end in (".pem", ".key")] if name else []
            probe = start("impatient", *paths, port=sham.port, authority=sham.authority)
            if name == "thing":
                probe.expect("drops 1")  # there was a session
            else:
                assert probe.expect("error")
                assert isinstance(sham.connections.get(timeout=WAIT_S), ssl.SSLError)
            probe.kill()
            while not sham.connections.empty():
                sham.connections.get()


@pytest.mark.parametrize("form", ["pem", "der"])
def test_certificate_and_key_in_either_form(tmp_path, form):
    make_client_certificate(tmp_path / "thing")
    make_client_certificate(tmp_path / "stranger")
    stranger = (tmp_path / "stranger.key").read_bytes()
    cert, key = (tmp_path / f"thing.{end}" for end in ("pem", "key"))
    pair = [cert.read_bytes(), key.read_bytes()]
    if form == "der":
        pair = [
            ssl.PEM_cert_to_DER_cert(cert.read_text()),
            serialization.load_pem_private_key(pair[1], None).private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        ]
    authority = ssl.PEM_cert_to_DER_cert(cert.read_text())
    assert Link("localhost", 1, "thing", authority, os.urandom, client=pair)
    with pytest.raises(ValueError, match="client is no certificate"):
        Link("localhost", 1, "thing", authority, os.urandom, client=[pair[0], stranger])
    with pytest.raises(ValueError, match="ca is no certificate"):
        Link("localhost", 1, "thing", b"\x30\x03\x02\x01\x00", os.urandom)


def test_a_certificate_that_is_out_of_date_is_refused(start, tmp_path, monkeypatch):
    monkeypatch.setattr(brokers, "CERTIFICATE_DAYS", -1)
    monkeypatch.setattr(brokers, "CLOCK_SLACK", datetime.timedelta(days=3))
    with Sham(tmp_path, answering(CONNACK)) as sham:
        probe = start(port=sham.port, authority=sham.authority)
        assert "cert" in probe.expect("error").lower()


def no_slow_poll(probe):
    with pytest.raises(queue.Empty):
        probe.expect("slow", wait_s=0.2)


@pytest.mark.nightly
def test_a_thousand_sessions_that_are_broken_off_leave_nothing_behind(start, tmp_path):
    with Sham(tmp_path, hasty) as sham:
        probe = start("wear", port=sham.port, authority=sham.authority)
        kept = [[int(word) for word in probe.expect("kept").split()] for _ in range(10)]
    grown = [last - first for first, last in zip(kept[2], kept[-1], strict=True)]
    assert max(grown) < 128, kept  # KiB of the process, and of MicroPython's heap
