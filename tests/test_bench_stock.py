"""The stock benches: the bars they hold, and that both runtimes say the same."""

from pathlib import Path

import pytest

from sim.bench import reorder, runout

SALES = Path(__file__).resolve().parents[2] / "shared/data/coffee/transactions.csv"
needs_sales = pytest.mark.skipif(not SALES.exists(), reason=f"no public data at {SALES}")


def test_truth_counts_hours_to_the_sale_that_empties():
    days, container = runout.truth([[1800, 4], [7300, 6], [9000, 5]], 10.0, 5)
    assert days == [3 / 24, 2 / 24, 1 / 24, None, None]
    assert container[:3] == [0, 0, 0]


def test_truth_begins_with_what_is_left():
    days, _ = runout.truth([[1800, 4], [7300, 6], [9000, 5]], 10.0, 4, used=7.0)
    assert days == [1 / 24, 2 / 24, 1 / 24, None]


def test_yardsticks_are_right_about_even_sales_and_differ_where_demand_turns():
    even = [[hour * 3600, 1] for hour in range(60 * 24)]
    turned = even + [[(60 * 24 + hour) * 3600, 2] for hour in range(20 * 24)]
    for sales, hours in ((even, 60 * 24), (turned, 80 * 24)):
        days, _ = runout.truth(sales, 240.0, hours)
        found = runout.yardsticks(sales, 240.0, hours, days, 28 * 24)
        assert found["known"]["error"] <= found["plain"]["error"]
        if sales is even:
            assert found["plain"]["error"] < 1e-9 and found["known"]["error"] < 1e-9
    assert found["plain"]["error"] > found["known"]["error"] + 0.05


def test_the_clairvoyant_orders_one_pack_at_the_last_moment():
    # A pack of 7 on an empty shelf: order, then keep 6, 5, … 0 days of demand.
    least = reorder.clairvoyant([1.0] * 7, [], 0.0, 7.0, 0)
    assert abs(least - (1 + 0.025 * 21)) < 1e-9
    assert reorder.clairvoyant([1.0], [], 0.0, 7.0, 1) == reorder.LOSS


@pytest.mark.parametrize(("text", "said"), [
    ("a,b\n1,2\n", "no column 'coffee_name', only a, b"),
    ("datetime,coffee_name\n2024-03-01T10:15:00,Tea\n", "no recipe for 'tea'"),
])
def test_another_table_is_refused_with_what_is_wrong(text, said, tmp_path):
    (tmp_path / "sales.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        runout.load(tmp_path / "sales.csv")


def test_nothing_left_to_score_is_no_figure(tmp_path):
    rows = [f"2024-03-{day:02d}T10:15:00,Latte\n" for day in range(1, 32)]
    (tmp_path / "sales.csv").write_text("datetime,coffee_name\n" + "".join(rows))
    assert all(row["error"] is None for row in runout.run(tmp_path / "sales.csv")["rows"])
    with pytest.raises(ValueError, match="none of them left to score"):
        reorder.run(tmp_path / "sales.csv")


@needs_sales
def test_days_left_on_real_sales():
    rows = {row["consumable"]: row for row in runout.run(SALES)["rows"]}
    assert rows["beans"]["error"] < 0.245 and rows["beans"]["error_over_a_day"] < 0.225
    assert rows["cups"]["error"] < 0.31 and rows["milk"]["error"] < 0.315
    assert rows["milk"]["error_over_a_day"] < 0.27
    daily = [rows[name] for name in runout.BARS]
    assert 0.76 <= sum(row["coverage"] for row in daily) / 3 <= 0.84
    assert all(row["on_time"] >= runout.ON_TIME and row["missed"] == 0 for row in daily)


@needs_sales
def test_reordering_on_real_sales():
    leads = reorder.run(SALES)["leads"]
    for lead, bar in reorder.BARS.items():
        assert leads[lead]["ratio"] <= bar
        assert leads[lead]["lost"] <= reorder.LOST


@needs_sales
def test_both_runtimes_forecast_and_order_alike():
    sales, *_ = runout.load(SALES)
    spec = {"name": "beans", "kind": "level", "capacity": 1000.0, "lead_days": 2,
            "items": [{"sku": "pack", "pack": 500.0}]}
    jobs = [{"kind": "runout", "spec": spec, "sales": sales["beans"], "hours": 40 * 24,
             "used": 0.0},
            {"kind": "reorder", "spec": spec, "sales": sales["beans"], "days": 40, "lead": 2,
             "start": 1000.0}]
    here, there = runout.replay(jobs), runout.replay(jobs, "micropython")
    assert here[1] == there[1]
    for ours, theirs in zip(here[0], there[0], strict=True):
        assert (ours is None) == (theirs is None)
        assert ours is None or all(abs(a - b) < 2e-6 for a, b in zip(ours, theirs, strict=True))
