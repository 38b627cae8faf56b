"""The link against a real broker over TLS, with both libraries on their own runtimes."""

import contextlib
import datetime
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sim.broker import LoopbackBroker, make_certificates
from sim.mpy import runtime

HOST = "localhost"
PROBE = Path(__file__).with_name("link_probe.py")
WAIT_S = 15


class Probe:
    """A process that keeps a link up; its lines can be waited for."""

    def __init__(self, kind, port, authority, mode="plain", *paths, host=HOST):
        words = [host, port, authority, mode, *paths]
        if kind == "micropython":
            command, environment = runtime.command(PROBE, *words), runtime.environment()
        else:
            command = [sys.executable, "-u", str(PROBE), *map(str, words)]
            environment = os.environ
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True, errors="replace"
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def expect(self, start, wait_s=WAIT_S):
        """The rest of the next line that begins so; what comes before it is passed over."""
        deadline = time.monotonic() + wait_s
        while True:
            line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if line.startswith(start):
                return line[len(start) :].strip()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class Desk:
    """The other end: sees status and frames of the probe, sends to it."""

    def __init__(self, broker):
        self.status = queue.Queue()
        self.frames = queue.Queue()
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="desk")
        self.mqtt.tls_set(ca_certs=broker.ca_path)
        self.mqtt.on_message = self._message
        ready = threading.Event()
        self.mqtt.on_subscribe = lambda *call: ready.set()
        self.mqtt.connect(broker.host, broker.port)
        self.mqtt.loop_start()
        self.mqtt.subscribe([("steward/1/probe/up", 1), ("steward/1/probe/status", 1)])
        assert ready.wait(WAIT_S)

    def _message(self, client, userdata, message):
        inbox = self.frames if message.topic.endswith("/up") else self.status
        inbox.put(message.payload)

    def send(self, text):
        self.mqtt.publish("steward/1/probe/down", text, qos=1).wait_for_publish(WAIT_S)

    def latest_status(self):
        """The last status that came until a second without one."""
        status = None
        with contextlib.suppress(queue.Empty):
            while True:
                status = self.status.get(timeout=1)
        return status

    def skip_frames(self):
        """Wait for two frames that are not here yet."""
        while not self.frames.empty():
            self.frames.get()
        for _ in range(2):
            self.frames.get(timeout=WAIT_S)

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@pytest.fixture(params=["micropython", "cpython"])
def kind(request):
    return request.param


@pytest.fixture
def broker():
    with LoopbackBroker() as running:
        yield running


@pytest.fixture
def start(request, kind, broker):
    """Start probes that end with the test."""
    probes = []

    def start(*arguments, port=None, authority=None, **options):
        probes.append(
            Probe(
                kind,
                port or broker.port,
                authority or broker.ca_der_path,
                *arguments,
                **options,
            )
        )
        return probes[-1]

    yield start
    for probe in probes:
        if probe.process.poll() is None:
            probe.kill()


def test_frames_go_both_ways_and_status_is_kept(broker, start):
    desk = Desk(broker)
    probe = start()
    assert desk.status.get(timeout=WAIT_S) == b"online"
    assert desk.frames.get(timeout=WAIT_S).startswith(b"up ")
    desk.send("x" * 1024)
    assert probe.expect("got") == "x" * 1024
    later = Desk(broker)
    assert later.status.get(timeout=WAIT_S) == b"online", "status is retained"
    for one in (desk, later):
        one.close()


def test_a_broker_with_another_authority_is_refused(broker, start, tmp_path):
    make_certificates(tmp_path / "ca.pem", tmp_path / "server")
    desk = Desk(broker)
    probe = start(authority=tmp_path / "ca.der")
    assert "CERT" in probe.expect("error").upper()
    with pytest.raises(queue.Empty):
        desk.status.get(timeout=1)
    desk.close()


def test_a_certificate_for_another_name_is_refused(broker, start):
    # The broker's certificate is for localhost; this name leads to it but is not its own.
    probe = start(host=socket.gethostname())
    assert probe.expect("error")


def test_a_killed_thing_is_shown_offline_and_gets_what_it_missed(broker, start):
    desk = Desk(broker)
    probe = start()
    assert desk.status.get(timeout=WAIT_S) == b"online"
    desk.frames.get(timeout=WAIT_S)
    probe.kill()
    assert desk.status.get(timeout=WAIT_S) == b"offline"
    for number in range(3):
        desk.send(f"missed {number}")
    probe = start()
    assert [probe.expect("got") for _ in range(3)] == [f"missed {n}" for n in range(3)]
    desk.close()


def test_what_was_not_acknowledged_comes_again(broker, start):
    desk = Desk(broker)
    probe = start("hold")
    desk.frames.get(timeout=WAIT_S)
    desk.send("important")
    assert probe.expect("got") == "important"
    probe.kill()
    again = start()
    assert again.expect("got") == "important"
    desk.skip_frames()  # a frame sent later means that the acknowledgement has gone out before it
    again.kill()
    desk.send("next")
    assert start().expect("got") == "next", "what was acknowledged does not come a third time"
    desk.close()


def test_the_link_survives_a_broker_that_forgot_everything(broker, start):
    desk = Desk(broker)
    probe = start()
    assert desk.status.get(timeout=WAIT_S) == b"online"
    desk.close()
    broker.stop()
    assert probe.expect("error")
    broker.start()
    desk = Desk(broker)
    assert desk.status.get(timeout=WAIT_S) == b"online"
    desk.send("subscribed again")
    assert probe.expect("got") == "subscribed again"
    desk.close()


class Wire:
    """Carries bytes between a probe and the broker until it is told to swallow them."""

    def __init__(self, port):
        self.swallowing = False
        self.broker_port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            far = socket.create_connection(("127.0.0.1", self.broker_port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source, target):
        swallowed = False
        try:
            while data := source.recv(4096):
                swallowed = swallowed or self.swallowing
                if not swallowed:
                    target.sendall(data)
        except OSError:
            swallowed = True  # one side is gone
        if not swallowed:
            target.close()


def test_a_connection_that_went_dead_without_a_word_is_noticed_and_replaced(broker, start):
    desk = Desk(broker)
    wire = Wire(broker.port)
    probe = start("impatient", port=wire.port)
    desk.frames.get(timeout=WAIT_S)
    wire.swallowing = True
    probe.expect("drops 1")
    wire.swallowing = False
    desk.skip_frames()
    assert desk.latest_status() == b"online"
    desk.send("still there")
    assert probe.expect("got") == "still there"
    wire.listener.close()
    desk.close()


def test_a_broker_that_says_nothing_does_not_block_the_loop(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        probe = start(port=silent.getsockname()[1])
        connection, _ = silent.accept()
        time.sleep(1)
        with pytest.raises(queue.Empty):
            probe.expect("slow", wait_s=0.5)
        connection.close()


def test_a_client_certificate_is_presented(start, tmp_path):
    make_certificates(tmp_path / "ca.pem", tmp_path / "server")
    make_client_certificate(tmp_path / "thing")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.load_verify_locations(tmp_path / "thing.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        start(
            "certificate",
            tmp_path / "thing.pem",
            tmp_path / "thing.key",
            port=listener.getsockname()[1],
            authority=tmp_path / "ca.der",
        )
        plain, _ = listener.accept()
        plain.settimeout(WAIT_S)
        with context.wrap_socket(plain, server_side=True) as secure:
            assert secure.recv(1) == b"\x10", "an MQTT CONNECT behind a mutual handshake"
            assert secure.getpeercert()["subject"] == ((("commonName", "probe"),),)


def make_client_certificate(path):
    """A certificate that vouches for itself, as a maker registers with a cloud broker."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "probe")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(pem))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
