"""Firmware: joins agent and hal on a device.

`loop` is the one loop and `start` what every main does alike; `esp32/` and `pi/` hold the mains,
which choose the ports. The host tools beside them build, flash and provision.
"""
