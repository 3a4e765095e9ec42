"""Salesforce forecasting items: each file the state of one day, its categories added up to calls for the period."""

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.calls.periods import of_one_type, period_days
from revops.exports.calls.roll_ups import by_member
from revops.exports.context import Context
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import leave, text_columns, without_copies
from revops.exports.words import category_of
from revops.wording import plural

__all__ = ["item_rows"]

TEXTS = ("owner_id", "owner_name", "currency", "category", "item_category", "product_family", "forecast_type",
         "forecast_type_name", "period_id")  # fmt: skip
AMOUNTS = ("amount_original", "as_seen", "unadjusted", "own")
CUMULATIVE = {
    "openpipeline": "Pipeline",
    "bestcaseforecast": "BestCase",
    "mostlikelyforecast": "MostLikely",
    "commitforecast": "Forecast",
}
SINGLE = {
    "pipelineonly": "Pipeline",
    "bestcaseonly": "BestCase",
    "mostlikelyonly": "MostLikely",
    "commitonly": "Forecast",
    "closedonly": "Closed",
}
ITEM = ["owner_id", "period_start", "period_end", "currency", "item_category", "category", *AMOUNTS]
NEARER = {"Closed": 0, "Forecast": 1, "MostLikely": 2, "BestCase": 3}
RANKED = [*NEARER, "Pipeline"]
SPAN = ["_file", "owner_id", "period_start", "period_end"]


def item_rows(frames: list[Frame], context: Context) -> pd.DataFrame:
    """Return the calls that forecasting items hold, with the member each is for.

    One family of categories is kept: cumulative ones (CommitForecast is Commit and Closed) where a file has them;
    else single ones are added up to the same. Items of a period that was over on the day of the file are left out.
    """
    ledger = context.ledger
    rows = of_one_type(pd.concat([_rows(frame, context) for frame in frames], ignore_index=True), context)
    _warn_of_parts(rows, ledger)
    over = rows["snapshot_date"] > rows["period_end"]
    rows = leave(rows, over, "a period that was over on the day of the file", ledger, "period_id")
    rows = without_copies(rows, [c for c in rows.columns if not c.startswith("_")], ledger, "owner_id")
    _refuse_families(rows, ledger)
    parts = [_of_one_family(rows[rows["_file"] == f.source.index], f, ledger) for f in frames]
    return by_member(pd.concat(parts, ignore_index=True), frames, context)


def _rows(frame: Frame, context: Context) -> pd.DataFrame:
    table, names = frame.table, frame.table.column_names
    rows = text_columns(table, TEXTS).assign(_file=table["_file"].to_pandas(), _name=frame.source.name)
    for name in AMOUNTS:
        rows[name] = table[name].to_pandas().astype("float64") if name in names else np.nan
    flags = table["has_adjustment"].to_pandas() if "has_adjustment" in names else pd.Series(False, rows.index)
    rows["has_adjustment"] = flags.astype("object").eq(True)
    rows["currency"] = rows["currency"].fillna(context.company.currency)
    rows = rows.join(period_days(frame, context.ledger)).assign(snapshot_date=_day(frame, context.ledger))
    rows["_copy"] = pd.Timestamp(frame.day) if frame.day else pd.Timestamp("2200-01-01")
    days = rows["snapshot_date"].dropna()
    frame.source.first = frame.source.last = f"{days.iloc[0]:%Y-%m-%d}" if len(days) else None
    words = rows["item_category"].map(_folded)
    rows["_cumulative"] = words.isin(CUMULATIVE)
    known = words.map(CUMULATIVE | SINGLE).fillna(rows["category"].map(category_of, na_action="ignore"))
    lost = known.isna()
    if lost.any():
        shown = rows.loc[lost, "category"].fillna(rows.loc[lost, "item_category"]).fillna("(blank)")
        context.ledger.problems.append(
            f"{frame.source.name}: every forecast category must be one we know; found {int(lost.sum()):,} of "
            f"{len(rows):,} items of another ({examples(sorted(set(shown)))}). Add the column ForecastingItemCategory "
            "to the export, whose words cannot be renamed."
        )
    return rows.assign(category=known)


def _day(frame: Frame, ledger: Ledger) -> pd.Timestamp:
    """Return the day of whose evening the items are: that of the folder, else that of the latest change in the file."""
    if frame.day is not None:
        return pd.Timestamp(frame.day)
    stamp = pc.max(frame.table["modified_at"]).as_py() if "modified_at" in frame.table.column_names else None
    if stamp is None:
        if frame.table.num_rows:
            ledger.problems.append(
                f"{frame.source.name}: forecasts must be of a day; found no folder of a day and no column "
                "SystemModstamp. Put the file into a folder named YYYY-MM-DD, the day of its export."
            )
        return pd.NaT
    day = pd.Timestamp(stamp).floor("D")
    frame.source.decisions.append(
        f"forecasts of {day:%Y-%m-%d}, the day of the latest change in the file: a folder named YYYY-MM-DD would say "
        "when it was exported"
    )
    return day


def _warn_of_parts(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Warn of several files of one day: whose whole a manager's item is shows only beside the items of the others."""
    for day, part in rows.groupby("snapshot_date"):
        names = sorted(part.loc[~part.duplicated(ITEM), "_name"].unique())
        if len(names) > 1:
            ledger.warnings.append(
                f"{names[0]}: {len(names):,} files hold forecasting items of {day:%Y-%m-%d} ({examples(names)}): each "
                "is read by itself, so that the call of a manager whose people are in another file is left out. Export "
                "them as one file."
            )


def _refuse_families(rows: pd.DataFrame, ledger: Ledger) -> None:
    families = rows["product_family"].dropna().unique()
    if len(families) > 1:
        ledger.problems.append(
            f"{min(rows['_name'])}: a forecast must be of all products; found items of {len(families):,} product "
            f"families ({examples(sorted(families))}). Export the items of a forecast type by opportunity."
        )


def _of_one_family(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the calls of a file, each for its whole period, from cumulative categories or from single ones."""
    if rows["_cumulative"].any():
        single = ~rows["_cumulative"] & ~rows["category"].eq("Closed")
        if single.any():
            frame.source.decisions.append(
                f"cumulative categories (ForecastingItemCategory) are read; {plural(int(single.sum()), 'item')} of "
                "single ones left out"
            )
        return leave(rows, single, "a single category beside cumulative ones", ledger, "category")
    if len(rows):
        frame.source.decisions.append(
            "single categories added up to calls for the period: Commit with Closed, Best Case with both, Pipeline "
            "with all that is open"
        )
    _refuse_currencies(rows, ledger)
    return _added_up(_with_blank(rows, frame))


def _refuse_currencies(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse single items of one owner and period in several currencies: added up, they would each lack the others."""
    several = rows.groupby(SPAN, dropna=False)["currency"].transform("nunique") > 1
    if several.any():
        ledger.problems.append(
            f"{min(rows['_name'])}: single categories of one owner and period must be in one currency; found "
            f"{int(several.sum()):,} of {len(rows):,} items in several "
            f"({examples(sorted(set(rows.loc[several, 'currency'])))}). Export the items in one currency, or the "
            "cumulative categories."
        )


def _with_blank(rows: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return single items with one of nothing for each category that an owner and period has none of.

    Only between the categories nearest to and farthest from won that the file holds: it may have been exported
    without those beyond. MostLikely only where the file has it.
    """
    there = [rank for rank, name in enumerate(RANKED) if rows["category"].eq(name).any()]
    if not there:
        return rows
    held = rows["category"].eq("MostLikely").any()
    wanted = [name for name in RANKED[there[0] : there[-1] + 1] if name != "MostLikely" or held]
    first = rows.drop_duplicates(SPAN)
    full = pd.concat([first.assign(category=name) for name in wanted], ignore_index=True)
    had = pd.MultiIndex.from_frame(rows[[*SPAN, "category"]].astype("str"))
    blank = full[~pd.MultiIndex.from_frame(full[[*SPAN, "category"]].astype("str")).isin(had)].copy()
    if not len(blank):
        return rows
    for name in AMOUNTS:
        blank[name] = blank[name].mask(blank[name].notna(), 0.0)
    frame.source.rows_read += len(blank)
    frame.source.decisions.append(
        f"{plural(len(blank), 'single category', 'single categories')} without an item taken as 0: each read as a row"
    )
    return pd.concat([rows, blank.assign(has_adjustment=False, item_category=None)], ignore_index=True)


def _added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Return single categories as cumulative ones: each with what is nearer to won, Pipeline with all that is open."""
    rows = rows.assign(_rank=rows["category"].map(NEARER)).sort_values("_rank", kind="stable")
    key = [rows[name].fillna("") for name in ("_file", "owner_id", "currency")] + [rows["period_start"]]
    key.append(rows["period_end"])
    ranked, adjusted = rows["_rank"].notna(), rows["has_adjustment"].astype("int64")
    is_open, is_pipeline = rows["_rank"].gt(0), rows["category"].eq("Pipeline")
    done = rows.copy()
    for name in (*AMOUNTS, "has_adjustment"):
        values = rows[name] if name in AMOUNTS else adjusted
        running = values.where(ranked).groupby(key).cumsum()
        of_open = values.where(is_open).groupby(key).transform("sum")
        done[name] = running.where(ranked, (values + of_open).where(is_pipeline, values))
    return done.assign(has_adjustment=done["has_adjustment"].gt(0)).drop(columns="_rank")


def _folded(word: object) -> str:
    return "".join(word.split()).casefold() if isinstance(word, str) else ""
