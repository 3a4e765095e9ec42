"""The tables by segment, region and channel."""

import pandas as pd

from revops.analysis.credit import model_name
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display, also, ranged
from revops.wording import between, channel_label, missing, money, months, ranges

__all__ = ["DRIVERS", "UNALLOCATED", "group_tables"]

UNALLOCATED = {"(unallocated)": "(no channel's own)", "(no channel)": "(no touch on record)"}
DRIVERS = {"deal_days": "days that its deals stood open", "deals": "deals made", "amount": "amount won"}
_VERDICTS = {"above": "slower than the target", "below": "within the target", "depends": "depends on the model",
             "no_cost": "no cost known", "few": "few deals", "untold": "no payback can be told"}  # fmt: skip
_CREDITED = {"New deals credited": "new_deals", "Amount credited, new": "new_amount",
             "Amount credited, all": "credited_amount"}  # fmt: skip
_WIDEST = 8
_KINDS = {"blended": "Blended: all new customers", "paid": "Paid: credited to ads",
          "marginal": "Marginal: added since the year before"}  # fmt: skip


def group_tables(result: CacResult) -> dict[str, Display]:
    """Return the tables by name; those on channels only where there are some."""
    tables = {}
    for dimension in ("type", "segment", "region"):
        if result.groups.table["dimension"].eq(dimension).any():
            tables[f"by_{dimension}"] = _groups(result, dimension)
    if len(result.channels.by_channel):
        tables |= {"by_channel": _channels(result), "channel_models": _models(result)}
    if len(result.channels.reconciliation) > 1:
        tables["channel_sums"] = _sums(result)
    return tables | ({"kinds_of_cac": _kinds(result)} if len(result.channels.kinds) else {})


def _groups(result: CacResult, dimension: str) -> Display:
    rows, knobs = result.groups.table, result.knobs
    rows = rows[rows["dimension"].eq(dimension)].reset_index(drop=True)
    shown = pd.DataFrame({
        dimension.capitalize(): _labels(rows["group"]), "Customers": rows["n_customers"],
        "Cost": rows["spend_amount"], "CAC": rows["cac_amount"], "Payback": rows["payback_months"],
        "Range": ranged(rows["low"], rows["high"]),
    })  # fmt: skip
    units: list[str | None] = [None, "count", "money", "money", "months", None]
    caption = f"Payback in months by {dimension}, cost shared by {DRIVERS[result.effort.driver]}"
    few = f"fewer than {knobs.fewest_customers} customers are few"
    if dimension == "type":
        caption += f"; {few}"
    else:
        shown["Drawn to the whole"] = rows["shrunk_months"]
        shown["Its range"] = ranged(rows["shrunk_low"], rows["shrunk_high"])
        units += ["months", None]
        caption += f"; {few}: the fewer, the more drawn to the whole"
    told = zip(rows["sure"], rows["is_few"].astype(bool), rows["payback_months"], strict=True)
    shown["Against the target"] = [_against(sure, is_few, value) for sure, is_few, value in told]
    return also(f"{caption}; target {months(knobs.target_months)}", result.effort.why), shown, (*units, None)


def _against(sure: str, is_few: bool, value: float) -> str:
    if missing(value):
        return "–"
    said = {"above": "surely slower", "below": "surely within"}.get(sure, "not beyond chance")
    return f"{said}; few" if is_few else said


def _labels(names: pd.Series) -> list[str]:
    """Return channels or groups as people write them, each once: two that would read alike keep their own name too."""
    told = names.map(lambda name: UNALLOCATED.get(name) or channel_label(name))
    twice = told.duplicated(keep=False)
    return [f"{label} ({name})" if again else label for label, name, again in zip(told, names, twice, strict=True)]


def _channels(result: CacResult) -> Display:
    rows, currency, why = result.channels.by_channel, result.view.company.currency, result.channels.why
    shown = pd.DataFrame({
        "Channel": _labels(rows["channel"]), "Deals": rows["n_deals"],
        "Own cost": rows["spend_amount"], "CAC": rows["cac_amount"], "Payback": rows["payback_months"],
        "Over all models": ranged(rows["lowest_months"], rows["highest_months"]),
        "Verdict": [_verdict(row) for row in rows.itertuples()],
        "Beyond the target": [_excess(row, currency) for row in rows.itertuples()],
    })  # fmt: skip
    by = f" by {model_name(result.channels.model)}" if result.channels.model else ""
    caption = (
        f"Payback in months by channel, credit for new business{by}: own cost, and for each customer alike a part of "
        f"what is no channel's own; target {months(result.knobs.target_months)}. Beyond the target: own cost that it "
        "does not allow (over all models)"
    )
    notes = [why.get(name) for name in ("channels", "payback_months", "spend_amount", "overhead_amount", "customers")]
    return also(caption, *notes), shown, (None, "count", "money", "money", "months", None, None, None)


def _verdict(row: object) -> str:
    if row.verdict not in ("above", "below"):
        return _VERDICTS[row.verdict]
    chance = "surely " if row.is_sure else ""
    cause = {"own": " by its own cost alone", "overhead": " even without its own cost"}.get(row.cause, "")
    return f"{chance}{_VERDICTS[row.verdict]}{cause}{'' if row.is_sure else ', not beyond chance'}"


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
    kept = pd.Series([name for name in known if name in wide and wide[name].notna().any()], dtype="str")
    caption = "Payback in months by channel under each model of attribution"
    if not len(kept):
        return caption, pd.DataFrame(columns=["Model"]), (None,)
    shown = wide.reindex(order)[kept[:_WIDEST]].set_axis(_labels(kept)[:_WIDEST], axis=1)
    shown.insert(0, "Model", [model_name(model) for model in order])
    caption += f"; the {_WIDEST} with the most own cost, all in channels_by_model.csv" if len(kept) > _WIDEST else ""
    return caption, shown.reset_index(drop=True), (None, *["months"] * (shown.shape[1] - 1))


def _sums(result: CacResult) -> Display:
    rows, won = result.channels.reconciliation, result.channels.won
    shown = pd.DataFrame({"Channel": _labels(rows["channel"]), "Cost": rows["spend_amount"],
                          "Borne by new business": rows["new_spend_amount"]})  # fmt: skip
    for name, column in _CREDITED.items() if won.model else ():
        shown[name] = rows["channel"].map(won.of(won.model, column)).to_numpy()
    costs, credit = shown.iloc[:, 1:3].sum(skipna=False), shown.iloc[:, 3:].sum(min_count=1)
    shown.loc[len(shown)] = ["Total", *costs, *credit]
    caption = "Cost by channel as ad systems and campaigns tell it, and what is no channel's own"
    caption += ": they add up to the books" if costs.notna().all() else ""
    if won.model:
        by = model_name(won.model)
        caption = also(caption, f"credit by {by}: all of it is the attribution report's of the same days")
    return caption, shown, (None, "money", "money", "count", "money", "money")[: shown.shape[1]]


def _kinds(result: CacResult) -> Display:
    rows, currency = result.channels.kinds, result.view.company.currency
    shown = pd.DataFrame({
        "CAC": rows["kind"].map(_KINDS), "Cost": rows["spend_amount"], "Customers": rows["n_customers"],
        "Per customer": [money(value, currency) for value in rows["cac_amount"]],
        "Range": ranges(rows["low"], rows["high"], lambda x: money(x, currency)),
        "To know": ["" if missing(note) else note for note in rows["note"]],
    })  # fmt: skip
    return "What one new customer costs, counted in three ways", shown, (None, "money", "count", None, None, None)
