"""What the desk hears by asking: coarse, or with the owner's consent for that purpose."""

import json

import kit
from test_no_trade import PLAIN

from agent.console.remote import COUNTED, PURPOSES
from agent.wire import cbor
from agent.wire import messages as wire

# Lines that tell more than reports do, for what, and whether there is a coarse answer instead.
ASKED = (
    ("channels", "readings", False), ("read beans_g", "readings", False),
    ("why boiler_hot", "readings", False),
    ("consumables", "usage", True), ("why beans", "usage", False), ("usage", "usage", False),
    ("experience", "experience", False), ("notices", "experience", False),
    ("ledger", "ledger", False), ("ledger export 0", "ledger", False), ("log", "ledger", False),
    ("mandate", "ledger", False), ("why 00", "ledger", False),
)  # fmt: skip


def asked(bench, line):
    bench.say(wire.EXEC, {1: 7, 2: line}, 1000 + bench.now)
    [reply] = kit.of_kind(bench.serve(2), wire.REPLY)
    return reply[wire.BODY][2]


def bench_with(consents, product=kit.PRODUCT):
    bench = kit.Bench(product)
    bench.serve(4)
    if consents is not None:
        bench.say(wire.MANDATE, {1: kit.mandate(k16=consents)}, 900)
    bench.serve(2)
    return bench


def test_without_consent_answers_are_as_coarse_as_reports_or_name_what_is_missing():
    for consents in (None, {}, {"usage": ["roaster"], "other": ["desk"]}):
        bench = bench_with(consents)
        for line, purpose, coarse in ASKED:
            told = json.loads(asked(bench, line + " --json"))
            if coarse:
                assert sorted(told[0]) == ["consumable", "days_left", "fifths"]
            else:
                assert told["error"].endswith("has not agreed that the desk hears of " + purpose)
        assert not [kind for kind in bench.thing.outbox.said if kind >= COUNTED]


def test_the_coarse_level_is_the_one_of_the_report():
    bench = bench_with({})
    [row] = json.loads(asked(bench, "consumables --json"))
    band = bench.thing.health(bench.thing.age())[2]["beans"]
    assert [row["fifths"], row["days_left"]] == [band // 1000, band % 1000]


def test_each_consent_lets_its_own_purpose_through_and_is_counted():
    for number, given in enumerate(PURPOSES):
        bench = bench_with({given: ["desk"]})
        for line, purpose, coarse in ASKED:
            told = asked(bench, line)
            if purpose == given:
                here = bench.thing.feed_line(line, bench.up())
                assert told.split()[0] == here.split()[0], line
            else:
                assert coarse or "not agreed" in told, line
        times = len([1 for _, purpose, _ in ASKED if purpose == given])
        assert bench.thing.outbox.said[COUNTED + number][0] == times
        shown = json.loads(bench.thing.feed_line("privacy --json", bench.up()))
        [row] = [row for row in shown if row["what"].startswith("exact")]
        assert (row["purpose"], row["recipient"], row["times"]) == (given, "desk", times)


def test_every_command_of_a_line_is_asked_about():
    bench = bench_with({"usage": ["desk"]})
    told = asked(bench, "status; consumables; read beans_g; ledger verify")
    assert "per_day" in told and "hears of readings" in told and "entries verified" in told


def test_where_nothing_is_bought_a_setting_of_the_console_lets_readings_go():
    bench = bench_with(None, PLAIN)
    assert "hears of readings" in asked(bench, "read boiler_c")
    bench.store.save("config", cbor.encode({"desk.readings": "yes"}))
    assert "value" in asked(bench, "read boiler_c") and "value" in asked(bench, "channels")
    assert "hears of ledger" in asked(bench, "log")


def test_words_of_the_desk_that_tell_no_more_than_reports_need_nothing():
    bench = bench_with({})
    for line in ("help", "status", "findings", "cases", "orders", "needs", "outbox", "messages",
                 "privacy", "time", "disputes", "ledger verify", "selftest"):
        assert "error" not in asked(bench, line), line
