"""Ways to the desk: what it tells things of, and what they answer."""

import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi.testclient import TestClient
from test_desk_wire import schema
from typer.testing import CliRunner

from firmware.serial import certify
from sim.cli import app, way
from sim.desk import codec
from sim.desk.broker import make_certificates
from sim.desk.models import Thing
from sim.desk.rest.app import application
from sim.desk.testing import World

CONFIG, REPLY = 8, 12


@pytest.fixture
def world():
    return World()


@pytest.fixture
def http(world):
    return TestClient(application(world.desk), base_url="http://localhost")


@pytest.fixture
def authority(tmp_path):
    make_certificates(tmp_path / "ca.pem", tmp_path / "server")
    return tmp_path / "ca.pem"


@pytest.fixture
def large(tmp_path):
    """An authority over an RSA key of 4,096 bits: the public half of one, signed by a quick one."""
    numbers = rsa.RSAPublicNumbers(65537, (1 << 4095) + 1)
    return written(tmp_path / "large.pem", numbers.public_key())


@pytest.fixture
def signer(tmp_path):
    """Certificate and key of an authority of a maker's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signer.key").write_bytes(pem)
    return written(tmp_path / "signer.pem", key.public_key(), key), tmp_path / "signer.key"


def written(path, public, key=None):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x" * 60)] * (1 if key else 6))
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, public, 1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def new(file, **changes):
    return {"host": "new.example", "port": 8884, "authority": file.read_text()} | changes


def heard(world):
    """What config messages told the thing: request, and way-document."""
    bodies = [found[6] for found in world.thing.collect(world.desk) if found[2] == CONFIG]
    assert [body[2] for body in bodies] == list(range(bodies[0][3]))
    return bodies[0][1], codec.decode(b"".join(body[4] for body in bodies))


def test_a_way_goes_out_and_what_became_of_it_is_told(world, http, authority):
    sent = http.post("/ways", json=new(authority, things=["thing-1"]))
    assert sent.status_code == 202, sent.text
    (shown,) = sent.json()
    assert (shown["thing"], shown["line"]) == ("thing-1", "way new.example:8884")
    der = authority.with_suffix(".der").read_bytes()
    told = {1: "new.example", 2: 8884, 3: der}
    assert heard(world) == (shown["id"], told)
    schema("way-document").validate_cbor(codec.encode(told))
    world.send(REPLY, {1: shown["id"], 2: "way new.example:8884: kept"}, message=0)
    http.post("/things/thing-1/commands", json={"line": "status"})
    (now,) = http.get("/ways").json()["items"]
    assert now["text"] == "way new.example:8884: kept"


def test_certificates_over_large_keys_go_out_in_several_messages(world, http, large):
    http.post("/ways", json=new(large, things=["thing-1"]))
    _, told = heard(world)
    assert told[3] == x509.load_pem_x509_certificate(large.read_bytes()).public_bytes(Encoding.DER)
    assert 1100 < len(told[3]) < 3600


def test_a_certificate_is_for_the_thing_whose_key_it_is_over(world, http, signer):
    key = bytes.fromhex(http.get("/things/thing-1").json()["public_key"])
    fresh = certify.certify(certify.authority(*signer), "thing-1", key, 400)
    body = new(signer[0], things=["thing-1"], client=fresh)
    sent = http.post("/ways", json=body)
    ends = x509.load_pem_x509_certificate(fresh.encode()).not_valid_after_utc
    assert sent.json()[0]["line"] == f"way new.example:8884 certified until {ends:%F}"
    assert key in heard(world)[1][4]
    for changes, why in (
        ({"client": signer[0].read_text()}, "over another key than thing-1 has"),
        ({"client": "nonsense"}, "no certificate in PEM"),
        ({"things": [], "client": fresh}, "for one thing: say which"),
    ):
        refused = http.post("/ways", json=body | changes)
        assert refused.status_code == 409 and why in refused.text


def test_an_authority_that_cannot_sign_is_named(signer, authority, tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    server = authority.with_name("server")
    for pair, why in (
        ((tmp_path / "no.pem", signer[1]), "no.pem: is no certificate"),
        ((signer[0], tmp_path / "no.pem"), "no.pem: is no private key"),
        ((authority, signer[1]), "is not the key of"),
        ((server.with_suffix(".pem"), server.with_suffix(".key")), "is of no authority"),
    ):
        with pytest.raises(certify.CertifyError, match=why):
            certify.authority(*pair)


def test_without_a_name_all_things_are_told(world, http, authority):
    everybody = len(http.get("/things").json()["items"])
    assert len(http.post("/ways", json=new(authority)).json()) == everybody


@pytest.mark.parametrize(("changes", "why"), [
    ({"authority": "nonsense"}, "no certificate in PEM"),
    ({"port": 0}, "greater than or equal to 1"),
    ({"host": "a b"}, "pattern"),
    ({"things": ["nobody"]}, "no such thing: nobody"),
    ({"product": "boat"}, "none is a boat"),
])  # fmt: skip
def test_what_is_no_way_is_refused_and_nobody_is_told(world, http, authority, changes, why):
    refused = http.post("/ways", json=new(authority, **changes))
    assert refused.status_code in (404, 422) and why in refused.text
    assert http.get("/ways").json()["items"] == []


def test_a_certificate_that_is_no_authority_is_refused(http, authority):
    server = authority.with_name("server.pem")
    refused = http.post("/ways", json=new(server))
    assert refused.status_code == 422 and "CN=localhost is no authority" in refused.text


def test_the_command_tells_and_lists(http, authority, monkeypatch):
    def ask(link, path, body=None):
        answer = http.post(path, json=body) if body else http.get(path)
        return answer.json()

    monkeypatch.setattr(way, "ask_desk", ask)
    run = CliRunner().invoke
    words = ["way", "tell", "new.example:8884", "--ca", str(authority.with_suffix(".der"))]
    assert run(app, words).exit_code == 2, "which things?"
    told = run(app, [*words, "--thing", "thing-1", "--json"])
    assert told.exit_code == 0, told.output
    row = {"thing": "thing-1", "way": "new.example:8884", "state": "not heard yet"}
    assert json.loads(told.output) == {"ways": [row]}
    assert json.loads(run(app, ["way", "list", "--json"]).output) == {"ways": [row]}


def test_the_command_renews_the_certificate_of_each_thing(http, signer, authority, monkeypatch):
    def ask(link, path, body=None):
        answer = http.post(path, json=body) if body else http.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    monkeypatch.setattr(way, "ask_desk", ask)
    words = ["way", "tell", "known.example", "--ca", str(authority), "--all", "--days", "90",
             "--signer", *map(str, signer)]  # fmt: skip
    told = CliRunner().invoke(app, [*words, "--json"])
    assert told.exit_code == 0, told.output
    rows = json.loads(told.output)["ways"]
    things = http.get("/things").json()["items"]
    assert {row["thing"] for row in rows} == {one["id"] for one in things}
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=90)
    assert {row["way"] for row in rows} == {f"known.example:8883 certified until {ends:%F}"}
    wrong = CliRunner().invoke(app, [*words[:-1], str(authority)])
    assert wrong.exit_code == 1 and "no private key" in wrong.output


def test_desks_behind_two_brokers_write_each_to_the_things_that_are_there(world):
    desk = world.desk
    desk.broker = "old:8883"
    world.send(1, world.thing.hello())
    desk.command("thing-1", "status")
    desk.broker = "new:8883"
    assert (desk.take() is None and desk.tick() is None) or desk.tick() > world.clock.now
    desk.status("thing-1", True)
    desk.broker = "old:8883"
    desk.status("thing-1", False)
    assert desk.take() is None, "it said goodbye to this broker"
    desk.broker = "new:8883"
    assert desk.take() is not None
    with desk.database.reading() as session:
        assert session.get(Thing, "thing-1").online
