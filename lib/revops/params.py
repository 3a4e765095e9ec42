"""Each report's knobs: params/<stem>.yml, a notebook's own parameters and the command line, made one and checked."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from revops.company import Company, Settings, load_company, settings_in
from revops.errors import SettingsError

__all__ = ["Knobs", "ReportSettings", "file_of", "find_params", "project_root", "settings", "settings_for"]


class Knobs(Settings):
    """What every report takes. A report's own knobs extend this in its measures module."""

    as_of: Literal["auto", "today"] | dt.date = "auto"
    period: str = "current"
    slice: dict[Literal["segment", "region", "team", "owner", "type", "source"], str] = Field(default_factory=dict)


Chosen = TypeVar("Chosen", bound=Knobs)


@dataclass(frozen=True)
class ReportSettings(Generic[Chosen]):
    """Everything one run of one report was told: who the company is, the report's knobs, and where they came from."""

    stem: str
    company: Company
    knobs: Chosen
    params_dir: Path

    @property
    def root(self) -> Path:
        """Return the project folder: the one that holds params/."""
        return project_root(self.params_dir)


def settings(
    stem: str, knobs: type[Chosen], *, params_dir: str | Path | None = None, **given: Any
) -> ReportSettings[Chosen]:
    """Return the settings of one report.

    Parameters
        stem : the report's name, as in notebooks/<stem>.ipynb
        knobs : the report's own knobs class
        params_dir : folder with company.yml; by default params/ of the project found by walking up from here.
            A <stem>.yml missing there falls back to the project's params/<stem>.yml.
        given : overrides by name; None means "as in the file"

    Raises
        SettingsError: an unknown, missing or mistyped key, named with its file and the nearest known name.
    """
    return settings_for(stem, knobs, params_dir=params_dir)(**given)


def settings_for(
    stem: str, knobs: type[Chosen], *, params_dir: str | Path | None = None
) -> Callable[..., ReportSettings[Chosen]]:
    """Return what gives the settings of one report for each set of overrides: as `settings`, its files read once."""
    folder = find_params(params_dir)
    file = folder / f"{stem}.yml"
    if not file.exists():
        file = project_root(folder) / "params" / f"{stem}.yml"
    company, filled = load_company(folder), settings_in(file, knobs)

    def given_to(**given: Any) -> ReportSettings[Chosen]:
        chosen = {key: value for key, value in given.items() if value is not None}
        return ReportSettings(stem, company, filled(**chosen), folder)

    return given_to


def find_params(params_dir: str | Path | None = None) -> Path:
    """Return the folder that holds company.yml: the one named, else params/ of the nearest project upwards."""
    if params_dir is not None:
        folder = Path(params_dir)
        candidates = [folder] if folder.is_absolute() else [base / folder for base in _upwards()]
        found = next((c for c in candidates if (c / "company.yml").is_file()), None)
        if found is None:
            raise SettingsError(f"{params_dir}: must be a folder with a company.yml; found none. Name such a folder.")
        return found.resolve()
    found = next((base / "params" for base in _upwards() if (base / "params" / "company.yml").is_file()), None)
    if found is None:
        raise SettingsError(
            f"{Path.cwd()}: must lie inside a project with params/company.yml; found none here or above. "
            "Change to the project folder, or name one with params_dir (--params)."
        )
    return found.resolve()


def file_of(folder: Path, name: str) -> Path | None:
    """Return the file of settings that counts for a company: its own, else the project's; None where neither is."""
    own, shared = folder / f"{name}.yml", project_root(folder) / "params" / f"{name}.yml"
    return next((file for file in (own, shared) if file.exists()), None)


def project_root(params_dir: Path) -> Path:
    """Return the project that a params folder (params/ or params/<company>/) belongs to."""
    folder = params_dir.resolve()
    return next((p.parent for p in (folder, *folder.parents) if p.name == "params"), folder.parent)


def _upwards() -> list[Path]:
    here = Path.cwd()
    return [here, *here.parents]
