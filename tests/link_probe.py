"""Runs on both runtimes: a thing that does nothing but keep its link up, for tests to look at.

Arguments: host, port, authority (DER file), mode, and where the broker asks for them the client's
certificate and key. Prints `got <text>` for each message, `error <why>`, `drops <number>`, `slow
<ms>` for a poll that took long, `full after <number>` when the link takes no more frames. Mode
`hold` never acknowledges; `impatient` gives the broker two seconds for everything and dials again
soon; `move` goes to another broker when it is told its port and authority; `flood` sends a kilobyte
in every turn; `rest` says goodbye when it is told "rest", and dials again half a second later, as a
thing on a battery does; `wear` dials at once again and prints `kept <KiB> <KiB>` every hundred
sessions: of the process, and of MicroPython's heap.
"""

import gc
import os
import sys
import time

if sys.implementation.name == "micropython":
    from hal import backoff
    from hal import link_chumicro as library

    ticks = time
else:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from hal import backoff
    from hal import link_paho as library  # type: ignore[no-redef]
    from hal.linux import ticks  # type: ignore[no-redef]

SLOW_MS = 1000  # a busy machine takes its time; a call that waits for a broker takes longer
FLOOD = b"up " + b"x" * 1021


def read(path):
    with open(path, "rb") as file:
        return file.read()


def poll(link):
    began = ticks.ticks_ms()
    link.poll(began)
    took = ticks.ticks_diff(ticks.ticks_ms(), began)
    if took > SLOW_MS:
        print("slow", took)


def kept():
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    print("kept", pages * 4, gc.mem_alloc() // 1024 if hasattr(gc, "mem_alloc") else 0)


def main(host, port, authority, mode, *paths):
    client = [read(path) for path in paths]
    if mode == "impatient":
        library.KEEP_ALIVE_S = library.ANSWER_S = 2
        backoff.FIRST_MS = backoff.LONGEST_MS = 200
    if mode == "wear":
        backoff.FIRST_MS = backoff.LONGEST_MS = 2
    link = library.Link(host, int(port), "probe", read(authority), os.urandom, ticks, client)
    turn, drops, error, taken = 0, 0, None, 0
    while True:
        poll(link)
        frame = link.received()
        if frame:
            print("got", frame.decode())
        if mode != "hold":
            link.acknowledge()
        if frame == b"rest" and mode == "rest":
            poll(link)  # the acknowledgement goes out
            link.close()
            ticks.sleep_ms(500)
        if frame and mode == "move":
            poll(link)
            elsewhere, path = frame.decode().split()
            link.redirect(host, int(elsewhere), read(path), client)
        if link.error is not error and link.error is not None:
            print("error", link.error)
        error = link.error
        if link.drops != drops:
            drops = link.drops
            print("drops", drops)
            if mode == "wear" and drops % 100 == 0:
                kept()
        turn += 1
        if mode == "flood" and link.ready():
            if link.publish(FLOOD):
                taken += 1
            elif taken:
                print("full after", taken)
                taken = 0
        elif turn % 20 == 0:
            link.publish(b"up " + str(turn).encode())
        ticks.sleep_ms(5)


main(*sys.argv[1:])
