"""The company's currency, the others that it deals in, and what the cells of amounts and dates do not tell."""

from collections import Counter

import pandas as pd

from revops.exports.recognising.labels import currency_in
from revops.first_run.seen import NO_CURRENCY, Seen, column
from revops.first_run.yaml_words import note, shown
from revops.wording import count, plural

__all__ = ["currency_lines", "sign_lines"]

MOST = 0.6
KEYS = {"date_order": "day_first or month_first", "decimal_sign": "point or comma"}


def currency_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return currency and rates as lines of company.yml, and what was decided; a rate is never guessed."""
    currency, why = _currency(seen)
    written = {code for frame in seen.frames for label in frame.labels.values() if (code := currency_in(label)[1])}
    others = {c for frame in seen.frames for c in frame.source.currencies} | written
    others = sorted(others - {currency, NO_CURRENCY})
    others = [code for code in others if len(code) == 3 and code.isascii() and code.isupper()]
    lines = [f"currency: {currency}  # {why}", ""]
    decided = [f"currency: {currency}, {why}"]
    if not others:
        return [*lines, "rates: {}"], decided
    lines += note(f"What one unit of each is worth in {currency}: amounts of a currency without a rate are refused.")
    lines.append("rates:")
    for code in others:
        ratio, n = _ratio(seen, code)
        hint = (
            f"the converted amounts of {plural(n, 'deal')} say {ratio:.4g} (median)"
            if n
            else f"what one {code} is worth in {currency}"
        )
        lines.append(f"  {code}: TODO  # {hint}")
    return lines, [*decided, f"other currencies: {', '.join(others)}, each of which needs a rate"]


def sign_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return date order and decimal sign as lines below `exports`; TODO where some column reads both ways."""
    lines, decided = [], []
    for key, values in KEYS.items():
        unsure = [line.partition(":")[0] for line in seen.ledger.problems if f"Set exports.{key} in" in line]
        if unsure:
            some = "; ".join(shown(where) for where in unsure[:3])
            more = f" and {len(unsure) - 3} more" if len(unsure) > 3 else ""
            lines += note(f"{values}: the cells read both ways in {some}{more}", 2)
            lines.append(f"  {key}: TODO")
            decided.append(f"{key}: cannot be told from {some}{more}")
    return lines, decided


def _currency(seen: Seen) -> tuple[str, str]:
    """Return the company's currency, TODO where nothing tells it, and why it is that."""
    rows = _deals(seen)
    converted = Counter(rows["converted_currency"].dropna())
    if converted:
        code, n = _first(converted)
        return code, f"the converted amounts of {count(n)} of {count(sum(converted.values()))} deals are in it"
    same = rows[rows["amount_converted"].notna() & rows["amount_original"].ne(0) & rows["currency"].notna()]
    equal = same["amount_converted"].sub(same["amount_original"]).abs() < 0.005
    shares = equal.groupby(same["currency"]).mean()
    if (shares == 1).sum() == 1:
        return str(shares.idxmax()), "the currency whose amounts are the same in company currency"
    deals = Counter(rows["currency"].dropna())
    if deals:
        code, n = _first(deals)
        doubt = "" if n >= MOST * sum(deals.values()) else "; CHECK: others are about as frequent"
        return code, f"that of {count(n)} of {count(sum(deals.values()))} deals{doubt}"
    others = Counter(c for frame in seen.frames for c in frame.source.currencies if c != NO_CURRENCY)
    if others:
        code, n = _first(others)
        return code, f"CHECK: the deals name none; that of {plural(n, 'other file')}"
    return "TODO", "no file names one: USD or EUR for example"


def _deals(seen: Seen) -> pd.DataFrame:
    names = ("currency", "converted_currency", "amount_original", "amount_converted")
    parts = [pd.DataFrame({n: column(f, n) for n in names}).astype(object) for f in seen.of("opportunities")]
    rows = pd.concat(parts, ignore_index=True)
    rows["currency"] = rows["currency"].mask(rows["currency"] == NO_CURRENCY)
    for name in ("amount_original", "amount_converted"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce")
    return rows


def _ratio(seen: Seen, code: str) -> tuple[float, int]:
    """Return the median of converted over original amounts of the deals in a currency, and their number."""
    rows = _deals(seen)
    rows = rows[rows["currency"].eq(code) & rows["amount_original"].gt(0) & rows["amount_converted"].gt(0)]
    return float((rows["amount_converted"] / rows["amount_original"]).median()), len(rows)


def _first(counts: Counter[str]) -> tuple[str, int]:
    return min(counts.items(), key=lambda item: (-item[1], item[0]))
