"""The rows of one ad export: the days each covers, its amount and currency, and its totals held against its rows."""

import re

import pandas as pd

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.money import say_currency
from revops.exports.reading.frames import Frame
from revops.exports.recognising.labels import currency_in
from revops.exports.spans import period_of
from revops.exports.uniting.rows import leave
from revops.wording import plural

__all__ = ["PARTS", "leave_campaigns", "rows_of_file"]

PARTS = ("ad_group", "ad", "device", "network")
TEXTS = ("campaign_id", "campaign_name", "campaign_type", "ad_account", "currency", *PARTS)
NUMBERS = ("amount_original", "amount_micros", "impressions", "clicks", "conversions")
STARTS = ("date", "month", "period_start")
AMOUNTS = ("amount_original", "amount_micros")
OF_ALL = re.compile(
    r"^(grand )?totals?$|^total: (filtered |all )?campaigns\b|^totals? .*campaigns$"
    r"|^(gesamt|summe)$|^gesamt: .*kampagnen",
    re.I,
)
OF_ACCOUNT = re.compile(r"^(total: account|gesamt: konto)", re.I)
OF_TYPE = re.compile(r"^(?:total|gesamt): (.+)$", re.I)


def rows_of_file(frame: Frame, company: Company, ledger: Ledger) -> pd.DataFrame:
    """Return the rows of one export with `date`, `period_end`, `amount_original` and `currency`.

    What cannot be placed in a day or a month, and totals that the rows do not add up to, go to the ledger.
    """
    rows = frame.table.to_pandas()
    rows = rows.assign(**{name: None for name in TEXTS if name not in rows})
    rows = rows.assign(**{name: float("nan") for name in NUMBERS if name not in rows})
    texts = {name: rows[name].astype(object).where(rows[name].notna(), None) for name in TEXTS}
    rows = rows.assign(**texts, _name=frame.source.name, system=frame.source.system)
    rows["amount_original"] = rows["amount_original"].fillna(rows["amount_micros"] / 1e6)
    if headed := _currency_of(frame):
        rows["currency"] = rows["currency"].fillna(headed)
    blank = rows["currency"].isna() & rows["amount_original"].notna()
    if rows["currency"].isna().all() and blank.any():
        say_currency(frame, company, next(name for name in AMOUNTS if name in frame.labels))
    elif blank.any():
        frame.source.warnings.append(
            f"{plural(int(blank.sum()), 'amount')} without a currency: taken as {company.currency}"
        )
    rows["currency"] = rows["currency"].fillna(company.currency)
    frame.source.currencies = tuple(sorted(set(rows["currency"])))
    rows = leave_campaigns(rows, rows["amount_original"].isna(), "no amount", ledger)
    rows = _without_summary(rows, frame, ledger)
    _check_totals(rows, frame, ledger)
    return _dated(rows, frame, ledger)


def leave_campaigns(rows: pd.DataFrame, drop: pd.Series, reason: str, ledger: Ledger) -> pd.DataFrame:
    """Return the rows without some, which are counted under a reason with their amounts and campaigns."""
    leave(rows.assign(campaign=rows["campaign_name"].fillna(rows["campaign_id"])), drop, reason, ledger, "campaign")
    return rows[~drop]


def _currency_of(frame: Frame) -> str | None:
    """Return the currency that the header of the amounts or a title names."""
    labels = [*(frame.labels[name] for name in AMOUNTS if name in frame.labels), *frame.titles]
    return next((code for label in labels if (code := currency_in(label)[1])), None)


def _without_summary(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows without one that names no campaign and holds the sum of the others; any other is refused."""
    nameless = rows["campaign_name"].isna() & rows["campaign_id"].isna()
    if not nameless.any():
        return rows
    total, rest = rows.loc[nameless, "amount_original"], rows.loc[~nameless, "amount_original"]
    if nameless.sum() == 1 and _agree(float(total.iloc[0]), float(rest.sum()), len(rest)):
        return leave_campaigns(rows, nameless, "footer or total row", ledger)
    ledger.problems.append(
        f"{frame.source.name}: every row must name a campaign, or be the sum of the others; found "
        f"{nameless.sum():,} of {len(rows):,} that name none and hold {total.sum():,.2f}, beside {rest.sum():,.2f} of "
        "the others. Export it again with the campaign in every row."
    )
    return rows[~nameless]


def _check_totals(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> None:
    """Hold printed totals against the rows: of all campaigns and of a type they must agree, of an account warn."""
    totals = frame.totals.to_pandas() if frame.totals is not None else pd.DataFrame({"label": []})
    is_whole = any(OF_ALL.match(label) or OF_ACCOUNT.match(label) for label in totals["label"].dropna())
    if frame.description.kind.prints_total and not is_whole:
        frame.source.warnings.append("no total at its end, which its system always prints: rows may be lost")
    if rows["currency"].nunique() > 1 or totals.empty:
        return
    column = next(name for name in AMOUNTS if name in totals)
    scale = 1e6 if column == "amount_micros" else 1
    for label, printed in zip(totals["label"], totals[column] / scale, strict=True):
        if pd.isna(printed) or not isinstance(label, str):
            continue
        part = _part_of(rows, label.strip())
        if part is None or _agree(float(printed), float(part.sum()), len(part)):
            continue
        sums = f"{plural(len(part), 'row')} with {part.sum():,.2f}, printed {printed:,.2f}"
        if OF_ACCOUNT.match(label):
            frame.source.warnings.append(f"{label.strip()}: {sums}; the export leaves campaigns out, or rows are lost")
        else:
            ledger.problems.append(
                f"{frame.source.name}: rows must add up to the printed total; found, for {label.strip()}, {sums}. "
                "Export it again."
            )


def _part_of(rows: pd.DataFrame, label: str) -> pd.Series | None:
    """Return the amounts that a printed total is of; None where nothing tells which."""
    if OF_ALL.match(label) or OF_ACCOUNT.match(label):
        return rows["amount_original"]
    found = OF_TYPE.match(label)
    types = rows["campaign_type"].fillna("").str.strip().str.casefold()
    chosen = types.eq(found[1].strip().casefold()) if found else types.ne(types)
    return rows.loc[chosen, "amount_original"] if chosen.any() else None


def _agree(printed: float, given: float, n: int) -> bool:
    """Return whether a total is the sum of `n` amounts that were each rounded to the cent."""
    return abs(printed - given) <= 0.005 * (n + 1) + 1e-9


def _dated(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows with the first and last day of each; days and months only, the rest is refused."""
    told = next((name for name in STARTS if name in frame.labels), None)
    if told is None:
        return _of_period(rows, frame, ledger)
    starts = rows[told]
    lacking = starts.isna()
    if lacking.any():
        _refuse_undated(rows[lacking], len(rows), frame.labels[told], frame, ledger)
    ends = starts + pd.offsets.MonthEnd(0) if told == "month" else starts
    if told == "period_start" and "period_end" in frame.labels:
        ends = rows["period_end"].fillna(starts)
    rows = rows.assign(date=starts, period_end=ends)
    _span(frame, starts)
    long = (starts.dt.to_period("M") != ends.dt.to_period("M")) & ~lacking | (ends < starts)
    if long.any():
        spans = sorted({f"{a:%Y-%m-%d} to {b:%Y-%m-%d}" for a, b in zip(starts[long], ends[long], strict=True)})
        _refuse_period(frame, f"{long.sum():,} of {len(rows):,} rows that are not ({examples(spans)})", ledger)
    return rows


def _refuse_undated(undated: pd.DataFrame, n: int, label: str, frame: Frame, ledger: Ledger) -> None:
    shown = examples(sorted(set(undated["campaign_name"].fillna(undated["campaign_id"]))))
    ledger.problems.append(
        f"{frame.source.name}, column {label}: every row must have its day; found {len(undated):,} of {n:,} without, "
        f"with {undated['amount_original'].sum():,.2f} ({shown}). {frame.description.kind.by_day}"
    )


def _of_period(rows: pd.DataFrame, frame: Frame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows of an export without a column of days: of the one month that its titles name, else refused."""
    period = period_of(frame.titles)
    if period is None or not period.is_in_one_month:
        shown = f"one total from {period.first} to {period.last}" if period else "neither a column of days nor a period"
        _refuse_period(frame, shown, ledger)
        return rows.assign(date=pd.NaT, period_end=pd.NaT)
    whole = "the month" if period.is_whole_month else "part of a month"
    frame.source.decisions.append(f"no column of days: {whole} in its titles, {period.first} to {period.last}")
    rows = rows.assign(date=pd.Timestamp(period.first), period_end=pd.Timestamp(period.last))
    _span(frame, rows["date"])
    return rows


def _span(frame: Frame, starts: pd.Series) -> None:
    if starts.notna().any():
        frame.source.first, frame.source.last = (f"{day:%Y-%m-%d}" for day in (starts.min(), starts.max()))


def _refuse_period(frame: Frame, found: str, ledger: Ledger) -> None:
    ledger.problems.append(
        f"{frame.source.name}: each row must be of one day or of one month; found {found}. "
        f"{frame.description.kind.by_day}"
    )
