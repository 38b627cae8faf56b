"""Experience: what a thing keeps of its sellers, whom it tells, and how it fades."""

import kit
from kit import DAY
from market_bench import Market, learn_price, signed

from agent import console
from agent.wire import messages as wire


def test_experience_leaves_the_thing_only_with_consent():
    for consents, told in ({}, 0), ({"experience": []}, 0), ({"experience": ["roaster"]}, 0), (
            {"experience": ["desk"]}, 1):
        bench = Market(k16=consents)
        need = bench.bought()
        bench.status(need, 7, k7=1700)
        bench.beans = 1000.0
        sent = kit.of_kind(bench.serve(6), wire.EXPERIENCE)
        assert len(sent) == told, consents
        assert "roaster" in bench.line("experience")
        asked = console.at_once(console.answers(bench.thing, "experience", bench.up(), True))
        assert ("roaster" in asked) == bool(told) != ("has not agreed" in asked)
    content = signed(sent[0])
    assert content[0] == "experience" and content[3] == "roaster" and content[5] == [1700, 1700]
    assert content[6] == {"in time": 100, "in full": 100, "right item": 100, "price": 100}
    assert content[7] == 65


def test_who_kept_its_word_is_preferred_and_it_fades():
    bench = Market(k15={"price": 50, "trust": 50})
    learn_price(bench)
    trust = bench.thing.trade.experience.trust("roaster", bench.now)
    assert trust > 70 and bench.thing.trade.experience.trust("second", bench.up()) == 50
    need = bench.needs()
    bench.offer(need)
    bench.second(need, 1690)
    assert signed(kit.of_kind(bench.serve(3), wire.ORDER)[0])[6] == "roaster"
    assert 50 < bench.thing.trade.experience.trust("roaster", bench.up() + 200 * DAY) < 60
    table = bench.line("experience")
    assert "roaster" in table and "in time" in table
    bench.boot()
    assert bench.thing.trade.experience.trust("roaster", bench.now) >= trust


def test_only_so_many_sellers_are_remembered():
    bench = Market()
    for number in range(20):
        bench.thing.trade.experience.observe("seller %d" % number, [(0, 100)], number)
    known = bench.thing.trade.experience.sellers
    assert sorted(known) == sorted("seller %d" % n for n in range(12, 20))
