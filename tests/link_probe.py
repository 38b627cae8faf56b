"""Runs on both runtimes: a thing that does nothing but keep its link up, for tests to look at.

Arguments: host, port, authority (DER file), mode, and for mode `certificate` the client's
certificate and key. Prints `got <text>` for each message, `error <why>`, `drops <number>`, `slow
<ms>` for a poll that took long. Mode `hold` never acknowledges; `impatient` gives the broker two
seconds for everything.
"""

import os
import sys
import time

SLOW_MS = 150

if sys.implementation.name == "micropython":
    from hal import link_chumicro as library

    ticks = time
else:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from hal import link_paho as library  # type: ignore[no-redef]
    from hal.linux import ticks  # type: ignore[no-redef]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def poll(link):
    began = ticks.ticks_ms()
    link.poll(began)
    took = ticks.ticks_diff(ticks.ticks_ms(), began)
    if took > SLOW_MS:
        print("slow", took)


def main(host, port, authority, mode, *paths):
    client = [read(path) for path in paths]
    if mode == "impatient":
        library.KEEP_ALIVE_S = library.ANSWER_S = 2
    link = library.Link(host, int(port), "probe", read(authority), os.urandom, ticks, client)
    turn, drops, error = 0, 0, None
    while True:
        poll(link)
        frame = link.received()
        if frame:
            print("got", frame.decode())
        if mode != "hold":
            link.acknowledge()
        if link.error is not error and link.error is not None:
            print("error", link.error)
        error = link.error
        if link.drops != drops:
            drops = link.drops
            print("drops", drops)
        turn += 1
        if turn % 20 == 0:
            link.publish(b"up " + str(turn).encode())
        ticks.sleep_ms(5)


main(*sys.argv[1:])
