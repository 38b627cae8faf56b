"""What others send: proved, rated, and used, kept or turned away, as the owner wants it."""

import json

import kit
from kit import DAY, START_UTC

from agent import limits
from agent.wire import cbor, cose
from agent.wire import messages as wire

ADVISORY, RECALL, WEATHER, ADVERTISING, NOTE = 1, 2, 3, 4, 5
MAKER = b"m" * 32
CONSENTS = {"advertising": ["roaster"], "note": ["desk"]}


def ready(consents=None):
    """A thing under a mandate, that knows its maker."""
    bench = kit.Bench()
    key = kit.SIGNER.public_key(MAKER)
    bench.store.files["maker"] = cbor.encode({"key": key, "floor": 0})
    bench.serve(4)
    bench.say(wire.MANDATE, {1: kit.mandate(k16=consents or CONSENTS)}, 900)
    bench.serve(2)
    bench.number = 1000
    return bench


def terms(bench, kind, sender, words, **changes):
    now = START_UTC + bench.now
    said = {0: "notice", 1: kind, 2: sender, 3: words, 4: now, 5: now + 30 * DAY}
    for key in changes:
        said[int(key[1:])] = changes[key]
    return said


def signed(said, private):
    return cose.sign1_seal(lambda message: kit.SIGNER.sign(private, message), b"sign",
                           cbor.encode(said))


def tell(bench, said, private=None):
    """Send a notice; return all that the thing sends then, and why it refuses or None."""
    bench.number += 1
    bench.say(wire.NOTICE, {1: signed(said, private)} if private else {2: said}, bench.number)
    sent = bench.serve(2)
    (body,) = [message[wire.BODY] for message in kit.of_kind(sent, wire.UP_ACK)
               if message[wire.BODY][1] == bench.number]
    return sent, body.get(3) if body.get(2) else None


def kept(bench):
    return json.loads(bench.thing.feed_line("notices --json", bench.up()))


def test_a_recall_of_the_maker_becomes_a_case_that_ends_when_service_was_there():
    bench = ready()
    said = terms(bench, RECALL, "maker", "the hose may burst: close the tap", k6="kit",
                 k10=4, k11="replacement")
    sent, why = tell(bench, said, MAKER)
    assert why is None
    (case,) = kit.of_kind(sent, wire.CASE)
    body = case[wire.BODY]
    assert (body[2], body[3], body[4], body[10]) == ("recall", "replacement", 4, said[3])
    assert 11 not in body and body[7] == []
    (row,) = kept(bench)
    assert (row["notice"], row["from"], row["rating"]) == ("recall", "maker", 60)
    assert row["became"] == "case " + bench.thing.cases.open[0].ref()
    assert any("the hose" in effect[1] for effect in bench.thing.effects)
    bench.serve(300)  # nobody came: no monitor can call it off
    assert bench.thing.cases.of_mode("recall")
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 2000)
    (event,) = kit.of_kind(bench.serve(3), wire.CASE_EVENT)
    assert event[wire.BODY][2] == 1 and not bench.thing.cases.open


def test_the_same_notice_twice_is_one_and_survives_the_power():
    bench = ready()
    said = terms(bench, RECALL, "maker", "check the hose")
    tell(bench, said, MAKER)
    before = kept(bench)
    bench.boot()
    bench.serve(4)
    sent, why = tell(bench, said, MAKER)
    assert why is None and not kit.of_kind(sent, wire.CASE)
    assert [row["says"] for row in kept(bench)] == [row["says"] for row in before]
    bench.thing.journal.rewrite(bench.thing.age(), bench.thing._dump())
    bench.boot()
    assert len(kept(bench)) == 1 and bench.thing.cases.of_mode("recall")


def test_nobody_can_speak_for_another():
    bench = ready()
    said = terms(bench, RECALL, "maker", "send it all back")
    for document, private, reason in (
            (said, kit.SELLER, "signature does not fit"),
            (said, None, "a notice of maker is signed"),
            (terms(bench, RECALL, "desk", "send it back"), None, "does not want recall of desk"),
            (terms(bench, RECALL, "stranger", "send it back"), kit.SELLER, "does not want recall"),
            (terms(bench, NOTE, "desk", "hello"), kit.SELLER, "a notice of desk is not signed")):
        sent, why = tell(bench, document, private)
        assert reason in why, why
        assert not kit.of_kind(sent, wire.CASE)
    assert kept(bench) == [] and not bench.thing.cases.open


def test_only_what_the_owner_agreed_to_is_kept():
    bench = ready()
    assert tell(bench, terms(bench, ADVERTISING, "roaster", "beans, 20 % off", k8="beans"),
                kit.SELLER)[1] is None
    assert tell(bench, terms(bench, NOTE, "desk", "the lift is out of order"))[1] is None
    assert [(row["notice"], row["became"]) for row in kept(bench)] == [
        ("advertising", "kept"), ("note", "kept")]
    bench = ready({"usage": ["desk"]})
    for said, private in ((terms(bench, ADVERTISING, "roaster", "beans"), kit.SELLER),
                          (terms(bench, ADVERTISING, "maker", "a new machine"), MAKER),
                          (terms(bench, NOTE, "desk", "hello"), None)):
        assert "the owner does not want" in tell(bench, said, private)[1]
    rows = json.loads(bench.thing.feed_line("messages --json", bench.up()))
    assert rows[-1]["message"] == "notice"
    assert rows[-1]["outcome"] == "refused: the owner does not want note of desk"


def test_what_is_over_or_for_others_is_turned_away():
    bench = ready()
    now = START_UTC + bench.now
    for changes, reason in (({"k5": now - 1}, "over"), ({"k6": "pump"}, "for pump"),
                            ({"k7": ["2", "3"]}, "version 1"), ({"k1": 0}, "no class"),
                            ({"k1": 6}, "key 1"), ({"k3": 5}, "key 3"), ({"k10": 5}, "key 10"),
                            ({"k11": 7}, "key 11"), ({"k2": ""}, "does not want")):
        said = terms(bench, RECALL, "maker", "check the hose", **changes)
        assert reason in tell(bench, said, MAKER)[1], reason
    assert "no notice" in tell(bench, {0: "offer"})[1]
    assert kept(bench) == []


def test_weather_stands_beside_the_evidence_of_a_case_while_it_is_good():
    bench = ready()
    now = START_UTC + bench.now
    for values in ({"outdoor_c": "hot"}, {"outdoor_c": True}, [1], {"x": 1 << 40}):
        assert "key 9" in tell(bench, terms(bench, WEATHER, "desk", "hot", k9=values))[1]
    said = terms(bench, WEATHER, "desk", "hot", k9={"outdoor_c": -41}, k5=now + 2 * DAY)
    assert tell(bench, said)[1] is None
    again = terms(bench, WEATHER, "desk", "hotter", k9={"outdoor_c": 350})
    assert "enough" in tell(bench, again)[1]
    bench.boiler = 140.0
    (case,) = kit.of_kind(bench.serve(12), wire.CASE)
    assert case[wire.BODY][7][-1][:2] == ["outdoor_c", 10]
    assert case[wire.BODY][7][-1][2][0][1] == -41


def test_an_advisory_about_an_open_case_becomes_a_part_of_it():
    bench = ready()
    bench.boiler = 140.0
    bench.serve(12)
    said = terms(bench, ADVISORY, "maker", "descale it first", k8="boiler_overheat")
    sent, why = tell(bench, said, MAKER)
    (case,) = kit.of_kind(sent, wire.CASE)
    assert why is None and case[wire.BODY][10] == "descale it first"
    assert case[wire.BODY][11] == "boiler_hot" and case[wire.BODY][9] == 1
    assert kept(bench)[0]["rating"] == 100


def test_a_flood_finds_an_end_and_what_matters_least_makes_room():
    bench = ready()
    for number in range(limits.NOTICES):
        said = terms(bench, ADVERTISING, "roaster", "offer %d" % number)
        assert tell(bench, said, kit.SELLER)[1] is None
    assert "enough" in tell(bench, terms(bench, ADVERTISING, "roaster", "more"), kit.SELLER)[1]
    for number in range(limits.NOTICES):  # which keeps out no recall, of which there is an end, too
        said = terms(bench, RECALL, "roaster", "lot %d" % number)
        assert tell(bench, said, kit.SELLER)[1] is None
    assert "enough" in tell(bench, terms(bench, RECALL, "roaster", "more"), kit.SELLER)[1]
    for number in range(limits.NOTICES_KEPT):
        said = terms(bench, ADVISORY, "maker", "tip %d" % number)
        assert tell(bench, said, MAKER)[1] is None
    assert {row["from"] for row in kept(bench)} == {"maker"}
    assert len(kept(bench)) == limits.NOTICES_KEPT
    bench.serve(150)
    assert "matters more" in tell(bench, terms(bench, NOTE, "desk", "hello"))[1]


def test_a_person_before_the_thing_asks_for_help_in_words_of_their_own():
    bench = ready()
    said = bench.thing.feed_line("assist the milk froth is thin", bench.up())
    assert said.startswith("case ")
    (case,) = kit.of_kind(bench.serve(), wire.CASE)
    assert (case[wire.BODY][3], case[wire.BODY][10]) == ("assistance", "the milk froth is thin")
    bench.thing.feed_line("assist and it is cold", bench.up())
    (more,) = kit.of_kind(bench.serve(2), wire.CASE)
    assert more[wire.BODY][1] == case[wire.BODY][1] and more[wire.BODY][9] == 1
    assert bench.thing.feed_line("assist", bench.up()).startswith("error: assist WORDS")


def test_a_thing_that_buys_nothing_takes_its_makers_recalls_and_no_more():
    bench = kit.Bench(dict(kit.PRODUCT, consumables=[]))
    bench.store.files["maker"] = cbor.encode({"key": kit.SIGNER.public_key(MAKER), "floor": 0})
    bench.serve(4)
    bench.number = 1000
    assert tell(bench, terms(bench, RECALL, "maker", "check the hose"), MAKER)[1] is None
    assert "does not want" in tell(bench, terms(bench, NOTE, "desk", "hello"))[1]
    assert bench.thing.cases.of_mode("recall")


def test_words_that_no_desk_hears_are_taken_up_to_a_bound():
    bench = kit.Bench().ready()
    said = []
    for number in range(limits.WORDS_WAITING + 1):
        said.append(bench.thing.feed_line("assist word %d" % number, bench.up()))
        bench.tick()  # nobody answers
    assert [words.startswith("case ") for words in said] == [True] * limits.WORDS_WAITING + [False]
    bench.serve(300)
    assert bench.thing.feed_line("assist once more", bench.up()).startswith("case ")
