"""`steward product` as a person and as a program use it."""

import json
from pathlib import Path

import cbor2
from typer.testing import CliRunner

from boards import compiler
from sim.cli.product import app

BOARDS = Path(__file__).parents[1] / "boards"
COFFEE = BOARDS / "products" / "coffee_machine.toml"
SIMULATED = BOARDS / "simulated.toml"


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def broken(tmp_path) -> Path:
    file = tmp_path / "coffee_machine.toml"
    file.write_text(COFFEE.read_text("utf-8").replace('watch = "boiler_temp_c"', 'watch = "x"'))
    return file


def test_check_of_good_files():
    result = run("check", COFFEE, SIMULATED)
    assert result.exit_code == 0
    assert result.output.count(": good") == 2


def test_check_names_the_line_and_fails(tmp_path):
    file = broken(tmp_path)
    result = run("check", file, SIMULATED)
    assert result.exit_code == 1
    line = file.read_text().splitlines().index('watch = "x"') + 1
    assert f'{file}:{line}: error: monitors.boiler_overheat.watch: no channel "x"' in result.output
    assert "2 errors" in result.output


def test_check_for_programs(tmp_path):
    result = run("check", "--json", broken(tmp_path), SIMULATED)
    first, second = json.loads(result.stdout)["files"]
    assert (first["sound"], second["sound"], second["problems"]) == (False, True, [])
    assert {problem["path"] for problem in first["problems"]} == {
        "monitors.boiler_overheat.watch",
        "monitors.boiler_cold.watch",
    }


def test_compile_writes_what_the_device_loads(tmp_path):
    product, board = tmp_path / "product.cbor", tmp_path / "board.cbor"
    assert run("compile", COFFEE, "-o", product).exit_code == 0
    assert product.read_bytes() == compiler.compile_product(COFFEE)
    result = run("compile", SIMULATED, "--out", board, "--json")
    assert json.loads(result.stdout) == {"file": str(board), "bytes": board.stat().st_size}
    assert cbor2.loads(board.read_bytes())["board"] == "simulated"


def test_compile_writes_nothing_of_a_broken_file(tmp_path):
    out = tmp_path / "out.cbor"
    result = run("compile", broken(tmp_path), "-o", out)
    assert (result.exit_code, out.exists()) == (1, False)
    result = run("compile", broken(tmp_path), "-o", out, "--json")
    assert len(json.loads(result.stdout)["problems"]) == 2


def test_a_board_whose_product_is_elsewhere(tmp_path):
    board, out = tmp_path / "board.toml", tmp_path / "out.cbor"
    board.write_bytes(SIMULATED.read_bytes())
    assert "there is no" in run("check", board).output
    assert run("compile", board, "--product", COFFEE, "-o", out).exit_code == 0


def test_wrong_usage_is_told_from_wrong_files(tmp_path):
    assert run("check", tmp_path / "missing.toml").exit_code == 2
    assert run("check", tmp_path).exit_code == 2
    assert run("compile", COFFEE).exit_code == 2


def test_compile_makes_the_folder_that_it_writes_to(tmp_path):
    assert run("compile", COFFEE, "-o", tmp_path / "new" / "product.cbor").exit_code == 0
