"""The store on real littlefs in MicroPython, with the power cut at every flash operation."""

import re
from pathlib import Path

from sim.mpy import runtime

CUTS = Path(__file__).with_name("mpy_flash_cuts.py")
FULL = Path(__file__).with_name("mpy_flash_full.py")


def test_after_any_power_cut_the_store_is_the_old_or_the_new(tmp_path):
    said = runtime.run(CUTS, tmp_path / "flash.bin")  # files that lost their disk grumble there
    operations = {word: int(count) for word, count in re.findall(r"(?m)^(\w+) (\d+)$", said)}
    assert set(operations) == {"append", "replace", "save", "twice"}
    assert all(count >= 2 for count in operations.values())


def test_a_full_flash_keeps_what_it_has_and_is_usable_again(tmp_path):
    assert int(runtime.run(FULL, tmp_path / "flash.bin")) > 20


def test_what_was_written_survives_a_kill(tmp_path):
    script = tmp_path / "write.py"
    script.write_text(
        "import os, sys, vfs\n"
        "from hal.simulated.flash import FileFlash, PROGRAM, READ\n"
        "from hal.store import FileStore\n"
        "flash = FileFlash(sys.argv[1], 32)\n"
        "options = {'readsize': READ, 'progsize': PROGRAM}\n"
        "if sys.argv[2] == 'write':\n"
        "    vfs.VfsLfs2.mkfs(flash, **options)\n"
        "vfs.mount(vfs.VfsLfs2(flash, **options), '/flash')\n"
        "store = FileStore('/flash')\n"
        "if sys.argv[2] == 'write':\n"
        "    store.append(b'kept')\n"
        "    print('written')\n"
        "    os.system('kill -9 $PPID')\n"
        "print(b''.join(store.blocks()))\n"
    )
    image = tmp_path / "flash.bin"
    try:
        runtime.run(script, image, "write")
    except runtime.subprocess.CalledProcessError as error:
        assert error.returncode == -9
        assert error.stdout == "written\n"
    assert runtime.run(script, image, "read") == "b'kept'\n"
