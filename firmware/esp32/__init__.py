"""The mains of the ESP32, which choose its ports."""
