"""Whatever stands in a description, checking it answers; it never falls over."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.compiler import check_file, compile_product
from boards.problems import DescriptionError

BOARDS = Path(__file__).parents[1] / "boards"
COFFEE = (BOARDS / "products" / "coffee_machine.toml").read_text("utf-8").splitlines()
WIRING = (BOARDS / "simulated.toml").read_text("utf-8").splitlines()
PAIRS = [number for number, line in enumerate(COFFEE) if " = " in line]

odd_values = st.sampled_from(
    [
        "0",
        "-1",
        "1e300",
        "inf",
        "nan",
        "true",
        '""',
        '"x"',
        "[]",
        "[[]]",
        "[{}]",
        "{}",
        "{a=1}",
        '"99999999999weeks"',
        '"1parsec"',
        "2026-01-05",
        "[1,[2,[3]]]",
        '"\\u0000"',
    ]
)


def judged(tmp_path, lines: list[str]) -> bool:
    """Whether a text was judged good; anything but a problem or bytes is a failure of ours."""
    file = tmp_path / "product.toml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    loaded = check_file(file)
    try:
        assert compile_product(file)
    except DescriptionError as error:
        assert error.problems
        assert all(1 <= problem.line <= len(lines) + 1 for problem in error.problems)
        return False
    return loaded.sound


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("nonsense")


@settings(max_examples=150, deadline=None)
@given(number=st.sampled_from(PAIRS), value=odd_values)
def test_any_value_may_be_odd(folder, number, value):
    lines = list(COFFEE)
    lines[number] = f"{lines[number].split(' = ')[0]} = {value}"
    judged(folder, lines)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(range(len(COFFEE))), min_size=1, max_size=12))
def test_any_lines_may_be_missing(folder, missing):
    judged(folder, [line for number, line in enumerate(COFFEE) if number not in missing])


@settings(max_examples=60, deadline=None)
@given(number=st.sampled_from(range(len(WIRING))), value=odd_values)
def test_a_board_may_be_odd_too(folder, number, value):
    lines = list(WIRING)
    lines[number] = f"{lines[number].split(' = ')[0]} = {value}" if " = " in lines[number] else ""
    file = folder / "board.toml"
    file.write_text("\n".join(lines), "utf-8")
    check_file(file)


def test_an_untouched_text_is_good(folder):
    assert judged(folder, COFFEE)
