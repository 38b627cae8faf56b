"""The summary of a burst against signals whose numbers are known, and near the edges."""

import math
from array import array

from hal import vibration

RATE = 1000.0


def burst(wave, count=128, counts_per_unit=4096):
    return array("h", [int(counts_per_unit * wave(index / RATE) + 0.5) for index in range(count)])


def summarise(wave, bands=(), count=128):
    return vibration.summary(burst(wave, count), 1 / 4096, RATE, bands)


def near(value, wanted, share=0.01):
    return abs(value - wanted) <= share * abs(wanted) + 1e-3


def test_a_sine():
    """Amplitude a: RMS a / sqrt 2, peak a, kurtosis 1.5; all of it in its own band."""
    values = summarise(lambda t: 2.0 * math.sin(2 * math.pi * 62.5 * t), (62.5, 250.0))
    assert near(values["rms"], 2.0 / math.sqrt(2))
    assert near(values["peak"], 2.0)
    assert near(values["kurtosis"], 1.5)
    assert near(values["band0"], 2.0 / math.sqrt(2))
    assert values["band1"] < 0.005


def test_gravity_drops_out():
    still = summarise(lambda t: 1.0, (50.0,))
    assert (still["rms"], still["peak"], still["kurtosis"], still["band0"]) == (0.0, 0.0, 0.0, 0.0)
    shaken = summarise(lambda t: 1.0 + 0.5 * math.sin(2 * math.pi * 125 * t))
    assert near(shaken["rms"], 0.5 / math.sqrt(2))


def test_a_square_wave_has_the_smallest_kurtosis_there_is():
    values = summarise(lambda t: 1.0 if int(t * 250) % 2 else -1.0)
    assert near(values["kurtosis"], 1.0)
    assert near(values["rms"], values["peak"])


def test_knocks_raise_the_kurtosis_and_not_much_else():
    def knocking(t):
        return 4.0 if int(t * RATE + 0.5) % 32 == 5 else 0.1 * math.sin(2 * math.pi * 62.5 * t)

    calm = summarise(lambda t: 0.1 * math.sin(2 * math.pi * 62.5 * t))
    knocked = summarise(knocking)
    assert calm["kurtosis"] < 2 < 20 < knocked["kurtosis"]


def test_two_tones_are_told_apart():
    def two(t):
        return math.sin(2 * math.pi * 93.75 * t) + 0.25 * math.sin(2 * math.pi * 312.5 * t)

    values = summarise(two, (93.75, 312.5, 203.125))
    assert near(values["band0"], 1 / math.sqrt(2))
    assert near(values["band1"], 0.25 / math.sqrt(2), 0.02)
    assert values["band2"] < 0.01


def test_goertzel_is_the_fourier_sum():
    samples = burst(lambda t: math.sin(300 * t) + 0.3 * math.cos(1700 * t) + 0.2, 64)
    mean = sum(samples) / 64
    for bin_number in (1, 3, 7, 16, 31):
        cycles = bin_number / 64
        real = imaginary = 0.0
        for index, sample in enumerate(samples):
            angle = 2 * math.pi * cycles * index
            real += (sample - mean) / 4096 * math.cos(angle)
            imaginary += (sample - mean) / 4096 * math.sin(angle)
        power = real * real + imaginary * imaginary
        assert near(vibration.goertzel(samples, mean, 4096.0, cycles), power, 0.005)


def test_the_largest_values_do_not_overflow():
    values = vibration.summary(array("h", [32767, -32768] * 64), 1.0, RATE, (500.0,))
    assert near(values["rms"], 32767.5)
    assert near(values["kurtosis"], 1.0)


class Single(float):
    """A float that is rounded to single precision after every operation, as on an ESP32."""


def _rounded(name):
    import struct

    operation = getattr(float, name)

    def method(self, *others):
        result = operation(self, *[float(other) for other in others])
        return Single(struct.unpack("<f", struct.pack("<f", result))[0])

    return method


def test_single_precision_suffices():
    """Where a subclass of float can round (CPython), the whole summary in 24 bits of mantissa."""
    import sys

    if sys.implementation.name != "cpython":
        return
    for name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"):
        setattr(Single, "__%s__" % name, _rounded("__%s__" % name))

    def wave(t):
        return 1.0 + 0.01 * math.sin(2 * math.pi * 101.0 * t) + (0.2 if t == 0.05 else 0.0)

    double = summarise(wave, (101.0, 320.0))
    samples = [Single(value) for value in burst(wave)]
    single = vibration.summary(samples, Single(1 / 4096), Single(RATE), (Single(101), Single(320)))
    for field, value in double.items():
        assert near(single[field], value, 1e-3), field
