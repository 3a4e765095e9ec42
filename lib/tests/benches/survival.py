"""Who leaves when, of any number of subjects: ours, lifelines and statsmodels on the same rows.

lifelines is no dependency: run by the Python of an environment of its own, this module times one call of it.
"""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from benches import peer
from benches.alone import Cost, alone, cost_of

__all__ = ["LIFELINES", "OURS", "THEIRS", "by_lifelines", "make_subjects", "ours", "theirs", "verdict"]

LIFELINES = "lifelines==0.30.3"
OURS = ("kaplan_meier", "incidence")
THEIRS = ("SurvfuncRight", "CumIncidenceRight")
"""What statsmodels calls the same two."""
_HORIZON = 60
_SAME = 1e-9  # of all: the same products in another order


def make_subjects(folder: Path) -> None:
    """Write as many subjects as the folder's name says: whole months, and what came then (0 nothing yet; 1 paid back; 2
    left)."""
    n, random = int(folder.name), np.random.default_rng(7)
    folder.mkdir(parents=True)
    paid, left, seen = (random.geometric(chance, n) for chance in (0.04, 0.02, 0.03))
    age = np.minimum(np.minimum(paid, left), np.minimum(seen, _HORIZON))
    np.save(folder / "subjects.npy", np.stack([age, np.select([paid == age, left == age], [1, 2], 0)]))


def ours(folder: Path, name: str) -> Cost:
    """Work out, by age, the share still there (kaplan_meier), or to whom each of the two has come first (incidence)."""
    from revops.analysis import survival

    age, event = np.load(folder / "subjects.npy")
    if name == "kaplan_meier":
        cost, table = _costed(lambda: survival.kaplan_meier(age, event > 0, horizon=_HORIZON))
        return _told(folder, name, cost, np.arange(_HORIZON + 1), table["survival"])
    cost, table = _costed(lambda: survival.incidence(age, event, horizon=_HORIZON))
    return _told(folder, name, cost, np.arange(_HORIZON + 1), table["first_share"], table["second_share"])


def theirs(folder: Path, name: str) -> Cost:
    """Work out the same by statsmodels."""
    from statsmodels.duration import survfunc

    age, event = np.load(folder / "subjects.npy")
    if name == "SurvfuncRight":
        cost, found = _costed(lambda: survfunc.SurvfuncRight(age, event > 0))
        return _told(folder, name, cost, found.surv_times, found.surv_prob)
    cost, found = _costed(lambda: survfunc.CumIncidenceRight(age, event))
    return _told(folder, name, cost, found.times, *found.cinc)


def by_lifelines(folder: Path, python: Path) -> Cost:
    """Work out the share still there by lifelines."""
    return peer.cost_by(python, "benches.survival", str(folder))


def verdict(folder: Path) -> str:
    """Return whether all codes found the same on the subjects of a folder; what timing did not leave is worked out."""
    for work, names in ((ours, OURS), (theirs, THEIRS)):
        for name in names:
            if not (folder / f"{name}.npy").is_file():
                alone(partial(work, name=name), folder)
    pairs = [*zip(OURS, THEIRS, strict=True), ("kaplan_meier", "lifelines")]
    apart = [_apart(folder, *pair) for pair in pairs if (folder / f"{pair[1]}.npy").is_file()]
    return f"{'they agree' if max(apart) <= _SAME else 'THEY DIFFER'}; at most {max(apart):.0e} of all apart"


def _apart(folder: Path, one: str, other: str) -> float:
    """Return how far two are apart at most, at the ages that the second tells."""
    found, held = (np.load(folder / f"{name}.npy") for name in (one, other))
    return float(np.abs(found[1:, held[0].astype("int64")] - held[1:]).max())


def _by_lifelines(folder: Path) -> Cost:
    fitter = importlib.import_module("lifelines").KaplanMeierFitter  # installed apart, for this alone

    age, event = np.load(folder / "subjects.npy")
    cost, found = _costed(lambda: fitter().fit(age, event > 0))
    share = found.survival_function_["KM_estimate"]
    return _told(folder, "lifelines", cost, share.index, share)


def _costed(work: Callable[[], object]) -> tuple[Cost, object]:
    found = []
    return cost_of(lambda: found.append(work())), found[0]


def _told(folder: Path, name: str, cost: Cost, *columns: object) -> Cost:
    """Leave the ages and the shares at them beside the subjects."""
    np.save(folder / f"{name}.npy", np.stack([np.asarray(column, dtype=float) for column in columns]))
    return cost


if __name__ == "__main__":
    print(json.dumps(asdict(_by_lifelines(Path(sys.argv[1])))))
