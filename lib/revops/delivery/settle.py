"""What must outlast a power cut: files and names on the disk itself, not in the system's memory alone.

It also brings out a disk that was full or failed after the system had said that a write went well, as network disks do.
"""

import os
from pathlib import Path

from revops.errors import naming

__all__ = ["settle", "settle_names"]


def settle(folder: Path) -> None:
    """Wait until everything below a folder is on the disk."""
    places = [folder, *folder.rglob("*")]
    for file in places:
        if file.is_file():
            _settle(file)
    for place in places:
        if place.is_dir():
            settle_names(place)


def settle_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows keeps them by itself."""
    if os.name == "posix":
        _settle(folder)


def _settle(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        with naming(place):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
