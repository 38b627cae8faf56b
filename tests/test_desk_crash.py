"""What the desk promised stays true after a crash and with several workers."""

import multiprocessing
import os

from sim.desk.core import Desk
from sim.desk.models import Order, Report
from sim.desk.testing import (
    HEALTH,
    ORDER_STATUS,
    World,
    ack,
    seller,
)

DAY_S = 86_400
ROUNDS = 10
SPAWN = multiprocessing.get_context("spawn")


def restarted(world, url):
    """The same world after the desk's process was killed and started again."""
    world.desk.close()
    after = World(url, clock=world.clock)
    after.thing = world.thing
    return after


def test_killed_between_commit_and_publish_the_answer_still_comes(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    world = World(url)
    body = world.thing.order("beans", 0, world.offer())
    world.desk.receive("thing-1", world.thing.frame(5, body))
    after = restarted(world, url)
    assert ack(after.thing.collect(after.desk)) == {1: world.thing.message, 2: 0, 4: "O-000001"}


def test_killed_after_take_the_thing_asks_again_and_the_plan_goes_on(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    world = World(url)
    body = world.thing.order("beans", 0, world.offer())
    world.desk.receive("thing-1", world.thing.frame(5, body))
    while world.desk.take():
        pass  # sealed, committed, and lost with the process
    after = restarted(world, url)
    again = ack(after.send(5, body, message=world.thing.message))
    assert (again[2], again[4]) == (1, "O-000001")
    states = [p[6][2] for p in after.run(4 * DAY_S) if p[2] == ORDER_STATUS]
    assert states == [5, 6, 7]


def _die_before_the_commit(url, frame):
    desk = Desk(url)
    desk.act(lambda work: (desk._receive(work, "thing-1", frame), os._exit(9)))


def test_killed_inside_a_transaction_nothing_of_it_stays(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    world = World(url)
    frame = world.thing.frame(2, HEALTH)
    victim = SPAWN.Process(target=_die_before_the_commit, args=(url, frame))
    victim.start()
    victim.join(60)
    assert victim.exitcode == 9
    after = restarted(world, url)
    assert after.count(Report) == 0
    after.desk.receive("thing-1", frame)
    assert after.count(Report) == 1


def _worker(url, frames, gate):
    """A desk process that takes in one frame a round, all workers at the same moment."""
    desk = Desk(url, suppliers=[seller("roaster", 1)])
    for frame in frames:
        gate.wait()
        desk.receive("thing-1", frame)
    desk.close()


def test_workers_racing_for_the_same_order_create_it_once(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    world = World(url)
    orders = []
    for number in range(ROUNDS):
        consumable = f"beans-{number}"
        offer = world.offer(0, consumable)
        orders.append(world.thing.order(consumable, 0, offer))
    # Each order goes out as two messages, to both workers at once.
    frames = [[world.thing.frame(5, body) for body in orders] for _ in range(2)]
    gate = SPAWN.Barrier(2)
    workers = [SPAWN.Process(target=_worker, args=(url, part, gate)) for part in frames]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    raced = world.rows(Order)
    assert 0 < len(raced) == len({order.order_id for order in raced}) <= ROUNDS
    # What was overtaken by a higher number the thing sends again.
    for body in orders:
        assert ack(world.send(5, body))[2] in (0, 1)
    assert world.count(Order) == ROUNDS
