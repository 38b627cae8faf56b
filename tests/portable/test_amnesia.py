"""A thing whose memory is damaged: it buys nothing until the desk has told what it may forget."""

import kit
from market_bench import verified

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
        assert bench.thing.hello()[8] == bench.thing.trade.ledger.count


def test_a_whole_but_wrong_tail_is_damage():
    bench = kit.Bench()
    bench.ordered()
    whole = journal(bench)
    damaged(bench, flipped(whole, len(whole) - 2))
    assert bench.thing.journal.torn == 0 and bench.thing.journal.rotten
    assert bench.thing.hello()[8] == 0 and "damaged" in told(bench)


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
    assert bench.thing.trade.budget.committed(None, "EUR")[1] == 1700
    count = bench.thing.trade.ledger.count
    for _ in range(2):  # as it was appended, and as a rewrite leaves it
        bench.boot()
        assert bench.thing.trade.ledger.fault is None and bench.thing.trade.ledger.count == count
        assert bench.thing.hello()[8] == count
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
    assert "checkpoint at 3" in verified([[0] + notes])[1]
    notes.pop()
    forged.count, forged.head = 3, bytes(32)
    forged.add(9, books.RECONCILED, 0, 0, "damage")
    assert verified([[0] + notes]) == (1, None)


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
        case = bytes([number]) * 16
        bench.thing.outbox.put(wire.CASE_EVENT, {1: case, 2: 1, 3: "x" * 200}, 0, case)
    bench.tick()
    bench.boot()
    assert bench.thing.outbox.bytes > limits.OUTBOX_BYTES
    assert bench.tick()[0][wire.KIND] == wire.HELLO


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
        assert bench.thing.journal.rotten and bench.thing.hello()[8] == 0
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
