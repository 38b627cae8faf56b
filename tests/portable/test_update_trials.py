"""A new version is tried: what keeps it, and what has the old one back."""

import update_bench as bench

from agent import limits
from agent.service import updates


def trying(**more):
    """A thing that has started into a new version of number 7."""
    place = bench.Place()
    place.slots.record.update({"slot": "a", "new": 7, "stage": updates.TRYING, "left": 2,
                               "sense": True, "desk": True, "run": "b", "number": 6})
    place.slots.record.update(more)
    place.boot()
    return place


def silent(place, seconds, step=300):
    """Let time pass in which the desk answers nothing."""
    while seconds > 0:
        place.bench.tick(step)
        seconds -= step


def test_a_dead_network_does_not_bring_the_old_version_back():
    place = trying()
    for _ in range(3):
        silent(place, limits.UPDATE_DESK_S + 600)
        assert place.slots.record["control"] and "restart" in place.effects()
        place.boot()  # the old version
        silent(place, limits.UPDATE_CONTROL_S + 600)
        assert "control" not in place.slots.record and "restart" in place.effects()
        place.boot()
    for _ in range(20):
        place.turn()
    assert place.slots.record == {"run": "a", "number": 7}


def test_a_new_version_that_cannot_reach_a_desk_that_answers_the_old_one_is_left_again():
    place = trying()
    silent(place, limits.UPDATE_DESK_S + 600)
    place.boot()
    for _ in range(5):
        place.turn()
    assert place.slots.record == {"run": "b", "number": 6, "bad": 7}
    assert place.told[-1] == updates.BACK and "restart" not in place.effects()


def test_a_new_version_that_cannot_sense_is_left_again():
    place = trying()
    for _ in range(limits.UPDATE_SENSE_S // 60 + 2):
        place.bench.now += 60
        place.bench.thing.step(place.bench.up())
    assert place.slots.record["bad"] == 7 and "no sensor" in place.slots.record["why"]
    assert "restart" in place.effects()


def test_what_sensed_nothing_before_need_not_sense_after():
    place = trying(sense=False, desk=False)
    for _ in range(limits.UPDATE_TRIAL_S // 60 + 2):
        place.bench.now += 60
        place.bench.thing.step(place.bench.up())
    assert place.slots.record == {"run": "a", "number": 7}


def test_while_one_is_tried_another_is_not_taken():
    place = trying()
    place.turn()
    assert "tried" in place.offer(bench.release(9))
