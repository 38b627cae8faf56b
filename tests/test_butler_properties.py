"""Whatever comes as a notice, the butler takes it or says why not: nothing else ever happens."""

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "portable"))

import kit
import test_butler as butler

from agent import limits
from agent.wire import messages as wire

NUMBERS = st.integers(-(1 << 40), 1 << 40)
WORDS = st.text(max_size=60)
PLAIN = st.none() | st.booleans() | NUMBERS | WORDS | st.binary(max_size=20)
ANY = PLAIN | st.lists(PLAIN, max_size=4) | st.dictionaries(NUMBERS | WORDS, PLAIN, max_size=4)
SOUND = {
    0: st.just("notice"), 1: st.integers(1, 5), 2: st.sampled_from(["maker", "desk", "roaster"]),
    3: st.text(max_size=200), 4: st.integers(0, 1 << 33),
    5: st.integers(kit.START_UTC, kit.START_UTC + 90 * kit.DAY), 6: st.just("kit"),
    7: st.just(["1"]), 8: st.sampled_from(["beans", "boiler_overheat", "x"]),
    9: st.dictionaries(st.text(max_size=9), st.integers(-500, 500), max_size=3),
    10: st.integers(1, 4), 11: st.sampled_from(["repair", "assistance"]),
}  # fmt: skip
NEEDED = {key: SOUND[key] for key in range(6)}
MORE = {key: SOUND[key] for key in range(6, 12)}
BROKEN = st.dictionaries(st.integers(0, 12), ANY, max_size=2)
NOTICES = st.builds(
    lambda terms, broken: terms | broken,
    st.fixed_dictionaries(NEEDED, optional=MORE),
    st.just({}) | BROKEN,
)
SIGNERS = st.sampled_from([None, butler.MAKER, kit.SELLER, kit.OWNER])
CONSENTS = {word: ["desk", "roaster", "maker"] for word in ("advertising", "note", "weather")}


@settings(max_examples=40)
@given(st.lists(st.tuples(NOTICES, SIGNERS), min_size=1, max_size=12))
def test_nothing_but_a_case_or_a_line_comes_of_it(sent):
    bench = butler.ready(CONSENTS)
    spent = list(bench.thing.trade.budget.dump())
    orders = len(bench.thing.trade.orders.open)
    for terms, private in sent:
        _, why = butler.tell(bench, terms, private)
        assert why is None or 0 < len(why) <= limits.TEXT_CHARACTERS
    assert len(bench.thing.notices) <= limits.NOTICES_KEPT
    assert list(bench.thing.trade.budget.dump()) == spent
    assert len(bench.thing.trade.orders.open) == orders
    assert not kit.of_kind(bench.desk.seen, wire.RFQ)
    before = butler.kept(bench)
    bench.boot()
    assert [row["says"] for row in butler.kept(bench)] == [row["says"] for row in before]
