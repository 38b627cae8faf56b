"""Every mistake in a description is found in one run and named by line, key and cure."""

import pytest

from boards.compiler import check_file, compile_product
from boards.problems import DescriptionError
from firmware.image import build
from firmware.image.build import BuildError
from firmware.mandate import mandate_file
from sim.world import scenario

GOOD = """\
product = "kettle"
maker = "Example"
version = "1.0.0"

[channels.level_ml]
unit = "ml"
range = [0, 2000]

[channels.boils]
unit = "count"
range = [0, 100000]

[monitors.empty]
kind = "limit"
watch = "level_ml"
settings = { low = 100.0 }

[consumables.water]
measured_by = "level_ml"
used_by = "boils"
per_use = "500 ml"
capacity = "1.7 l"
items = [{ sku = "W-1", name = "Water", pack = "1 l", price = 0.50 }]
"""


@pytest.fixture
def problems(tmp_path):
    """Checks a text; returns its problems as "line: key: message"."""

    def check(text: str) -> list[str]:
        file = tmp_path / "kettle.toml"
        file.write_text(text, "utf-8")
        return [str(problem).removeprefix(f"{file}:") for problem in check_file(file).problems]

    return check


def test_the_good_one_is_good(problems):
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'maker = "Example"',
            'makr = "Example"',
            '2: error: makr: unknown key; did you mean "maker"',
        ),
        ('maker = "Example"\n', "", "1: error: maker: this key is missing"),
        (
            'version = "1.0.0"',
            'version = "1.0.0"\napprove_with = "boil"',
            '4: error: approve_with: no channel "boil"; did you mean "boils"',
        ),
        ('"kettle"', '"Kettle"', '1: error: product: "Kettle" is no name'),
        ('"1.0.0"', '"1.0"', "3: error: version:"),
        ('unit = "ml"', 'unit = "mll"', 'channels.level_ml.unit: "mll" is no known unit; did you'),
        ("[0, 2000]", "[2000, 0]", "5: error: channels.level_ml: range [2000, 0] is empty"),
        ("[0, 2000]", "[0, inf]", "7: error: channels.level_ml.range[1]:"),
        ("[0, 2000]", "[nan, 1]", "7: error: channels.level_ml.range[0]:"),
        ("[0, 2000]", "[0, 1e40]", "7: error: channels.level_ml.range[1]:"),
        ("[0, 2000]", "[0, 2000000]\nresolution = 0.1", "needs 20000000 steps"),
        ("low = 100.0", "low = nan", "settings.low: nan is outside"),
        ("low = 100.0", "low = inf", "settings.low: inf is outside"),
        ('"1.7 l"', "inf", "capacity: inf is not more than 0 and at most"),
        ('"1.7 l"', "nan", "capacity: nan is not more than 0 and at most"),
        ("0.50", "nan", "items[0].price:"),
        ("[0, 2000]", "[0]", "7: error: channels.level_ml.range:"),
        ("[0, 2000]", '[0, "2000"]', "7: error: channels.level_ml.range[1]:"),
        ("[0, 2000]", "[0, true]", "7: error: channels.level_ml.range[1]:"),
        ("[0, 2000]", "[0, 2000]\nevery = 60", "8: error: channels.level_ml.every: 60 has no unit"),
        ("[0, 2000]", '[0, 2000]\nevery = "0s"', "every must be at least 1s"),
        ("[0, 2000]", '[0, 2000]\nevery = "1.5s"', "not a whole number of seconds"),
        ("[0, 2000]", '[0, 2000]\nmissing_after = "30s"', "longer than every (60s)"),
        ("[0, 2000]", '[0, 2000]\nfrozen_after = "60s"', "longer than every (60s)"),
        ("[0, 2000]", "[0, 2000]\nresolution = 0.3", "does not divide 1"),
        ("[0, 2000]", "[0, 2000]\nresolution = 0", "0 is no resolution"),
        ("[0, 2000]", "[0, 2000]\nevidence = 33", "8: error: channels.level_ml.evidence: 33: "),
        (
            '"limit"',
            '"limits"',
            'monitors.empty.kind: "limits" is not allowed; did you mean "limit"',
        ),
        (
            'watch = "level_ml"',
            'watch = "level"',
            'watch: no channel "level"; did you mean "level_ml',
        ),
        ('watch = "level_ml"', 'watch = ["level_ml", "boils"]', "limit watches 1 channels, not 2"),
        ('watch = "level_ml"', 'watch = "level_ml"\nunless = "full"', 'no monitor "full"'),
        ('watch = "level_ml"', 'watch = "level_ml"\nunless = ["empty"]', "cannot be the cause"),
        ("low = 100.0", "lov = 100.0", 'settings.lov: unknown setting; did you mean "low"'),
        ("{ low = 100.0 }", "{}", "limit needs at least one of: low, high"),
        ("low = 100.0", "low = 3, high = 3", "low (3) must be below high (3)"),
        ("low = 100.0", "low = '1'", "16: error: monitors.empty.settings.low: '1' is not a number"),
        ("low = 100.0", "low = 1, samples = 0", "settings.samples: 0 is outside 1 to 1000"),
        ('measured_by = "level_ml"', 'measured_by = "levl_ml"', 'no channel "levl_ml"; did you'),
        ('measured_by = "level_ml"', 'unit = "g"\nmeasured_by = "level_ml"', 'unit: "g" differs'),
        ('measured_by = "level_ml"\n', "", 'kind "level" needs measured_by'),
        ('used_by = "boils"\n', "", "used_by and per_use"),
        ('used_by = "boils"', 'reserve = "25 %"\nused_by = "boils"', "must be above reserve"),
        ('"500 ml"', '"2 l"', "per_use: one use takes more than the capacity, 1700"),
        ('"1.7 l"', '"2.5 l"', "22: error: consumables.water.capacity: 2500 ml is beyond 2000"),
        ('"1.7 l"', '"2 kg"', 'capacity: "kg" cannot become "ml"; allowed here: ml, cl, dl, l, m3'),
        ('"1.7 l"', "0", "capacity: 0 is not more than 0"),
        ('"1.7 l"', "[1]", "capacity: [1] is no size"),
        ("0.50", "0.505", "items[0].price: 0.505 has more than the 2 decimals of EUR"),
        ("0.50", "-1", "23: error: consumables.water.items[0].price: -1: "),
        ('sku = "W-1"', 'sku = "W-1", gtin = "4006381333932"', "check digit would be 1"),
        ('sku = "W-1"', 'sku = "W-1", gtin = "12"', "is no GTIN"),
        ('sku = "W-1", ', "", "items[0].sku: this key is missing"),
        ("[monitors.empty]", "[monitors.Empty]", '"Empty" is no name'),
    ],
)
def test_each_mistake_is_named(problems, old, new, said):
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert any(said in problem for problem in found), found


def test_one_mistake_is_one_problem(problems):
    assert len(problems(GOOD.replace('"limit"', '"limits"'))) == 1
    assert len(problems(GOOD.replace('unit = "ml"', 'unit = "mll"'))) == 1


def test_all_mistakes_come_in_one_run(problems):
    text = GOOD.replace('unit = "ml"', 'unit = "mll"').replace("low =", "lov =")
    text = text.replace('"1.7 l"', '"1.7 mile"').replace('maker = "Example"', "maker = 3")
    text = text.replace('used_by = "boils"', 'used_by = "boil"')
    found = "\n".join(problems(text))
    assert [found.count(word) for word in ("maker: 3", "mll", "lov", '"boil"')] == [1, 1, 1, 1]


def test_a_faulty_channel_is_not_reported_missing_where_it_is_used(problems):
    found = problems(GOOD.replace('unit = "ml"', 'unit = "mll"'))
    assert not any("no channel" in problem for problem in found)


def test_the_same_stock_number_twice(problems):
    item = '{ sku = "W-1", name = "Water", pack = "1 l", price = 0.50 }'
    found = problems(GOOD.replace(f"[{item}]", f"[\n  {item},\n  {item},\n]"))
    expected = 'sku: "W-1" is already the stock number in line 24'
    assert found == [f"25: error: consumables.water.items[1].{expected}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("product = ", "1: error: not TOML"),
        ('product = "a"\nproduct = "b"\n', "2: error: not TOML"),
        ('product = "a"\nmaker = [\n"b",\n\n', "3: error: not TOML"),
        ('product = "a"\nmaker = """b\nand\nmore\n', "2: error: not TOML"),
        ('product = "a"\n[channels.b', "2: error: not TOML"),
        ("", "this key is missing"),
    ],
)
def test_what_is_no_description_is_said_too(problems, text, said):
    assert said in "\n".join(problems(text))


@pytest.mark.parametrize("data, said", [
    (b'title = "a"\n[mandate', "2: error: not TOML"), (b"# a\n# \xff", "2: error: not UTF-8"),
])  # fmt: skip
def test_scenarios_and_mandates_are_read_by_the_same_words(tmp_path, data, said):
    file = tmp_path / "here.toml"
    file.write_bytes(data)
    assert f"here.toml:{said}" in str(mandate_file.read(file).problems[0])
    with pytest.raises(DescriptionError, match=f"here.toml:{said}"):
        scenario.load(str(file))


def test_a_word_where_a_bounded_number_stands_is_told_the_bounds(problems):
    text = GOOD + '[monitors.wick]\nkind = "drift"\nwatch = "level_ml"\n'
    found = problems(text + 'settings = { direction = "down" }\n')
    assert any("'down' is not a number from -1 to 1" in problem for problem in found), found


def test_a_board_s_product_is_found_beside_it_too(tmp_path):
    board = tmp_path / "board.toml"
    board.write_text('board = "b"\nproduct = "kettle"\nchip = "simulated"\n[sensors]\n', "utf-8")
    missing = tmp_path / "products" / "kettle.toml"
    assert f"there is no {missing}, and none beside" in str(check_file(board).problems)
    with pytest.raises(BuildError, match="--product"):
        build.product_file(board)
    (tmp_path / "kettle.toml").write_text(GOOD, "utf-8")
    assert build.product_file(board) == tmp_path / "kettle.toml"


def test_what_is_no_text_is_said_too(tmp_path):
    file = tmp_path / "kettle.toml"
    file.write_bytes(b"# a kettle\nproduct = '\xff'")
    assert "kettle.toml:2: error: not UTF-8" in str(check_file(file).problems[0])


def test_compiling_refuses_with_every_problem(tmp_path):
    file = tmp_path / "kettle.toml"
    file.write_text(GOOD.replace("low =", "lov =").replace('"1.7 l"', "0"), "utf-8")
    with pytest.raises(DescriptionError) as caught:
        compile_product(file)
    assert len(caught.value.problems) == 3  # lov, no bound at all, and the capacity
    assert f"{file}:16: error: monitors.empty.settings.lov" in str(caught.value)
