"""A thing in a market: wrongs are disputed, honest sellers not accused, forgers sell nothing."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from boards.problems import DescriptionError
from sim.bench import market_study
from sim.cli.market import app
from sim.desk.market import SELLERS
from sim.desk.models import OrderState
from sim.world import market_figures, scenario
from sim.world.clock import DAY, World
from sim.world.people import Habits, Receiver
from sim.world.run import run

PERCENT = {"overcharging": 80, "forging": 40, "altering": 40, "silent": 40}


@pytest.fixture(scope="module")
def crooked():
    """Eight days among an honest seller and four crooked ones, all of whom undercut it."""
    kitchen = market_study.scenario_of("overcharging", 8)
    honest, _, third = kitchen.sellers
    others = [
        third.model_copy(update={"name": kind, "kind": kind, "price_percent": percent})
        for kind, percent in PERCENT.items()
    ]
    result = run(kitchen.model_copy(update={"sellers": [honest, *others]}), seed=3)
    return result, result.figures["market"]


def test_the_invariants_hold_in_a_crooked_market(crooked):
    result, _ = crooked
    states = {name: row["state"] for name, row in result.invariants.items()}
    assert "broken" not in states.values(), result.invariants
    assert states["I1"] == states["I3"] == states["I4"] == states["I6"] == "held"


def test_who_forges_sells_nothing_and_who_charges_too_much_pays_it_back(crooked):
    _, market = crooked
    assert market["forged_taken"] == 0
    taken = market["kinds"]["overcharging"]
    assert taken["orders"] >= 3 and taken["verified"] >= 2
    assert taken["paid_minor"] <= taken["ordered_minor"]
    assert market["disputes"] >= 3 and market["disputes_open"] <= 2
    assert market["false_disputes"] == 0


def order(number, seller, state, **more):
    row = {"number": number, "order_id": bytes([number]) * 16, "seller": seller, "state": state,
           "test": False, "total_minor": 1000, "charged_minor": 1000, "packs": 2,
           "offer_id": number, "placed_at": 0}  # fmt: skip
    return SimpleNamespace(**row | more)


def offer(number, seller, total, need):
    terms = {"total_minor": total, "pack_units": 500, "packs": 2, "lead_s": DAY}
    return SimpleNamespace(id=number, seller=seller, need_id=bytes([need]) * 16, terms=terms,
                           document=b"x")  # fmt: skip


def figured(orders, disputes=(), parcels=(), offers=None):
    offers = offers or [offer(row.number, row.seller, 1000, row.number) for row in orders]
    rows = {"Offer": offers, "Dispute": list(disputes)}
    sellers = [SimpleNamespace(name=kind, kind=kind) for kind in SELLERS]
    observer = SimpleNamespace(parcels=list(parcels), wrong_goods=set())
    run_like = SimpleNamespace(
        scenario=SimpleNamespace(sellers=sellers),
        endpoint=SimpleNamespace(rows=lambda model, thing: rows[model.__name__]),
        name="thing", observer=observer, world=SimpleNamespace(unix=60 * DAY),
    )  # fmt: skip
    return market_figures.figures(run_like, orders)


def test_the_clairvoyant_takes_the_cheapest_fair_offer_for_what_came():
    bought = order(1, "honest", OrderState.VERIFIED)
    offers = [offer(1, "honest", 1000, 1), offer(2, "slow", 800, 1), offer(3, "forging", 100, 1)]
    parcels = [(0, "O-1", bought.order_id, 2), (1, "O-1", bought.order_id, 2)]
    numbers = figured([bought], parcels=parcels, offers=offers)
    assert (numbers["paid_minor"], numbers["clairvoyant_minor"]) == (1000, 800)
    assert numbers["cost_percent"] == 125
    half = figured([bought], parcels=[(0, "O-1", bought.order_id, 1)], offers=offers)
    assert half["cost_percent"] == 250


def test_wrongs_are_counted_when_ripe_and_held_against_their_disputes():
    orders = [order(1, "short", OrderState.VERIFIED), order(2, "absent", OrderState.CANCELLED),
              order(3, "late", OrderState.SHIPPED, placed_at=59 * DAY),
              order(4, "honest", OrderState.VERIFIED), order(5, "late", OrderState.REFUSED),
              order(6, "forging", OrderState.VERIFIED)]  # fmt: skip
    disputes = [SimpleNamespace(order_id=orders[n].order_id, state=state)
                for n, state in ((1, 4), (3, 4))]  # fmt: skip
    numbers = figured(orders, disputes)
    assert (numbers["wrongs"], numbers["wrongs_disputed"]) == (2, 1)
    assert numbers["undisputed"] == ["O-000001 short"]
    assert numbers["false_disputes"] == 1 and numbers["forged_taken"] == 1
    disputes[1].state = 3  # withdrawn: nobody stays accused
    assert figured(orders, disputes)["false_disputes"] == 0


def test_expectations_of_a_market_are_judged():
    wanted = scenario.Expect(cost_percent=110, wrongs_disputed=0.9, false_disputes=0)
    numbers = {"wrongs": 10, "wrongs_disputed": 8, "cost_percent": 105, "false_disputes": 0,
               "forged_taken": 3}  # fmt: skip
    rows = market_figures.expectations(wanted, numbers)
    assert rows == [("cost_percent", "at most", 110, 105),
                    ("wrongs_disputed", "at least", 0.9, 0.8),
                    ("false_disputes", "at most", 0, 0)]  # fmt: skip


@pytest.mark.parametrize("checks, said", [
    (1.0, ["received 01010101 wrong", "received 02020202 1", "received 03030303 nothing",
           "received 02020202 1", "received 05050505 nothing"]),
    (0.0, []),
])  # fmt: skip
def test_who_opens_parcels_says_only_what_is_wrong(checks, said):
    world, typed = World(1), []
    receiver = Receiver(world, Habits(checks=checks, after_s=(60, 60)), "kitchen", typed.append)
    receiver.delivered(bytes([1]) * 16, 2, 2, False)
    world.run_until(100)
    receiver.delivered(bytes([2]) * 16, 1, 2, True)
    world.run_until(200)
    receiver.delivered(bytes([4]) * 16, 2, 2, True)
    receiver.notified("milk (03030303) from shop: never came")
    world.run_until(300)
    receiver.notified("milk (02020202) from shop: never came")
    receiver.notified("milk is late")
    world.run_until(400)
    said_so = "empty, but shop says that 1 x MILK came: fill it in, or say"
    receiver.notified(f"milk (05050505): {said_so}")
    world.run_until(500)
    assert typed == said


def test_a_scenario_names_sellers_that_it_has():
    content = {"title": "t", "product": "coffee_machine", "plant": "coffee_machine",
               "duration": "1d", "sellers": [{"name": "corner"}, {"name": "other", "kind": "late"}],
               "mandate": {"sellers": ["cornr"]},
               "events": [{"at": "1h", "do": "allow", "sellers": ["corner", "othr"]}]}  # fmt: skip
    with pytest.raises(DescriptionError) as error:
        scenario.parse(content, "x.toml")
    words = [str(problem) for problem in error.value.problems]
    assert 'mandate.sellers[0]: no seller \'cornr\'; did you mean "corner"?' in words[0]
    assert "events[0].sellers[1]" in words[1]
    with pytest.raises(DescriptionError, match="kind"):
        scenario.parse(content | {"sellers": [{"name": "a", "kind": "nice"}]}, "x.toml")


@pytest.mark.parametrize("name", ["market", "market_honest"])
def test_the_market_scenarios_can_be_read(name):
    kinds = {seller.kind for seller in scenario.load(name).sellers}
    assert kinds == (set(SELLERS) if name == "market" else {"honest"})


def test_the_command_names_a_kind_that_is_none_and_a_desk_that_is_not_there():
    unknown = CliRunner().invoke(app, ["study", "hones"])
    assert unknown.exit_code == 2 and "honest" in unknown.output
    nobody = CliRunner().invoke(app, ["perception", "--desk", "http://127.0.0.1:9"])
    assert nobody.exit_code == 1 and "127.0.0.1:9" in nobody.stderr
    assert CliRunner().invoke(app, ["perception", "--desk", "file:///etc"]).exit_code == 2


def test_the_study_has_a_row_a_kind():
    (row,) = market_study.study(3, kinds=["forging"])
    assert (row["kind"], row["orders_of_kind"], row["false_disputes"]) == ("forging", 0, 0)
    assert row["orders"] >= 3 and 90 <= row["cost_percent"] <= 130
