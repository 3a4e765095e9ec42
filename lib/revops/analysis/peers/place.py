"""Where our number stands among the published quartiles, or beside a range that is called typical."""

import numpy as np
import pandas as pd

from revops.analysis.peers.likes import FLAGS

__all__ = ["PLACE_COLUMNS", "placed"]

_OF = ["id", "basis", "definition", "band", "year", "publisher"]
PLACE_COLUMNS = ["id", "basis", "ours", "low", "middle", "high", "share", "place", "unit", "band", "year", "n", "grade",
                 "publisher", "flag", "why"]  # fmt: skip
_PERCENTILE = r"^p(\d{1,2})(?:_|$)"
_RANGE = {"typical_low": "low", "typical_high": "high"}


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """Return `benchmark_percentile_band` of each set of published quartiles, and the place beside typical ranges.

    Question
        Are we among the lower quarter, the middle half, or the upper quarter of the others?

    Parameters
        table : Peers.table

    Returns
        One row per number of ours and set of figures of one publisher, year, band and definition, in the order of
        `table`: PLACE_COLUMNS. low, middle, high: lower quartile, median, upper quartile, or the ends of the range;
        share: of the others that ours stands above at the least, NaN where only a range is printed; place: in words;
        flag and why of the first of them.

    Formula
        share = the largest published percentile that ours is not below, 0 where it is below all of them. What is not
        comparable places nothing; nor does a median alone, nor one end of a range.

    Limits
        A typical range does not say what share of the others lies in it.
    """
    rows = table[table["flag"].ne(FLAGS[2])].assign(order=lambda rows: np.arange(len(rows)))
    percent = rows["statistic"].str.extract(_PERCENTILE, expand=False).astype("float64")
    rows = rows.assign(percent=percent.mask(rows["statistic"].eq("median"), 50.0), end=rows["statistic"].map(_RANGE))
    by = [rows[name].astype("str").fillna("") for name in _OF]
    rows = rows.assign(set=rows.groupby([key.to_numpy() for key in by], sort=False).ngroup())
    sets = pd.concat([_quartiles(rows[rows["percent"].notna()]), _ranges(rows[rows["end"].notna()])])
    first = rows.drop_duplicates("set").set_index("set")
    whole = sets.join(first.drop(columns=["percent", "end"]), on="set").sort_values(["order", "is_range"])
    return whole[PLACE_COLUMNS].reset_index(drop=True)


def _quartiles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per set that has more than its median: its quartiles, and the least share that ours is above."""
    rows = rows.assign(reached=(rows["percent"] / 100).where(rows["ours"].ge(rows["value"]), 0.0))
    sets = rows.groupby("set")["percent"].agg(lambda percents: bool(percents.ne(50).any()))
    rows = rows[rows["set"].map(sets).astype(bool)]
    values = rows.pivot_table(index="set", columns="percent", values="value").reindex(columns=[25.0, 50.0, 75.0])
    found = values.set_axis(["low", "middle", "high"], axis=1).astype("float64").assign(
        share=rows.groupby("set")["reached"].max().astype("float64"))  # fmt: skip
    least = rows.groupby("set")["percent"].min()
    words = [_in_words(share, lowest) for share, lowest in zip(found["share"], least, strict=True)]
    return found.assign(place=pd.Series(words, found.index, dtype="str"), is_range=False).reset_index(names="set")


def _in_words(share: float, lowest: float) -> str:
    return f"above {share:.0%} of them at least" if share > 0 else f"among the lowest {lowest:.0f} %"


def _ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per set with both ends of a typical range, and on which side of it ours is."""
    values = rows.pivot_table(index="set", columns="end", values="value").reindex(columns=["low", "high"]).dropna()
    ours = rows.groupby("set")["ours"].first().reindex(values.index)
    words = np.select([ours < values["low"], ours > values["high"]], ["below the range", "above the range"],
                      "within the range")  # fmt: skip
    return values.assign(
        middle=np.nan, share=np.nan, place=pd.Series(words, values.index, dtype="str"), is_range=True
    ).reset_index(names="set")
