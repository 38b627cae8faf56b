"""The repository is tidy, and each rule that says so bites on code that breaks it."""

import ast
from collections.abc import Iterable

import device_types
import pytest
import tidy
from tidy_code import check_code
from tidy_layers import check_circles, check_imports

DOC = '"""Why."""\n'


def test_repository_is_tidy():
    assert tidy.findings() == []


def code(path: str, source: str) -> str:
    return "\n".join(message for _, message in check_code(path, ast.parse(DOC + source)))


def layers(path: str, source: str) -> str:
    return "\n".join(message for _, message in check_imports(path, ast.parse(source)))


def text(path: str, source: str, files: Iterable[str] = ()) -> str:
    return "\n".join(message for _, message in tidy.check_text(path, source, set(files)))


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("agent/needs.py", "from hal import store", "agent must not import hal"),
        ("agent/needs.py", "import time", "agent must not import time"),
        ("agent/needs.py", "def f():\n    import random", "agent must not import random"),
        ("agent/needs.py", "from agent.money import orders", "downstream"),
        ("agent/limits.py", "from agent.wire import cbor", "downstream"),
        ("agent/parlour.py", "from agent import limits", "no place in ROOMS"),
        ("agent/needs.py", "from . import limits", "relative import"),
        ("hal/store.py", "from agent import limits", "hal must not import agent"),
        ("hal/store.py", "import typing", "does not exist on MicroPython"),
        ("firmware/loop.py", "import boards.compiler", "firmware must not import boards"),
        ("firmware/loop.py", "import sim", "firmware must not import sim"),
        ("firmware/loop.py", "from firmware import build", "not in FIRMWARE_ON_DEVICE"),
        ("firmware/esp32/main.py", "import typing", "does not exist on MicroPython"),
        ("boards/load.py", "import agent.product", "boards must not import agent"),
        ("boards/load.py", "import firmware.loop", "boards must not import firmware"),
        ("sim/world.py", "import tests.tidy", "sim must not import tests"),
    ],
)
def test_layers_bite(path, source, said):
    assert said in layers(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("agent/needs.py", "import struct, math\nfrom agent.stock import gauge"),
        ("agent/sense/senses.py", "from agent.sense import channels\nfrom agent import clock"),
        ("agent/core.py", "from agent.money import orders\nfrom agent import VERSION"),
        ("firmware/loop.py", "from agent.core import Agent\nfrom hal import store"),
        ("firmware/esp32/main.py", "from firmware import loop\nfrom firmware.start import go"),
        ("firmware/build.py", "from boards import compiler\nimport typing\nimport firmware.flash"),
        ("sim/world.py", "import firmware.loop, agent.core, boards, typing"),
        ("tests/test_x.py", "import sim, firmware"),
    ],
)
def test_layers_allow_what_flows_down(path, source):
    assert layers(path, source) == ""


def test_circles_are_found_with_their_way_round():
    trees = {
        "sim/a.py": ast.parse("import sim.b"),
        "sim/b.py": ast.parse("def late():\n    from sim.c import thing"),
        "sim/c.py": ast.parse("from sim import a"),
        "sim/d.py": ast.parse("import sim.a"),
    }
    [(path, _, message)] = check_circles(trees)
    assert path == "sim/a.py"
    assert message.endswith("sim.a > sim.b > sim.c > sim.a")


def test_a_diamond_is_no_circle():
    trees = {
        "sim/a.py": ast.parse("import sim.b, sim.c"),
        "sim/b.py": ast.parse("import sim.d"),
        "sim/c.py": ast.parse("import sim.d"),
        "sim/d.py": ast.parse(""),
    }
    assert list(check_circles(trees)) == []


def function_of(lines: int) -> str:
    return "def f():\n    '''Why.\n\n    How.'''\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(("path", "most"), [("agent/needs.py", 40), ("sim/world.py", 60)])
def test_functions_are_short_without_their_docstring(path, most):
    assert code(path, function_of(most)) == ""
    assert f"{most + 1} lines, {most} are allowed" in code(path, function_of(most + 1))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class OrderManager: pass", '"Manager" says nothing; name what it does'),
        ("def message_handler(): return 1", '"handler" says nothing'),
        ("class Base: pass", '"Base" says nothing'),
        ("try:\n    f()\nexcept:\n    g()", "bare except"),
        ("try:\n    f()\nexcept ValueError:\n    pass", "swallowed"),
        ("try:\n    f()\nexcept ValueError:\n    ...", "swallowed"),
    ],
)
def test_rules_for_all_code_bite(source, said):
    assert said in code("sim/world.py", source)


def test_file_names_count_as_names():
    assert "says nothing" in code("sim/utils.py", "x = 1")


def test_a_file_begins_with_why():
    assert "no docstring" in "".join(m for _, m in check_code("sim/x.py", ast.parse("x = 1")))


@pytest.mark.parametrize(
    "source",
    [
        "match x:\n    case 1:\n        f()",
        "def f(a, /): return a",
        "x = {**a}",
        "x = [*a]",
        "x = (*a, 1)",
        "x = {*a}",
        "try:\n    f()\nexcept OSError as error:\n    raise ValueError() from error",
        "try:\n    f()\nexcept TimeoutError:\n    g()",
        "raise FileNotFoundError(1)",
        "try:\n    import micropython\nexcept ImportError:\n    f()",
        "try:\n    from micropython import const\nexcept ImportError:\n    f()",
    ],
)
def test_what_devices_lack_is_refused_there_and_only_there(source):
    assert "on MicroPython" in code("hal/store.py", source)
    assert "on MicroPython" in code("agent/needs.py", source)
    assert "on MicroPython" not in code("sim/world.py", source)


def test_unpacking_on_the_left_and_in_calls_is_allowed():
    assert code("agent/needs.py", "a, *b = c\nf(*a, **b)") == ""


@pytest.mark.parametrize("call", ["open('x')", "print(1)", "round(2.5)", "input()"])
def test_the_agent_stays_without_a_world(call):
    assert "in the agent" in code("agent/needs.py", call)
    assert code("sim/world.py", call) == ""


def test_text_rules_bite():
    slash = "/"
    assert "characters" in text("a.py", "x" * 101)
    assert text("a.md", "x" * 101) == ""
    assert "blanks" in text("a.py", "x ")
    assert "401 lines" in text("a.toml", "x\n" * 401)
    assert "do it" in text("a.py", "# TODO later")
    assert "one machine" in text("a.toml", f'path = "{slash}home/me/x"')
    assert text("a.md", "see docs/home/x and ~/root/x") == ""


def test_documents_that_are_named_exist():
    assert "MISSING.md does not exist" in text("a.py", "# see docs/MISSING.md")
    assert text("a.py", "# see docs/HERE.md", {"docs/HERE.md"}) == ""
    assert text("boards/README.md", "see HERE.md", {"boards/HERE.md"}) == ""


def test_source_files_that_are_named_exist():
    assert "hal/gone.py does not exist" in text("a.py", "# see hal/gone.py")
    assert text("a.py", "# see hal/<kind>.py, other/gone.py and hal/*.py") == ""
    assert text("a.py", "# see hal/here.py", {"hal/here.py"}) == ""


def test_foreign_words_are_found_whatever_their_case(monkeypatch):
    monkeypatch.setattr(tidy, "FOREIGN_WORDS", {tidy.digest("gadget")})
    assert '"Gadget" says nothing' in text("a.md", "Written with a Gadget.")
    assert text("a.md", "Written with gadgetry.") == ""


def test_the_cross_compiler_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "ROOT", tmp_path)
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = 1\nwith a as b, (c:\n")
    assert list(tidy.compiles("good.py")) == []
    [(line, message)] = tidy.compiles("bad.py")
    assert line == 2
    assert "SyntaxError" in message


def test_device_types_know_machine_and_not_the_desktop(tmp_path):
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import machine, network, esp32, time\n"
        "machine.Pin(4, machine.Pin.OUT).value(1)\n"
        "time.sleep_ms(5)\n"
        "machine.WDT(timeout='soon')\n"
        "network.WLAN(network.STA_IF).conect('a')\n"
        "esp32.NVS('a').get_blb('b')\n"
        "time.perf_counter()\n"
    )
    done = device_types.check([str(probe)])
    wrong = {line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line}
    assert wrong == {"4", "5", "6", "7"}, done.stdout
