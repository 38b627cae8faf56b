"""Runs in MicroPython: a board with stock firmware, whose whole file system is littlefs on a file.

Arguments: the flash, its number of blocks. As on an ESP32 `main.py` is run if it is there; then,
or when Ctrl+C ends it, comes the prompt, of which only the raw mode is here (reference/repl in
MicroPython's documentation), for that is what mpremote speaks. A reset ends the process.
"""

import gc
import sys

import file_flash
import machine
import network  # noqa: F401 - fakes; found before the files of the laptop go
import onewire  # noqa: F401
import vfs

sys.modules.pop("hal", None)  # which the fakes wanted; the firmware shall find its own

PROMPT, BANNER = ">>> ", "raw REPL; CTRL-B to exit\r\n>"
RAW, FRIENDLY, DONE, PASTE = 1, 2, 4, 5
WINDOW = 256

out = sys.stdout.buffer


def show(text):
    out.write(text.encode())


def boot():
    """What stock firmware does: mount the flash, or format it, and make it all there is."""
    file_flash.mount(sys.argv[1], int(sys.argv[2]), "/flash")
    vfs.umount("/")
    disk = vfs.mount()[-1][0]
    vfs.umount("/flash")
    vfs.mount(disk, "/")
    sys.path[:] = ["", ".frozen", "/lib"]


def run_main():
    try:
        with open("main.py") as file:
            code = file.read()
    except OSError:
        return  # a board that is still bare
    try:
        exec(code, {"__name__": "__main__"})
    except KeyboardInterrupt:
        show("\r\n")


def byte():
    """The next byte; Ctrl+C while nobody runs is nothing."""
    while True:
        try:
            got = sys.stdin.buffer.read(1)
            if not got:
                sys.exit(0)  # the cable is gone
            return got[0]
        except KeyboardInterrupt:
            continue


def prompt():
    show(PROMPT)
    while byte() != RAW:
        continue
    show(BANNER)
    raw()


def raw():
    """Until Ctrl+B: run what comes, up to each Ctrl+D."""
    names = {"__name__": "__main__"}
    code = bytearray()
    while True:
        got = byte()
        if got == FRIENDLY:
            return
        if got == RAW:
            if code == bytes((PASTE,)) + b"A":
                obey(paste(), names)
            else:
                show(BANNER)
            code = bytearray()
        elif got != DONE:
            code.append(got)
        elif code:
            show("OK")
            obey(bytes(code), names)
            code = bytearray()
        else:
            names = {"__name__": "__main__"}
            gc.collect()
            show("OK\r\nMPY: soft reboot\r\n" + BANNER)


def paste():
    """Code that comes in windows of so many bytes, each of which is answered for."""
    out.write(b"R\x01" + bytes((WINDOW & 0xFF, WINDOW >> 8)) + b"\x01")
    code = bytearray()
    while (got := byte()) != DONE:
        code.append(got)
        if len(code) % WINDOW == 0:
            out.write(b"\x01")
    out.write(b"\x04")
    return bytes(code)


def obey(code, names):
    fault = None
    try:
        exec(code.decode(), names)
    except Exception as error:
        fault = error
    out.write(b"\x04")
    if fault is not None:
        sys.print_exception(fault)
    out.write(b"\x04>")


assert machine.RESET
show("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n")  # as the ROM says
boot()
run_main()
while True:
    prompt()
