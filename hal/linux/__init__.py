"""The ports on Linux (Raspberry Pi and laptops): CPython only, standard library and paho-mqtt.

`store`, `ticks` and `console` serve any Linux; buses come from the kernel's device files.
"""
