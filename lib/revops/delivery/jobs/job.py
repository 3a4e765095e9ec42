"""What one report is asked to do and what came of it: plain values that travel between processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["GIGABYTE", "OUR_FAULT", "Failure", "Job", "Limits", "Result", "is_counted", "titled"]

GIGABYTE = 1024**3
OUR_FAULT = "This is a fault of the report, not of your words or data: send this page to whoever maintains it."


@dataclass(frozen=True)
class Limits:
    """What one report may take before it is ended."""

    deadline_seconds: float = 1800.0
    cell_seconds: float = 900.0
    memory_bytes: int = 4 * GIGABYTE


@dataclass(frozen=True)
class Job:
    """One report to run: paths and values, nothing alive.

    `folder` is where its files go; `scratch` holds what the kernel needs while it lives and is removed afterwards, and
    is no other job's, so that a job is known by it;
    `prepared` holds the tables that every report of the run reads, where they are prepared; `engine` is what runs the
    notebook: see params/run.yml; `is_sent`: it runs on a worker of a cluster, which does nothing else meanwhile.
    """

    stem: str
    notebook: Path
    folder: Path
    scratch: Path
    parameters: Mapping[str, Any]
    limits: Limits = Limits()
    prepared: Path | None = None
    engine: str = "ordinary"
    is_sent: bool = False

    @property
    def slice(self) -> dict[str, str]:
        """Return the slice the report is about, empty for the whole company."""
        return dict(self.parameters.get("slice") or {})

    @property
    def title(self) -> str:
        """Return the report's name with its slice, as log lines and messages show it."""
        return titled(self.stem, self.slice)


def titled(stem: str, chosen: Mapping[str, str]) -> str:
    """Return a report's name with its slice, as log lines and messages show it."""
    return " ".join([stem, *(f"{name}={value}" for name, value in chosen.items())])


@dataclass(frozen=True)
class Failure:
    """Why a report must not be published: one sentence, the evidence, and what to do.

    `cell` counts code cells from 1, as the reader of the notebook sees them; None where no cell is to blame.
    `is_refusal`: nobody asked for this report by name, and the exports hold nothing for it.
    `is_death`: what ran the report died and said nothing of it, so that it may be tried once more: see tries.
    """

    reason: str
    advice: str
    cell: int | None = None
    evidence: str = ""
    is_refusal: bool = False
    is_death: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a job: the Answer and the files it left (relative to the job's folder), or a failure."""

    answer: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    failure: Failure | None = None
    seconds: float = 0.0
    peak_bytes: int = 0
    log: str = ""


def is_counted(cell: Mapping[str, Any]) -> bool:
    """Return whether a notebook's cell counts as a code cell for its reader, who does not see injected parameters."""
    injected = "injected-parameters" in cell["metadata"].get("tags", ())
    return bool(cell["cell_type"] == "code" and "".join(cell["source"]).strip() and not injected)
