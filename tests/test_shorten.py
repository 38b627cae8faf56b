"""Names that are of interest to one module only are short in an image: the same program."""

import ast
import json

import pytest

from firmware.image import build, shorten
from firmware.image.closure import ROOT
from sim.mpy import runtime

# The table of names of MicroPython, which holds 1,260 before it doubles. In the process of the
# tests an image brings some 70 more than on a chip, whose own modules have those for constants.
NAMES = 1_260 + 70
PROBE = """
import os, sys, vfs, micropython
with open(sys.argv[1], "rb") as file:
    vfs.mount(vfs.VfsRom(memoryview(file.read())), "/rom")
sys.path[:] = ["/rom/lib", sys.argv[2], ".frozen"]
import machine, network, onewire
def walk(path, dots):
    for name in sorted(os.listdir(path)):
        if os.stat(path + "/" + name)[0] & 0x4000:
            walk(path + "/" + name, dots + name + ".")
        else:
            __import__(dots + name.rpartition(".")[0])
micropython.qstr_info()
walk("/rom/lib", "")
micropython.qstr_info()
"""


def short(source, module="agent.outbox"):
    return shorten.short(source, module)


def test_every_line_stays_where_it_is_and_means_the_same():
    instead = shorten.table()["agent.outbox"]
    source = (ROOT / "agent/outbox.py").read_text()
    said = short(source)
    assert len(instead) > 10 and said.count("\n") == source.count("\n")
    back = {value: name for name, value in instead.items()}
    assert len(back) == len(instead), "two names became one"
    tree = ast.parse(said)
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            if getattr(node, field, None) in back:
                setattr(node, field, back[getattr(node, field)])
    assert ast.dump(tree) == ast.dump(ast.parse(source))


def test_what_others_speak_of_stays():
    """By another module, in a text, as the class of a monitor, by the chip."""
    table = shorten.table()
    assert "put" not in table["agent.outbox"]
    assert "sign_slowly" not in table["agent.wire.p256"], "agent/identity.py puts it together"
    assert "Limit" not in table["agent.sense.monitors.limit"]
    assert not table["hal.verbs"].keys() & {"readfrom_mem", "writeto_mem", "baudrate"}
    assert "CborError" not in table["agent.wire.cbor"], "a person reads it"


def test_modules_that_inherit_from_each_other_share_no_short_name():
    table = shorten.table()
    link, client = table["hal.link_chumicro"], table["chumicro_mqtt.client"]
    both = {**client, **link}
    assert link["_in_flight"] == client["_in_flight"]
    assert len(set(both.values())) == len(both)


def test_what_of_the_library_nobody_needs_is_left_out():
    source = "def set_will():\n    pass\n\n\ndef publish():\n    pass\n"
    said = shorten.needed(source, "chumicro_mqtt.client")
    assert said == "\n\n\n\ndef publish():\n    pass\n"
    assert shorten.needed(source, "agent.core") == source


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    boards = ROOT / "boards"
    board, product = "esp32_coffee_machine.toml", "products/coffee_machine.toml"
    return build.build(boards / board, boards / product, folder).folder


def test_the_names_of_an_image_fit_into_a_table_that_did_not_double(tmp_path, image):
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    for path in [*(ROOT / "sim/board/esp32").glob("*.py"), ROOT / "hal/verbs.py"]:
        (fakes / path.name).write_text(path.read_text())
    (fakes / "dht.py").write_text("")
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE)
    said = runtime.run(probe, image / "romfs.img", fakes, heap="4M")
    counts = [int(line.split("n_qstr=")[1].split(",")[0]) for line in said.splitlines()]
    assert len(counts) == 2 and counts[1] - counts[0] <= NAMES, said


def test_the_image_tells_what_a_short_name_stands_for(image):
    told = json.loads((image / "names.json").read_text())
    short_name = shorten.table()["agent.core"]["_resume"]
    assert told["agent.core"][short_name] == "_resume"
