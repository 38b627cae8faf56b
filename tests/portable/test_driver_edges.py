"""Pulses and bounces at their boundaries, and where the ticks wrap."""

from hal.edges import Edges
from hal.simulated.pins import PERIOD, Ticks


def counted(edges_us, debounce_us=0, gap_us=2_000_000):
    edges = Edges(Ticks(), debounce_us, gap_us)
    for edge in edges_us:
        edges.edge(*edge) if isinstance(edge, tuple) else edges.edge(edge)
    return edges


def test_intervals_are_between_pulses_and_taken_once():
    edges = counted((0, 1000, 3000))
    assert edges.total() == 3
    assert edges.take() == (2, 3000)
    assert edges.take() == (0, 0)
    edges.edge(4000)
    assert edges.take() == (1, 1000)
    assert edges.total() == 4


def test_a_silence_up_to_the_gap_is_an_interval_and_beyond_it_none():
    assert counted((0, 500), gap_us=500).take() == (1, 500)
    assert counted((0, 501), gap_us=500).take() == (0, 0)
    assert counted((0, 501), gap_us=500).total() == 2
    assert counted((0, 2_000_000, 4_000_001)).take() == (1, 2_000_000)


def test_an_edge_within_the_debounce_of_any_other_is_none():
    assert counted((0, 99), debounce_us=100).total() == 1
    assert counted((0, 100), debounce_us=100).total() == 2
    # A contact that opens: out of the pulse, and back in by a bounce.
    assert counted(((0, True), (5000, False), (5050, True)), debounce_us=100).total() == 1
    assert counted(((0, True), (5000, False), (5100, True)), debounce_us=100).total() == 2
    # As long as it bounces, it goes on being one.
    assert counted([(at * 90, at % 2 == 0) for at in range(50)], debounce_us=100).total() == 1


def test_the_first_edge_may_come_at_any_tick_and_out_of_a_pulse():
    assert counted((0,), debounce_us=100).total() == 1
    assert counted((PERIOD - 1,), debounce_us=100).total() == 1
    assert counted(((0, False), (200, True)), debounce_us=100).total() == 1
    assert counted(((0, False),)).total() == 0


def test_ticks_wrap_in_an_interval_and_in_a_bounce():
    assert counted((PERIOD - 300, 700)).take() == (1, 1000)
    assert counted((PERIOD - 30, 20), debounce_us=100).total() == 1
    assert counted((PERIOD - 30, 70), debounce_us=100).total() == 2
