"""Any mixture of requests, orders, repetitions, sellers' and owners' words, time and crashes.

Hypothesis drives a thing and the desk's process; after every step the money invariants hold.
"""

import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sim.desk.models import OPEN_ORDER, Order, OrderState, Thing
from sim.desk.testing import OFFER, SKU, World, ack

DAY_S = 86_400
CONSUMABLES = ["beans", "milk"]
FINAL = {OrderState.VERIFIED, OrderState.CANCELLED, OrderState.REFUSED, OrderState.EXPIRED}


class DeskLife(RuleBasedStateMachine):
    """The thing is free to ask for anything; the desk must not be talked into two of it."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="steward-life-")
        self.url = f"sqlite:///{self.folder.name}/desk.db"
        self.world = World(self.url)
        self.cycles = dict.fromkeys(CONSUMABLES, 0)
        self.offers = []
        self.sent = []  # every order message ever sent, with its message id
        self.states = {}
        self.up_seq = 0

    def teardown(self):
        self.world.desk.close()
        self.folder.cleanup()

    @rule(consumable=st.sampled_from(CONSUMABLES), new_need=st.booleans(), data=st.data())
    def buy(self, consumable, new_need, data):
        """Ask for the present need, or the next one, settled or not, and order what is offered."""
        self.cycles[consumable] += new_need
        cycle = self.cycles[consumable]
        self.world.send(4, self.world.thing.rfq(consumable, cycle, [SKU]))
        for payload in self.world.run(600):
            if payload[2] == OFFER:
                self.offers.append((consumable, cycle, payload[6][2]))
                self.order(data)

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def order(self, data):
        """Order by any offer there ever was, sometimes with a term that is not the offer's."""
        back = data.draw(st.integers(0, min(3, len(self.offers) - 1)))
        change = data.draw(st.sampled_from([None, None, None, {5: 2}, {7: 1}]))
        consumable, cycle, offer = self.offers[-1 - back]
        body = self.world.thing.order(consumable, cycle, offer, change)
        ack(self.world.send(5, body))
        self.sent.append((self.world.thing.message, body))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data):
        """Send an old message again, as a thing does that heard no answer."""
        message, body = data.draw(st.sampled_from(self.sent))
        before = self.world.count(Order)
        assert ack(self.world.send(5, body, message))[2] in (1, 2)
        assert self.world.count(Order) == before

    @precondition(lambda self: self.states)
    @rule(data=st.data(), event=st.integers(1, 7))
    def say(self, data, event):
        """The thing's own word on any order, in or out of season."""
        order_id = data.draw(st.sampled_from(sorted(self.states)))
        self.world.send(6, {1: order_id, 2: event})

    @rule(hours=st.sampled_from([12, 48, 120]))
    def wait(self, hours):
        self.world.run(hours * 3600)

    @rule(lose=st.booleans())
    def crash(self, lose):
        """Kill the desk, with or without frames that were sealed and never sent."""
        while lose and self.world.desk.take():
            pass
        old = self.world
        old.desk.close()
        self.world = World(self.url, clock=old.clock)
        self.world.thing = old.thing
        self.world.told[:0] = old.told

    @rule(data=st.binary(max_size=80))
    def noise(self, data):
        self.world.desk.receive("thing-1", data)

    @invariant()
    def one_open_order_for_a_consumable(self):
        open_now = [o.consumable for o in self.world.rows(Order) if o.state in OPEN_ORDER]
        assert len(open_now) == len(set(open_now))

    @invariant()
    def states_move_forward_only(self):
        for order in self.world.rows(Order):
            before = self.states.get(order.order_id)
            assert before not in FINAL or before == order.state
            assert before in (None, OrderState.DISPUTED) or before <= order.state
            self.states[order.order_id] = order.state

    @invariant()
    def nothing_is_brought_or_charged_twice(self):
        brought = [told.order for told in self.world.told]
        assert len(brought) == len(set(brought))
        for order in self.world.rows(Order):
            assert order.charged_minor <= order.total_minor
            assert order.packs_delivered <= order.packs

    @invariant()
    def sequence_numbers_rise(self):
        thing = self.world.rows(Thing)[0]
        assert thing.up_seq >= self.up_seq
        self.up_seq = thing.up_seq


def test_cancelling_an_order_in_dispute_is_noted_and_answered():
    """Found by the machine above: there was no word for it on the way down."""
    world = World()
    world.order()
    world.run(DAY_S // 2)
    order_id = world.thing.need("beans", 0)
    world.send(6, {1: order_id, 2: 3})
    assert ack(world.send(6, {1: order_id, 2: 1}))[2] == 0


TestDeskLife = DeskLife.TestCase
TestDeskLife.settings = settings(max_examples=18, stateful_step_count=20, deadline=None)
