"""What a device loads: deterministic CBOR with indices, that the agent's own decoder agrees on."""

import io
import struct
from pathlib import Path

import cbor2
import pytest

from agent.product import Product
from agent.wire import cbor
from boards import compiler
from boards.problems import DescriptionError
from hal.wiring import wire

BOARDS = Path(__file__).parents[1] / "boards"
PRODUCTS = sorted((BOARDS / "products").glob("*.toml"))
WIRINGS = sorted(BOARDS.glob("*.toml"))


def compiled(name: str) -> dict:
    return cbor2.loads(compiler.compile_product(BOARDS / "products" / f"{name}.toml"))


def board(file: Path) -> bytes:
    return compiler.compile_board(file, compiler.product_of(compiler.check_file(file)))


@pytest.mark.parametrize("file", PRODUCTS + WIRINGS, ids=lambda file: file.stem)
def test_our_own_files_are_good(file):
    assert [str(p) for p in compiler.check_file(file).problems if p.level == "error"] == []


@pytest.mark.parametrize("file", PRODUCTS + WIRINGS, ids=lambda file: file.stem)
def test_the_agent_reads_it_and_would_write_the_same(file):
    data = board(file) if file in WIRINGS else compiler.compile_product(file)
    assert cbor.encode(cbor.decode(data)) == data
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data
    assert cbor2.load(io.BytesIO(data)) == cbor.decode(data)


def test_every_number_of_half_precision_is_one_that_a_thing_takes():
    """cbor2 writes those above 32767 in four bytes, and a product with one in it never started."""
    halves = struct.unpack(">65536e", struct.pack(">65536H", *range(65536)))
    finite = [value for value in halves if abs(value) <= compiler.HALF_MOST]
    near = [32_767.0, 32_769.0, 40_001.0, 65_503.0, 65_505.0, 65_536.0, 1e9, 0.1]
    for values in (finite, near, [-value for value in near]):
        singles = struct.unpack(f"{len(values)}f", struct.pack(f"{len(values)}f", *values))
        assert cbor.decode(compiler.encode({"v": values}))["v"] == list(singles)
    assert len(finite) == 2 * 31 * 1024


@pytest.mark.parametrize("file", PRODUCTS, ids=lambda file: file.stem)
def test_the_same_file_gives_the_same_bytes(file, tmp_path):
    copy = tmp_path / "elsewhere.toml"
    copy.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert compiler.compile_product(copy) == compiler.compile_product(file)


@pytest.mark.parametrize("file", PRODUCTS, ids=lambda file: file.stem)
def test_the_agent_makes_a_product_of_it(file):
    product = Product(compiler.compile_product(file))
    assert product.name == file.stem
    names = [channel.name for channel in product.channels]
    assert len(names) == len(set(names)) > 0
    used = [index for monitor in product.monitors for index in monitor["channels"]]
    assert all(0 <= index < len(names) for index in used)


def floats(value):
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from floats(inner)


@pytest.mark.parametrize("file", PRODUCTS, ids=lambda file: file.stem)
def test_every_float_is_exact_on_a_single_precision_device(file):
    found = list(floats(cbor2.loads(compiler.compile_product(file))))
    assert found
    assert all(struct.unpack("<f", struct.pack("<f", value))[0] == value for value in found)


def test_names_become_indices_and_units_are_settled():
    product = compiled("coffee_machine")
    names = [channel["name"] for channel in product["channels"]]
    beans = next(entry for entry in product["consumables"] if entry["name"] == "beans")
    assert names[beans["channel"]] == "beans_g"
    assert names[beans["usage"]] == "brews"
    assert beans["in_place"] == compiler.ABSENT
    assert (beans["capacity"], beans["per_use"], beans["lead_days"]) == (1000.0, 9.0, 3.0)
    assert beans["items"][0]["price_minor"] == 1890
    assert beans["items"][0]["pack"] == 1000.0
    boiler = product["channels"][names.index("boiler_temp_c")]
    assert (boiler["scale"], boiler["period"], boiler["stale"]) == (10, 60, 300)


def test_monitors_carry_what_the_core_needs():
    monitors = {entry["name"]: entry for entry in compiled("coffee_machine")["monitors"]}
    cold = monitors["boiler_cold"]
    assert (cold["mode"], cold["severity"], cold["hold"]) == ("heater_failure", 3, 2700)
    assert monitors["boiler_overheat"]["mode"] == "boiler_overheat"
    assert "remedies" not in monitors["boiler_overheat"]
    assert monitors["beans_sensor"]["settings"]["seconds"] == 7200


def test_a_joint_monitor_has_room_for_just_its_channels():
    monitors = {entry["name"]: entry for entry in compiled("water_pump")["monitors"]}
    hydraulics = monitors["hydraulics"]
    assert hydraulics["settings"]["channels"] == len(hydraulics["channels"]) == 5


def test_what_is_only_counted_is_watched_by_its_counter():
    product = compiled("water_pump")
    names = [channel["name"] for channel in product["channels"]]
    grease = next(entry for entry in product["consumables"] if entry["name"] == "grease")
    assert names[grease["channel"]] == names[grease["usage"]] == "run_hours"
    assert grease["unit"] == "g"
    assert grease["per_use"] == pytest.approx(0.02)


def test_amounts_follow_the_currency(tmp_path):
    text = (BOARDS / "products" / "water_pump.toml").read_text("utf-8")
    file = tmp_path / "water_pump.toml"
    file.write_text(text.replace('"EUR"', '"JPY"').replace("27.50", "2750").replace("8.90", "8"))
    items = cbor2.loads(compiler.compile_product(file))["consumables"]
    assert [entry["items"][0]["price_minor"] for entry in items] == [2750, 8]


def test_a_board_speaks_of_channels_by_index():
    record = cbor2.loads(board(BOARDS / "simulated.toml"))
    names = [channel["name"] for channel in compiled("coffee_machine")["channels"]]
    assert record["board"] == record["chip"] == "simulated"
    assert [sensor["channel"] for sensor in record["sensors"]] == list(range(len(names)))
    assert [sensor["args"]["signal"] for sensor in record["sensors"]] == names


@pytest.mark.parametrize("file", WIRINGS, ids=lambda file: file.stem)
def test_the_port_takes_every_wiring(file):
    record = cbor.decode(board(file))
    made = []
    find = (lambda name: object) if record["chip"] == "simulated" else None
    sensors = wire(record, [60] * 64, lambda *bus: made.append(bus) or bus, find)
    assert len(sensors.sensors) == len(record["sensors"])
    # The bank of pins is there without being asked for.
    opened = [bus[:2] for bus in made if bus[0] != "pins"]
    assert opened == [(bus["kind"], bus["id"]) for bus in record.get("buses", ())]


def test_a_board_is_no_product_and_the_other_way_round():
    with pytest.raises(DescriptionError, match="a product is wanted"):
        compiler.compile_product(BOARDS / "simulated.toml")
    coffee = BOARDS / "products" / "coffee_machine.toml"
    with pytest.raises(DescriptionError, match="a board is wanted"):
        compiler.compile_board(coffee, coffee)
    with pytest.raises(DescriptionError, match='carries "coffee_machine", not "water_pump"'):
        compiler.compile_board(BOARDS / "simulated.toml", BOARDS / "products" / "water_pump.toml")


def test_the_button_of_the_owner_is_an_index(tmp_path):
    text = (BOARDS / "products/coffee_machine.toml").read_text("utf-8")
    file = tmp_path / "coffee_machine.toml"
    file.write_text('approve_with = "container_in"\n' + text, "utf-8")
    with pytest.raises(DescriptionError, match='no channel "container_in"'):
        compiler.compile_product(file)
    channels = cbor2.loads(compiler.compile_product(BOARDS / "products/coffee_machine.toml"))
    name = channels["channels"][3]["name"]
    file.write_text(f'approve_with = "{name}"\n' + text, "utf-8")
    assert Product(compiler.compile_product(file)).approve == 3
