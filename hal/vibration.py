"""One burst of acceleration made into the few numbers that a monitor watches.

RMS tells how much a machine shakes, the peak and the kurtosis whether it knocks (a healthy
bearing's noise is near Gaussian, kurtosis 3; a pitted race gives 4 and more: ISO 13373-1), the
bands at which frequency. Everything is taken about the mean, so that gravity and offset drop out.
"""

import math

FIELDS = ("rms", "peak", "kurtosis", "band0", "band1", "band2", "band3")
BANDS = 4


def summary(samples, scale: float, rate: float, bands) -> dict:
    """rms and peak in the unit of `scale` per count, kurtosis without unit, and for each of at
    most four frequencies (Hz) the RMS of the sine in the burst, one bin (rate / samples) wide.

    samples: integers, at least two; rate: samples per second. Single precision suffices: sums are
    of deviations divided by the largest, so that none overflows and none is swallowed.
    """
    count = len(samples)
    mean = sum(samples) / count
    largest = max(max(samples) - mean, mean - min(samples))
    if not largest:
        largest = 1.0
    square = fourth = 0.0
    for sample in samples:
        deviation = (sample - mean) / largest
        deviation *= deviation
        square += deviation
        fourth += deviation * deviation
    scale *= largest
    values = {
        "rms": scale * math.sqrt(square / count),
        "peak": scale if square else 0.0,
        "kurtosis": count * fourth / (square * square) if square else 0.0,
    }
    for index, frequency in enumerate(bands):
        power = goertzel(samples, mean, largest, frequency / rate)
        values["band%d" % index] = scale * math.sqrt(2.0 * power) / count
    return values


def goertzel(samples, mean: float, largest: float, cycles: float) -> float:
    """The squared magnitude of the Fourier sum of (sample - mean) / largest at `cycles` per sample.

    Goertzel, American Mathematical Monthly 65 (1958) 34. A sine of amplitude a gives
    (a * samples / 2) squared; at most a few hundred samples, or single precision tells.
    """
    factor = 2.0 * math.cos(2.0 * math.pi * cycles)
    before = last = 0.0
    for sample in samples:
        before, last = last, (sample - mean) / largest + factor * last - before
    # Rounding can leave a hair below zero where there is nothing.
    return max(0.0, before * before + last * last - factor * before * last)
