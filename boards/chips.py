"""Which pin of which chip can do what, so that an impossible wiring is refused on the host.

Sources: the datasheets of ESP32, ESP32-S3, ESP32-C3 and ESP32-C6 (sections "Pin Definitions" and
"Strapping Pins"), Espressif's GPIO and ADC pages for each chip, and the BCM numbering of the
Raspberry Pi's 40-pin header.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Use(NamedTuple):
    """What one wire asks of its pin."""

    role: str  # "in", "out", "both" or "analog"
    wifi: bool  # whether the radio is on
    pulled: bool = False  # whether it relies on a resistor inside the chip


@dataclass(frozen=True)
class Chip:
    """The pins of one chip; every set holds GPIO numbers."""

    name: str
    pins: frozenset[int]
    input_only: frozenset[int] = frozenset()
    flash: frozenset[int] = frozenset()
    analog: frozenset[int] = frozenset()
    analog_without_wifi: frozenset[int] = frozenset()
    strapping: dict[int, str] = field(default_factory=dict)
    shared: dict[int, str] = field(default_factory=dict)
    buses: dict[str, frozenset[int]] = field(default_factory=dict)  # kind to the ids it has
    linux: bool = False  # the kernel knows the pins of its buses, and never sleeps

    def errors(self, pin: int, use: Use) -> Iterator[str]:
        """Why this pin cannot do that at all."""
        if pin not in self.pins:
            yield f"{self.name} has no GPIO {pin}; it has {spans(self.pins)}"
        elif pin in self.flash:
            yield f"GPIO {pin} of {self.name} drives its flash memory; the chip would not start"
        elif pin in self.input_only and use.role in ("out", "both"):
            yield (
                f"GPIO {pin} of {self.name} is input only and cannot drive a line; "
                f"input only are {spans(self.input_only)}"
            )
        elif pin in self.input_only and use.pulled:
            yield (
                f"GPIO {pin} of {self.name} has no pull resistor inside: "
                'add one outside and write args.pull = ""'
            )
        elif use.role == "analog":
            yield from self._analog_errors(pin, use.wifi)

    def _analog_errors(self, pin: int, wifi: bool) -> Iterator[str]:
        if pin in self.analog:
            return
        if pin not in self.analog_without_wifi:
            where = spans(self.analog) if self.analog else "none: add an ADC chip"
            yield f"GPIO {pin} of {self.name} has no ADC; pins with one: {where}"
        elif wifi:
            yield (
                f"GPIO {pin} of {self.name} is on ADC2, which the Wi-Fi radio takes for itself; "
                f"use {spans(self.analog)}"
            )

    def warnings(self, pin: int, use: Use) -> Iterator[str]:
        """What works and may surprise."""
        if pin in self.strapping:
            yield f"GPIO {pin} of {self.name} is read at reset: {self.strapping[pin]}"
        if pin in self.shared:
            yield f"GPIO {pin} of {self.name} is also {self.shared[pin]}"


def spans(pins: frozenset[int]) -> str:
    """{1, 2, 3, 7} as "1-3, 7"."""
    parts: list[list[int]] = []
    for pin in sorted(pins):
        if parts and parts[-1][-1] == pin - 1:
            parts[-1][1:] = [pin]
        else:
            parts.append([pin])
    return ", ".join("-".join(str(end) for end in part) for part in parts)


def _pins(text: str) -> frozenset[int]:
    """The other way round."""
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)


ANY_PIN = _pins("0-31")  # one wire has no numbered controllers; any pin can be one
# SPI 0 and UART 0 are the flash's and the console's.
TWO_OF_EACH = {
    "i2c": _pins("0-1"), "spi": _pins("1-2"), "uart": _pins("1-2"), "onewire": ANY_PIN,
}  # fmt: skip

CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            "esp32",
            pins=_pins("0-19,21-23,25-27,32-39"),
            input_only=_pins("34-39"),
            flash=_pins("6-11"),
            analog=_pins("32-39"),
            analog_without_wifi=_pins("0,2,4,12-15,25-27"),
            strapping={
                0: "held low, it waits for a download instead of starting",
                2: "held high together with GPIO 0 low, no download is possible",
                5: "it sets the timing of SDIO",
                12: "held high, the flash gets 1.8 V and the chip does not start",
                15: "held low, the boot log is silent",
            },
            shared={
                1: "the console's TX", 3: "the console's RX",
                16: "PSRAM on some modules", 17: "PSRAM on some modules",
            },
            buses=TWO_OF_EACH,
        ),
        Chip(
            "esp32s3",
            pins=_pins("0-21,26-48"),
            flash=_pins("26-32"),
            analog=_pins("1-10"),
            analog_without_wifi=_pins("11-20"),
            strapping={
                0: "held low, it waits for a download instead of starting",
                3: "it chooses where JTAG comes from",
                45: "held high, the flash gets 1.8 V and the chip does not start",
                46: "held high with GPIO 0 low, no download is possible",
            },
            shared={
                19: "USB D-", 20: "USB D+", 43: "the console's TX", 44: "the console's RX",
                33: "octal PSRAM on some modules", 34: "octal PSRAM on some modules",
                35: "octal PSRAM on some modules", 36: "octal PSRAM on some modules",
                37: "octal PSRAM on some modules",
            },
            buses=TWO_OF_EACH,
        ),
        Chip(
            "esp32c3",
            pins=_pins("0-21"),
            flash=_pins("11-17"),
            analog=_pins("0-4"),
            analog_without_wifi=_pins("5"),
            strapping={
                2: "held low, it may not start",
                8: "held low, no download is possible",
                9: "held low, it waits for a download instead of starting",
            },
            shared={
                18: "USB D-", 19: "USB D+", 20: "the console's RX", 21: "the console's TX",
            },
            buses={
                "i2c": _pins("0"), "spi": _pins("1"), "uart": _pins("1"), "onewire": ANY_PIN,
            },
        ),
        Chip(
            "esp32c6",
            pins=_pins("0-30"),
            flash=_pins("24-30"),
            analog=_pins("0-6"),
            strapping={
                4: "it sets the timing of SDIO", 5: "it sets the timing of SDIO",
                8: "held low, no download is possible",
                9: "held low, it waits for a download instead of starting",
                15: "it chooses where JTAG comes from",
            },
            shared={
                12: "USB D-", 13: "USB D+", 16: "the console's TX", 17: "the console's RX",
                10: "not led out by chips with flash inside",
                11: "not led out by chips with flash inside",
                14: "not led out by chips without flash inside",
            },
            buses={
                "i2c": _pins("0"), "spi": _pins("1"), "uart": _pins("1"), "onewire": ANY_PIN,
            },
        ),
        Chip(
            "raspberry_pi",
            pins=_pins("0-27"),
            linux=True,
            shared={
                0: "the identity EEPROM of a HAT", 1: "the identity EEPROM of a HAT",
                14: "the serial console's TX", 15: "the serial console's RX",
            },
            # Its kernel has one bus of one wire; see hal/linux for what each of them leaves out.
            buses={
                "i2c": _pins("0-31"), "spi": _pins("0-1"), "uart": _pins("0-5"),
                "onewire": _pins("0"),
            },
        ),
    )
}  # fmt: skip


def _model_of_pi(name: str, uarts: str) -> Chip:
    """The models have the same header; they differ in the serial ports that come out on it.

    Raspberry Pi's documentation, "Configure UARTs": two before the Pi 4, which has six; the Pi 5
    has five of its own. Any number of I2C can be made with overlays.
    """
    pi = CHIPS["raspberry_pi"]
    return replace(pi, name=name, buses={**pi.buses, "uart": _pins(uarts)})


for _name, _uarts in (
    ("raspberry_pi_zero_2_w", "0-1"),
    ("raspberry_pi_4", "0-5"),
    ("raspberry_pi_5", "0-4"),
):
    CHIPS[_name] = _model_of_pi(_name, _uarts)

# The simulator has every pin; nothing to refuse.
SIMULATED = "simulated"
NAMES = (*CHIPS, SIMULATED)
