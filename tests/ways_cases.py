"""Another way to the desk: told, tried, and kept only once the desk was heard on it."""

import sys

sys.path.append(__file__.rsplit("/", 1)[0] + "/portable")

import kit

from agent.wire import (
    cbor,
    messages,
)
from firmware import ways
from hal import HalError

HOME = {"host": "old.example", "port": 8883, "ca": b"old"}
AWAY = {"host": "new.example", "port": 8884, "ca": b"new"}
REQUEST = 77


class Link:
    """What a way asks of a link: where it was sent, and how often it failed."""

    def __init__(self):
        self.failures = 0
        self.dialled = []

    def redirect(self, host, port, ca, client=None):
        if ca == b"no certificate":
            raise ValueError("ca is no certificate")
        self.dialled.append((host, port, ca, client))
        self.failures = 0


class Loop:
    """What a way asks of a loop."""

    ways = error = None

    def __init__(self, bench):
        self.agent, self.link = bench.thing, Link()
        self.clock = self
        self.uptime = bench.up


def ready(**link):
    bench = kit.Bench()
    bench.store.files["link"] = cbor.encode(dict(HOME, **link))
    bench.serve(4)
    return bench, Loop(bench)


def tell(bench, way, number=500):
    """Send a config message; return what the thing answers, and the ways that it knows then."""
    document = {1: way["host"], 2: way["port"], 3: way["ca"]}
    if "client" in way:
        document[4] = way["client"]
    bench.say(messages.CONFIG, parts(document)[0], number)
    sent = bench.serve(2)
    return sent, cbor.decode(bench.store.files["link"])


def parts(document, count=1):
    """The bodies that carry a way, in so many parts."""
    data = cbor.encode(document)
    size = -(-len(data) // count)
    return [{1: REQUEST, 2: part, 3: count, 4: data[part * size : (part + 1) * size]}
            for part in range(count)]  # fmt: skip


def replies(sent):
    return [message[messages.BODY][2] for message in kit.of_kind(sent, messages.REPLY)]


def taken(bench):
    """Whether the loop is told to turn off."""
    effects, bench.thing.effects[:] = list(bench.thing.effects), []
    return ("turn",) in effects


def test_a_way_is_kept_beside_the_known_one_and_tried():
    bench, loop = ready(client=[b"certificate", b"key"])
    sent, link = tell(bench, AWAY)
    assert replies(sent) == ["way new.example:8884: is tried now"] and taken(bench)
    assert link["host"] == "old.example" and link["next"]["host"] == "new.example"
    ways.begin(loop, bench.store)
    assert loop.link.dialled == [("new.example", 8884, b"new", [b"certificate", b"key"])]


def test_a_word_of_the_desk_makes_it_the_first_and_the_first_the_other():
    bench, loop = ready(utc=5)
    tell(bench, AWAY)
    ways.begin(loop, bench.store)
    loop.ways.watch(bench.up())
    assert cbor.decode(bench.store.files["link"])["host"] == "old.example", "not heard yet"
    sent = bench.serve(2)
    assert kit.of_kind(sent, messages.HELLO), "which the desk answers"
    loop.ways.watch(bench.up())
    link = cbor.decode(bench.store.files["link"])
    assert link == dict(AWAY, utc=5, next=dict(HOME, utc=5))
    assert "way new.example:8884: kept" in replies(sent + bench.serve(2))
    loop.ways.watch(bench.up())
    assert len(loop.link.dialled) == 1, "and stays there"


def test_a_third_way_told_on_the_one_that_is_tried_costs_neither():
    for third in (dict(AWAY, host="third.example"), AWAY):
        bench, loop = ready()
        tell(bench, AWAY)
        ways.begin(loop, bench.store)
        tell(bench, third, 501)
        assert taken(bench)
        ways.begin(loop, bench.store)
        link = cbor.decode(bench.store.files["link"])
        moved = third is not AWAY
        assert link["host"] == "new.example" and loop.ways.other == moved
        assert link["next"]["host"] == ("third.example" if moved else "old.example")
        assert loop.link.dialled[-1][0] == ("third.example" if moved else "new.example")


def test_what_changes_nothing_touches_nothing():
    bench, _ = ready()
    before = bench.store.files["link"]
    sent, _ = tell(bench, HOME)
    assert replies(sent) == ["way old.example:8883: is known already"] and not taken(bench)
    assert bench.store.files["link"] is before
    tell(bench, AWAY, 501)
    before = bench.store.files["link"]
    sent, _ = tell(bench, AWAY, 502)
    assert replies(sent) == ["way new.example:8884: is tried now"] and taken(bench)
    assert bench.store.files["link"] is before


def test_a_way_that_leads_nowhere_is_left_and_taken_again_when_the_first_fails():
    bench, loop = ready()
    tell(bench, AWAY)
    ways.begin(loop, bench.store)
    loop.link.failures = ways.ASTRAY
    loop.ways.watch(bench.up())
    assert [where[0] for where in loop.link.dialled] == ["new.example", "old.example"]
    assert "way new.example:8884: no desk there" in replies(bench.serve(2))
    loop.ways.watch(bench.up())
    assert len(loop.link.dialled) == 2
    loop.link.failures = ways.ASTRAY
    loop.ways.watch(bench.up())
    assert loop.link.dialled[-1][0] == "new.example"


def test_a_broker_that_lets_us_in_and_has_no_desk_is_left_after_days():
    bench, loop = ready()
    tell(bench, AWAY)
    ways.begin(loop, bench.store)
    loop.ways.watch(bench.up() + ways.SILENT_S - 1)
    assert len(loop.link.dialled) == 1
    loop.ways.watch(bench.up() + ways.SILENT_S)
    assert loop.link.dialled[-1][0] == "old.example"


def test_what_is_no_certificate_changes_nothing():
    bench, loop = ready()
    tell(bench, dict(AWAY, ca=b"no certificate"))
    ways.begin(loop, bench.store)
    assert not loop.link.dialled and loop.ways is None
    assert any("no certificate" in effect[1] for effect in bench.thing.effects if effect[1:])


def test_full_flash_keeps_the_old_one_and_the_next_word_is_an_occasion_again():
    bench, loop = ready()
    tell(bench, AWAY)
    ways.begin(loop, bench.store)
    save, bench.store.save = bench.store.save, full
    bench.say(messages.EXEC, {1: 1, 2: "status"}, 501)
    bench.serve(2)
    loop.ways.watch(bench.up())
    assert cbor.decode(bench.store.files["link"])["host"] == "old.example" and loop.ways.other
    bench.store.save = save
    bench.say(messages.EXEC, {1: 2, 2: "status"}, 502)
    bench.serve(2)
    loop.ways.watch(bench.up())
    assert cbor.decode(bench.store.files["link"])["host"] == "new.example"


def full(name, data):
    raise HalError("full")


def test_refused_is_what_is_no_way_and_a_thing_without_a_link_says_so():
    bench, _ = ready()
    before = bench.store.files["link"]
    for way in (dict(AWAY, port=65536), dict(AWAY, host=5), dict(AWAY, ca="text")):
        sent, _ = tell(bench, way, 500 + len(bench.thing.inbox.heard))
        assert kit.of_kind(sent, messages.UP_ACK)[-1][messages.BODY][2] == messages.REFUSED
        assert bench.store.files["link"] is before and not taken(bench)
    del bench.store.files["link"]
    bench.say(messages.CONFIG, parts({1: "h", 2: 1, 3: b"c"})[0], 600)
    assert replies(bench.serve(2)) == ["this thing works alone"] and not taken(bench)


def test_a_way_in_several_parts_is_tried_when_all_are_there_in_whatever_order():
    bench, _ = ready()
    bodies = parts({1: "new.example", 2: 8884, 3: b"new" * 100}, 3)
    for place, which in enumerate((2, 0, 0)):
        bench.say(messages.CONFIG, bodies[which], 500 + place)
        assert not replies(bench.serve(2)) and not taken(bench)
    bench.boot()
    bench.serve(4)
    bench.say(messages.CONFIG, bodies[1], 503)
    assert replies(bench.serve(2)) == ["way new.example:8884: is tried now"] and taken(bench)
    link = cbor.decode(bench.store.files["link"])
    assert link["next"]["ca"] == b"new" * 100 and "told" not in link and link["ca"] == b"old"


def test_parts_of_another_way_and_parts_that_are_none_are_not_put_together():
    bench, _ = ready()
    one, other = parts({1: "a", 2: 1, 3: b"aaa"}, 2), parts({1: "b", 2: 2, 3: b"bbb"}, 2)
    other[1][1] = REQUEST + 1
    for number, body in enumerate((one[0], other[1])):
        bench.say(messages.CONFIG, body, 500 + number)
        assert not replies(bench.serve(2)) and not taken(bench)
    before = bench.store.files["link"]
    for number, (key, value) in enumerate(((2, 4), (3, 5), (3, 0))):
        body = dict(one[0])
        body[key] = value
        bench.say(messages.CONFIG, body, 510 + number)
        answer = kit.of_kind(bench.serve(2), messages.UP_ACK)[-1][messages.BODY]
        assert answer[2] == messages.REFUSED and not taken(bench)
        assert bench.store.files["link"] is before


def test_a_certificate_over_the_things_own_key_is_tried_on_the_way_that_is_known():
    old = [b"certificate", b"key"]
    bench, loop = ready(client=old)
    identity = bench.thing.identity
    fresh = b"certifies " + identity.public_key
    sent, link = tell(bench, dict(HOME, client=fresh))
    assert replies(sent) == ["way old.example:8883: is tried now"] and link["client"] == old
    ways.begin(loop, bench.store)
    certificate, key = loop.link.dialled[-1][3]
    assert certificate == fresh and identity.private_key in key and identity.public_key in key
    bench.serve(2)
    loop.ways.watch(bench.up())
    link = cbor.decode(bench.store.files["link"])
    assert link["client"] == [fresh, key] and link["next"]["client"] == old


def test_a_certificate_over_another_key_is_refused():
    bench, _ = ready()
    before = bench.store.files["link"]
    sent, _ = tell(bench, dict(HOME, client=b"certifies somebody"))
    answer = kit.of_kind(sent, messages.UP_ACK)[-1][messages.BODY]
    assert answer[2] == messages.REFUSED and "another key" in answer[3]
    assert bench.store.files["link"] is before and not taken(bench)
