"""A thing and everything it talks to, of real parts: for tests that kill them.

`Place` has the firmware in a MicroPython process on littlefs, a TLS broker, a desk process on an
SQLite file and a tank whose level the test sets; only time is not real, it runs SPEED times
faster. `Bench` has the same product and the same desk without processes between them, in virtual
time, for what has to be done a hundred times over.
"""

import hashlib
import multiprocessing
import random
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import cbor2

from hal.linux import p256
from sim.desk import approvals, codec, consumer, messages
from sim.desk.broker import LoopbackBroker
from sim.desk.core import Desk
from sim.desk.models import OrderState
from sim.desk.suppliers import Article, HonestSupplier, Terms
from sim.mpy.plant_server import PlantServer
from sim.mpy.process import POWER_CUT, Device, encode
from sim.world.thing import Keys

SPEED = 600  # virtual seconds a second: the desk's and the thing's patience become fractions of one
START_UTC = 1_767_225_600
DAY_S = 86_400
WAIT_S = 180  # until it is taken for dead; a busy machine takes its time
FULL, LOW = 1000.0, 200.0
ALMOST = 350.0  # from here to LOW is no leap, on which nothing is bought
LEVEL = {"name": "beans_g", "unit": "g", "scale": 1, "low": -50.0, "high": 1500.0, "period": 60}
BEANS = {
    "name": "beans", "unit": "g", "kind": "level", "channel": 0, "usage": -1, "in_place": -1,
    "capacity": FULL, "low": 0.25, "lead_days": 2.0, "spares": 1,
    "items": [{"sku": "BEAN-1", "name": "Beans 1 kg", "pack": 1000.0, "price_minor": 1500}],
}  # fmt: skip
PRODUCT = encode({
    "v": 1, "product": "hopper", "maker": "tests", "version": "1", "channels": [LEVEL],
    "monitors": [], "consumables": [BEANS],
})  # fmt: skip
SENSOR = {"channel": 0, "driver": "simulated", "args": {"signal": "beans_g"}}
BOARD = encode({"v": 1, "board": "bench", "chip": "simulated", "sensors": [SENSOR]})
SELLER_KEY, OWNER_KEY = 4711, 4712
SPAWN = multiprocessing.get_context("spawn")


def keys(thing: str) -> Keys:
    private = hashlib.sha256(thing.encode()).digest()
    owner = codec.public_bytes(codec.new_private_key(OWNER_KEY).public_key())
    root = hashlib.sha256(b"root" + private).digest()
    return Keys(thing, root, private, p256.public_key(private), owner)


def seller() -> HonestSupplier:
    """One that answers, ships and delivers within a quarter of an hour."""
    terms = Terms(quote_s=(20, 40), confirm_s=(60, 90), ship_s=(200, 300), travel_s=(300, 400))
    article = Article("BEAN-1", 1500, 1000)
    key = codec.new_private_key(SELLER_KEY)
    return HonestSupplier("roaster", [article], terms, random.Random(3), key)


def admit(desk: Desk, thing: Keys, rule: int = 0) -> None:
    """Provision a thing and queue its owner's mandate; rule: 2 asks for every order."""
    desk.provision(thing.thing, thing.root_key, thing.public_key, "hopper", "owner")
    document = {
        0: "mandate", 1: 1, 2: thing.thing, 3: START_UTC - DAY_S, 4: START_UTC + 3650 * DAY_S,
        5: "EUR", 6: rule, 7: 0, 8: 5000, 9: 10_000, 10: 30_000, 11: 5, 12: 30,
        13: [["roaster", seller().public_key, 30_000]],
    }  # fmt: skip
    signed = codec.sign(document, codec.new_private_key(OWNER_KEY))
    desk.send(thing.thing, messages.MANDATE, document=signed)


class Clock:
    """Virtual seconds since `began` (of time.monotonic, the same in every process)."""

    def __init__(self, began: float):
        self.began = began

    @property
    def now(self) -> int:
        return int((time.monotonic() - self.began) * SPEED)

    def unix(self) -> int:
        return START_UTC + self.now


class Tank:
    """The plant: a level with a little noise."""

    def __init__(self):
        self.level = ALMOST
        self._draw = random.Random(5)

    def read(self, signal: str) -> float:
        assert signal == "beans_g"
        return self.level + self._draw.uniform(-1, 1)


def serve_desk(url: str, host: str, port: int, ca_path: Path, began: float) -> None:
    """The desk's process: ends only by being killed."""
    consumer.DUE_POLL_S = 0.05  # at this speed a second is twenty minutes
    desk = Desk(url, clock=Clock(began).unix, suppliers=[seller()])
    consumer.Consumer(desk, consumer.Link(host, port, ca_path=ca_path)).start()
    threading.Event().wait()


class Place:
    """All of it in `directory`; a context manager that leaves no process behind."""

    def __init__(self, directory: Path, rule: int = 0):
        self.directory = directory
        self.keys = keys("hopper-1")
        self.clock = Clock(time.monotonic())
        self.tank = Tank()
        self.unpacking = True
        self.broker = LoopbackBroker(directory / "broker").start()
        self.server = PlantServer(self.clock, self.tank)
        link = {
            "host": "localhost",
            "port": self.broker.port,
            "ca": self.broker.ca_der_path.read_bytes(),
        }
        self.device = Device(
            directory / "device", PRODUCT, BOARD, self.keys, self.server, link
        )
        self.url = f"sqlite:///{directory}/desk.db"
        desk = Desk(self.url, clock=self.clock.unix, suppliers=[seller()])
        admit(desk, self.keys, rule)
        desk.close()
        self.start_desk()

    def start_desk(self) -> None:
        where = (self.url, self.broker.host, self.broker.port, self.broker.ca_path)
        self._desk = SPAWN.Process(target=serve_desk, args=(*where, self.clock.began), daemon=True)
        self._desk.start()

    def kill_desk(self) -> None:
        """SIGKILL: nothing is flushed, no handler runs."""
        self._desk.kill()
        self._desk.join()

    def restart_broker(self, down_s: float = 0.5) -> None:
        """The broker dies with all its sessions and comes back on the same port."""
        self.broker.stop()
        time.sleep(down_s)
        self.broker.start()

    def orders(self) -> list[sqlite3.Row]:
        return self.rows("select * from orders order by number")

    def rows(self, query: str) -> list[sqlite3.Row]:
        """What the desk has on disk, seen from outside."""
        with sqlite3.connect(f"file:{self.directory}/desk.db?mode=ro", uri=True) as reader:
            reader.row_factory = sqlite3.Row
            return reader.execute(query).fetchall()

    def state(self) -> int:
        """How far the newest order is; 0 without one."""
        orders = self.orders()
        return orders[-1]["state"] if orders else 0

    def until(self, what, timeout_s: float = WAIT_S):
        """Wait for what() to be true and return it; the tank is filled when a parcel came."""
        deadline = time.monotonic() + timeout_s
        while not (found := what()):
            crashed = self.device.exit_code not in (None, POWER_CUT)
            if crashed or time.monotonic() > deadline:
                raise AssertionError(self.seen())
            self.unpack()
            time.sleep(0.02)
        return found

    def seen(self) -> str:
        """What can be said from outside when something does not come true."""
        waiting = [tuple(row) for row in self.rows("select kind, tries, due from outgoing")]
        told = [f"state {self.state()}, desk at {self.clock.unix()} has to send {waiting}"]
        if self.device.running:
            told += [self.device.ask(line) for line in ("status", "outbox", "orders", "ledger")]
        return "\n".join([*told, f"exit {self.device.exit_code}", self.device.errors[-1000:]])

    def asks(self) -> sqlite3.Row | None:
        """The newest question to the owner."""
        found = self.rows("select * from questions order by id desc limit 1")
        return found[0] if found else None

    def answer(self, yes: bool) -> None:
        """The owner signs an answer to it and hands it to the desk, as its REST does."""
        asked = self.asks()
        assert asked is not None
        said = {0: "approval", 1: asked["order_id"], 2: self.keys.thing, 3: asked["terms"],
                4: asked["total_minor"], 5: yes}  # fmt: skip
        signed = codec.sign(said, codec.new_private_key(OWNER_KEY))
        desk = Desk(self.url, clock=self.clock.unix, suppliers=[seller()])
        desk.act(lambda work: approvals.relay(work, self.keys.thing, asked["order_id"], signed))
        desk.close()

    def unpack(self) -> None:
        """Somebody pours in what was delivered."""
        if self.unpacking and any(row["packs_delivered"] for row in self.orders()):
            self.tank.level = FULL

    def ready(self) -> "Place":
        """Started, under a mandate and with a level that is believed; then the beans run low."""
        self.device.start()
        self.device.heap(WAIT_S)
        self.until(lambda: not self.rows("select id from outgoing"))
        self.until(lambda: " 35" in self.device.ask("consumables"))
        self.tank.level = LOW
        return self

    def settle(self) -> None:
        """Wait for the order's end and hold the whole to what was promised."""
        if not self.device.running:
            self.device.start()
        self.until(lambda: self.state() == OrderState.VERIFIED)
        orders = self.orders()
        assert len(orders) == 1, "one need, one order"
        assert orders[0]["packs_delivered"] == orders[0]["packs"], "brought once"
        need = hashlib.sha256(cbor2.dumps([self.keys.thing, "beans", 0])).digest()[:16]
        assert orders[0]["order_id"] == need
        asked = {row["need_id"] for row in self.rows("select need_id from requests")}
        assert asked == {need}, "asked for once"
        self.until(lambda: self.device.ask("orders").count("\n") <= 1)
        assert "verified" in self.device.ask("ledger verify")
        assert self.device.errors == ""

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *exception) -> None:
        self.device.close()
        self.kill_desk()
        self.server.close()
        self.broker.close()


class Bench:
    """A thing and a desk in virtual time, a minute a turn; frames go straight from one to the
    other and are kept while the thing has no power, as a broker keeps them."""

    def __init__(self, thing, directory: Path):
        self.thing = thing
        self.directory = directory
        self.now = 0
        self.level = ALMOST
        self.cuts = 0
        self.sent: list[bytes] = []
        self._booted_at = 0
        self._coming: list[bytes] = []
        self._draw = random.Random(5)
        fresh = not (directory / "desk.db").exists()
        self.desk = Desk(
            f"sqlite:///{directory}/desk.db", clock=lambda: START_UTC + self.now,
            suppliers=[seller()],
        )  # fmt: skip
        self.name = "hopper-1"
        if fresh:
            admit(self.desk, keys(self.name))

    def boot(self) -> None:
        """Switch on; a power cut while booting is followed by another try."""
        self._booted_at = self.now
        self.thing.boot()
        if not self.thing.alive:
            self.cuts += 1
            self.boot()

    def turn(self) -> list[dict]:
        """One minute: what the thing sent, opened."""
        self.now += 60
        readings = [(0, self.level + self._draw.uniform(-1, 1), 0)]
        stepped = self.thing.step(self.now - self._booted_at, readings, self._coming)
        if stepped.due is None:
            self.cuts += 1
            self.boot()
        else:
            self._coming = []
        for frame in stepped.frames:
            self.desk.receive(self.name, frame)
        self.desk.tick()
        while (taken := self.desk.take()) is not None:
            self._coming.append(taken[1])
        root = keys(self.name).root_key
        return [codec.open_frame(frame, root, self.name, codec.UP) for frame in stepped.frames]

    def pass_alone(self, seconds: int, readable: bool = True) -> None:
        """Time without the desk: one reading, or one that failed, and one step."""
        self.now += seconds
        reading = (0, self.level + self._draw.uniform(-1, 1), 0) if readable else (0, None, 4)
        assert self.thing.step(self.now - self._booted_at, [reading], [], False).due is not None

    def until(self, kind: int, turns: int = 400) -> int:
        """Turn until the thing sends a message of a kind; how many turns that took."""
        for count in range(1, turns):
            if any(message[messages.KIND] == kind for message in self.turn()):
                return count
        raise AssertionError(f"no message of kind {kind}")

    def orders(self) -> list:
        from sim.desk.models import Order

        return self.desk.act(lambda work: work.session.query(Order).all())

    def finish(self, turns: int = 200) -> None:
        """Until the order is verified; the tank is filled when the parcel is there."""
        for _ in range(turns):
            self.turn()
            orders = self.orders()
            if orders and orders[0].packs_delivered:
                self.level = FULL
            if orders and orders[0].state == OrderState.VERIFIED:
                break
        states = [(order.state, order.cycle, order.packs_delivered) for order in self.orders()]
        assert states == [(OrderState.VERIFIED, 0, 1)], states
        assert self.thing.line("ledger verify").endswith("verified")

    def close(self) -> None:
        self.thing.close()
        self.desk.close()


def copied(source: Path, target: Path) -> Path:
    """A copy of what is durable: the thing's flash and the desk's database."""
    target.mkdir()
    for path in source.iterdir():
        shutil.copyfile(path, target / path.name)
    return target
