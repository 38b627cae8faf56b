"""Gives a simulated world's time and signals to a thing in a process of its own.

The other end, and the protocol, are hal/simulated/plant.py. One thing at a time: a thing that
connects has just been switched on.
"""

import socket
import struct
import threading
import time
from typing import BinaryIO

REQUEST = struct.Struct("<IHH")
NAMES = struct.Struct("<H")
MISSING = float("nan")
POLL_S = 0.002  # how often a sleeper looks at the clock of a world that somebody else moves


class PlantServer:
    """Serves `world` (`now`, in seconds) and `plant`: `read(signal)` -> float or None, and, of one
    that has outputs, `switched(output, on)`, which hears every change, and each as it is at rest
    when the thing is switched on or loses its power.

    `lock` is held while either is looked at. `speed` is set by nobody here: whoever moves the
    world decides how fast its time goes. `power_cut(n)` reaches the thing with its next answer.
    """

    def __init__(self, world, plant, lock=None):
        self.world = world
        self.plant = plant
        self.connections = 0
        self.requests = 0
        self._lock = lock or threading.RLock()
        self._power = 0
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def power_cut(self, operations: int = 1) -> None:
        """Have the power fail in that many flash operations, counted by the thing."""
        self._power = operations

    def close(self) -> None:
        self._closing.set()
        self._listener.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections += 1
        with self._lock:
            began = self.world.now
        stream = connection.makefile("rb")
        outputs: list[str] = []
        at_rest = now = None
        try:
            signals, outputs = _names(stream), _names(stream)
            while request := stream.read(REQUEST.size):
                due, wait_ms, on = REQUEST.unpack(request)
                at_rest = on if at_rest is None else at_rest
                now = self._switch(outputs, now, on)
                connection.sendall(self._answer(began, signals, due, wait_ms))
        except (OSError, struct.error):
            return  # the thing is dead, which is its own affair
        finally:
            if at_rest is not None:
                self._switch(outputs, now, at_rest)

    def _switch(self, outputs: list[str], was: int | None, on: int) -> int:
        """Tell the plant what has changed; `was` is None when it never heard."""
        for place, output in enumerate(outputs if hasattr(self.plant, "switched") else ()):
            if was is None or (was ^ on) >> place & 1:
                with self._lock:
                    self.plant.switched(output, bool(on >> place & 1))
        return on

    def _answer(self, began: int, signals: list[str], due: int, wait_ms: int) -> bytes:
        deadline = time.monotonic() + wait_ms / 1000
        while self.world.now - began < due and time.monotonic() < deadline:
            if self._closing.wait(POLL_S):
                break
        with self._lock:
            uptime = self.world.now - began
            values = [self.plant.read(signal) for signal in signals]
        self.requests += 1
        power, self._power = self._power, 0
        numbers = [MISSING if value is None else value for value in values]
        return struct.pack(f"<IH{len(numbers)}d", uptime, power, *numbers)

    def __enter__(self) -> "PlantServer":
        return self

    def __exit__(self, *exception) -> None:
        self.close()


def _names(stream: BinaryIO) -> list[str]:
    text = stream.read(NAMES.unpack(stream.read(NAMES.size))[0]).decode()
    return text.split("\n") if text else []
