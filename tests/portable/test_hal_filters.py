"""Filters between a raw value and a reading."""

from hal.filters import KINDS, clamp, debounce, ema, mean, median, points


def through(stage, values, step=1):
    return [stage(value, number * step) for number, value in enumerate(values)]


def test_median_ignores_one_wild_value_in_three():
    assert through(median(3), [5.0, 5.0, 900.0, 5.0, 6.0]) == [5.0, 5.0, 5.0, 5.0, 6.0]


def test_median_of_five_ignores_two():
    assert through(median(5), [1.0, 1.0, 1.0, 99.0, 99.0])[-1] == 1.0


def test_median_before_it_has_all_its_values_and_whatever_their_order():
    assert through(median(5), [3.0, 1.0]) == [3.0, 3.0]
    assert through(median(3), [9.0, 1.0, 5.0, 7.0, 2.0]) == [9.0, 9.0, 5.0, 5.0, 5.0]


def test_mean_is_of_the_last_values_only():
    assert through(mean(3), [3.0, 6.0, 9.0, 12.0]) == [3.0, 4.5, 6.0, 9.0]
    stage = mean(60)
    for now in range(500):
        stage(1e6, now)
    assert through(stage, [1.0] * 60)[-1] == 1.0, "nothing of the large values is left behind"


def test_ema_starts_at_the_first_value_and_closes_in():
    assert through(ema(0.5), [8.0, 0.0, 0.0]) == [8.0, 4.0, 2.0]


def test_clamp_keeps_between_its_ends():
    assert through(clamp(0.0, 100.0), [-3.0, 40.0, 140.0]) == [0.0, 40.0, 100.0]


def test_points_interpolate_and_go_on_beyond_the_ends():
    stage = points([[0.0, 0.0], [10.0, 100.0], [20.0, 120.0]])
    assert through(stage, [5.0, 10.0, 15.0]) == [50.0, 100.0, 110.0]
    assert through(stage, [-1.0, 30.0]) == [-10.0, 140.0]


def test_points_at_and_around_each_of_them_and_falling():
    stage = points([[0.5, 85.0], [1.0, 25.0], [2.0, -10.0]])
    assert through(stage, [0.5, 0.75, 1.0, 1.5, 2.0]) == [85.0, 55.0, 25.0, 7.5, -10.0]
    assert through(stage, [2.2])[0] < -10.0 and through(stage, [0.4])[0] > 85.0


def test_debounce_is_told_by_its_own_clock_and_begins_anew_with_every_change():
    stage = debounce(10)
    steps = ((1, 0), (0, 9), (1, 10), (1, 19), (1, 20), (0, 25))
    seen = [stage(value, now) for value, now in steps]
    assert seen == [None, None, None, None, 1, 1]


def test_debounce_waits_until_a_value_has_stayed():
    stage = debounce(3)
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
    assert sorted(KINDS) == ["clamp", "debounce", "ema", "mean", "median", "points"]
