"""The ports on an ESP32, over MicroPython's `machine`: buses, pins, and the board itself."""
