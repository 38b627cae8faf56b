"""A thing's link in a process of its own, on either runtime, a desk, and wires between them."""

import contextlib
import datetime
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sim.desk.broker import LoopbackBroker
from sim.mpy import runtime

HOST = "localhost"
KINDS = ("micropython", "cpython")
PROBE = Path(__file__).with_name("link_probe.py")
WAIT_S = 120  # until it is taken for dead; a busy machine takes its time


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


def make_client_certificate(path):
    """Files of a certificate that vouches for itself, as a maker registers with a cloud broker."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "probe")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(pem))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    return path.with_suffix(".pem"), path.with_suffix(".key")


# A file of tests makes fixtures of these; each of its tests then runs on both runtimes.


def each_kind(request):
    return request.param


def running_broker():
    with LoopbackBroker() as running:
        yield running


def starter(kind, broker):
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
