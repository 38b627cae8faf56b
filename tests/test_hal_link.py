"""The link against a real broker over TLS, with both libraries on their own runtimes."""

import queue
import socket
import ssl
import time

import pytest
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

from agent.identity import Identity
from agent.service import ways
from agent.wire import cbor
from firmware.serial import certify
from hal.linux import p256
from sim.desk.broker import LoopbackBroker, make_certificates

kind = pytest.fixture(each_kind, params=KINDS)
broker = pytest.fixture(running_broker)
start = pytest.fixture(starter)


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


def test_a_link_goes_to_another_broker_with_an_authority_of_its_own(broker, start, tmp_path):
    desk = Desk(broker)
    probe = start("move")
    assert desk.status.get(timeout=WAIT_S) == b"online"
    with LoopbackBroker(tmp_path / "other") as other:
        there = Desk(other)
        desk.send(f"{other.port} {other.ca_der_path}")
        assert desk.status.get(timeout=WAIT_S) == b"offline", "it says so itself"
        assert there.status.get(timeout=WAIT_S) == b"online"
        there.send(f"{broker.port} {broker.ca_der_path}")
        assert desk.status.get(timeout=WAIT_S) == b"online", "and back"
        assert probe.expect("got").startswith(str(other.port))
        there.close()
    desk.close()


@pytest.mark.parametrize("kind", ["micropython"], indirect=True)
def test_a_link_that_was_closed_to_rest_dials_again_and_gets_what_it_missed(broker, start):
    desk = Desk(broker)
    probe = start("rest")
    for number in range(2):
        assert desk.status.get(timeout=WAIT_S) == b"online"
        desk.send("rest")
        assert desk.status.get(timeout=WAIT_S) == b"offline", "it says so itself"
        desk.send(f"slept {number}")
        assert probe.expect("got") == "rest"
        assert probe.expect("got") == f"slept {number}"
    desk.close()


def test_a_client_certificate_is_presented_as_it_was_brought_and_as_the_desk_renews_it(
    start, tmp_path
):
    make_certificates(tmp_path / "ca.pem", tmp_path / "server")
    brought, key = make_client_certificate(tmp_path / "thing")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.load_verify_locations(brought)
    context.verify_mode = ssl.CERT_REQUIRED
    renewed = renew(tmp_path, certify.authority(brought, key))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for pair, name in (((brought, key), "probe"), (renewed, "coffee-9")):
            probe = start("certificate", *pair, port=port, authority=tmp_path / "ca.der")
            plain, _ = listener.accept()
            plain.settimeout(WAIT_S)
            with context.wrap_socket(plain, server_side=True) as secure:
                assert secure.recv(1) == b"\x10", "an MQTT CONNECT behind a mutual handshake"
                assert secure.getpeercert()["subject"] == ((("commonName", name),),)
            probe.kill()


def renew(folder, authority):
    """What a thing makes of the certificate that its desk tells it: that and the key, in DER."""
    private = bytes(range(1, 33))
    identity = Identity("coffee-9", bytes(32), private, None, p256)
    pem = certify.certify(authority, "coffee-9", identity.public_key, 30)
    der = ssl.PEM_cert_to_DER_cert(pem)
    document = cbor.encode({1: "localhost", 2: 8883, 3: b"authority", 4: der})
    files = folder / "renewed.der", folder / "renewed.key"
    for file, data in zip(files, ways.read(identity, document)["client"], strict=True):
        file.write_bytes(data)
    return files
