"""The owner's word `believe`: a level that is doubted is true, on both runtimes."""

import kit

from agent.wire import messages as wire

DOUBT = "level contradicts usage"


def spilled():
    """A thing whose beans went all but a little at once, which nothing explains."""
    bench = kit.Bench().ready()
    bench.serve(60)
    bench.beans = 150.0
    assert not kit.of_kind(bench.serve(12), wire.RFQ)
    assert plausible(bench) == DOUBT
    return bench


def plausible(bench):
    return bench.thing.trade.shelf.items[0].plausible(bench.thing.age())


def say(bench, line):
    return bench.thing.feed_line(line, bench.up())


def test_a_level_that_the_owner_believes_is_bought_on():
    bench = spilled()
    assert "believe beans" in say(bench, "why beans")
    assert say(bench, "believe beans") == "noted: beans is at 150 g"
    assert plausible(bench) == "single reading"  # readings must still agree
    assert kit.of_kind(bench.serve(6), wire.RFQ)
    assert "believe" not in say(bench, "why beans")


def test_the_word_outlasts_the_power():
    for word in (True, False):
        bench = spilled()
        if word:
            say(bench, "believe beans")
        bench.serve(1)
        bench.boot()
        assert bool(kit.of_kind(bench.serve(6), wire.RFQ)) == word
        assert (plausible(bench) is None) == word


def test_a_container_that_reads_nothing_is_empty_if_the_owner_says_so():
    bench = kit.Bench().ready()
    bench.serve(60)
    bench.beans = 0.0
    bench.serve(4)
    assert plausible(bench) == "not in place"
    say(bench, "believe beans")
    assert kit.of_kind(bench.serve(6), wire.RFQ)


def test_a_word_about_nothing_that_could_be_true_is_refused():
    bench = spilled()
    for line, part in (("believe", "one word is needed"), ("believe tea", "'tea' is no consumable"),
                       ("believe beans now", "one word is needed")):
        assert say(bench, line).startswith("error: ") and part in say(bench, line), line
    for level in (-60.0, 1400.0, float("nan")):
        bench = spilled()
        bench.beans = level
        bench.serve(1)
        assert "nothing that could be true" in say(bench, "believe beans"), level
        assert plausible(bench) is not None


def test_the_desk_cannot_say_it():
    bench = spilled()
    bench.say(wire.EXEC, {1: 1, 2: "believe beans"})
    bench.serve(6)
    assert plausible(bench) == DOUBT


def test_a_level_that_is_filled_is_a_refill_when_it_is_believed():
    bench = spilled()
    bench.beans = 900.0
    bench.serve(1)
    say(bench, "believe beans")
    bench.serve(4)
    item = bench.thing.trade.shelf.items[0]
    assert item.level() == 900.0 and plausible(bench) is None
