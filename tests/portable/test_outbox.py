"""What waits for the desk's word goes out again and again, in an order that can be relied on."""

import kit

from agent import limits
from agent.clock import Clock
from agent.outbox import Outbox
from agent.wire import messages as wire


def test_what_is_said_of_one_order_cannot_be_overtaken_by_the_word_of_its_end():
    noted = []
    outbox = Outbox(wire.Channel(kit.ROOT, kit.THING, wire.UP), noted.append)
    outbox.reserve()
    clock = Clock(noted.append)
    one, other = b"a" * 16, b"b" * 16
    outbox.put(wire.DISPUTE, {1: b"raised"}, 10, one)
    outbox.put(wire.DISPUTE, {1: b"ended"}, 10, one)
    for about in (other, b""):
        outbox.put(wire.DISPUTE, {1: b"raised"}, 10, about)

    def sent(at):
        frames = [outbox.take(at, clock) for _ in range(6)]
        opened = [wire.Channel(kit.ROOT, kit.THING, wire.UP).open(frame)
                  for frame in frames if frame is not None]
        return [(message[wire.ID], message[wire.BODY][1]) for message in opened]

    first = sent(20)
    assert [what for _, what in first] == [b"raised"] * 3
    assert outbox.next_due() > 20
    again = sent(20 + limits.RESEND_LONGEST_S)
    assert [what for _, what in again] == [b"raised"] * 3, "unanswered, it goes again, and first"
    outbox.acknowledged(first[0][0])
    assert [what for _, what in sent(21)] == [b"ended"]
