"""What the chart of recurring revenue claims: title, alternative text, caption and the data behind it."""

import pandas as pd

from revops.charts.cac_payback.drawings_of_cost import LOSSES, WINS, plot_bridge
from revops.charts.style import Chart
from revops.measures.cac_payback.result import CacResult
from revops.wording import money, plural

__all__ = ["bridge"]

_MOST, _TITLE, _QUARTER = 8, 4, 3
_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}


def bridge(result: CacResult) -> Chart | None:
    """Return what moved recurring revenue by quarter; None without bills."""
    rows, currency = result.retention.bridge, result.view.company.currency
    rows = rows[rows[[*WINS, *LOSSES]].notna().all(axis=1)].tail(_MOST).reset_index(drop=True)
    if rows.empty:
        return None
    rows = rows.assign(is_whole=rows["n_months"].ge(_QUARTER), net=rows["closing"] - rows["opening"])
    title = _title(rows, currency)
    parts = [
        f"{row.period}{'' if row.is_whole else ', ' + plural(int(row.n_months), 'month') + ' of it'} "
        f"won {money(row.new + row.expansion + row.reactivation, currency)}, "
        f"lost {money(-(row.contraction + row.churn), currency)}"
        for row in rows.itertuples()
    ]
    caption = "What moved recurring revenue a month, by fiscal quarter; diamond: the net."
    caption += "" if rows["is_whole"].all() else " Pale: not all of its months are in it."
    columns = ["period", "opening", *WINS, *LOSSES, "net", "closing"]
    data = rows[columns].rename(columns={"period": "quarter", "opening": "at_its_start", "closing": "at_its_end"})
    ax = plot_bridge(rows, currency)
    units = (None, *["money"] * (len(columns) - 1))
    return Chart("bridge", title, f"{title}. {'; '.join(parts)}.", caption, ax, data, units)


def _title(rows: pd.DataFrame, currency: str) -> str:
    """Return what the last four whole quarters won and lost."""
    whole = rows[rows["is_whole"]].tail(_TITLE)
    which = "The months told so far"
    if len(whole):
        which = "The last whole quarter" if len(whole) == 1 else f"The last {_NUMBERS[len(whole)]} whole quarters"
    else:
        whole = rows
    won, lost = whole[list(WINS)].sum().sum(), -whole[list(LOSSES)].sum().sum()
    return f"{which} won {money(won, currency)} a month of recurring revenue and lost {money(lost, currency)}"
