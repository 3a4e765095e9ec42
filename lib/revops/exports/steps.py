"""Steps of a preparation of which nothing is kept."""

from collections.abc import Callable
from typing import Any

from revops.exports.audit import Ledger, Source
from revops.exports.opening.files import Blob, Survey, survey
from revops.exports.recognising.systems import Description
from revops.exports.words import Words

__all__ = ["Steps"]


class Steps:
    """Does every step when it is asked for."""

    def begin(self, ledger: Ledger, words: Words) -> None:
        """Begin a preparation, whose steps tell this ledger and this list of words."""
        self.ledger = ledger

    def forget(self) -> bool:
        """Return whether any step was not done but taken; from here on none is."""
        return False

    def survey(self, blob: Blob) -> Survey:
        """Return what one pass over the bytes of a file tells."""
        return survey(blob)

    def read(
        self, given: tuple[Any, ...], source: Source, description: Description, read: Callable[[Source, Ledger], Any]
    ) -> Any:
        """Return the frame that `read` makes of a file; beside its bytes it depends on what is `given` alone."""
        return read(source, self.ledger)

    def do(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function makes of what it is given; it tells what it finds to ledger and words alone."""
        return function(*given)

    def finished(self, name: str, function: Callable[..., Any], *given: Any) -> Any:
        """Return the canonical table that a function makes or writes, if any, and what it says beside."""
        return function(*given)
