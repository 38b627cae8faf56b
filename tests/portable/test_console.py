"""The words of the console that look closer, take documents in parts, and end a thing's life."""

import json

import kit
from market_bench import Market

from agent import console, limits
from agent.console import commands, grammar, looks
from agent.console.ports import LOOKS, Ports
from agent.wire import cbor, p256
from agent.wire import messages as wire
from hal import HalError

# What the design asks of every console and has something behind it here.
WORDS = ("help status channels read findings consumables needs orders cases why approve deny "
         "cancel pause resume mandate ledger outbox messages privacy experience config wifi link "
         "time provision selftest log reboot reset")


def lend(bench):
    """What a main lends; returns a list that grows with every restart."""
    restarts = []
    bench.thing.ports = Ports(bench.store, p256, kit.entropy())
    bench.thing.ports.restart = lambda: restarts.append(bench.now)
    return restarts


def line(bench, text):
    return bench.thing.feed_line(text, bench.up())


def value(bench, text):
    return json.loads(line(bench, text + " --json"))


def put(document, size=80):
    """The lines in which a document is typed."""
    parts = [document[start:start + size] for start in range(0, len(document), size)]
    return ["mandate put %d/%d %s" % (number + 1, len(parts), "".join(["%02x" % b for b in part]))
            for number, part in enumerate(parts)]


def test_every_word_is_in_help_and_answers_in_json():
    bench = Market()
    lend(bench)
    words = [row["command"] for row in value(bench, "help")]
    assert not [word for word in WORDS.split() if word not in words]
    for word in words:
        json.loads(line(bench, word + " --json"))
        answer = line(bench, word + " no-such-thing")
        assert answer and "Traceback" not in answer, word
    known = set(LOOKS.split())
    assert known <= set(words), "words that the PIN lets through"


def test_a_word_too_many_is_named():
    bench = kit.Bench().ready()
    lend(bench)
    for word in ("usage", "status", "needs", "cases", "restart", "help"):
        assert line(bench, word + " x y") == "error: 'x': %s takes no word" % word
    assert "one word is needed" in line(bench, "read beans_g x")


def test_a_channel_is_read_back_and_the_outbox_shown():
    bench = kit.Bench()
    bench.tick()
    bench.beans = 700.0
    bench.tick(60)
    rows = value(bench, "read beans_g")
    assert [(row["age_s"], row["value"]) for row in rows] == [(60, 800.0), (0, 700.0)]
    assert "'tea' is no channel" in line(bench, "read tea")
    assert value(bench, "outbox")[0]["kind"] == "hello"
    bench.serve(3)
    assert line(bench, "outbox") == "the desk has acknowledged everything"


def test_what_came_is_told_with_what_became_of_it():
    bench = kit.Bench()
    assert line(bench, "messages") == "nothing came since the start"
    bench.ready()
    assert [row["message"] for row in value(bench, "messages")] == ["memory of the desk", "mandate"]
    bench.say(wire.MANDATE, {1: kit.mandate(sequence=1)}, 901)
    bench.say(wire.CONFIG, {}, 902)
    bench.say(99, {}, 903)
    bench.thing.feed_message(b"junk", bench.up())
    bench.serve()
    rows = value(bench, "messages")[2:]
    assert [row["message"] for row in rows] == ["mandate", "configuration", "kind 99", "nobody's"]
    assert all(row["outcome"].startswith("refused: ") for row in rows)
    assert "sequence" in rows[0]["outcome"] and "key 1" in rows[1]["outcome"]
    assert "not understood" in rows[2]["outcome"]
    for _ in range(40):
        bench.thing.feed_message(b"junk", bench.up())
        bench.serve()
    assert len(value(bench, "messages")) == limits.MESSAGES_KEPT


def test_the_time_is_told_as_a_date():
    bench = kit.Bench()
    assert value(bench, "time")["utc"] is None
    bench.serve(2)
    assert value(bench, "time")["date"].startswith("2026-01-01 00:")
    for utc, text in ((0, "1970-01-01 00:00:00"), (951782399, "2000-02-28 23:59:59"),
                      (951782400, "2000-02-29 00:00:00"), (4107542399, "2100-02-28 23:59:59"),
                      (4107542400, "2100-03-01 00:00:00"), (1798761599, "2026-12-31 23:59:59")):
        assert looks.date(utc) == text


def test_what_would_be_bought_is_shown_with_what_holds_it_back():
    bench = Market()
    assert value(bench, "needs")[0]["wanted"] == 0
    bench.needs()
    [row] = value(bench, "needs")
    assert row["wanted"] > 0 and row["held_by"] == "an open order, or a rest"


class Wired:
    """The sensors of a board: both channels have one, whose part may have a problem."""

    def __init__(self):
        self.problem = None
        self.sensors = [self, self]
        self.part = self

    @property
    def channel(self):
        return kit.BOILER


def test_the_thing_examines_itself():
    bench = Market()
    lend(bench)
    results = {row["check"]: row for row in value(bench, "selftest")}
    assert {row["result"] for row in results.values()} == {"good"}, results
    assert "beans_g" in results and "flash" in results
    wired = bench.thing.ports.sensors = Wired()
    bench.thing.feed_reading(kit.BOILER, None, 4, bench.up())
    bench.thing.step(bench.up())
    [silent] = [row for row in value(bench, "selftest") if row["check"].endswith("_c")]
    assert silent == {"check": "boiler_c", "result": "missing", "detail": "no reading"}
    wired.problem = OSError("absent: 0x40")
    results = {row["check"]: row for row in value(bench, "selftest")}
    assert results["boiler_c"]["result"] == "failed" and "beans_g" not in results
    assert results["boiler_c"]["detail"] == "absent: 0x40"
    fresh = kit.Bench()
    results = {row["check"]: row["result"] for row in value(fresh, "selftest")}
    assert (results["desk"], results["mandate"], results["keys"]) == ("missing", "missing", "good")


def test_a_mandate_comes_in_parts_and_holds_from_the_last_one():
    bench = kit.Bench()
    bench.serve(3)
    lend(bench)
    lines = put(kit.mandate(7))
    for text in lines[:-1]:
        assert line(bench, text).startswith("part")
        assert bench.thing.trade.mandate.terms is None
    assert line(bench, lines[-1]) == "in force: sequence 7"
    bench.tick(1)
    bench.boot()
    assert bench.thing.trade.mandate.sequence() == 7, "it is durable"
    lend(bench)
    answers = [line(bench, text) for text in lines]
    assert "not newer" in answers[-1], "the same one is not taken twice"


def test_parts_that_are_wrong_change_nothing():
    bench = kit.Bench()
    lend(bench)
    lines = put(kit.mandate(1))
    assert "part 1 was expected" in line(bench, lines[1])
    line(bench, lines[0])
    assert "part 2 was expected" in line(bench, lines[2])
    for text, why in (("mandate put 2", "hexadecimal"), ("mandate put x 00", "not part/parts"),
                      ("mandate put 2/1 00", "part 2"), ("mandate put 2/9 zz", "not hexadecimal"),
                      ("mandate put 2/9 " + "00" * 1000, "at most"), ("mandate zz", "hexadecimal"),
                      ("mandate 00 00", "one word")):
        assert why in line(bench, text), text
    forged = kit.mandate(9)[:-1] + b"\0"
    answers = [line(bench, text) for text in put(forged)]
    assert answers[-1].startswith("error") and bench.thing.trade.mandate.terms is None
    assert bench.thing.ports.parts == {}
    del bench.thing.ports
    assert "not on this console" in line(bench, lines[0])


def test_a_reset_wants_the_name_and_no_order_under_way():
    bench = Market()
    restarts = lend(bench)
    bench.store.save("identity", cbor.encode({"thing": kit.THING}))
    assert "reset kit-1" in line(bench, "reset") and "erases" in line(bench, "reset other")
    need = bench.bought()
    answer = line(bench, "reset kit-1")
    assert bench.order(need).ref() in answer and "erasing" not in bench.store.files
    assert restarts == []
    assert "starting anew" in line(bench, "reset kit-1 forced") and len(restarts) == 1
    assert "erasing" in bench.store.files


def test_the_desk_is_told_of_a_reset_before_the_keys_go():
    bench = Market()
    restarts = lend(bench)
    bench.store.save("identity", cbor.encode({"thing": kit.THING}))
    bench.serve()
    answers = bench.thing.answers("reset kit-1", bench.up())
    assert next(answers) is None and not restarts
    sent = kit.of_kind(bench.tick(1), wire.FAREWELL)
    assert sent and next(answers) is None and bench.store.load("erasing") is None
    bench.say(wire.DOWN_ACK, kit.answer(sent[0]))
    bench.tick(1)
    assert next(answers).startswith("the desk knows; erasing")
    assert restarts and bench.store.load("erasing")


def test_a_desk_that_is_silent_or_away_does_not_stop_a_reset():
    for linked in (True, False):
        bench = Market()
        lend(bench)
        bench.store.save("identity", cbor.encode({"thing": kit.THING}))
        bench.thing.feed_link(linked, bench.up())
        answers = bench.thing.answers("reset kit-1", bench.up())
        answer = next(answers)
        assert (answer is None) == linked
        while answer is None:
            bench.tick(5)
            answer = next(answers)
        assert answer.startswith("the desk was not told; erasing")
        assert bench.store.load("erasing") and not kit.of_kind(bench.tick(5), wire.FAREWELL)


def test_what_the_owner_was_told_is_kept_for_a_while():
    bench = kit.Bench()
    lend(bench)
    shown = []
    tell = bench.thing.ports.tells(shown.append, bench.up)
    for number in range(20):
        bench.now += 1
        tell("note %d" % number)
    rows = value(bench, "log")
    assert len(rows) == 16 and rows[-1] == {"age_s": 0, "told": "note 19"} and len(shown) == 20


def remote(bench, text):
    """What the desk is answered to a word."""
    return console.at_once(console.answers(bench.thing, text, bench.up(), True))


def test_the_desk_can_say_none_of_the_owners_words():
    bench = Market()
    lend(bench)
    for text in ("reset kit-1", "wifi home", "reboot", "provision", "pin set 1234"):
        assert "is no command" in remote(bench, text), text


def test_a_number_that_is_none_or_too_long_is_named():
    bench = Market()
    lend(bench)
    assert line(bench, "provision keys kit-9 anew").startswith("thing")
    key = value(bench, "provision")["public_key"]
    for number in ("\u00b2", "9" * 30, "-1", "x"):
        for text in ("ledger export " + number, "received O-1 " + number,
                     "provision put product %s/3 ab" % number,
                     "provision put product 1/%s ab" % number,
                     "provision maker %s %s" % (key, number)):
            answer = line(bench, text)
            assert answer.startswith("error: ") and "order" not in answer.split(":")[1], text
    assert "an id has" in line(bench, "provision keys kit\0x anew")
    assert value(bench, "provision")["thing"] == "kit-9", "no id with a control character"


def test_a_pin_can_be_given_though_the_age_is_not_known_any_more():
    bench = Market()
    lend(bench)
    line(bench, "pin set 4711")
    assert "not the PIN" in line(bench, "pin unlock 1")
    for uptime, word in ((1, "wait 1 s"), (3, "unlocked")):  # as of a thing that came up blank
        said = console.at_once(console.answers(bench.thing, "pin unlock 4711", uptime))
        assert word in said, said


def test_a_draft_outlives_a_flash_that_is_full():
    bench = Market()
    lend(bench)
    line(bench, "config set wifi.name home")
    save, bench.store.save = bench.store.save, full
    try:
        line(bench, "config apply")
    except HalError:
        assert value(bench, "config diff")[0]["then"] == "home"
    bench.store.save = save
    assert "applied" in line(bench, "config apply")


def full(name, data):
    raise HalError("full")


class Endless:
    """An answer for which there is never enough room."""

    def text(self):
        raise MemoryError()

    json = text


def test_an_answer_without_room_is_an_error_and_not_a_restart():
    def find(words):
        return (lambda agent, words, at: Endless()), "too much"

    assert next(grammar.obey(None, "much", 0, find)).startswith("error: there is no room")
    assert "no room" in json.loads(next(grammar.obey(None, "much --json", 0, find)))["error"]


def test_every_word_of_a_room_is_entered_where_it_is_looked_for():
    for room, words, owners in commands.ROOMS + commands.ONSITE + commands.OF_TRADE:
        entered, table = words.split() + owners.split(), grammar.load(room, "COMMANDS")
        assert sorted(entered) == sorted(table) and len(set(entered)) == len(entered)
        for word in table:
            act = table[word][0]
            assert callable(grammar.load(act, word) if isinstance(act, str) else act), word


def test_a_flash_that_is_full_is_a_check_that_failed():
    bench = Market()
    lend(bench)
    save, bench.store.save = bench.store.save, full
    checks = {row["check"]: row for row in value(bench, "selftest")}
    bench.store.save = save
    assert checks["flash"]["result"] == "failed" and "full" in checks["flash"]["detail"]
    assert "keys" in checks
