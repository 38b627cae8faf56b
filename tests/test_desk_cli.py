"""`steward desk` as a maker runs it: a process of its own that is stopped by Ctrl+C."""

import json
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import pytest
from typer.testing import CliRunner

from boards.problems import DescriptionError
from sim.cli import app
from sim.desk import catalogue
from sim.desk.broker import LoopbackBroker, free_port, make_certificates
from sim.desk.serve import is_loopback
from sim.desk.testing import HEALTH, TestThing

SUPPLIERS = """
[[sellers]]
name = "roaster"
shipping_minor = 390
[[sellers.articles]]
sku = "BEAN-ESPRESSO-1KG"
price_minor = 1890
pack_units = 1000
"""


def run(tmp_path, *words, **more):
    start = "from sim.cli import main; main()"
    command = [sys.executable, "-c", start, "desk", "--json", "--port", "0", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=tmp_path, **pipes, **more)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.setenv("STEWARD_DESK_API_KEY", "s3cret")
    (tmp_path / "suppliers.toml").write_text(SUPPLIERS, encoding="utf-8")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_desk_alone_takes_a_thing_in_and_stops_when_told(tmp_path, environment, sign):
    own = f"embedded:{free_port()}"
    words = ["--broker", own, "--suppliers", "suppliers.toml", "--log-json", "--log-requests"]
    process = run(tmp_path, *words)
    ready = json.loads(process.stdout.readline())
    assert ready["broker"] == own.replace("embedded", "localhost")
    assert ready["ca"] == "desk-keys/broker/ca.pem", "things find it again"
    key = (tmp_path / "desk-keys/roaster.pub").read_text().strip()
    assert ready["sellers"] == {"roaster": key}
    headers = {"X-API-Key": "s3cret"}
    assert httpx.get(ready["rest"] + "/healthz").json() == {"status": "ready"}
    thing = TestThing()
    new = {"id": thing.name, "root_key": thing.root_key.hex()}
    new["public_key"] = thing.public_key.hex()
    assert httpx.post(ready["rest"] + "/things", json=new, headers=headers).status_code == 201
    host, _, port = ready["broker"].partition(":")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=thing.name)
    client.tls_set(ca_certs=str(tmp_path / ready["ca"]), cert_reqs=ssl.CERT_REQUIRED)
    client.connect(host, int(port))
    client.loop_start()
    client.publish("steward/1/thing-1/up", thing.frame(2, HEALTH), qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    health = httpx.get(ready["rest"] + "/health", headers=headers).json()
    assert health["items"][0]["thing"] == "thing-1"
    process.send_signal(sign)
    stopped = json.loads(process.stdout.readline())
    assert stopped == {"stopped": True, "received": 1, "published": 1}
    assert process.wait(10) == 0
    lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    asked = [line for line in lines if line["logger"] == "steward.desk.rest"]
    assert [(one["message"], one["status"], one["caller"]) for one in asked] == [
        ("GET /healthz", 200, ""), ("POST /things", 201, "desk"), ("GET /health", 200, "desk"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words, said",
    [
        (["--broker", "host:port"], "broker: host:port is neither"),
        (["--suppliers", "nowhere.toml"], "nowhere.toml"),
        (["--broker", "example.org:1883", "--plain"], "without TLS only on loopback"),
    ],
)
def test_what_is_wrong_is_said_on_standard_error(tmp_path, environment, words, said):
    process = run(tmp_path, *words)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_broker_that_is_not_there_yet_is_waited_for_and_both_are_said(tmp_path, environment):
    broker = LoopbackBroker(tmp_path / "mqtt", free_port())
    broker.directory.mkdir()
    make_certificates(broker.ca_path, broker.directory / "server")
    where = f"{broker.host}:{broker.port}"
    process = run(tmp_path, "--broker", where, "--ca", str(broker.ca_path))
    first = process.stderr.readline()
    assert f"broker {where}: " in first and "refused; tries again in" in first
    with broker:
        while "tries again" in (line := process.stderr.readline()):
            pass
        assert line.endswith(f"broker {where}: connected\n".replace("broker", "INFO broker"))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("words", [[], ["keys"], ["migrate"], ["backup", "copy.db"]])
def test_what_is_no_database_is_named_without_a_trace(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Path("desk.db").write_bytes(b"not a database" * 99)
    done = CliRunner().invoke(app, ["desk", *words, *(["--port", "0"] if not words else [])])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
    assert done.stderr.strip().endswith("file is not a database")
    assert not Path("copy.db").exists()


def test_a_port_that_is_taken_is_named_and_nothing_is_called_ready(tmp_path, environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = run(tmp_path, "--port", port)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert f"http://127.0.0.1:{port} cannot be listened on" in err


def test_beyond_loopback_a_key_is_needed(tmp_path, environment, monkeypatch):
    monkeypatch.delenv("STEWARD_DESK_API_KEY")
    process = run(tmp_path, "--host", "0.0.0.0")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "API key" in err) == (2, True)


@pytest.mark.parametrize("old, new, said", [
    ("1890", "-1", r"articles\[0\]\.price_minor: -1: input should be greater"),
    ("price_minor", "price_mino", 'unknown key; did you mean "price_minor"'),
    ("1890", "[18", "not TOML"),
])  # fmt: skip
def test_catalogue_names_file_line_and_key_that_are_wrong(tmp_path, old, new, said):
    path = tmp_path / "suppliers.toml"
    path.write_text(SUPPLIERS.replace(old, new), encoding="utf-8")
    with pytest.raises(DescriptionError, match=r"suppliers\.toml:[1-9]\d*: error: .*" + said):
        catalogue.load(path, tmp_path / "keys")


def test_a_sellers_key_is_made_once_and_kept_private(tmp_path):
    path = tmp_path / "suppliers.toml"
    path.write_text(SUPPLIERS, encoding="utf-8")
    first, second = (catalogue.load(path, tmp_path / "keys")[0] for _ in range(2))
    assert first.public_key == second.public_key
    assert (tmp_path / "keys" / "roaster.pem").stat().st_mode & 0o77 == 0


def test_loopback_is_told_by_its_text():
    assert all(is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "example.org", "10.0.0.1"))
