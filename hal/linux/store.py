"""The store on a Linux file system, where only fsync of file and folder makes anything durable."""

import os

from hal.store import FileStore


def open_store(directory: str) -> FileStore:
    """A FileStore whose every returned call is on the disk."""
    os.makedirs(directory, exist_ok=True)

    def sync(file):
        if file is not None:
            os.fsync(file.fileno())
            return
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    return FileStore(directory, sync)
