"""Single pins on an ESP32: levels, voltages, pulses, echoes, and the clocked word of a HX711."""

import time

import machine

from hal import HalError
from hal.edges import Edges

PULLS = {"up": machine.Pin.PULL_UP, "down": machine.Pin.PULL_DOWN, "": None}
TRIGGER_US = 10


class Pins:
    """The bank; see hal/__init__.py. Pins are machine.Pin, made once for each number."""

    ticks = time

    def __init__(self):
        self._pins = {}

    def input(self, number: int, pull: str = ""):
        pin = self._pins.get(number)
        if pin is None:
            pin = self._pins[number] = machine.Pin(number, machine.Pin.IN, PULLS[pull])
        return pin

    def output(self, number: int, level: int = 0):
        pin = self._pins[number] = machine.Pin(number, machine.Pin.OUT, value=level)
        return pin

    def analog(self, number: int):
        """machine.ADC over the whole range; `read_uv` uses the calibration in the chip's fuses."""
        return machine.ADC(machine.Pin(number), atten=machine.ADC.ATTN_11DB)

    def pwm(self, number: int, hz: int):
        return machine.PWM(machine.Pin(number), freq=hz, duty_u16=0)

    def counter(self, number: int, pull: str, rising: bool, debounce_us: int, gap_us: int):
        """Interrupts, not the pulse counter, whose filter ends at 13 us and which the C3 lacks.
        They wait while flash is erased: at some hundred pulses a second one may be lost then."""
        edges = Edges(time, debounce_us, gap_us)
        pin = self.input(number, pull)
        if debounce_us:
            trigger = machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING
            pin.irq(lambda one: edges.edge(time.ticks_us(), one.value() == rising), trigger)
        else:
            trigger = machine.Pin.IRQ_RISING if rising else machine.Pin.IRQ_FALLING
            pin.irq(lambda one: edges.edge(time.ticks_us()), trigger)
        return edges

    def echo_us(self, trigger: int, echo: int, timeout_us: int) -> int:
        """Width of the pulse on `echo` that a trigger calls forth. Raises HalError timeout."""
        listener = self.input(echo)
        speaker = self._pins.get(trigger) or self.output(trigger, 0)
        speaker.value(1)
        time.sleep_us(TRIGGER_US)
        speaker.value(0)
        width = machine.time_pulse_us(listener, 1, timeout_us)
        if width < 0:
            raise HalError("timeout", "no echo came")
        return width

    def dht22(self, number: int):
        from hal.esp32.dht22 import Dht22

        return Dht22(number)

    def shift_in(self, clock, data, bits: int) -> int:
        """`bits` bits from `data`, high bit first, one after each rising edge of `clock`.

        Nothing may interrupt while the clock is high: 60 us of that would switch a HX711 off.
        """
        word = 0
        for _ in range(bits):
            state = machine.disable_irq()
            clock.value(1)
            bit = data.value()
            clock.value(0)
            machine.enable_irq(state)
            word = word << 1 | bit
        return word
