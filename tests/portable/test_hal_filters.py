"""Filters between a raw value and a reading."""

from hal.filters import KINDS, Clamp, Debounce, Ema, Median, Points


def through(stage, values, step=1):
    return [stage(value, number * step) for number, value in enumerate(values)]


def test_median_ignores_one_wild_value_in_three():
    assert through(Median(3), [5.0, 5.0, 900.0, 5.0, 6.0]) == [5.0, 5.0, 5.0, 5.0, 6.0]


def test_median_of_five_ignores_two():
    assert through(Median(5), [1.0, 1.0, 1.0, 99.0, 99.0])[-1] == 1.0


def test_ema_starts_at_the_first_value_and_closes_in():
    assert through(Ema(0.5), [8.0, 0.0, 0.0]) == [8.0, 4.0, 2.0]


def test_clamp_keeps_between_its_ends():
    assert through(Clamp(0.0, 100.0), [-3.0, 40.0, 140.0]) == [0.0, 40.0, 100.0]


def test_points_interpolate_and_go_on_beyond_the_ends():
    stage = Points([[0.0, 0.0], [10.0, 100.0], [20.0, 120.0]])
    assert through(stage, [5.0, 10.0, 15.0]) == [50.0, 100.0, 110.0]
    assert through(stage, [-1.0, 30.0]) == [-10.0, 140.0]


def test_debounce_waits_until_a_value_has_stayed():
    stage = Debounce(3)
    assert through(stage, [1, 1, 1, 1]) == [None, None, None, 1]
    assert [stage(value, 10 + number) for number, value in enumerate([0, 1, 0, 0, 0, 0])] == [
        1,
        1,
        1,
        1,
        1,
        0,
    ]


def test_every_filter_of_the_board_file_exists():
    assert sorted(KINDS) == ["clamp", "debounce", "ema", "median", "points"]
