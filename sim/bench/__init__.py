"""Benchmarks: the shipped monitors and rules on public data, scored by the data's own rules.

Each file is one benchmark with `run(...) -> dict` and `table(result)` for the console. They read a
directory that the caller names; no data is part of the project. May import anything but `tests`.
"""
