"""What `why SENSOR` tells: the numbers on which a sensor is called well, sick or odd. On loan."""

from agent.sense.channels import QUALITIES


def why(signal, at):
    """Return [(word, number), ...]: what it says, what it may say, and for how long."""
    channel = signal.channel
    said = signal.said
    finite = said is None or -1e18 < said < 1e18
    return [
        ("quality", QUALITIES[signal.quality]),
        ("said", said if finite else str(said)),
        ("low", channel.low), ("high", channel.high),
        ("age_s", None if signal.at is None else at - signal.at),
        ("missing_after_s", channel.stale_s or None),
        ("believed", signal.value),
        ("unchanged_s", None if signal.at is None else at - signal.changed_at),
        ("frozen_after_s", channel.stuck_s or None),
        ("late", signal.late),
    ]


def why_habit(state):
    """Return the same of a sensor's habit; state: as agent/sense/habit.py keeps it."""
    count, low, high, last, rough, roughest, rest, longest, odd = state[:9]
    return [("value", last), ("low", low), ("high", high), ("rough", rough),
            ("roughest", roughest), ("rest", rest), ("longest_rest", longest),
            ("readings", count), ("odd_readings", odd)]
