"""An order on the real parts while they are killed: the thing, its power, the broker, the desk.

Whatever dies, the need becomes one order that is brought once and verified, and the ledger holds.
"""

import random
import time

import paho.mqtt.client as mqtt
import pytest
from real_parts import Place

from sim.desk import codec
from sim.desk.approvals import QuestionState
from sim.desk.models import OrderState
from sim.mpy.process import POWER_CUT

STAGES = [OrderState.PLACED, OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED]


@pytest.fixture
def place(tmp_path):
    began = time.monotonic()
    with Place(tmp_path) as place:
        yield place.ready()
    print(f"{time.monotonic() - began:.1f} s")


def test_the_thing_is_killed_again_and_again(place):
    chance = random.Random(1)
    kills = 0
    while place.state() != OrderState.VERIFIED:
        # Lives grow, so that a machine on which starting takes long comes to an end as well.
        deadline = time.monotonic() + chance.uniform(0.1, 1.0) * (1 + kills / 20)
        while time.monotonic() < deadline and place.state() != OrderState.VERIFIED:
            place.unpack()
            time.sleep(0.01)
        assert place.device.kill() == POWER_CUT
        kills += 1
        assert kills < 60
        place.device.start()
        if kills % 3 == 0:  # let it live for once: a delivery needs several readings to be seen
            time.sleep(1 + kills / 20)
    assert kills > 3
    place.settle()


def test_the_power_fails_at_one_flash_operation_after_the_other(place):
    cuts = 0
    for operations in range(1, 16):
        place.device.cut_power(operations)
        place.until(
            lambda: not place.device.running or place.state() == OrderState.VERIFIED
        )
        if place.device.running:
            break
        assert place.device.exit_code == POWER_CUT, place.device.errors
        cuts += 1
        place.device.start()
    assert cuts > 3
    place.settle()


@pytest.mark.parametrize("stage", STAGES[::3], ids=lambda stage: stage.name.lower())
def test_the_broker_dies_with_all_its_sessions(place, stage):
    place.until(lambda: place.state() >= stage)
    place.restart_broker()
    place.settle()


def test_the_desk_is_killed_at_every_stage(place):
    place.until(lambda: place.rows("select id from requests"))
    for stage in (None, *STAGES):
        place.until(lambda stage=stage: stage is None or place.state() >= stage)
        place.kill_desk()
        time.sleep(0.2)
        place.start_desk()
    place.settle()


def test_everything_dies_at_once(place):
    place.until(lambda: place.state() >= OrderState.PLACED)
    place.device.kill()
    place.kill_desk()
    place.restart_broker(0.1)
    place.start_desk()
    place.settle()


class Attacker:
    """Somebody with a way into the broker and no key; hears what things and desk say."""

    def __init__(self, broker):
        self.heard = {"up": [], "down": []}
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="attacker")
        self.mqtt.tls_set(ca_certs=str(broker.ca_path))
        self.mqtt.on_message = self._message
        self.mqtt.connect(broker.host, broker.port)
        self.mqtt.subscribe([("steward/1/hopper-1/up", 1), ("steward/1/hopper-1/down", 1)])
        self.mqtt.loop_start()

    def _message(self, client, userdata, message):
        self.heard[message.topic.split("/")[-1]].append(message.payload)

    def say(self, word, frames):
        for frame in frames:
            self.mqtt.publish(f"steward/1/hopper-1/{word}", frame, qos=1).wait_for_publish(5)

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


def test_an_answer_of_the_owner_survives_whoever_dies_on_its_way(tmp_path):
    with Place(tmp_path, rule=2) as place:
        place.ready()
        place.until(place.asks)
        place.device.kill()
        place.answer(True)
        place.kill_desk()
        place.device.start()
        place.restart_broker()
        place.start_desk()
        place.until(lambda: place.state() >= OrderState.PLACED)
        place.device.kill()  # and what it said on the answer may be lost
        place.device.start()
        place.settle()
        asked = place.until(lambda: (row := place.asks()) and row["message_id"] is None and row)
        assert (asked["state"], asked["reason"]) == (QuestionState.APPROVED, None)
        assert len(place.rows("select id from questions")) == 1


def forgeries(heard, direction):
    """Frames that must change nothing: noise, and real ones replayed, cut, bent or sealed anew."""
    chance = random.Random(9)
    yield from (b"", b"\xd1", b"\xff" * 2000, chance.randbytes(300), b"\x9f" * 500, b"\x84" * 500)
    for frame in heard[direction]:
        yield frame
        yield frame[:-1]
        yield frame + b"\0"
        bent = bytearray(frame)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        yield bytes(bent)
    yield from heard["down" if direction == "up" else "up"][:5]
    status = {1: bytes(16), 2: OrderState.CANCELLED}
    for kind, body in ((3, status), (6, {1: 1, 2: "deny"}), (10, {1: [], 2: 9_999, 3: bytes(8)})):
        payload = {1: 1_000_000, 2: kind, 3: 1, 4: 1, 5: 2_000_000_000, 6: body}
        yield codec.seal(payload, b"k" * 32, "hopper-1", direction)


def test_forged_and_replayed_messages_change_nothing(place):
    attacker = Attacker(place.broker)
    place.unpacking = False  # a delivered order that nobody unpacks stands still
    place.until(lambda: place.state() == OrderState.DELIVERED)
    place.until(lambda: not place.rows("select id from outgoing"))
    tables = ("orders", "cases", "requests", "offers", "messages", "findings", "reports")
    before = [place.rows(f"select * from {table}") for table in tables]
    ledger, orders = place.device.ask("ledger"), place.device.ask("orders")
    rejected = len(place.rows("select id from rejects"))
    up, down = (list(forgeries(attacker.heard, direction)) for direction in ("up", "down"))
    assert len(up) > 20 and len(down) > 20
    attacker.say("up", up)
    attacker.say("down", down)
    place.until(lambda: len(place.rows("select id from rejects")) >= rejected + len(up))
    time.sleep(1)  # and for what must not happen
    assert [place.rows(f"select * from {table}") for table in tables] == before
    assert place.device.ask("ledger") == ledger and place.device.ask("orders") == orders
    attacker.close()
    place.unpacking = True
    place.settle()
