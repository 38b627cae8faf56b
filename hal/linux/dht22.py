"""A DHT22 on Linux, by the kernel's dht11 (dtoverlay=dht11,gpiopin=N), which serves both kinds.

The kernel measures when a file is read and waits up to a second for a part that does not answer, so
a thread reads and the loop never waits: each measurement is heard of at the next one.
"""

import errno
import threading
from pathlib import Path

from hal import HalError

DEVICES = "/sys/bus/iio/devices"
FILES = ("in_temp_input", "in_humidityrelative_input")  # in thousandths


class Dht22:
    """`measure()`: (degC, %), or None when the first is not there yet."""

    def __init__(self, number: int, devices: str = ""):
        self._number = number
        self._folder = Path(devices or DEVICES)
        self._thread: threading.Thread | None = None
        self._heard: tuple[float, ...] | HalError | None = None

    def measure(self) -> tuple[float, ...] | None:
        if self._thread is not None and self._thread.is_alive():
            raise HalError("timeout", "the kernel has not read it yet")
        heard, self._heard = self._heard, None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        if isinstance(heard, HalError):
            raise heard
        return heard

    def _read(self) -> None:
        try:
            device = self._device()
            self._heard = tuple(int((device / file).read_text("ascii")) / 1000 for file in FILES)
        except OSError as error:
            # The kernel says EIO for a bad checksum, ETIMEDOUT for a part that is silent.
            kind = "crc" if error.errno == errno.EIO else "timeout"
            self._heard = error if isinstance(error, HalError) else HalError(kind, str(error))
        except ValueError as error:
            self._heard = HalError("io", str(error))

    def _device(self) -> Path:
        """The only one there is, or of several the one named after our pin."""
        named = {}
        for name in sorted(self._folder.glob("*/name")):
            text = name.read_text("ascii").strip()
            if text.startswith("dht11"):
                named[text] = name.parent
        if len(named) == 1:
            return next(iter(named.values()))
        found = named.get(f"dht11@{self._number:x}")
        if found is None:
            raise HalError("absent", f"no dht11 on pin {self._number}: dtoverlay=dht11,gpiopin=")
        return found
