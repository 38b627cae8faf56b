"""The third port: parts of a device that are not there, for the firmware in a simulator.

`flash` is a block device on a file with a switch for the power, `plant` asks a process with the
physics for values and time, `console` is a terminal. Runs on MicroPython; knows nothing of sim/.
"""
