"""Chips behind the simulated buses, register by register, so that real drivers run unchanged.

Module <driver>.py has `class Chip(args, quantity)`: `args` as the driver gets them, `quantity`
(field) the true value in the driver's unit, from a plant or a test; `attach(bus)` wires it up.
Every chip has `powered` and `brown_out()`; what else can be broken stands at each class.
Written from the data sheets and not from the drivers: formulas run the other way round.
"""
