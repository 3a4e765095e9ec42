"""One report for each of a hundred regions of a made-up company: how many runs at once go."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benches import runs
from benches.alone import Cost
from revops.simulate import Plan, simulate, write_exports
from revops.simulate.plan import Region, Team

__all__ = ["BY_HAND", "FIELD", "REGIONS", "STEM", "WAYS", "make_company", "run", "serial"]

STEM = "pipeline_coverage"
FIELD = "region"
REGIONS = tuple(f"Region {number:03d}" for number in range(1, 101))
BY_HAND = 10
"""At most so many go through papermill and nbconvert: all would take a quarter of an hour."""
WAYS = {
    "slices here, ordinary engine": ("--on", "local"),
    "slices here, fork engine": ("--on", "local", "--engine", "fork"),
    "slices on Dask, a worker a core": ("--on", "dask"),
}
_TIMES_THE_SAMPLE = 4


def make_company(folder: Path) -> None:
    """Write a project with the exports of a company of a hundred regions, four times as many deals as the sample."""
    runs.copy_project(folder, data=False)
    plan = Plan()
    segments = tuple(segment.name for segment in plan.segments)
    regions = tuple(Region(name, 1 / len(REGIONS), -5.0) for name in REGIONS)
    teams = tuple(Team(name, name, segments, 1, ("new", "expansion", "renewal")) for name in REGIONS)
    size = plan.new_per_quarter * _TIMES_THE_SAMPLE
    exports = folder / "data" / "sample"
    exports.mkdir(parents=True)
    write_exports(simulate(replace(plan, regions=regions, teams=teams, new_per_quarter=size), seed=7), exports)
    runs.commands(folder, runs.revops_run(STEM, "--slice", f"{FIELD}={REGIONS[0]}"))  # prepares the exports


def run(folder: Path, n: int, how: Sequence[str]) -> Cost:
    """Run the report for the first `n` regions anew, from prepared tables."""
    return runs.commands(folder, runs.revops_run(STEM, "--again", "--slice", f"{FIELD}={','.join(REGIONS[:n])}", *how))


def serial(folder: Path, n: int) -> Cost:
    """Run the notebook for the first `n` regions by papermill, each then made a page by nbconvert."""
    given = [{"slice": {FIELD: name}} for name in REGIONS[:n]]
    return runs.commands(folder, *(step for one in given for step in runs.notebook_and_page(folder, STEM, one)))
