"""Teams of revops.simulate whose calls lean by a known factor: found or not by their own calls, honest ones named."""

import numpy as np
import pandas as pd

from revops.measures.forecast_accuracy.units import unit_bias
from revops.simulate import Plan, simulate
from revops.simulate.money.calls import BIAS, calls

__all__ = ["KINDS", "LEVELS", "WEEKS", "called", "found", "named", "told", "with_traits"]

LEVELS = ("team", "owner")
KINDS = ("teams that lean", "all honest", "all honest, no quota")
WEEKS = (1, 4, 7)
_PLANTED = {-1: "low", 0: "honest", 1: "high"}


def named(seed: int) -> list[dict]:
    """Return what unit_bias says of each team and owner of the company of a seed, at each week, as each of KINDS:
    `lean` is planted, `named` is what is said (-1 sandbagging, 1 optimism, 0 neither)."""
    return told(called(seed), seed)


def called(seed: int) -> pd.DataFrame:
    """Return the calls (money.calls) for the quarters that are over, of owners and teams, with lean and level;
    week counts from 1, known is the share of the quarter that is over [0 to 1]."""
    world = simulate(Plan(), seed)
    return with_traits(calls(world), world.people, world.calendar.starts)


def with_traits(table: pd.DataFrame, people: pd.DataFrame, starts: np.ndarray) -> pd.DataFrame:
    """Return calls with the team and the lean of who made them; the company's are left out."""
    rows = table[(table["quarter"] < table["quarter"].max()) & table["who"].ne(-1)].reset_index(drop=True)
    who, quarter = (rows[name].to_numpy(dtype=int) for name in ("who", "quarter"))
    manager = np.where(who < 0, -1 - who, people["manager"].to_numpy()[who])
    passed = rows["day"].to_numpy() - starts[quarter]
    return rows.assign(
        team=manager, lean=people["lean"].to_numpy()[manager], level=np.where(who < 0, "team", "owner"),
        week=passed // 7 + 1, known=passed / (starts[quarter + 1] - starts[quarter]),
    )  # fmt: skip


def told(rows: pd.DataFrame, seed: int) -> list[dict]:
    """Return the rows of `named` from the calls of a company."""
    parts = []
    for kind in KINDS:
        made = rows.assign(lean=rows["lean"] * (kind == KINDS[0]), commit=_as(kind, rows, seed))
        made = made[made["week"].isin(WEEKS) & ~made["silent"]]
        for (level, week), part in made.groupby(["level", "week"]):
            pairs = pd.DataFrame({
                "period": part["quarter"].map("Q{:02.0f}".format), "member": part["who"].map("{:04.0f}".format),
                "forecast_amount": part["commit"], "actual_amount": part["final"],
            })  # fmt: skip
            lean = dict(zip(pairs["member"], part["lean"], strict=True))
            said = unit_bias(pairs).dropna(subset="low")
            what = said["finding"].map({"sandbagging": -1, "optimism": 1, "": 0}).astype(int)
            said = said.assign(lean=said["member"].map(lean), named=what, level=level, week=week, kind=kind, seed=seed)
            parts.append(said[["kind", "level", "week", "seed", "member", "lean", "named", "n", "forecast_amount",
                               "actual_amount"]])  # fmt: skip
    return pd.concat(parts).to_dict("records")


def _as(kind: str, rows: pd.DataFrame, seed: int) -> pd.Series:
    """Return the calls as made; without the lean, which is a factor on what is still to come; or as of people who know
    what is to come, give or take as much noise as the simulator's, and leave quota aside."""
    if kind == KINDS[0]:
        return rows["commit"]
    if kind == KINDS[1]:
        return rows["closed"] + (rows["commit"] - rows["closed"]) / rows["lean"].map(BIAS)
    sd = 0.30 * (1 - rows["known"]) + 0.05
    noise = np.exp(sd * np.random.default_rng([seed, 31]).standard_normal(len(rows)) - sd**2 / 2)
    own = (rows["closed"] + (rows["final"] - rows["closed"]) * noise).where(rows["level"].eq("owner"))
    return own.fillna(own.groupby([rows["day"], rows["team"]]).transform("sum"))


def found(rows: list[dict]) -> pd.DataFrame:
    """Return by kind of company, level, week and what is planted: the share named rightly (honest ones: named at all,
    nominal 5 %) with two standard errors by companies, those named too high and too low, and the bias of all calls.
    """
    parts = []
    for (kind, level, week, lean), part in pd.DataFrame(rows).groupby(["kind", "level", "week", "lean"]):
        hit = (part["named"].eq(lean) if lean else part["named"].ne(0)).groupby(part["seed"]).mean()
        parts.append({
            "companies of": kind, "level": level, "week": week, "planted": _PLANTED[lean], "named": hit.mean(),
            "two_se": 2 * hit.std() / len(hit) ** 0.5, "as too high": part["named"].gt(0).mean(),
            "as too low": part["named"].lt(0).mean(),
            "bias of all": 1 - part["actual_amount"].sum() / part["forecast_amount"].sum(),
            "members": len(part), "companies": len(hit),
        })  # fmt: skip
    return pd.DataFrame(parts)
