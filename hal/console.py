"""A console on any stream that `select.poll` takes: a USB serial port, a terminal, a socket.

Lines are put together byte by byte, so that nothing ever waits for a person. Echo is for the
serial port of a chip, where nobody else echoes.
"""

import select

LONGEST = 200  # bytes of a line; the longest command is half of that
BYTES = 256  # taken in one turn: a whole line, and no more of a paste, which must not hold it up
ENDS = b"\r\n"
ERASES = b"\b\x7f"


class Console:
    """`read_some(count)` gives up to count bytes that are there, or nothing; `stream` is polled.

    While nobody is at the other end nothing is read, and what is written is lost.
    """

    def __init__(self, stream, read_some, write, echo=False):
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self._read_some = read_some
        self._write = write
        self._echo = echo
        self._line = bytearray()
        self._too_long = False

    def read(self):
        """The next whole line, stripped, or None. An empty one is no line."""
        for _ in range(BYTES):
            byte = self._byte()
            if not byte:
                return None
            if byte in ENDS:
                line = self._end()
                if line:
                    return line
            else:
                self._take(byte)
        return None

    def write(self, text) -> None:
        """A text, or the pieces of one, goes out with line ends that a terminal understands."""
        for piece in (text,) if isinstance(text, str) else text:
            self._show(piece.replace("\n", "\r\n").encode())
        self._show(b"\r\n")

    def _byte(self):
        if not self._poll.poll(0):
            return None
        try:
            return self._read_some(1)
        except OSError:
            return None

    def _take(self, byte):
        if byte in ERASES:
            if self._line:
                self._line = self._line[:-1]
                self._repeat(b"\b \b")
        elif len(self._line) < LONGEST:
            self._line.extend(byte)
            self._repeat(byte)
        else:
            self._too_long = True

    def _end(self):
        line, self._line = self._line, bytearray()
        self._repeat(b"\r\n")
        if self._too_long:
            self._too_long = False
            self.write("a line has at most %d characters; this one was not obeyed" % LONGEST)
            return None
        try:
            return line.decode().strip()
        except UnicodeError:
            self.write("that line was not text")
            return None

    def _repeat(self, data):
        if self._echo:
            self._show(data)

    def _show(self, data):
        try:
            self._write(data)
        except OSError:
            return
