"""The sample company: Halyard Robotics, sixteen quarters of it, its exports and the truth behind them."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

from revops.simulate.plan import Plan
from revops.simulate.salesforce import write_exports
from revops.simulate.systems import systems_truth
from revops.simulate.truth import known_truth
from revops.simulate.world import World, simulate

__all__ = ["DAYS", "PLAN", "SEED", "sample_world", "write_sample"]

SEED = 28
PLAN = replace(
    Plan(),
    company="Halyard Robotics",
    renamed_stage=("Scoping", "Qualification", dt.date(2024, 2, 1)),
    litter=True,
    systems=True,
)
DAYS = [
    PLAN.as_of,
    dt.date(2026, 6, 2),
    dt.date(2026, 5, 1),
    dt.date(2026, 4, 30),
    dt.date(2026, 2, 3),
    dt.date(2025, 12, 31),
    dt.date(2025, 11, 2),
    dt.date(2025, 7, 31),
    dt.date(2025, 3, 9),
    dt.date(2024, 11, 3),
    dt.date(2024, 1, 31),
    dt.date(2023, 5, 15),
]


def sample_world() -> World:
    """Return the sample company."""
    return simulate(PLAN, SEED)


def write_sample(folder: Path) -> list[Path]:
    """Write the sample's exports into a folder and the truth beside it; return the files."""
    world = sample_world()
    truth = folder.with_name(f"{folder.name}_truth.json")
    files = write_exports(world, folder)
    truth.write_text(json.dumps(known_truth(world, DAYS), indent=1) + "\n", encoding="utf-8")
    beside = folder.with_name(f"{folder.name}_truth_systems.json")
    beside.write_text(json.dumps(systems_truth(world), indent=1) + "\n", encoding="utf-8")
    return [*files, truth, beside]
