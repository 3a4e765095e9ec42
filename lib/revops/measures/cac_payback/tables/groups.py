"""The tables by segment, region and channel."""

import pandas as pd

from revops.analysis.credit import model_name
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display, ranged
from revops.wording import between, channel_label, missing, money, months, ranges

__all__ = ["DRIVERS", "UNALLOCATED", "group_tables"]

UNALLOCATED = {"(unallocated)": "(no channel's own)", "(no channel)": "(no touch on record)"}
DRIVERS = {"deal_days": "days that its deals stood open", "deals": "deals made", "amount": "amount won"}
_VERDICTS = {"above": "slower than the target", "below": "within the target", "depends": "depends on the model",
             "no_cost": "no cost known", "few": "few deals", "": "–"}  # fmt: skip
_CREDITED = {"New deals credited": "new_deals", "Amount credited, new": "new_amount",
             "Amount credited, all": "credited_amount"}  # fmt: skip
_WIDEST = 8
_KINDS = {"blended": "Blended", "paid": "Paid channels", "marginal": "Marginal, over the year before"}


def group_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name; those on channels only where there are some."""
    tables = {}
    for dimension, name in (("type", "by_type"), ("segment", "by_segment"), ("region", "by_region")):
        if result.groups.table["dimension"].eq(dimension).any():
            tables[name] = _groups(result, dimension)
    if len(result.channels.by_channel):
        tables |= {"by_channel": _channels(result), "channel_models": _models(result)}
    if len(result.channels.reconciliation):
        tables["channel_sums"] = _sums(result)
    return tables | ({"kinds_of_cac": _kinds(result)} if len(result.channels.kinds) else {})


def _groups(result: CacResult, dimension: str) -> Display:
    rows, knobs = result.groups.table, result.knobs
    rows = rows[rows["dimension"].eq(dimension)].reset_index(drop=True)
    few = rows["is_few"].astype(bool)
    shown = pd.DataFrame({
        dimension.capitalize(): rows["group"].map(channel_label), "Customers": rows["n_customers"],
        "Cost": rows["spend_amount"], "CAC": rows["cac_amount"], "Payback": rows["payback_months"],
        "Range": ranged(rows["low"], rows["high"]),
    })  # fmt: skip
    units: list[str | None] = [None, "count", "money", "money", "months", None]
    caption = f"Payback in months by {dimension}, cost shared by {DRIVERS[result.effort.driver]}"
    if dimension != "type":
        shown["Drawn to the whole"], shown["Its range"] = (
            rows["shrunk_months"],
            ranged(rows["shrunk_low"], rows["shrunk_high"]),
        )
        units += ["months", None]
        caption += f"; fewer than {knobs.fewest_customers} customers are few, and drawn to the whole"
    told = zip(rows["sure"], few, rows["payback_months"], strict=True)
    shown["Against the target"] = [_against(sure, is_few, value) for sure, is_few, value in told]
    return f"{caption}; target {months(knobs.target_months)}", shown, (*units, None)


def _against(sure: str, is_few: bool, value: float) -> str:
    if missing(value):
        return "–"
    said = {"above": "surely slower", "below": "surely within"}.get(sure, "not beyond chance")
    return f"{said}; few" if is_few else said


def _channels(result: CacResult) -> Display:
    rows, currency = result.channels.by_channel, result.view.company.currency
    shown = pd.DataFrame({
        "Channel": rows["channel"].replace(UNALLOCATED).map(channel_label), "Deals": rows["n_deals"],
        "Own cost": rows["spend_amount"], "CAC": rows["cac_amount"], "Payback": rows["payback_months"],
        "Over all models": ranged(rows["lowest_months"], rows["highest_months"]),
        "Verdict": [_verdict(row) for row in rows.itertuples()],
        "Beyond the target": [_excess(row, currency) for row in rows.itertuples()],
    })  # fmt: skip
    caption = (
        f"Payback in months by channel, new business by {model_name(result.channels.model or result.knobs.model)}: its "
        "own cost and its part of what no channel's own cost is, by customers; target "
        f"{months(result.knobs.target_months)}. Beyond the target: how much of its own cost is too much"
    )
    return caption, shown, (None, "count", "money", "money", "months", None, None, None)


def _verdict(row: object) -> str:
    if row.verdict in ("above", "below"):
        return (
            f"{'surely ' if row.is_sure else ''}{_VERDICTS[row.verdict]}{'' if row.is_sure else ', not beyond chance'}"
        )
    return _VERDICTS[row.verdict]


def _excess(row: object, currency: str) -> str:
    if missing(row.excess_amount) or not row.excess_amount > 0:
        return "–"
    ends = between(row.excess_low, row.excess_high, lambda x: money(x, currency))
    return f"{money(row.excess_amount, currency)} ({ends})"


def _models(result: CacResult) -> Display:
    """Return payback by channel under every model, a model a row; the channels with the most own cost."""
    rows = result.channels.by_model
    wide = rows.pivot(index="model", columns="channel", values="payback_months")
    order, known = list(dict.fromkeys(rows["model"])), result.channels.by_channel
    known = known.sort_values(["spend_amount", "channel"], ascending=[False, True])["channel"]
    kept = [name for name in known if wide[name].notna().any()]
    shown = pd.DataFrame({"Model": [model_name(model) for model in order]})
    for name in kept[:_WIDEST]:
        shown[channel_label(UNALLOCATED.get(name, name))] = wide[name].reindex(order).to_numpy()
    caption = "Payback in months by channel under each model of attribution"
    caption += f"; the {_WIDEST} with the most own cost, all in channels_by_model.csv" if len(kept) > _WIDEST else ""
    return caption, shown, (None, *["months"] * (shown.shape[1] - 1))


def _sums(result: CacResult) -> Display:
    rows, won = result.channels.reconciliation, result.channels.won
    shown = pd.DataFrame({"Channel": rows["channel"].replace(UNALLOCATED).map(channel_label),
                          "Cost": rows["spend_amount"], "Borne by new business": rows["new_spend_amount"]})  # fmt: skip
    for name, column in _CREDITED.items():
        shown[name] = rows["channel"].map(won.of(won.model, column)).to_numpy()
    shown.loc[len(shown)] = ["Total", *shown.iloc[:, 1:].sum(min_count=1)]
    caption = (
        "Channels add up to the books: what ad systems and campaigns cost, what is no channel's own, and the total"
    )
    if won.model:
        caption += f". Credit by {model_name(won.model)}; all of it is the attribution report's of the same days"
    return caption, shown, (None, "money", "money", "count", "money", "money")


def _kinds(result: CacResult) -> Display:
    rows, currency = result.channels.kinds, result.view.company.currency
    shown = pd.DataFrame({
        "CAC": rows["kind"].map(_KINDS), "Cost": rows["spend_amount"], "Customers": rows["n_customers"],
        "Per customer": [note if missing(value) and not missing(note) else money(value, currency)
                         for value, note in zip(rows["cac_amount"], rows["note"], strict=True)],
        "Range": ranges(rows["low"], rows["high"], lambda x: money(x, currency)),
    })  # fmt: skip
    caption = "Three customers' cost: of all, of the channels that ad systems bill, and of those added since a year ago"
    return caption, shown, (None, "money", "count", None, None)
