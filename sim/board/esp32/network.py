"""A fake of MicroPython's `network` on an ESP32: one network, "lab", which is joined at once."""

STA_IF = 0


class WLAN:
    def __init__(self, interface):
        assert interface == STA_IF
        self._active = self._joined = False

    def active(self, wanted=None):
        if wanted is not None:
            self._active = wanted
            self._joined = self._joined and wanted
        return self._active

    def config(self, **settings):
        assert self._active

    def connect(self, name, password):
        if not self._active:
            raise OSError("Wifi Not Started")
        self._joined = name == "lab"

    def disconnect(self):
        self._joined = False

    def isconnected(self):
        return self._joined

    def status(self, what=None):
        return -60 if what == "rssi" else 1010 if self._joined else 201
