"""The same desk on PostgreSQL, with several workers; left out where no server is installed."""

import multiprocessing
import os
import random
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from sim.desk import keeping, schema, upkeep
from sim.desk.broker import free_port
from sim.desk.core import Desk
from sim.desk.database import lock
from sim.desk.messages import FAREWELL
from sim.desk.models import Order, Outgoing, Report, Thing
from sim.desk.rest.app import application
from sim.desk.service import PeopleDepartment
from sim.desk.testing import HEALTH, ORDER_STATUS, TestThing, World, ack, case_body, seller


def find(program: str) -> str | None:
    """A program of the server: Debian keeps them off the path, by version."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or (str(kept[-1]) if kept else None)


INITDB, PG_CTL, PSQL = find("initdb"), find("pg_ctl"), find("psql")
if not (INITDB and PG_CTL and PSQL):
    pytest.skip("the desk was NOT tested on PostgreSQL: no server is installed here (initdb, "
                "pg_ctl, psql)", allow_module_level=True)  # fmt: skip

DAY_S = 86_400
ROUNDS = 10
INDEXES = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
SPAWN = multiprocessing.get_context("spawn")
# PostgreSQL will not run as root.
AS_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory(prefix="steward-pg-") as folder:
        Path(folder).chmod(0o777)
        data, port = f"{folder}/data", free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        start = [PG_CTL, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"]
        for command in ([INITDB, "-D", data, "-A", "trust", "-U", "steward"], start):
            subprocess.run(AS_USER + command, check=True, capture_output=True, cwd=folder)
        yield f"127.0.0.1:{port}"
        stop = [PG_CTL, "-D", data, "-w", "-m", "immediate", "stop"]
        subprocess.run(AS_USER + stop, check=True, capture_output=True, cwd=folder)


@pytest.fixture
def url(server):
    name = f"desk_{random.randrange(10**9)}"
    create = [PSQL, "-h", "127.0.0.1", "-p", server.rpartition(":")[2], "-U", "steward"]
    command = [*create, "-d", "postgres", "-c", f"CREATE DATABASE {name}"]
    subprocess.run(command, check=True, capture_output=True)
    return f"postgresql+psycopg://steward@{server}/{name}"


def test_an_order_and_a_case_live_their_lives(url):
    world = World(url)
    world.send(1, world.thing.hello())
    assert world.order()[4] == "O-000001"
    assert ack(world.send(7, case_body()))[4] == "C-000001"
    states = [p[6][2] for p in world.run(4 * DAY_S) if p[2] == ORDER_STATUS]
    assert states == [5, 6, 7]
    answer = world.order(1)
    assert (answer[2], answer[3]) == (2, "order O-000001 is open for this consumable")
    assert len(world.told) == 2
    world.desk.close()


def test_what_the_first_version_made_becomes_what_the_models_say(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        upkeep.upgrade(connection, schema.FIRST)
    told = upkeep.migrate(url)
    assert told == {"from": schema.FIRST, "to": schema.head(), "backup": None}
    with engine.connect() as connection:
        assert upkeep.differences(connection) == []
        migrated = set(connection.execute(INDEXES))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.commit()
    Desk(url).close()
    with engine.connect() as connection:
        assert set(connection.execute(INDEXES)) == migrated
    engine.dispose()


def test_a_copy_that_is_put_back_counts_on_further_up(url):
    world = World(url)
    world.order()
    assert upkeep.restored(url) == 1
    world.order(0, "cups")
    assert [order.number for order in world.rows(Order)] == [1, upkeep.SKIPPED + 3]
    assert world.thing.down_seq > upkeep.SKIPPED
    world.desk.close()


def test_a_thing_that_greets_while_it_is_erased_is_not_taken_for_one_that_has_left(url):
    world = World(url)
    world.send(FAREWELL, {})
    with ThreadPoolExecutor(1) as pool:
        with world.desk.database.transaction() as session:  # of another desk, which hears a hello
            greeting = lock(session, Thing, "thing-1")
            greeting.hello = {"boots": 2}
            session.flush()
            erased = pool.submit(
                world.desk.act, lambda work: keeping.erase_of(work, "thing-1", work.now)
            )
            time.sleep(0.5)
        assert erased.result(30) is not None
    [thing] = world.rows(Thing)
    assert (thing.root_key, thing.hello) == (world.thing.root_key, {"boots": 2})
    world.desk.close()


def test_desks_that_start_at_once_make_one_database(url):
    with ThreadPoolExecutor(4) as pool:
        for desk in pool.map(Desk, [url] * 4):
            desk.close()


def test_all_things_are_read_at_a_glance(url):
    world = World(url, department=PeopleDepartment())
    world.send(1, world.thing.hello() | {6: 1})
    world.send(2, HEALTH)
    world.order()
    world.send(7, case_body())
    world.clock.now += 3 * DAY_S
    http = TestClient(application(world.desk), base_url="http://localhost")
    row = http.get("/overview", params={"search": "ANNA %", "show": "cases"}).json()
    assert row["total"] == 0, "a sign of the database's own is a sign like any other"
    row = http.get("/overview", params={"search": "ANNA coffee", "show": "cases"}).json()
    assert [(one["id"], one["orders"], one["cases"]) for one in row["items"]] == [("thing-1", 1, 1)]
    assert {one["why"] for one in http.get("/waiting").json()} == {
        "nobody took it on", "no word from the seller", "in safe mode", "not heard of",
    }  # fmt: skip
    assert http.get("/orders/1/rejections").json() == []
    (seen,) = http.get("/perception").json()
    assert (seen["orders"], seen["delivered"], seen["packs_seen"]) == (1, 0, None)
    assert len(http.get("/things/thing-1/timeline").json()) > 1
    world.desk.close()


def _order(url, frames, gate):
    desk = Desk(url, suppliers=[seller("roaster", 1)])
    for frame in frames:
        gate.wait()
        desk.receive("thing-1", frame)
    desk.close()


def _drain(url, gate, found):
    desk = Desk(url)
    gate.wait()
    while (outgoing := desk.take()) is not None:
        found.put(outgoing)
    found.put(None)
    desk.close()


def _run(workers):
    for worker in workers:
        worker.start()
    return workers


def test_workers_racing_for_the_same_order_create_it_once(url):
    world = World(url)
    orders = []
    for number in range(ROUNDS):
        consumable = f"beans-{number}"
        orders.append(world.thing.order(consumable, 0, world.offer(0, consumable)))
    gate = SPAWN.Barrier(3)
    frames = [[world.thing.frame(5, body) for body in orders] for _ in range(3)]
    workers = _run([SPAWN.Process(target=_order, args=(url, part, gate)) for part in frames])
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    for body in orders:
        assert ack(world.send(5, body))[2] in (0, 1)
    assert world.count(Order) == ROUNDS
    world.desk.close()


def test_workers_taking_at_once_take_each_frame_once_and_number_it_once(url):
    world = World(url)
    things = [TestThing(f"thing-{number}").admit(world.desk) for number in range(2, 5)]
    for number in range(90):
        thing = things[number % 3]
        world.desk.receive(thing.name, thing.frame(2, HEALTH))
    assert world.count(Report) == world.count(Outgoing) == 90
    gate, found = SPAWN.Barrier(3), SPAWN.Queue()
    workers = _run([SPAWN.Process(target=_drain, args=(url, gate, found)) for _ in range(3)])
    taken, ended = [], 0
    while ended < 3:
        item = found.get(timeout=120)
        taken, ended = (taken, ended + 1) if item is None else ([*taken, item], ended)
    for worker in workers:
        worker.join(120)
    while (outgoing := world.desk.take()) is not None:
        taken.append(outgoing)  # skipped by all while another worker held the thing
    for thing in things:
        payloads = []
        for name, frame in taken:
            if name == thing.name:
                thing.down_seq = 0
                payloads.append(thing.open(frame))
        assert sorted(payload[1] for payload in payloads) == list(range(1, 31))
        assert sorted(payload[6][1] for payload in payloads) == list(range(1, 31))
    world.desk.close()
