"""A level whose sensor stood still for days and is true again, on both runtimes."""

from test_stock import Machine


def wanted_after(phase, hours):
    """(what is left when more is wanted, hours until then) after a sensor that stood still."""
    machine = Machine(lead_days=0.1)
    machine.run(3)
    machine.level = 1000.0
    machine.run(1 + phase / 24)
    machine.run(hours / 24, machine.level)
    again = machine.at
    while machine.stock.need(machine.at) is None and machine.level > 9:
        machine.run(1 / 144)
    return machine.level, (machine.at - again) / 3600


def test_a_level_that_stood_still_is_no_rate_of_use_and_is_bought_on_again():
    """What was used unseen comes in one leap: more is wanted neither sooner for it nor later."""
    usual, _ = wanted_after(0, 0)
    for phase in (0, 18):
        for hours in (10, 24, 33, 60):
            left, waited = wanted_after(phase, hours)
            assert left < 1.3 * usual, (phase, hours, left)
            assert left > 0.95 * usual or waited <= 1, (phase, hours, left)


def test_a_leap_that_no_use_just_counted_explains_is_not_bought_on():
    """Milk in Celsius: over all that went since the refill, it would pass for use."""
    machine = Machine()
    machine.run(4.9)
    machine.level = 1000.0
    machine.run(1.5)
    rate = machine.stock.rate_per_day()
    machine.run(0.4)
    machine.level -= 250.0
    machine.run(0.1)
    assert machine.stock.plausible(machine.at) == "level contradicts usage"
    machine.run(1)
    assert abs(machine.stock.rate_per_day() - rate) < 0.1 * rate


def emptied_behind_it(used, begin, nought, filled=0.0):
    """A machine whose sensor stood still at `begin` while so much was used, and then says empty."""
    machine = Machine()
    machine.run(4.4)
    machine.level = begin
    machine.run(0.1)
    machine.usual = machine.stock.rate_per_day()
    said, brews = machine.level, machine.brews
    machine.level += filled
    while machine.level >= 9 and (machine.brews - brews) * 9 < used:
        machine.run(1 / 144, said)
    machine.level = 0.0
    for minute in range(48):
        machine.read(nought[minute % len(nought)])
    return machine


def test_a_container_that_emptied_while_its_sensor_stood_still_is_bought_on_within_hours():
    for begin in (990.0, 640.0, 300.0, 170.0):
        for nought in ([0.0], [0.0, 2.0, 4.0, 1.0]):
            machine = emptied_behind_it(begin, begin, nought)
            assert machine.stock.plausible(machine.at) is None, (begin, nought)
            assert machine.stock.need(machine.at) is not None
            assert abs(machine.stock.rate_per_day() / machine.usual - 1) < 0.15, (begin, nought)
            assert [event[0] for event in machine.events][-2:] == ["removed", "empty"]


def test_one_that_emptied_for_more_than_was_counted_is_doubted():
    for used, begin in ((300, 990.0), (200, 640.0), (90, 300.0)):
        for nought in ([0.0], [0.0, 2.0, 4.0, 1.0]):
            machine = emptied_behind_it(used, begin, nought)
            machine.run(1, 0.0)
            assert machine.stock.plausible(machine.at) == "level contradicts usage", begin
            assert machine.stock.need(machine.at) is None


def test_one_that_must_have_been_filled_unseen_since_stays_doubted():
    machine = emptied_behind_it(1800, 640.0, [0.0, 2.0], filled=1500.0)
    assert machine.stock.plausible(machine.at) == "level contradicts usage"


def days_until_wanted(machine, most, said=None):
    """After how many days more is wanted, or None."""
    for day in range(most):
        if machine.stock.need(machine.at) is not None:
            return day
        machine.run(1, said)
    return None


def test_a_machine_that_stands_still_for_want_of_what_is_doubted_is_served_in_the_end():
    """Spilled, and nobody said `believe`: who uses nothing for days has run out."""
    for left in (0.0, 30.0, 150.0):
        machine = Machine()
        machine.run(4.4)
        machine.level = 1000.0
        machine.run(0.1)
        machine.level = left
        machine.run(0.1)
        assert machine.stock.plausible(machine.at)
        assert 2 <= days_until_wanted(machine, 12) <= 10, left


def test_a_level_that_reads_nothing_while_uses_are_counted_is_never_bought_on():
    machine = Machine()
    machine.run(4.4)
    machine.level = 1e6
    machine.run(0.3, 1000.0)
    assert days_until_wanted(machine, 40, 0.0) is None
    assert machine.brews > 800


def test_a_person_who_says_refilled_leaves_the_level_to_the_sensor():
    machine = Machine()
    machine.run(4.4)
    machine.level += 300.0
    for _ in range(2):
        machine.stock.refill(machine.at)
        machine.run(0.1)
        assert machine.stock.plausible(machine.at) is None
        assert abs(machine.stock.level() - machine.level) < 10
    assert [event[0] for event in machine.events] == ["refilled"]


def test_a_person_who_says_refilled_answers_for_what_vanished():
    machine = Machine()
    machine.run(4.4)
    machine.level = 1000.0
    machine.run(0.1)
    machine.level = 400.0
    machine.run(0.1)
    assert machine.stock.plausible(machine.at) == "level contradicts usage"
    machine.stock.refill(machine.at)
    machine.run(0.1)
    assert machine.stock.plausible(machine.at) is None
