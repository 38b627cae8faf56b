"""The simulator: the same agent, unmodified, in a world drawn from one seed.

`world/` plays a scenario in virtual time, over the physics of `plants/`; `mpy/` is the same agent
in a real MicroPython process; `desk/` is the cloud endpoint; `demo/` puts the real parts together
at a speed that a person can watch; `recorded/` feeds the agent what was recorded and learns from
it; `bench/` measures. `cli/` is the command `steward`. This folder may import everything else.
"""
