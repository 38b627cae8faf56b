"""The simulator: the same agent, unmodified, in a world drawn from one seed.

`world` keeps time and events, `plants/` the physics, `people` who refills and repairs, `network`
what lies between thing and desk, `thing` the agent in this process, `run` one scenario from start
to verdict, `observer` the invariants, `replay` recorded data. `desk/` is the cloud endpoint and
`mpy/` the same agent in a real MicroPython process. This folder may import everything else.
"""
