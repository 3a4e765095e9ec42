"""Several pipelines in one CRM: which open stages belong together, and through which of them an opportunity went."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from revops.company import Company
from revops.wording import join

__all__ = ["Lines", "among", "lines_of"]

_MARKED = re.compile(r"(.*\S)\s*\(([^()]+)\)")
_TOGETHER = 0.05
_FEWEST = 20
_OWN = 0.9


@dataclass(frozen=True)
class Lines:
    """stages: the open stages of each pipeline in their order, by its name; one without a name where there is one.
    note: what the reader should know of how they were told apart; None = nothing."""

    SEVERAL: ClassVar[str] = "several"

    stages: dict[str, tuple[str, ...]]
    note: str | None

    @property
    def line(self) -> dict[str, str]:
        """Return the pipeline of each open stage."""
        return {stage: name for name, stages in self.stages.items() for stage in stages}

    def of_deals(self, states: pd.DataFrame) -> pd.Series:
        """Return opportunity_id -> its pipeline; SEVERAL where it stood in stages of more than one."""
        rows = states[states["outcome"].eq("open")]
        line = rows["stage_name"].map(self.line)
        found = line.groupby(rows["opportunity_id"]).agg(["first", "nunique"])
        return found["first"].mask(found["nunique"] > 1, self.SEVERAL)[found["nunique"] > 0]


def lines_of(company: Company, states: pd.DataFrame) -> Lines:
    """Return the pipelines that the open stages of company.yml make up.

    Question
        Are these the stages of one process, or of several that stand below one another?

    Parameters
        states : opportunity_id, stage_name, outcome: every stage that opportunities stood in

    Formula
        The gate writes "Stage (Pipeline)" where two pipelines have a stage of that name. Where names carry pipelines
        so, a stage without one belongs to the pipeline whose stages the opportunities that stood in it stood in too
        (nine in ten of them). Where none do, stages belong together that share opportunities: at least a twentieth of
        those of the smaller one; two such groups, of at least two stages and 20 opportunities that stood in two of
        them, are two pipelines. Stages that nobody stood in go with the one before them in company.yml.
    """
    opens = [stage.name for stage in company.stages if stage.outcome == "open"]
    stood = states[states["outcome"].eq("open") & states["stage_name"].isin(opens)]
    shared = _shared(stood, opens)
    linked = _linked(shared)
    marks = _marks(company, opens, linked)
    if len(set(marks.values())) > 1:
        line, unsure = _by_mark(opens, marks, shared)
    else:
        line, unsure = _by_company(opens, shared, linked), []
    names = list(dict.fromkeys(line))
    stages = {name: tuple(s for s, own in zip(opens, line, strict=True) if own == name) for name in names}
    return Lines(stages, _note(company, stages, unsure))


def among(ids: pd.Series, known: pd.Series) -> np.ndarray:
    """Return which ids are among others: as isin, which would turn each into a Python string first."""
    return pd.Index(known.unique()).get_indexer(ids) >= 0


def _shared(stood: pd.DataFrame, opens: list[str]) -> np.ndarray:
    """Return how many opportunities stood in each two stages; on the diagonal, in each [stages x stages]."""
    number, ids = pd.factorize(stood["opportunity_id"])
    was = np.zeros((len(ids), len(opens)))
    was[number, pd.Index(opens).get_indexer(stood["stage_name"])] = 1
    return was.T @ was


def _linked(shared: np.ndarray) -> np.ndarray:
    """Return which stages share so many opportunities that they belong together."""
    n = np.diag(shared)
    return (shared >= _TOGETHER * np.minimum(n[:, None], n[None, :])) & (shared > 0)


def _marks(company: Company, opens: list[str], linked: np.ndarray) -> dict[str, str]:
    """Return the pipeline that the name of an open stage carries: one of exports.pipelines, or one of several with
    which a name stands in company.yml, unless opportunities stood in stages of both."""
    pairs = {stage.name: found.groups() for stage in company.stages if (found := _MARKED.fullmatch(stage.name))}
    kept = {_folded(name) for name in company.exports.pipelines}
    bases: dict[str, set[str]] = {}
    for base, mark in pairs.values():
        bases.setdefault(_folded(base), set()).add(_folded(mark))
    known = kept.union(*(marks for marks in bases.values() if len(marks) > 1))
    found = {name: mark for name, (_, mark) in pairs.items() if name in opens and _folded(mark) in known}
    own = np.array([_folded(found.get(stage, "")) for stage in opens])
    apart = (own[:, None] != own) & (own[:, None] != "") & (own != "")
    return {} if not kept and (apart & linked).any() else found


def _by_mark(opens: list[str], marks: dict[str, str], shared: np.ndarray) -> tuple[list[str], list[str]]:
    """Return the pipeline of each stage by names that carry one, and the stages of which it cannot be told."""
    names = list(dict.fromkeys(marks.values()))
    of_mark = np.array([[marks.get(stage) == name for stage in opens] for name in names], dtype=float)
    lines: list[str] = []
    unsure: list[str] = []
    for place, stage in enumerate(opens):
        votes = of_mark @ shared[place]
        if stage in marks:
            lines.append(marks[stage])
        elif votes.sum() and votes.max() >= _OWN * votes.sum():
            lines.append(names[int(votes.argmax())])
        else:
            lines.append(lines[-1] if lines else names[0])
            unsure.append(stage)
    return lines, unsure


def _by_company(opens: list[str], shared: np.ndarray, linked: np.ndarray) -> list[str]:
    """Return the pipeline of each stage by the opportunities that stages share; the first stage names it."""
    group, paired = _components(linked), shared - np.diag(np.diag(shared))
    whole = [g for g in np.unique(group) if (group == g).sum() > 1 and paired[group == g].max() >= _FEWEST]
    if len(whole) < 2:
        return [""] * len(opens)
    names, lines = {g: f"from {opens[int(np.argmax(group == g))]}" for g in whole}, []
    for g in group:
        lines.append(names.get(g, lines[-1] if lines else names[whole[0]]))
    return lines


def _components(linked: np.ndarray) -> np.ndarray:
    """Return the number of the group of each stage: who is linked, also through others, is in one."""
    reach = linked | np.eye(len(linked), dtype=bool)
    for _ in range(len(linked)):
        reach = (reach.astype(float) @ reach) > 0
    return reach.argmax(axis=1)


def _note(company: Company, stages: dict[str, tuple[str, ...]], unsure: list[str]) -> str | None:
    if unsure:
        return (
            f"Which pipeline {join(unsure)} belongs to cannot be told from the opportunities that stood there: taken "
            "with the stage before. Name it in company.yml as Stage (Pipeline)."
        )
    if len(stages) > 1:
        told = "; ".join(f"{name}: {join(own)}" for name, own in stages.items())
        return f"Stages of {len(stages)} pipelines, each opportunity on its own: {told}."
    if len(company.exports.pipelines) > 1:
        return (
            f"company.yml keeps {len(company.exports.pipelines)} pipelines; which stages are whose cannot be told from "
            "names or opportunities: read as one."
        )
    return None


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()
