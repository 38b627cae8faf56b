"""Numbers of the agent in the place of their names: the same program, with fewer names in it."""

import ast

import pytest

from agent import limits
from firmware.image import fold
from firmware.image.closure import ROOT


def folded(source, module="hal.thing"):
    return fold.fold(source, module)


def test_a_number_of_another_module_stands_where_it_is_used():
    source = "from agent import limits\n\ndef late(s):\n    return s > limits.STEP_S\n"
    assert folded(source) == f"\n\ndef late(s):\n    return s > {limits.STEP_S}\n"


def test_a_number_that_was_imported_by_its_name_is_folded_and_the_rest_stays():
    source = "from agent.sense.findings import (\n    CONFIRMED,\n    Finding,\n)\nx = CONFIRMED\n"
    lines = folded(source).split("\n")
    assert lines[0] == "from agent.sense.findings import Finding"
    assert lines[4] == "x = 2"


def test_a_number_that_another_module_passes_on_is_folded():
    assert folded("from agent.sense import senses\nx = senses.CONFIRMED\n").endswith("x = 2\n")


def test_what_is_no_fixed_number_stays():
    source = (
        "from agent.money import orders\nfrom agent.wire import cbor\n"
        "x = orders.MOVES, orders.TAGS, cbor.decode\n"
    )
    assert folded(source) == source


@pytest.mark.parametrize(
    ("here", "what", "called"),
    [
        ("agent.console.pin", "agent.console.grammar import one", ".grammar import one"),
        ("agent.console.pin", "agent.wire import cbor", "..wire import cbor"),
        ("agent.console.pin", "agent.wire.cbor import decode", "agent.wire.cbor import decode"),
        ("agent.console.pin", "agent import loan", ".. import loan"),
        ("agent.console", "agent import loan", ".. import loan"),
        ("agent.console", "agent.console import grammar", ". import grammar"),
        ("agent.core", "agent.trade import Trade", ".trade import Trade"),
        ("agent.core", "agent import loan", ". import loan"),
        ("hal.store", "agent.wire import cbor", "agent.wire import cbor"),
    ],
)
def test_modules_of_the_agent_import_each_other_by_relative_names(here, what, called):
    name = what.split(" ")[-1]
    assert folded(f"from {what}\nx = {name}.y\n", here) == f"from {called}\nx = {name}.y\n"


def test_what_comes_from_one_place_comes_at_once():
    source = (
        "from agent import limits\nfrom agent import loan as lent\n"
        "from agent import (\n    inbox,\n)\n"
        "from agent.wire import cbor\nx = limits.STEP_S, lent.call, inbox.Inbox, cbor.encode\n"
    )
    assert folded(source, "agent.thing") == (
        "\n\nfrom . import loan as lent, inbox\n\n\nfrom .wire import cbor\n"
        f"x = {limits.STEP_S}, lent.call, inbox.Inbox, cbor.encode\n"
    )


def test_a_name_of_its_own_is_not_taken_for_a_module():
    source = "from agent import limits\ndef f(limits):\n    return limits.STEP_S\n"
    assert folded(source) == source


def test_a_number_cannot_be_set_anew():
    with pytest.raises(ValueError, match=r"limits\.STEP_S"):
        folded("from agent import limits\nlimits.STEP_S = 1\n")


def test_definitions_go_and_tuples_of_them_stay():
    source = (ROOT / "agent/money/orders.py").read_text("utf-8")
    lines = fold.fold(source, "agent.money.orders")
    assert "TAGS = (40, 41)" in lines
    assert "range(1, 13)" not in lines
    assert "NEEDED" not in {node.id for node in ast.walk(ast.parse(lines)) if is_name(node)}


def is_name(node):
    return isinstance(node, ast.Name)


@pytest.mark.parametrize("path", sorted((ROOT / "agent").rglob("*.py")), ids=lambda path: path.name)
def test_every_line_of_the_agent_stays_where_it_is(path):
    source = path.read_text("utf-8")
    name = path.relative_to(ROOT).as_posix()
    after = fold.fold(source, fold.module_of(name))
    assert after.count("\n") == source.count("\n")
    functions = [
        [(node.name, node.lineno) for node in ast.walk(ast.parse(text)) if is_function(node)]
        for text in (source, after)
    ]
    assert functions[0] == functions[1]


def is_function(node):
    return isinstance(node, ast.FunctionDef)


def test_a_number_that_is_too_large_for_a_chip_to_hold_in_a_word_keeps_its_name():
    assert "_INNER" not in fold.numbers("agent.wire.hkdf")
    assert fold.numbers("agent.limits")["STEP_S"] == limits.STEP_S
