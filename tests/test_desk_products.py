"""Units and names of what things count: from product files, on every page that shows a quantity."""

import pytest
from page_kit import ask, behind, dispute_document, served, texts

from boards.problems import DescriptionError
from sim.desk import products
from sim.desk.page import words
from sim.desk.service import PeopleDepartment
from sim.desk.suppliers import PeopleSupplier
from sim.desk.testing import World, case_body, seller

KNOWN = {
    ("coffee-machine", "1"): products.Vocabulary(
        consumables={
            "beans": products.Counted(unit="g", scale=10, items={"BEAN-1": "House blend"}),
            "cups": products.Counted(unit="count", scale=1, items={"CUPS-100": "Paper cups"}),
        },
        channels={"flow": "ml/s"},
    )
}


@pytest.fixture(scope="module")
def page():
    with served() as made:
        yield made


def lived(known) -> World:
    """A thing that bought, was sent too little, asks its owner, and has a case."""
    world = World(suppliers=[seller("roaster", 1, PeopleSupplier)],
                  department=PeopleDepartment(), products=known)  # fmt: skip
    world.send(1, world.thing.hello(3))
    world.send(7, case_body(severity=3))
    world.order()
    world.desk.set_order(1, 5)
    world.send(6, {1: world.thing.need("beans", 0), 2: 3, 3: 4_005})
    world.send(9, {1: world.thing.sign(dispute_document(world) | {3: 3, 9: 4_005})})
    ask(world)
    world.send(13, {1: [["beans", 23_105], ["cups", 210]]})
    return world


@pytest.mark.parametrize("path, known, unknown", [
    ("orders/1", ["400.5 g seen", "each 100 g"], ["4,005 units seen", "each 1,000 units"]),
    ("disputes/1", ["400.5 g", "400.5 g seen"], ["4,005 units"]),
    ("approvals", ["2, each 100 cups", "Paper cups"], ["2, each 100 units"]),
    ("cases/1", ["flow, ml/s"], ['"flow"']),
    ("things/thing-1", ["400.5 g seen", "2,310.5 g of beans, 210 cups"],
     ["4,005 units seen", "23,105 units of beans"]),
])  # fmt: skip
def test_quantities_have_their_unit_where_the_product_is_known(page, path, known, unknown):
    shown = texts(behind(page, lived(KNOWN)), path)
    assert [word for word in known if word not in shown] == []
    assert [word for word in unknown if word in shown] == []
    other = {("coffee-machine", "2"): KNOWN["coffee-machine", "1"]}  # may count in something else
    shown = texts(behind(page, lived(other)), path)
    assert [word for word in unknown if word not in shown] == []


def test_the_products_that_ship_say_units_and_names():
    known = products.read([products.BUILT_IN])["coffee_machine", "1.0.0"]
    assert known.consumables["descaler"].scale == 10
    assert known.channels["boiler_temp_c"] == "degC"
    said = words.counted(known.model_dump(), "descaler")
    assert (said(1_005), words.unit("degC"), words.unit("on/off")) == ("100.5 %", "°C", "")
    assert [words.channel(name, unit) for name, unit in known.channels.items()][-4:] == [
        "grinder current, A", "brews", "water in place", "ambient temp, °C",
    ]  # fmt: skip
    assert words.channel("flow_ml_s", "ml/s") == "flow, ml/s"
    assert words.item(known.model_dump(), "cups", "CUP-PAPER-200ML-100").startswith("Paper cups")


def test_what_is_no_product_is_named(tmp_path):
    boards = products.BUILT_IN.parent
    with pytest.raises(DescriptionError, match=r"simulated.toml:1: .* a product is wanted here"):
        products.read([boards / "simulated.toml"])
    with pytest.raises(FileNotFoundError, match=r"there is no .*nowhere"):
        products.read([tmp_path / "nowhere"])
    with pytest.raises(FileNotFoundError, match="none is described in"):
        products.read([tmp_path])
    product = (boards / "products" / "water_pump.toml").read_text("utf-8")
    (tmp_path / "pump.toml").write_text(product)
    (tmp_path / "board.toml").write_text((boards / "simulated.toml").read_text("utf-8"))
    assert [name for name, _ in products.read([tmp_path])] == ["water_pump"]
    (tmp_path / "pump.toml").write_text('product = "pump"\n')
    with pytest.raises(DescriptionError, match=r"pump.toml:1: error: maker: this key is missing"):
        products.read([tmp_path])
