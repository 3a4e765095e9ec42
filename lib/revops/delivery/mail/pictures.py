"""The one or two pictures that a mail shows: which, what they claim, and the claim in words for when they are off."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from revops.delivery.review.shape import Line, Review
from revops.errors import RunError

__all__ = ["Picture", "pictures_of"]

_MOST = 2


@dataclass(frozen=True)
class Picture:
    """A picture as the mail shows it: its claim, what can be seen in it, and the PNG."""

    name: str
    title: str
    alt: str
    caption: str
    content: bytes


def pictures_of(review: Review, folder: Path) -> tuple[Picture, ...]:
    """Return at most two pictures of reports that are not old: of those the first numbers come from, then the others.

    Raises
        RunError: the run names a picture that is not in its folder, or that its report says nothing about.
    """
    named = [number.report for number in review.numbers]
    lines = [line for line in review.lines if not line.is_old and not line.slice]
    lines.sort(key=lambda line: named.index(line.report) if line.report in named else len(named))
    return tuple(_read(line, file, folder) for line, file in list(_in_turn(lines))[:_MOST])


def _in_turn(lines: list[Line]) -> Iterator[tuple[Line, str]]:
    """Yield the first picture of each report, then the second of each, and so on."""
    for place in range(max((len(line.pictures) for line in lines), default=0)):
        for line in lines:
            if place < len(line.pictures):
                yield line, line.pictures[place]


def _read(line: Line, file: str, folder: Path) -> Picture:
    try:
        content = (folder / file).read_bytes()
        answer = json.loads((folder / f"{line.report}.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"{folder.name}: {file} and {line.report}.json must be there to go into the mail; found no "
            f"{Path(error.filename).name}. Run the reports again."
        ) from None
    name = Path(file).stem
    told = next((figure for figure in answer["figures"] if figure["name"] == name), None)
    if told is None:
        raise RunError(
            f"{folder.name}: {line.report}.json must say what {file} shows; found nothing of it. Run the reports again."
        )
    alt = told["alt"].removeprefix(f"{told['title']}. ")  # the claim stands above the picture already
    return Picture(name, told["title"], alt, told["caption"], content)
