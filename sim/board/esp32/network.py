"""A fake of MicroPython's `network` on an ESP32: the networks in `air`, each joined at once."""

STA_IF = 0
IDLE, NO_SUCH_NETWORK, WRONG_PASSWORD, GOT_ADDRESS = 1000, 201, 202, 1010

air = {"lab": None}  # the password of each network; None: it takes any


class WLAN:
    def __init__(self, interface):
        assert interface == STA_IF
        self._active = False
        self._status = IDLE

    def active(self, wanted=None):
        if wanted is not None:
            self._active = wanted
            if not wanted:
                self._status = IDLE
        return self._active

    def config(self, **settings):
        assert self._active

    def connect(self, name, password):
        if not self._active:
            raise OSError("Wifi Not Started")
        self._status = NO_SUCH_NETWORK
        if name in air:
            self._status = GOT_ADDRESS if air[name] in (None, password) else WRONG_PASSWORD

    def disconnect(self):
        if self.isconnected():
            self._status = IDLE

    def isconnected(self):
        return self._status == GOT_ADDRESS

    def status(self, what=None):
        return -60 if what == "rssi" else self._status
