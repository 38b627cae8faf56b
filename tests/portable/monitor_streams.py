"""Noise, healthy and faulty streams, and the table of monitors that the portable tests run over."""

from array import array

from agent.sense.monitors.crosscheck import Crosscheck
from agent.sense.monitors.cycle import Cycle
from agent.sense.monitors.drift import Drift
from agent.sense.monitors.joint import Joint
from agent.sense.monitors.life import TERMS, Life
from agent.sense.monitors.limit import Limit
from agent.sense.monitors.onset import Onset
from agent.sense.monitors.rate import Rate
from agent.sense.monitors.stuck import Stuck


class Noise:
    """Normal-like noise (twelve uniforms) from a 31-bit congruence: the same on every runtime."""

    def __init__(self, seed=1):
        self.word = seed

    def uniform(self):
        self.word = (self.word * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.word >> 8) / 8388608

    def normal(self):
        return sum([self.uniform() for _ in range(12)]) - 6


def single(value):
    """The value as float32 holds it, as a restored reading would be."""
    return array("f", [value])[0]


def limit_stream(faulty, n=600):
    noise = Noise(3)
    for i in range(n):
        excess = 15 if faulty and i >= n // 2 else 0
        yield [80 + noise.normal() + excess], i * 10


def rate_stream(faulty, n=600):
    noise = Noise(4)
    for i in range(n):
        fallen = max(0, i - n // 2) * 0.05 if faulty else 0
        yield [80 + 0.1 * noise.normal() - fallen], i * 10


def stuck_stream(faulty, n=600):
    noise = Noise(5)
    for i in range(n):
        frozen = faulty and i >= n // 2
        moving = single(20 + noise.normal())
        yield [20.5 if frozen else moving, i * 0.5], i * 60


def joint_stream(faulty, n=1200):
    """Three channels driven by one load, one that wanders alone; the fault is in the second."""
    noise = Noise(6)
    wander = 0.0
    for i in range(n):
        load = noise.normal()
        wander = 0.98 * wander + 0.1 * noise.normal()
        broken = faulty and i >= n // 2
        flow = 30 + load + 0.5 * noise.normal() - (4 if broken else 0)
        yield [2 + 0.3 * load + 0.1 * noise.normal(), flow, 230.0, 80 + wander], i


def drift_stream(faulty, n=1000):
    noise = Noise(7)
    for i in range(n):
        gone = max(0, i - n // 2) * 0.02 if faulty else 0
        yield [40 + noise.normal() + gone], i * 900


def cycle_stream(faulty, n=2400):
    """Five minutes on, ten off; short cycling is one on, two off."""
    for i in range(n):
        length = 3 if faulty and i >= n // 2 else 15
        yield [90.0 if i % length < length // 3 else 2.0], i * 60


def onset_stream(faulty, n=1600):
    noise = Noise(8)
    for i in range(n):
        wear = max(0, i - n // 2) * 0.0003 if faulty else 0
        run_in = max(0.0, 1 - i / 50) * 0.1
        yield [(1 + wear + run_in) * 0.06 * (1 + 0.02 * noise.normal())], i * 600


def life_stream(faulty, n=300):
    noise = Noise(9)
    for i in range(n):
        worn = max(0, i - n // 2) / (n // 2) if faulty else 0
        yield [9000 + 20 * (worn + 0.1 * noise.normal()), 5 + worn], i * 3600


def crosscheck_stream(faulty, n=800):
    """A level of beans against the cups sold: nine grams a cup, or a leaking grinder's fifteen."""
    noise = Noise(10)
    level = 1000.0
    for i in range(n):
        level -= 15 if faulty and i >= n // 2 else 9
        if level < 50 and i not in range(n // 2 - 5, n // 2 + 60):
            level = 1000.0
        yield [level + noise.normal(), float(i)], i * 300


# Told life is 60 - 50 * fast index; the index is how worn the two channels say the part is.
LIFE_WEIGHTS = [0.025, 0.5, -227.5, 60.0, -50.0] + [0.0] * (TERMS - 2)

# kind: (class, settings, stream of (values, at); the fault starts half-way)
CASES = {
    "limit": (Limit, {"high": 90, "low": 60, "hysteresis": 2, "samples": 2}, limit_stream),
    "rate": (Rate, {"rise": 10, "fall": 10, "window": 120}, rate_stream),
    "stuck": (Stuck, {"seconds": 3600, "epsilon": 0.01, "moved": 5}, stuck_stream),
    "joint": (Joint, {}, joint_stream),
    "drift": (Drift, {"limit": 60}, drift_stream),
    "cycle": (Cycle, {"on": 50, "off": 20, "starts_high": 8, "learn": 10}, cycle_stream),
    "onset": (Onset, {}, onset_stream),
    "life": (Life, {"weights": LIFE_WEIGHTS}, life_stream),
    "crosscheck": (Crosscheck, {"gain": -9, "tolerance": 20, "share": 0.1, "jump": 300},
                   crosscheck_stream),
}


def run(monitor, stream):
    """The alarms as bytes, one per reading: small, for the heap of a device."""
    alarms = bytearray()
    for values, at in stream:
        alarms.append(monitor.update(values, at))
    return bytes(alarms)
