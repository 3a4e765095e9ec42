"""How often the ranges of the stage report held, and what it says of companies of revops.simulate where nothing has
changed, and where one segment collapsed and the hand-off got slow."""

from collections.abc import Callable, Iterator

import pandas as pd

from calibration.stage_companies import (
    COLLAPSED,
    HORIZONS,
    KINDS,
    PLANTED,
    QUIET,
    SEGMENT,
    book_of,
    collapsed,
    true_days,
    true_leads,
    true_shares,
    view_of,
)
from revops.analysis.passages import converted, times
from revops.book import AsOf
from revops.measures.stage_benchmarking import result
from revops.measures.stage_benchmarking.changes import changes_of, moves_of
from revops.measures.stage_benchmarking.funnel import Funnel, funnel_of
from revops.measures.stage_benchmarking.hand_off import hand_off_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.marketing import marketing_of
from revops.measures.stage_benchmarking.pipeline import Pipeline, pipeline_of
from revops.measures.stage_benchmarking.window import window_of
from revops.ratios import share_interval

__all__ = ["alarms", "changes", "held", "planted", "say_all", "told", "wrong"]

_TRAITS = ("growth", "size", "luck")
_NEVER, _TOLD = 1e9, 20
_ENTRIES, _ENTRIES_WORDS = (20, 40, 80, 1e9), ("20 to 39", "40 to 79", "80 or more")
_WINDOWS = {"the last weeks": 0, "with the four windows before": 4}


def say_all(rows: list[dict], say: Callable[[str, pd.DataFrame], None]) -> None:
    """Say all tables of rows of `told`."""
    table = pd.DataFrame(rows)
    say("Stages of simulated companies: 80 % ranges of shares and of median days held", held(table))
    say("Simulated companies where nothing changed that are told of a change (at most 10 %)", alarms(table))
    say(f"Halved chance to leave {COLLAPSED} of {SEGMENT}, and slow first touch: companies told so", planted(table))
    say("Of what those companies are told to have moved, what had not (at most 10 %)", wrong(table))


def told(seed: int) -> list[dict]:
    """Return what is told of one company: rows of `about` = share, days (with their ranges, on the quiet day) and move
    (on both days)."""
    kind = KINDS[seed % len(KINDS)]
    book = book_of(kind, seed)
    moves, funnel, pipeline = changes(view_of(book, QUIET))
    rows = [row for table in (_shares(funnel, pipeline), _days(pipeline)) for row in table.to_dict("records")]
    rows += _moves(moves, "quiet")
    rows += _moves(changes(view_of(collapsed(book, seed), PLANTED))[0], "planted")
    traits = {"seed": seed, **{name: getattr(kind, name) for name in _TRAITS}}
    return [{**row, **traits} for row in rows]


def changes(view: AsOf) -> tuple[pd.DataFrame, Funnel, Pipeline]:
    """Return the changes that measure() tells, and what they are read off; the rest of the report is left out."""
    knobs = Knobs()
    window = window_of(view, knobs)
    funnel, pipeline = funnel_of(window), pipeline_of(window)
    hand_off, marketing = hand_off_of(window, funnel), marketing_of(window, funnel)
    families = result._families(result._passages(funnel, pipeline, window), funnel, window)
    return changes_of(families, [hand_off.moves, *moves_of(marketing, knobs)], knobs).table, funnel, pipeline


def _shares(funnel: Funnel, pipeline: Pipeline) -> pd.DataFrame:
    stages = pipeline.passages
    leads = funnel.passages[funnel.passages["step"].ne("opportunity")].assign(type="lead")
    leads["window"] = (pd.Timestamp(QUIET) - leads["entered"]).dt.days // 91
    parts = []
    for words, last in _WINDOWS.items():
        for rows in (stages, leads):
            inside = rows[rows["window"].between(0, last)]
            parts.append(converted(inside, HORIZONS, by=("type", "step")).assign(windows=words))
    return pd.concat(parts).dropna(subset="share").assign(about="share")


def _days(pipeline: Pipeline) -> pd.DataFrame:
    parts = [times(rows, by=("type", "stage_name")).assign(windows=words) for words, last in _WINDOWS.items()
             if len(rows := pipeline.stays[pipeline.stays["window"].between(0, last)])]  # fmt: skip
    found = pd.concat(parts, ignore_index=True).rename(columns={"stage_name": "step", "median_days": "share"})
    ends = {"low": found["low"].fillna(found["longest_days"]), "high": found["high"].fillna(_NEVER)}
    return found.assign(about="days", **ends)[found["n"].ge(_TOLD)]


def _moves(table: pd.DataFrame, day: str) -> list[dict]:
    names = ["what", "step", "dimension", "group", "n_now", "n_past", "now", "past", "change", "p_value", "verdict"]
    return table[names].assign(about="move", day=day).to_dict("records")


def held(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often ranges held what a very large company of the same growth shows: by horizon and growth, of the
    last weeks and of all five windows. Of luck 0 and more: it moves Negotiation alone."""
    parts = []
    for growth, part in rows[rows["about"].isin(["share", "days"])].groupby("growth"):
        is_days = part["about"].eq("days")
        is_lead = part["type"].eq("lead")
        leads = part[~is_days & is_lead].merge(true_leads(growth), on=["step", "horizon_days"])
        stages = part[~is_days & ~is_lead].merge(true_shares(growth), on=["type", "step", "horizon_days"])
        days = part[is_days].drop(columns="horizon_days").merge(true_days(growth), on=["type", "step"])
        parts += [leads, stages, days]
    each = pd.concat(parts)
    each["inside"] = each["true"].between(each["low"], each["high"])
    each["apart"] = each["share"] - each["true"]
    return pd.concat(_by(each), ignore_index=True)


def _by(each: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield tables of how often ranges held, each by another trait; the interval of simulation is by companies."""
    each = each.assign(of=each["about"].where(each["type"].ne("lead"), "lead share"))
    for trait in ("growth", "size", "luck", "horizon_days", "type", "step"):
        for keys, part in each.groupby(["of", "windows", trait]):
            company = part.groupby("seed")["inside"].mean()
            yield pd.DataFrame([{
                "of": keys[0], "windows": keys[1], "by": trait, "value": str(keys[2]), "held": part["inside"].mean(),
                "two_se": 2 * company.std() / len(company) ** 0.5, "apart": part["apart"].mean(), "ranges": len(part),
                "companies": len(company),
            }])  # fmt: skip


def alarms(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by kind the share of companies told of any change on the quiet day, with its 95 % interval."""
    part = rows[rows["about"].eq("move") & rows["day"].eq("quiet")]
    said = part.assign(said=part["verdict"].isin(["up", "down"])).groupby([*_TRAITS, "seed"])["said"].any()
    return _told_share(said)


def planted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share of companies on the later day told that the segment, and that the stage of the whole company, is
    down, all and by how many of the segment came into the stage in the last weeks; and that the hand-off is."""
    part = rows[rows["about"].eq("move") & rows["day"].eq("planted")]
    is_stage, is_mine = part["what"].eq("stage") & part["step"].eq(COLLAPSED), part["group"].eq(SEGMENT)
    whether = {
        "the segment": is_stage & is_mine, "the company": is_stage & part["group"].eq("company"),
        "either": is_stage & (is_mine | part["group"].eq("company")), "the hand-off": part["what"].eq("sla"),
    }  # fmt: skip
    came = part[is_stage & is_mine].set_index("seed")["n_now"].reindex(rows["seed"].unique())
    entries = pd.cut(came, _ENTRIES, right=False, labels=_ENTRIES_WORDS)
    parts = []
    for words, hit in whether.items():
        said = came.index.isin(part.loc[hit & part["verdict"].eq("down"), "seed"])
        each = pd.DataFrame({"said": said, "entries": entries.to_numpy()})
        groups = [("all", each), *each.groupby("entries", observed=True)]
        parts.append(
            pd.DataFrame([{"found": words, "entries": name, **_share_told(some["said"])} for name, some in groups])
        )
    return pd.concat(parts, ignore_index=True)


def wrong(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of all that is told to have moved on the later day the share that had not: all but the stage as a whole,
    the segment in it, other parts of the company it is spread over, what is won, and the hand-off."""
    part = rows[rows["about"].eq("move") & rows["day"].eq("planted") & rows["verdict"].isin(["up", "down"])]
    is_stage = part["what"].eq("stage") & part["step"].eq(COLLAPSED)
    is_won = part["what"].eq("win") | part["step"].eq("opportunity")
    mine = ~part["dimension"].eq("segment") | part["group"].eq(SEGMENT)
    right = part["verdict"].eq("down") & ((is_stage | is_won) & mine | part["what"].eq("sla"))
    each = (~right).groupby(part["seed"]).agg(["mean", "size"])
    return pd.DataFrame([{"companies told": len(each), "told": int(each["size"].sum()), "wrong": float((~right).mean()),
                          "mean of companies": each["mean"].mean(),
                          "what": ", ".join(sorted(set(part.loc[~right, "what"])))}])  # fmt: skip


def _told_share(said: pd.Series) -> pd.DataFrame:
    each = said.reset_index(name="said")
    groups = [("all", "", each), *((name, str(value), part) for name in _TRAITS for value, part in each.groupby(name))]
    return pd.DataFrame([{"kind": name, "value": value, **_share_told(part["said"])} for name, value, part in groups])


def _share_told(said: pd.Series) -> dict[str, float]:
    low, high = share_interval(int(said.sum()), len(said), level=0.95)
    return {"told": float(said.mean()), "low": low, "high": high, "companies": len(said)}
