"""Firmware: joins agent and hal on a device.

`loop` is the one loop and `start` what every main does alike; `esp32/` and `pi/` hold the mains,
which choose the ports. Beside them stand the tools of a laptop: `image/` makes what a board carries
and puts it there, `serial/` talks to it and provisions it, `mandate/` is the owner's side.
"""
