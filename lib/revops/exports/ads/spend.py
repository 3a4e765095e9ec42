"""The ad exports of all systems as one table: each day of a campaign once, in the company's currency, by channel."""

from collections.abc import Callable
from itertools import compress

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.company import Company
from revops.errors import examples
from revops.exports.ads.rows import PARTS, leave_campaigns, rows_of_file
from revops.exports.audit import Ledger
from revops.exports.money import converted_rows, refuse_unconverted
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import in_one
from revops.schema import TABLES
from revops.wording import join, money, plural

__all__ = ["build_spend"]

CENT = 0.005
SAME = ["system", "campaign", "part", "date", "period_end"]
REPORTED = ["conversions", "clicks", "impressions"]


def build_spend(frames: list[Frame], company: Company, ledger: Ledger) -> pa.Table:
    """Return what was spent per day or month and campaign; exports that overlap are counted once.

    Two rows of one campaign and the same days are the same spend where they hold the same amount. Where they do not,
    or where the days of one lie inside those of another, nothing says which is right, and they are refused.
    """
    rows = pd.concat([rows_of_file(frame, company, ledger) for frame in frames], ignore_index=True)
    channels = {frame.description.system.system: frame.description.system.channel for frame in frames}
    rows["amount"] = converted_rows(rows, company)
    rows = rows.assign(part=_parts(rows), campaign=_campaigns(rows), channel=_channels(rows, channels, company))
    rows = _once(rows, ledger)
    _refuse_nested(rows, ledger)
    _warn_of_gaps(rows, company, ledger)
    columns = [*TABLES["spend"].names, "_file"]
    table = pa.Table.from_pandas(rows[columns], preserve_index=False)
    refuse_unconverted(table, company, "spend", ledger)
    return table


def _warn_of_gaps(rows: pd.DataFrame, company: Company, ledger: Ledger) -> None:
    """Say which months between the first and the last of a system have no row, and what the month before spent."""
    for system, part in rows.dropna(subset=["date", "period_end"]).groupby("system"):
        spent = part.groupby(part["date"].dt.to_period("M"))["amount"].sum()
        there = set(spent.index) | set(part["period_end"].dt.to_period("M"))
        gaps = [month for month in pd.period_range(min(there), max(there), freq="M") if month not in there]
        if gaps:
            before = spent[spent.index < gaps[0]].iloc[-1]
            ledger.warnings.append(
                f"spend: {system} has no row for {plural(len(gaps), 'month')} between its first and its last "
                f"({examples([f'{month:%Y-%m}' for month in gaps])}), after {money(before, company.currency)} in the "
                "month before. Add that export, unless nothing ran."
            )


def _parts(rows: pd.DataFrame) -> pd.Series:
    """Return what each row is of its campaign: the words of all levels below it; None where it is the whole."""

    def joined(*row: object) -> str | None:
        return " / ".join(word for word in row if isinstance(word, str) and word.strip()) or None

    return _by_distinct(rows, list(PARTS), joined)


def _by_distinct(rows: pd.DataFrame, names: list[str], told: Callable[..., object]) -> pd.Series:
    """Return what is `told` by the cells of some columns, asked once for each distinct row of them."""
    _, first, codes = np.unique(in_one(rows, names), return_index=True, return_inverse=True)
    cells = (rows[name].iloc[first] for name in names)
    found = np.empty(len(first), object)
    found[:] = [told(*row) for row in zip(*cells, strict=True)]
    return pd.Series(found[codes], index=rows.index, dtype=object)


def _campaigns(rows: pd.DataFrame) -> pd.Series:
    """Return by what each row's campaign is known: its id, also where only other rows of that name have it.

    A name that several ids share stands for itself, in its account.
    """
    ids, accounts = (_single(rows, name) for name in ("campaign_id", "ad_account"))

    def known(system: str, name: object, key: object, account: object) -> str:
        named = f"{account if isinstance(account, str) else accounts.get((system, name), '')}\n{name}"
        return key if isinstance(key, str) else ids.get((system, name), named)

    return _by_distinct(rows, ["system", "campaign_name", "campaign_id", "ad_account"], known)


def _single(rows: pd.DataFrame, column: str) -> dict[tuple[str, str], str]:
    """Return the id or account of each campaign name that has no other."""
    known = rows.dropna(subset=[column, "campaign_name"])
    values = known.groupby(["system", "campaign_name"])[column].agg(["nunique", "first"])
    return values.loc[values["nunique"] == 1, "first"].to_dict()


def _channels(rows: pd.DataFrame, channels: dict[str, str | None], company: Company) -> pd.Series:
    """Return the channel of each row by its system, type and name; by default its system's own."""

    def channel(*key: str) -> str:
        return company.channel_of(*key) or channels[key[0]] or key[0]

    return _by_distinct(rows, ["system", "campaign_type", "campaign_name"], channel)


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return each campaign's days once; of copies the one that claims most is kept, since claims only grow later.

    Rows of one file are copies only where all their cells agree: a column that we do not read may tell them apart.
    """
    same = in_one(rows.assign(part=rows["part"].fillna("")), SAME)
    order = np.argsort(same, kind="stable")
    if (same[order][1:] != same[order][:-1]).all():
        return rows.iloc[order]
    best = rows.assign(part=rows["part"].fillna("")).sort_values(
        [*SAME, *REPORTED, "amount_original", "_name", "campaign_name", "campaign_type", "ad_account"],
        ascending=[True] * len(SAME) + [False] * (len(REPORTED) + 1) + [True] * 4,
        kind="stable",
    )
    spread = best.groupby(SAME)[["amount_original"]].agg(["min", "max"])["amount_original"]
    money = best.groupby(SAME)["currency"].nunique()
    unlike = best.groupby([*SAME, "_file"])["_row"].nunique().groupby(level=SAME).max()
    wrong = spread[(spread["max"] - spread["min"] > CENT) | (money > 1) | (unlike > 1)]
    if len(wrong):
        _refuse_contradictions(best, wrong, ledger)
    again = best.duplicated(SAME)
    first = best.groupby(SAME)["_file"].transform("first")
    rows = rows.loc[best.index]
    kept = leave_campaigns(rows, again & (rows["_file"] == first), "exact duplicate row", ledger)
    return leave_campaigns(kept, (again & (rows["_file"] != first))[kept.index], "same spend in another file", ledger)


def _refuse_contradictions(rows: pd.DataFrame, wrong: pd.DataFrame, ledger: Ledger) -> None:
    clash = rows[pd.MultiIndex.from_frame(rows[SAME]).isin(wrong.index)]
    shown = []
    for (_, campaign, _, date, _), part in list(clash.groupby(SAME))[:3]:
        pairs = zip(part["amount_original"], part["_name"], strict=True)
        amounts = join(sorted({f"{amount:,.2f} in {name}" for amount, name in pairs}))
        shown.append(f"{_called(part['campaign_name'].iloc[0], campaign)}, {date:%Y-%m-%d}: {amounts}")
    ledger.problems.append(
        f"spend: a campaign must have one amount for the same days; found {len(wrong):,} of "
        f"{len(rows.drop_duplicates(SAME)):,} with several (e.g. {'; '.join(shown)}). Of exports made at different "
        "times keep the later one; of rows of one export add the column that tells them apart (Campaign ID, Account, "
        "Ad group, Device)."
    )


def _refuse_nested(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse days of a campaign inside a month of it, and parts of a campaign beside the whole: added twice."""
    levels = _by_distinct(rows[list(PARTS)].notna(), list(PARTS), lambda *there: " ".join(compress(PARTS, there)))
    spans = rows[["system", "campaign", "date", "period_end", "campaign_name", "_name"]].assign(level=levels)
    spans = spans.dropna(subset=["date"]).drop_duplicates(["system", "campaign", "level", "date", "period_end"])
    several = spans.groupby(["system", "campaign"])["level"].transform("nunique") > 1
    long = spans[(spans["period_end"] > spans["date"]) | several]
    pairs = long.merge(spans, on=["system", "campaign"], suffixes=("", "_2"))
    apart = (pairs["period_end"] < pairs["date_2"]) | (pairs["period_end_2"] < pairs["date"])
    same = pairs["date"].eq(pairs["date_2"]) & pairs["period_end"].eq(pairs["period_end_2"])
    clash = pairs[~apart & ~(same & pairs["level"].eq(pairs["level_2"]))]
    if len(clash):
        shown = sorted({f"{_called(r.campaign_name, r.campaign)} {r.date:%Y-%m-%d} to {r.period_end:%Y-%m-%d}"
                        for r in clash.itertuples()})  # fmt: skip
        files = join(sorted({*clash["_name"], *clash["_name_2"]}))
        ledger.problems.append(
            f"spend: the rows of a campaign must not cover the same days twice; found {len(shown):,} of "
            f"{len(spans):,} that lie over others, in {files} ({examples(shown)}). Keep either the days or the month, "
            "and either the campaigns or their parts."
        )


def _called(name: object, campaign: str) -> str:
    return name if isinstance(name, str) else campaign
