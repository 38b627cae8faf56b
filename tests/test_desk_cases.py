"""Cases, findings, reports and greetings at the desk."""

from sqlalchemy import select

from sim.desk import codec, mandates
from sim.desk.mandates import Mandate
from sim.desk.messages import FAREWELL, MANDATE
from sim.desk.models import Case, Finding, Order, Report, Thing
from sim.desk.service import CaseStep
from sim.desk.testing import (
    ACK,
    CASE_STATUS,
    HEALTH,
    RECONCILE,
    World,
    ack,
    case_body,
)
from sim.desk.work import ServiceDone

DAY_S = 86_400


# ---- cases --------------------------------------------------------------------------------------


def test_a_case_is_accepted_scheduled_done_and_closed_by_the_thing():
    world = World()
    answer = ack(world.send(7, case_body()))
    assert (answer[2], answer[4]) == (0, "C-000001")
    statuses = [p[6] for p in world.run(5 * DAY_S) if p[2] == CASE_STATUS]
    assert [body[2] for body in statuses] == [2, 3, 4]
    assert statuses[1][3] > 0
    assert world.told == [ServiceDone("thing-1", bytes(16), "C-000001", "scale", "repair")]
    assert ack(world.send(8, {1: bytes(16), 2: 1}))[2] == 0
    assert world.rows(Case)[0].state == 6


def test_one_case_per_failure_mode_and_updates_instead_of_duplicates():
    world = World()
    world.send(7, case_body())
    assert ack(world.send(7, case_body()))[2] == 1
    more = ack(world.send(7, case_body(update=1, severity=3)))
    assert (more[2], more[4]) == (0, "C-000001")
    renamed = ack(world.send(7, case_body(case=b"n" * 16, update=0)))
    assert renamed[4] == "C-000001"
    other = ack(world.send(7, case_body(case=b"m" * 16, mode="pump")))
    assert other[4] == "C-000002"
    cases = world.rows(Case)
    assert [(case.mode, case.severity) for case in cases] == [("scale", 2), ("pump", 2)]


def test_a_fault_that_comes_back_opens_the_same_case():
    world = World()
    world.send(7, case_body())
    world.run(5 * DAY_S)
    world.send(8, {1: bytes(16), 2: 2, 3: "still there"})
    assert world.rows(Case)[0].state == 1
    world.run(5 * DAY_S)
    assert [told.number for told in world.told] == ["C-000001", "C-000001"]
    world.send(8, {1: bytes(16), 2: 1})
    # A thing that lost its memory counts from nought and means the same id afresh.
    assert ack(world.send(7, case_body()))[4] == "C-000001"
    assert world.rows(Case)[0].state == 1


class Deaf:
    """A department that never answers, until a case is escalated."""

    def plan(self, job, now):
        return [CaseStep(60, 2)] if job.escalated else []


def test_a_case_that_nobody_accepts_is_escalated():
    world = World(department=Deaf())
    world.send(7, case_body())
    statuses = [p[6][2] for p in world.run(2 * DAY_S) if p[2] == CASE_STATUS]
    assert statuses == [2]
    assert world.rows(Case)[0].escalated


# ---- findings, reports, hello -------------------------------------------------------------------


def test_finding_is_one_row_from_raised_to_cleared():
    world = World()
    for state in (1, 2, 3, 1):
        world.send(3, {1: "flow", 2: "scale", 3: state, 4: 2, 5: 80, 6: 150})
    assert [row.state for row in world.rows(Finding)] == [3, 1]


def test_reports_are_kept_for_a_while():
    world = World()
    world.send(2, HEALTH)
    world.send(13, {1: [["cups", 3]]})
    world.send(14, {1: 1, 2: 1})
    assert [row.kind for row in world.rows(Report)] == ["health", "usage", "shed"]
    world.run(102 * DAY_S)
    assert world.rows(Report) == []


def reconciles(payloads):
    return [payload[6] for payload in payloads if payload[2] == RECONCILE]


def test_every_thing_that_starts_is_told_what_counts():
    """Also one that counts as many entries as ever and lists what is open: an old flash may."""
    world = World()
    [body] = reconciles(world.send(1, world.thing.hello(0)))
    assert (body[1], body[3]) == ([], b"nonce--1") and body[2] > 1
    # It restarted before the answer came: the old nonce is of no use, so there is a new message.
    again = reconciles(world.send(1, world.thing.hello(1, nonce=b"nonce--2")))
    assert [body[3] for body in again] == [b"nonce--2"]
    world.run(60)
    world.order()
    order = world.rows(Order)[0]
    row = [order.order_id, "beans", 0, 4, "roaster", order.total_minor, order.placed_at, "EUR"]
    for count, listed in ((9, [order.order_id]), (9, []), (3, [order.order_id])):
        answers = world.send(1, world.thing.hello(count, listed))
        assert [body[1] for body in reconciles(answers)] == [[row]]
        assert ack(answers)[2] == 1
        world.run(60)


def test_what_was_under_way_before_a_greeting_counts_no_more():
    """Another memory of the thing said it, which had counted on: this one would not know."""
    world = World()
    order = world.thing.order("beans", 0, world.offer())
    here = world.thing.seq
    world.thing.seq += 5000
    under_way = world.thing.frame(5, order)
    world.thing.seq = here  # an old flash
    assert [body[1] for body in reconciles(world.send(1, world.thing.hello(9)))] == [[]]
    world.desk.receive("thing-1", under_way)
    assert world.count(Order) == 0
    world.send(5, order)
    assert world.count(Order) == 1


def test_a_thing_is_told_the_number_of_the_mandate_that_it_had():
    """Whether it said so in a hello or took it from the desk; the next owner begins anew."""
    world = World()
    signed = world.thing.sign({0: "mandate", 1: 5, 4: 1_900_000_000})
    told = []
    for number in (2, 1):
        told += reconciles(world.send(1, world.thing.hello(9) | {10: number}))
        world.run(60)
    world.desk.send("thing-1", 5, document=signed)
    world.run(60)
    with world.desk.database.reading() as session:
        assert mandates.ends_at(session, "thing-1") == 1_900_000_000
    told += reconciles(world.send(1, world.thing.hello(9) | {10: 2}))
    world.run(60)
    world.send(FAREWELL, {})
    told += reconciles(world.send(1, world.thing.hello(9) | {10: 1}))
    assert [body[6] for body in told] == [2, 2, 5, 1]


def test_a_thing_that_lost_its_mandate_is_given_back_what_went_through_the_desk():
    """All that is in force, in its order, once; not what its owner left behind on the console."""
    world = World()
    said = [world.thing.sign({0: word, 1: number} | more) for word, number, more in (
        ("mandate", 4, {}), ("mandate", 5, {}), ("control", 6, {3: 0}), ("control", 7, {3: 1}))]
    last = said[3]

    def greeted_with(number):
        world.send(1, world.thing.hello(0) | {10: number})
        world.send(1, world.thing.hello(0) | {10: number})  # it starts again meanwhile
        return [payload[6][1] for payload in world.run(60) if payload[2] == MANDATE]

    for document in said:
        world.desk.send("thing-1", MANDATE, document=document)
    assert [p[6][1] for p in world.run(60) if p[2] == MANDATE] == said
    assert (greeted_with(7), greeted_with(0), greeted_with(5)) == ([], [said[1], last], [last])
    assert greeted_with(8) == [] == greeted_with(0), "the console's word is newer, and not here"
    world.send(FAREWELL, {})
    assert world.count(Mandate) == 0


def test_more_orders_than_one_message_holds_come_in_numbered_parts():
    world = World()
    for cycle in range(9):
        world.order(cycle)
        world.run(5 * 86_400)
        world.send(6, {1: world.thing.need("beans", cycle), 2: 2})
    world.clock.now = max(row.placed_at for row in world.rows(Order))
    world.desk.act(lambda work: [setattr(row, "placed_at", world.clock.now)
                                 for row in work.session.scalars(select(Order))])  # fmt: skip
    bodies = reconciles(world.send(1, world.thing.hello(0)))
    assert [(body[4], body[5], len(body[1])) for body in bodies] == [(0, 2, 8), (1, 2, 1)]


def test_a_thing_whose_numbers_were_lost_is_told_the_highest():
    world = World()
    world.order()
    high = world.thing.seq
    world.thing.seq = 0
    payloads = world.send(1, world.thing.hello(0, nonce=b"restored"))
    assert [(body[2], body[3]) for body in reconciles(payloads)] == [(high, b"restored")]
    assert not any(payload[2] == ACK for payload in payloads)
    thing = world.rows(Thing)[0]
    assert thing.up_seq == high
    world.thing.seq = high
    assert ack(world.send(2, HEALTH))[2] == 0


def test_what_was_written_off_line_keeps_its_time():
    world = World()
    hello = world.thing.payload(1, world.thing.hello())
    sent_at = world.clock.now
    world.desk.receive("thing-1", world.thing.seal(codec.encode(hello | {4: 1000, 5: sent_at})))
    world.thing.collect(world.desk)
    finding = world.thing.payload(3, {1: "flow", 2: "scale", 3: 2, 4: 2, 5: 80, 6: 150})
    world.clock.now += 3 * DAY_S
    world.desk.receive("thing-1", world.thing.seal(codec.encode(finding | {4: 1600})))
    assert world.rows(Finding)[0].raised_at == sent_at + 600
    future = world.thing.payload(2, HEALTH)
    world.desk.receive("thing-1", world.thing.seal(codec.encode(future | {4: 10**9})))
    assert world.rows(Report)[0].made_at == world.clock.now
