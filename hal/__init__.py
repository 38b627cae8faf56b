"""Ports: input and output, and nothing else. Knows nothing of the agent; configuration is data.

A port is a duck type, and each exists because the loop or a driver uses it:

* ticks    `ticks_ms() ticks_diff(a, b) ticks_add(t, d) sleep_ms(n)`, as in MicroPython's `time`:
           milliseconds that wrap, half of the ring comparable. hal.clock makes seconds of them.
* store    `blocks() append(data) replace(pieces) load(name) save(name, data) damaged() mend()
           quarantine(data) erase()`
           and the counters `appends replaces bytes_written`; what returned is durable.
* link     `poll(now_ms) ready() publish(frame) received() acknowledge() close()`; never blocks;
           `redirect(host, port, ca, client)` to another broker; `failures` in a row to reach it.
* console  `read() -> text | None` one whole line, `write(text)`; never blocks.
* watchdog `feed()`.
* driver   module `hal.drivers.<name>` with `class Driver`: `Driver(bus, args)` finds the part or
           raises; `read() -> {field: value}` measures once and returns within 50 ms: a part that
           needs longer starts in one read and answers in the next.
* bus      what `open_bus(kind, ident, pins, hz)` of the port's `buses` module returns; i2c, spi,
           onewire and uart offer what MicroPython's `machine` class of that name offers
           (hal.verbs); `free()`, where a bus has it, is said after a timeout, to get it out of what
           holds it. A part on no bus gets the bank of pins, kind "pins": `input(number, pull)`
           and `output(number, level)` with `value()`, `analog(number)` with `read_uv()`,
           `counter(number, pull, rising, debounce_us, gap_us)` (hal.edges), `pwm(number, hz)` with
           `duty_u16()`, `echo_us(trigger, echo, timeout_us)`, `shift_in(clock, data, bits)`,
           `dht22(number)` with `measure()` -> (degC, %) or None when it is heard of later, and
           `ticks`, the ticks port. pull is "up", "down" or "".

What the world does wrong is a HalError with one of six kinds. A bad sensor, or a driver with a
mistake in it, is caught where parts are read (hal.sensors) and becomes a reading of quality
MISSING; nothing else catches and carries on.
"""

KINDS = ("absent", "timeout", "crc", "range", "full", "io")


class HalError(OSError):
    """The world's fault. `kind`: absent (nobody answers), timeout, crc (answer garbled), range
    (answer impossible), full (no space), io (anything else)."""

    def __init__(self, kind: str, detail: str = ""):
        assert kind in KINDS
        super().__init__(kind + ": " + detail if detail else kind)
        self.kind = kind
