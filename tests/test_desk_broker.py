"""The embedded TLS broker gives what the link and the desk rely on."""

import queue
import ssl
import subprocess

import paho.mqtt.client as mqtt
import pytest

from sim.desk.broker import LoopbackBroker
from sim.mpy import runtime

WAIT_S = 120


@pytest.fixture(scope="module")
def broker():
    with LoopbackBroker() as running:
        yield running


class Client:
    """A paho client over TLS whose messages are read from a queue."""

    def __init__(self, broker, name, clean=True):
        self.inbox = queue.Queue()
        self.mqtt = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean
        )
        self.mqtt.tls_set(ca_certs=broker.ca_path)
        self.mqtt.on_message = lambda *call: self.inbox.put((call[2].topic, call[2].payload))
        self.subscribed = queue.Queue()
        self.mqtt.on_subscribe = lambda *call: self.subscribed.put(True)
        self.connected = queue.Queue()
        self.mqtt.on_connect = lambda *call: self.connected.put(call[3].value)
        self.mqtt.connect(broker.host, broker.port)
        self.mqtt.loop_start()
        assert self.connected.get(timeout=WAIT_S) == 0

    def subscribe(self, topic):
        self.mqtt.subscribe(topic, qos=1)
        self.subscribed.get(timeout=WAIT_S)
        return self

    def publish(self, topic, payload, retain=False):
        self.mqtt.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT_S)

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


def test_client_that_does_not_trust_the_authority_is_turned_away(broker):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.tls_set()
    with pytest.raises(ssl.SSLCertVerificationError):
        client.connect(broker.host, broker.port)


def test_retained_message_reaches_a_later_subscriber(broker):
    sender = Client(broker, "retain-sender")
    sender.publish("steward/1/retained/status", b"online", retain=True)
    later = Client(broker, "retain-reader").subscribe("steward/1/retained/status")
    assert later.inbox.get(timeout=WAIT_S) == ("steward/1/retained/status", b"online")
    sender.close()
    later.close()


def test_session_of_an_offline_client_is_kept(broker):
    Client(broker, "sleeper", clean=False).subscribe("steward/1/sleeper/down").close()
    sender = Client(broker, "waker")
    for number in range(20):
        sender.publish("steward/1/sleeper/down", bytes([number]))
    woken = Client(broker, "sleeper", clean=False)
    assert [woken.inbox.get(timeout=WAIT_S)[1][0] for _ in range(20)] == list(range(20))
    sender.close()
    woken.close()


def test_broker_serves_again_after_a_stop_on_the_same_port():
    with LoopbackBroker() as broker:
        port = broker.port
        broker.stop()
        broker.start()
        assert broker.port == port
        Client(broker, "again").close()


def test_micropython_verifies_the_server_and_is_answered(broker, tmp_path):
    script = tmp_path / "connect.py"
    script.write_text(MICROPYTHON_CONNECT, encoding="utf-8")
    arguments = [broker.host, str(broker.port), str(broker.ca_der_path)]
    run = subprocess.run(
        runtime.command(script, *arguments), capture_output=True, text=True, timeout=WAIT_S
    )
    assert run.stdout.strip() == "b' \\x02\\x00\\x00'", run.stdout + run.stderr


MICROPYTHON_CONNECT = r"""
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
with open(sys.argv[3], "rb") as file:
    context.load_verify_locations(cadata=file.read())
plain = socket.socket()
plain.connect(socket.getaddrinfo(sys.argv[1], int(sys.argv[2]))[0][-1])
secure = context.wrap_socket(plain, server_hostname="localhost")
secure.write(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")  # CONNECT, client id "a"
print(secure.read(4))
"""
