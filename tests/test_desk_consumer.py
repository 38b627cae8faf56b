"""The desk on a real broker over TLS: nothing is lost when either side goes away."""

import queue
import time

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy.exc import OperationalError

from sim.desk.broker import LoopbackBroker
from sim.desk.consumer import Consumer, Link
from sim.desk.models import Report, Thing
from sim.desk.testing import HEALTH, TestThing, World, ack

WAIT_S = 120


@pytest.fixture(scope="module")
def broker():
    with LoopbackBroker() as running:
        yield running


@pytest.fixture
def world(tmp_path):
    return World(f"sqlite:///{tmp_path}/desk.db")


class OnBroker:
    """A thing with its own MQTT connection."""

    def __init__(self, broker, thing):
        self.thing = thing
        self.inbox = queue.Queue()
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=thing.name)
        self.mqtt.tls_set(ca_certs=str(broker.ca_path))
        self.mqtt.on_message = lambda _client, _data, message: self.inbox.put(message.payload)
        ready = queue.Queue()
        self.mqtt.on_subscribe = lambda *call: ready.put(True)
        self.mqtt.connect(broker.host, broker.port)
        self.mqtt.loop_start()
        self.mqtt.subscribe(f"steward/1/{thing.name}/down", qos=1)
        ready.get(timeout=WAIT_S)

    def publish(self, frame):
        topic = f"steward/1/{self.thing.name}/up"
        self.mqtt.publish(topic, frame, qos=1).wait_for_publish(WAIT_S)

    def hear(self):
        return self.thing.open(self.inbox.get(timeout=WAIT_S))

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@pytest.fixture
def on_broker(broker, world, request):
    # A name of its own in each test, for sessions outlive them in the broker.
    thing = TestThing(request.node.name[:40]).admit(world.desk)
    client = OnBroker(broker, thing)
    yield client
    client.close()


def link(broker, name, **more):
    return Link(broker.host, broker.port, name, ca_path=broker.ca_path, **more)


def test_message_is_answered_over_the_broker(broker, world, on_broker):
    consumer = Consumer(world.desk, link(broker, "answer")).start()
    assert consumer.wait_until_ready()
    on_broker.publish(on_broker.thing.frame(2, HEALTH))
    assert ack([on_broker.hear()])[2] == 0
    consumer.stop()
    assert not consumer.ready


def test_what_came_while_the_desk_was_away_is_delivered_when_it_is_back(broker, world, on_broker):
    consumer = Consumer(world.desk, link(broker, "away")).start()
    assert consumer.wait_until_ready()
    consumer.stop()
    for _ in range(10):
        on_broker.publish(on_broker.thing.frame(2, HEALTH))
    again = Consumer(world.desk, link(broker, "away")).start()
    assert [ack([on_broker.hear()])[1] for _ in range(10)] == list(range(1, 11))
    again.stop()


def test_no_puback_before_the_commit_so_the_broker_delivers_again(broker, world, on_broker):
    receive, failures = world.desk.receive, []

    def failing(thing_id, frame):
        if len(failures) < 2:
            failures.append(thing_id)
            raise OperationalError("INSERT", {}, OSError("disk is full"))
        receive(thing_id, frame)

    world.desk.receive = failing
    consumer = Consumer(world.desk, link(broker, "full")).start()
    assert consumer.wait_until_ready()
    on_broker.publish(on_broker.thing.frame(2, HEALTH))
    assert ack([on_broker.hear()])[2] == 0
    assert len(failures) == 2
    consumer.stop()


def test_one_bad_message_does_not_stop_the_rest(broker, world, on_broker, caplog):
    receive = world.desk.receive

    def buggy(thing_id, frame):
        if frame == b"trap":
            raise KeyError("our bug")
        receive(thing_id, frame)

    world.desk.receive = buggy
    consumer = Consumer(world.desk, link(broker, "bug")).start()
    assert consumer.wait_until_ready()
    on_broker.publish(b"trap")
    on_broker.publish(on_broker.thing.frame(2, HEALTH))
    assert ack([on_broker.hear()])[2] == 0
    consumer.stop()
    assert "our bug" in caplog.text and consumer.failed == 1


def test_a_fault_in_what_is_due_does_not_make_the_desk_deaf(broker, world, on_broker, caplog):
    def tick():
        raise KeyError("a bug of a seller's port")

    world.desk.tick = tick
    consumer = Consumer(world.desk, link(broker, "due")).start()
    assert consumer.wait_until_ready()
    while not consumer.failed:
        time.sleep(0.02)
    on_broker.publish(on_broker.thing.frame(2, HEALTH))
    assert ack([on_broker.hear()])[2] == 0
    consumer.stop()
    assert "a bug of a seller's port" in caplog.text


def test_desk_comes_back_by_itself_after_the_broker_was_away(world):
    with LoopbackBroker() as broker:
        consumer = Consumer(world.desk, link(broker, "return")).start()
        assert consumer.wait_until_ready()
        broker.stop()
        wait_for(lambda: not consumer.ready)
        broker.start()
        assert consumer.wait_until_ready()
        thing = OnBroker(broker, world.thing)
        thing.publish(world.thing.frame(2, HEALTH))
        assert ack([thing.hear()])[2] == 0
        thing.close()
        consumer.stop()


def test_two_desks_share_the_work(broker, world, on_broker, tmp_path):
    other = World(f"sqlite:///{tmp_path}/desk.db")
    desks = [world.desk, other.desk]
    consumers = [
        Consumer(desk, link(broker, f"shared-{number}", share="desks")).start()
        for number, desk in enumerate(desks)
    ]
    assert all(consumer.wait_until_ready() for consumer in consumers)
    for _ in range(20):
        on_broker.publish(on_broker.thing.frame(2, HEALTH))
        assert ack([on_broker.hear()])[2] == 0
    for consumer in consumers:
        consumer.stop()
    assert world.count(Report) == 20
    assert [consumer.received for consumer in consumers] == [10, 10]


def test_status_topic_tells_who_is_on_line(broker, world, on_broker):
    consumer = Consumer(world.desk, link(broker, "status")).start()
    assert consumer.wait_until_ready()
    topic = f"steward/1/{on_broker.thing.name}/status"
    for word in (b"online", b"offline"):
        on_broker.mqtt.publish(topic, word, qos=1, retain=True)
        wait_for(lambda word=word: online(world, on_broker.thing.name) == (word == b"online"))
    consumer.stop()


def online(world, name):
    return next(thing.online for thing in world.rows(Thing) if thing.id == name)


def wait_for(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
