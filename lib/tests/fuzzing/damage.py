"""What a damage is, and the list of all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from fuzzing.sheet import Sheet

__all__ = ["HURTS", "SAME", "TOLD", "Damage", "Hit", "damage"]

SAME = "same"  # the gate must read the file, and to the same tables
TOLD = "told"  # its meaning is unchanged, or its numbers are doubtful: the same tables, or a refusal or warning
HURTS = "hurts"  # something is lost: told, or one of the losses that nothing in the file can show


@dataclass(frozen=True)
class Hit:
    """A damaged file: either a sheet still to be written, or files by name (None: the target's own name).

    `unseen` says why nothing in the file can show the loss, where that is so.
    """

    sheet: Sheet | None = None
    files: dict[str | None, bytes] = field(default_factory=dict)
    unseen: str = ""


@dataclass(frozen=True)
class Damage:
    """One way to damage a file; `grade` is the promise, `does` the deed: None where it does not fit the file."""

    name: str
    grade: str
    does: Callable[[Sheet, Random], Hit | None]
    on_bytes: bool = False

    @property
    def family(self) -> str:
        """Return the module that it stands in."""
        return self.does.__module__.rpartition(".")[2]


ALL: dict[str, Damage] = {}


def damage(grade: str, on_bytes: bool = False) -> Callable[[Callable[[Sheet, Random], Hit | None]], Callable]:
    """Enter a function into the list of damages under its own name."""

    def enter(does: Callable[[Sheet, Random], Hit | None]) -> Callable[[Sheet, Random], Hit | None]:
        ALL[does.__name__] = Damage(does.__name__, grade, does, on_bytes)
        return does

    return enter
