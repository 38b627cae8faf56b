"""A thing whose memory is damaged: it buys nothing until the desk has told what it may forget."""

import kit

from agent import limits
from agent.money import ledger as books
from agent.money import orders as ordering
from agent.wire import cbor
from agent.wire import messages as wire


def journal(bench):
    return b"".join(bench.store.journal)


def entries(bench):
    return [cbor.decode(record[1])
            for record in books.entries(bench.thing.journal.transactions())
            if record[0] == books.ENTRY]


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 0x10]) + data[offset + 1:]


def damaged(bench, data):
    """Switch the thing off, put other bytes on its flash and switch it on again."""
    bench.store.journal = [data]
    bench.boot()
    return bench


def first_ledger_block(bench):
    """Offset of a byte inside the transaction that opened the order."""
    offset = 0
    for block in bench.store.journal:
        if b"beans" in block and b"\x02" in block:
            break
        offset += len(block)
    return offset + len(block) - 3


def told(bench):
    """Everything the thing tells its owner now."""
    words = []
    effect = bench.thing.take_effect()
    while effect is not None:
        words.append(effect[1])
        effect = bench.thing.take_effect()
    return " ".join(words)


def reconcile(bench, rows=(), latest=500):
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    bench.say(wire.RECONCILE, {1: list(rows), 2: latest, 3: nonce}, 980)
    return bench.serve(2)


def row(identifier, state):
    return [identifier, "beans", 0, state, "roaster", 1700, kit.START_UTC]


def test_a_torn_tail_is_no_damage():
    bench = kit.Bench()
    bench.ordered()
    whole = journal(bench)
    last = len(bench.store.journal[-1])
    for missing in (1, last // 2, last - 1):
        damaged(bench, whole[:len(whole) - missing])
        assert bench.thing.journal.torn == last - missing
        assert bench.thing.journal.rotten == 0 and bench.thing.trade.ledger.fault is None
        assert bench.thing.inbox.reconciled


def test_a_whole_but_wrong_tail_is_damage():
    bench = kit.Bench()
    bench.ordered()
    whole = journal(bench)
    damaged(bench, flipped(whole, len(whole) - 2))
    assert bench.thing.journal.torn == 0 and bench.thing.journal.rotten
    assert not bench.thing.inbox.reconciled and "damaged" in told(bench)


def test_damage_says_so_and_buys_nothing_until_reconciled():
    bench = kit.Bench().ready()
    damaged(bench, flipped(journal(bench), 40))
    assert "damaged" in told(bench)
    hello = kit.of_kind(bench.tick(), wire.HELLO)[0][wire.BODY]
    assert hello[8] == 0 and hello[9] == bytes(16)
    bench.beans = 100.0
    sent = [message for _ in range(20) for message in bench.tick()]
    assert not kit.of_kind(sent, wire.RFQ) and not bench.thing.may_buy()
    bench.say(wire.EXEC, {1: 1, 2: "status"})  # nor does it hear anything else
    assert not kit.of_kind(bench.tick(), wire.REPLY)


def test_after_reconciling_a_new_chain_begins_that_says_why_and_survives():
    bench = kit.Bench()
    identifier = bench.ordered()
    damaged(bench, flipped(journal(bench), first_ledger_block(bench)))
    assert bench.thing.trade.ledger.fault
    bench.tick()
    reconcile(bench, [row(identifier, ordering.CONFIRMED)])
    assert bench.thing.may_buy() and bench.thing.trade.ledger.fault is None
    said = [entry for entry in entries(bench) if entry[2] == books.RECONCILED][-1]
    assert said[3] == 1 and said[4] == 500 and said[5]
    assert bench.thing.trade.orders.find(identifier).state == ordering.CONFIRMED
    assert bench.thing.trade.budget.committed(None)[1] == 1700
    count = bench.thing.trade.ledger.count
    for _ in range(2):  # as it was appended, and as a rewrite leaves it
        bench.boot()
        assert bench.thing.trade.ledger.fault is None and bench.thing.trade.ledger.count == count
        assert bench.thing.inbox.reconciled
        assert bench.thing.feed_line("ledger verify", 0).endswith("verified")
        bench.thing.journal.rewrite(0, bench.thing._dump())


def test_a_checkpoint_alone_cannot_start_a_new_chain():
    notes = []
    ledger = books.Ledger(notes.append)
    for at in range(3):
        ledger.add(at, books.NEED, at)
    forged = books.Ledger(notes.append)
    forged.count, forged.head = 3, bytes(32)
    notes.append([books.CHECKPOINT, 3, bytes(32)])
    forged.add(9, books.ORDER, b"forged")
    assert "checkpoint at 3" in books.verify([[0] + notes])[1]
    notes.pop()
    forged.count, forged.head = 3, bytes(32)
    forged.add(9, books.RECONCILED, 0, 0, "damage")
    assert books.verify([[0] + notes]) == (1, None)


def test_an_order_that_is_remembered_catches_up_and_never_goes_back():
    for state, after in ((ordering.SHIPPED, ordering.SHIPPED), (ordering.PLACED, ordering.PLACED),
                         (ordering.VERIFIED, None), (ordering.CANCELLED, None)):
        bench = kit.Bench()
        identifier = bench.ordered()
        bench.boot()
        bench.tick()
        reconcile(bench, [row(identifier, state)])
        order = bench.thing.trade.orders.find(identifier)
        assert (order and order.state) == after
        spent = 0 if state == ordering.CANCELLED else 1700
        assert bench.thing.trade.budget.committed(None)[1] == spent
    bench.boot()
    bench.tick()
    reconcile(bench, [row(identifier, ordering.PLACED)])
    assert bench.thing.trade.orders.find(identifier) is None


def test_the_greeting_goes_out_first_whatever_waits():
    bench = kit.Bench().ready()
    for number in range(2 * limits.OUTBOX_WINDOW):
        bench.thing.outbox.put(wire.CASE_EVENT, {1: bytes([number]) * 16, 2: 1}, 0)
    bench.tick()
    bench.boot()
    assert bench.tick()[0][wire.KIND] == wire.HELLO


def test_the_greeting_is_never_shed():
    bench = kit.Bench().ready()
    for number in range(60):
        bench.thing.outbox.put(wire.CASE_EVENT, {1: bytes([number]) * 16, 2: 1, 3: "x" * 200}, 0)
    bench.tick()
    bench.boot()
    assert bench.thing.outbox.bytes > limits.OUTBOX_BYTES
    assert bench.tick()[0][wire.KIND] == wire.HELLO


def test_a_used_reconcile_cannot_take_the_numbers_back():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.boot()
    bench.tick()
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    body = {1: [], 2: 10, 3: nonce}
    bench.say(wire.RECONCILE, body, 980)
    used = bench.desk.frame(wire.RECONCILE, body, bench.now, 980, seq=bench.desk.seq)
    bench.serve(2)
    old = bench.desk.frame(wire.ORDER_STATUS, {1: identifier, 2: 5}, bench.now, 990)
    bench.thing.feed_message(old, bench.up())
    bench.serve(2)
    accepted = bench.thing.inbox.accepted
    for frame in (used, old):
        bench.thing.feed_message(frame, bench.up())
    bench.thing.step(bench.up())
    assert bench.thing.inbox.accepted == accepted


def test_no_damage_ever_raises_or_buys():
    bench = kit.Bench()
    bench.ordered()
    whole = journal(bench)
    noise = b"".join([kit.entropy()(32) for _ in range(40)])
    for data in (b"", bytes(len(whole)), noise, whole[7:], noise + whole, whole + noise,
                 whole[:300] + noise + whole[300:], whole[:len(whole) // 2], b"\xa5S" * 400,
                 b"\xff" * 600 + whole[600:]):
        damaged(bench, data)
        bench.beans = 100.0
        assert not kit.of_kind([m for _ in range(6) for m in bench.tick()], wire.ORDER)
        assert not bench.thing.may_buy()
    for offset in range(0, len(whole), 41):
        damaged(bench, flipped(whole, offset))
        assert bench.thing.journal.rotten and not bench.thing.inbox.reconciled
        bench.tick()


def test_a_full_flash_at_boot_leaves_the_senses_at_work():
    bench = kit.Bench().ready()
    bench.store.full = True
    damaged(bench, flipped(journal(bench), 40))
    assert "flash" in told(bench)
    bench.thing.feed_reading(kit.BOILER, 92.0, 0, 60)
    refused = 0
    try:
        bench.thing.step(60)
    except OSError:
        refused = 1
    assert refused, "a step that cannot be kept must say so"
    assert bench.thing.senses.signals[kit.BOILER].value == 92.0
    bench.store.full = False
    assert kit.of_kind(bench.tick(), wire.HELLO)


def test_a_need_that_is_not_yet_ordered_is_no_order_in_the_greeting():
    bench = kit.Bench()
    need = bench.quoted()
    bench.boot()
    assert kit.of_kind(bench.tick(), wire.HELLO)[0][wire.BODY][11] == []
    bench = kit.Bench()
    need = bench.ordered()
    bench.boot()
    assert kit.of_kind(bench.tick(), wire.HELLO)[0][wire.BODY][11] == [need]


def test_nothing_is_bought_on_half_of_what_was_forgotten():
    """What the other part tells counts against the budget too, in whatever order they come."""
    bench = kit.Bench()
    bench.tick()
    hello = kit.of_kind(bench.desk.seen, wire.HELLO)[-1]
    ids = [ordering.order_id(kit.THING, "beans", cycle, False) for cycle in (0, 1)]
    for cycle, part in ((1, 1), (1, 1), (0, 0)):
        assert not bench.thing.may_buy() and not bench.thing.inbox.reconciled
        assert bench.thing.outbox.waiting()  # the greeting, for the desk may not say it again
        told = [ids[cycle], "beans", cycle, ordering.VERIFIED, "roaster", 1700,
                kit.START_UTC + bench.now]
        bench.say(wire.RECONCILE, {1: [told], 2: 500, 3: hello[wire.BODY][13], 4: part, 5: 2})
        bench.tick()
    assert bench.thing.may_buy()
    assert bench.thing.trade.budget.committed(None) == (3400, 3400)
    bench.say(wire.RECONCILE, {1: [], 2: 500, 3: hello[wire.BODY][13], 4: 2, 5: 2}, 7)
    bench.tick()
    assert bench.thing.inbox.reason == "key 4 must be below key 5"


def test_an_order_that_a_later_one_overtook_is_not_placed_any_more():
    """The old flash has it in its outbox, and the desk has never heard of it."""
    bench = kit.Bench()
    need = bench.quoted()
    bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901)
    bench.tick()  # placed, and nobody acknowledges it
    bench.boot()
    bench.tick()
    hello = kit.of_kind(bench.desk.seen, wire.HELLO)[-1]
    later = ordering.order_id(kit.THING, "beans", 1, False)
    told = [later, "beans", 1, ordering.VERIFIED, "roaster", 1700, kit.START_UTC]
    bench.say(wire.RECONCILE, {1: [told], 2: 500, 3: hello[wire.BODY][13]})
    bench.tick()
    assert bench.thing.trade.orders.open == []
    assert kit.of_kind(bench.tick(3600) + bench.tick(3600), wire.ORDER) == []


def test_a_test_order_that_was_forgotten_is_taken_back_and_never_denied():
    bench = kit.Bench()
    bench.tick()
    identifier = ordering.order_id(kit.THING, "beans", 0, True)
    reconcile(bench, [row(identifier, ordering.CONFIRMED)])
    assert [order.test for order in bench.thing.trade.orders.open] == [True]
    assert bench.thing.trade.budget.committed(None) == (0, 0)
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: ordering.SHIPPED}, 77)
    assert kit.of_kind(bench.serve(), wire.DISPUTE) == []


def test_what_was_charged_for_nothing_still_counts():
    bench = kit.Bench()
    bench.tick()
    ids = [ordering.order_id(kit.THING, "beans", cycle, False) for cycle in (0, 1)]
    rows = [[ids[cycle], "beans", cycle, ordering.CANCELLED, "roaster", total, kit.START_UTC]
            for cycle, total in ((0, 900), (1, 0))]
    reconcile(bench, rows)
    assert bench.thing.trade.budget.committed(None) == (900, 900)


def test_the_owner_closes_a_dispute_that_was_forgotten_at_the_desk_too():
    bench = kit.Bench()
    bench.tick()
    identifier = ordering.order_id(kit.THING, "beans", 0, False)
    reconcile(bench, [row(identifier, ordering.DISPUTED)])
    order = bench.thing.trade.orders.open[0]
    assert "error" not in bench.thing.feed_line("cancel " + order.ref(), bench.up())
    told = kit.of_kind(bench.serve(), wire.ORDER_EVENT)
    assert [(message[wire.BODY][1], message[wire.BODY][2]) for message in told] == [(identifier, 1)]


def test_an_old_answer_is_none_to_an_old_flash():
    """To restored numbers all that the desk has said since is new, message ids repeat, too."""
    bench = kit.Bench()
    bench.ordered()
    old_flash = list(bench.store.journal)
    for restored in (False, True):
        bench.store.journal = list(old_flash)
        bench.boot()
        hello = kit.of_kind(bench.tick(), wire.HELLO)[0]
        if not restored:
            frame = bench.desk.frame(wire.DOWN_ACK, kit.answer(hello), bench.now)
            later = bench.desk.frame(wire.ORDER_STATUS, {1: bytes(16), 2: 5}, bench.now, 91)
            before = hello[wire.ID]
        bench.thing.feed_message(frame, bench.up())
        bench.thing.feed_message(later, bench.up())
        assert hello[wire.ID] == before
        bench.tick()
        assert bench.thing.may_buy() == (not restored)
    assert bench.thing.inbox.rejected == 2 and bench.thing.inbox.accepted == 0


def test_what_another_memory_placed_is_not_denied():
    """Of two flashes that were swapped, the one gave the need up, the other had it ordered."""
    bench = kit.Bench()
    need = bench.quoted()
    bench.thing.feed_line("cancel " + bench.thing.trade.orders.open[0].ref(), bench.up())
    bench.boot()
    bench.tick()
    reconcile(bench, [row(need, ordering.CONFIRMED)])
    bench.say(wire.ORDER_STATUS, {1: need, 2: ordering.SHIPPED}, 77)
    assert kit.of_kind(bench.serve(), wire.DISPUTE) == []
