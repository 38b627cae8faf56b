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
