"""Runs on both runtimes: a thing that does nothing but keep its link up, for tests to look at.

Arguments: host, port, authority (DER file), mode, and for mode `certificate` the client's
certificate and key. Prints `got <text>` for each message, `error <why>`, `slow <ms>` for a poll
that took long. Mode `hold` never acknowledges.
"""

import os
import sys
import time

SLOW_MS = 150

if sys.implementation.name == "micropython":
    from hal.link_chumicro import Link

    ticks = time
else:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from hal.link_paho import Link
    from hal.linux import ticks


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
    link = Link(host, int(port), "probe", read(authority), os.urandom, ticks, client)
    turn, error = 0, None
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
        turn += 1
        if turn % 20 == 0:
            link.publish(b"up " + str(turn).encode())
        ticks.sleep_ms(5)


main(*sys.argv[1:])
