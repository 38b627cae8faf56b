"""The coffee machine behaves like one: what goes in comes out, what breaks shows."""

import math

import pytest

from sim.plants import UnknownName, build
from sim.world.clock import DAY, HOUR, World
from sim.world.people import Habits, Housekeeper, Technician


def machine(seed=1, **settings):
    world = World(seed)
    return world, build("coffee_machine", world, settings)


def run(world, plant, seconds):
    for _ in range(seconds // 600):
        world.run_until(world.now + 600)
        plant.advance(world.now)


def mean(plant, signal, count=200):
    return sum(plant.read(signal) for _ in range(count)) / count


def test_a_day_uses_what_the_recipes_say():
    world, plant = machine()
    before = dict(plant.levels)
    run(world, plant, DAY)
    used = {name: before[name] - level for name, level in plant.levels.items()}
    assert 15 <= plant.brews <= 60
    assert used["cups"] == plant.brews
    assert used["beans_g"] == pytest.approx(9.0 * plant.brews, rel=0.05)
    assert 0 < used["water_ml"] < 150 * plant.brews + 200


def test_offices_are_quiet_at_night_and_on_sunday():
    world, plant = machine(beans_g=1000, customers_per_day=5)
    by_day = []
    for _ in range(7):
        before = plant.demand
        run(world, plant, DAY)
        by_day.append(plant.demand - before)
    assert by_day[6] < sum(by_day[:5]) / 5
    before = plant.demand
    run(world, plant, 5 * HOUR)
    assert plant.demand == before


def test_without_beans_no_drink_is_made_and_the_loss_is_counted():
    world, plant = machine()
    plant.empty("beans_g")
    run(world, plant, DAY)
    assert plant.brews == 0
    assert plant.lost["beans_g"] == plant.demand > 10
    assert plant.stocked_out() == ["beans_g"]


def test_refill_stops_at_the_brim():
    _, plant = machine(beans_g=900)
    assert plant.refill("beans_g", 500) == 100
    assert plant.refill("beans_g") == 0
    with pytest.raises(UnknownName, match="beans_g"):
        plant.refill("tea")


def test_the_tank_reads_nothing_while_it_is_out():
    world, plant = machine()
    plant.take_tank_out(300)
    assert plant.read("water_in_place") == 0.0
    assert plant.read("water_ml") < 100
    run(world, plant, 600)
    assert plant.read("water_in_place") == 1.0
    assert plant.read("water_ml") > 1000


@pytest.mark.parametrize(
    ("mode", "signal", "higher"),
    [
        ("boiler_scaling", "heat_up_s", True),
        ("boiler_stuck_relay", "boiler_temp_c", True),
        ("heater_failure", "boiler_temp_c", False),
        ("pump_wear", "pump_pressure_bar", False),
        ("brew_group_blocked", "pump_pressure_bar", True),
        ("grinder_jam", "grinder_current_a", True),
        ("grinder_wear", "grinder_current_a", True),
    ],
)
def test_every_failure_shows_and_goes_with_its_repair(mode, signal, higher):
    world, plant = machine()
    run(world, plant, 12 * HOUR)
    healthy = mean(plant, signal)
    plant.fail(mode, 0.9)
    run(world, plant, 22 * HOUR)
    sick = mean(plant, signal)
    assert (sick > healthy * 1.2) if higher else (sick < healthy * 0.8)
    assert plant.put_right(mode) or mode == "boiler_stuck_relay"
    plant.put_right("boiler_overheat")
    assert not plant.faults()
    assert mean(plant, signal) == pytest.approx(healthy, rel=0.1)


def test_a_leak_empties_the_tank_without_a_brew():
    _, plant = machine()
    plant.fail("leak", 1.0)
    plant.advance(600)
    assert plant.levels["water_ml"] == pytest.approx(4500 - 1500, abs=20)


def test_a_failure_may_grow_slowly():
    _, plant = machine()
    plant.fail("pump_wear", 0.8, over_s=10 * DAY)
    assert plant.level("pump_wear", 5 * DAY) == pytest.approx(0.4)
    assert plant.level("pump_wear", 20 * DAY) == 0.8


def test_what_happened_before_a_failure_happened_in_health():
    world, plant = machine()
    world.run_until(DAY)
    plant.fail("grinder_jam")
    assert plant.brews > 10
    assert "grinder_jam" not in plant.lost
    assert plant.level("grinder_jam", DAY - 1) == 0.0


def test_unfiltered_water_scales_the_boiler():
    filtered, hard = machine(descaler_pct=100)[1], machine(descaler_pct=0)[1]
    for plant in (filtered, hard):
        plant.plant._draw_water(40_000)
    assert hard.plant.scale > filtered.plant.scale + 0.05


@pytest.mark.parametrize("kind", ["frozen", "disconnected", "rail", "noise", "units"])
def test_every_sensor_fault_shows_and_can_be_mended(kind):
    _, plant = machine()
    usual = [plant.read("beans_g") for _ in range(50)]
    plant.break_sensor("beans_g", kind)
    odd = [plant.read("beans_g") for _ in range(50)]
    spread = max(usual) - min(usual)
    shows = {
        "frozen": len(set(odd)) == 1,
        "disconnected": all(math.isnan(value) for value in odd),
        "rail": min(odd) > 1e5,
        "noise": max(odd) - min(odd) > 3 * spread,
        "units": max(odd) < 100,
    }
    assert shows[kind]
    assert plant.put_right("sensor_fault", "beans_g") == ["sensor beans_g"]
    assert abs(plant.read("beans_g") - usual[0]) < 50


def test_names_that_do_not_exist_are_refused_with_those_that_do():
    _, plant = machine()
    for call in (
        lambda: plant.fail("explosion"),
        lambda: plant.break_sensor("beans", "frozen"),
        lambda: plant.break_sensor("beans_g", "sad"),
        lambda: machine(sugar=1),
        lambda: build("toaster", World(1)),
    ):
        with pytest.raises(UnknownName, match="known"):
            call()


def test_same_seed_same_machine():
    def trace(seed):
        world, plant = machine(seed)
        rows = []
        for _ in range(144):
            run(world, plant, 600)
            rows.append([plant.read(signal) for signal in plant.signals])
        return rows

    assert trace(5) == trace(5)
    assert trace(5) != trace(6)


def test_a_pump_serves_the_flats_and_stops_in_between():
    world = World(1)
    plant = build("water_pump", world)
    running, pressures = [], []
    for _ in range(8_640):
        world.run_until(world.now + 10)
        plant.advance(world.now)
        running.append(plant.read("running"))
        pressures.append(plant.read("outlet_pressure_bar"))
    assert 0.05 < sum(running) / len(running) < 0.4
    assert 20 < plant.starts < 250
    assert 2.8 < min(pressures) < max(pressures) < 4.9


@pytest.mark.parametrize(
    ("mode", "signal", "higher"),
    [("bearing_wear", "vibration_mm_s", True), ("inlet_closed", "inlet_pressure_bar", False),
     ("burst_pipe", "outlet_pressure_bar", False), ("impeller_wear", "flow_l_min", False)],
)  # fmt: skip
def test_a_worn_pump_shows(mode, signal, higher):
    def seen(broken):
        world = World(1)
        plant = build("water_pump", world)
        if broken:
            plant.fail(mode)
        values = []
        for _ in range(8_640):
            world.run_until(world.now + 10)
            plant.advance(world.now)
            if plant.running:
                values.append(plant.read(signal))
        return sum(values) / len(values)

    assert (seen(True) > 1.2 * seen(False)) if higher else (seen(True) < 0.8 * seen(False))


def test_a_vessel_without_air_lets_the_pump_start_for_every_glass():
    starts = []
    for broken in (False, True):
        world = World(1)
        plant = build("water_pump", world)
        if broken:
            plant.fail("vessel_lost_air", 0.95)
        plant.advance(DAY)
        starts.append(plant.starts)
    assert starts[1] > 4 * starts[0]


def test_a_boiler_without_its_heater_cools_and_serves_nobody_until_it_is_hot_again():
    world, plant = machine()
    plant.switched("heater", True)
    run(world, plant, 10 * HOUR)
    served = plant.brews
    plant.switched("heater", False)
    run(world, plant, 1800)
    assert 30 < mean(plant, "boiler_temp_c") < 60
    run(world, plant, 2 * HOUR)
    assert plant.lost["heater_off"] > 0 and plant.brews <= served + 4
    assert plant.switched("heater", True) == []
    run(world, plant, 1200)
    assert mean(plant, "boiler_temp_c") > 90
    run(world, plant, 2 * HOUR)
    assert plant.brews > served + 4


def test_a_pump_whose_motor_is_off_stops_and_starts_again():
    world = World(4)
    plant = build("water_pump", world)
    while not plant.running:
        run(world, plant, 600)
    assert plant.switched("motor", False) == [] and plant.read("running") == 0.0
    run(world, plant, DAY)
    assert not plant.running and plant.read("flow_l_min") == 0.0
    starts = plant.starts
    plant.switched("motor", True)
    run(world, plant, 2 * HOUR)
    assert plant.starts > starts


def test_goods_go_from_the_door_over_the_shelf_into_the_machine_by_day():
    world, plant = machine(milk_ml=100, customers_per_day=0.1)
    told = []
    habits = Habits(half=0.0, forgets=0.0)
    people = Housekeeper(world, plant, habits, "x", lambda *what: told.append((world.now, *what)))
    world.run_until(20 * HOUR)
    people.delivered("milk_ml", 3000)
    world.run_until(2 * DAY)
    at, what, consumable, amount = told[-1]
    assert (what, consumable, amount) == ("refilled", "milk_ml", 1900)
    assert 7 * HOUR <= at % DAY <= 18 * HOUR
    assert people.shelf["milk_ml"] == pytest.approx(1100)


def test_a_forgetful_house_fills_after_the_reminder():
    world, plant = machine(milk_ml=1000)
    habits = Habits(half=0.0, forgets=1.0, refills_below=0.0)
    people = Housekeeper(world, plant, habits, "x")
    people.delivered("milk_ml", 1000)
    world.run_until(2 * DAY)
    assert people.fills == 0
    world.run_until(3 * DAY + 18 * HOUR)
    assert people.fills == 1


def test_a_technician_may_fail():
    world, plant = machine()
    plant.fail("pump_wear")
    assert Technician(world, plant, Habits(repair_fails=1.0), "x").visited("pump_wear") == []
    assert Technician(world, plant, Habits(), "x").visited("pump_wear") == ["pump_wear"]
