"""The tables by segment, region and channel."""

import pandas as pd

from revops.analysis.credit import model_name
from revops.measures.cac_payback.channels import NO_CHANNEL
from revops.measures.cac_payback.drivers import DEPENDS
from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.ladder import Display, also, month_words, ranged
from revops.wording import between, channel_label, missing, money, months, ranges

__all__ = ["DRIVERS", "UNALLOCATED", "group_tables"]

UNALLOCATED = {"(unallocated)": "(no channel's own)", "(no channel)": "(no touch on record)"}
DRIVERS = {"deal_days": "days that its deals stood open", "deals": "deals made", "amount": "amount won"}
_VERDICTS = {"above": "slower than the target", "below": "within the target", "depends": "depends on the model",
             "no_cost": "no cost known", "few": "few deals", "untold": "no payback can be told"}  # fmt: skip
_CREDITED = {"New deals credited": "new_deals", "Amount credited, new": "new_amount",
             "Amount credited, all": "credited_amount"}  # fmt: skip
_WIDEST = 8
_OF_CHANNEL = ("money", "money", "months", None, None, None)
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
    few = rows["is_few"].astype(bool) & rows["shrunk_months"].notna()
    shown = pd.DataFrame({
        dimension.capitalize(): _labels(rows["group"]), "Customers": rows["n_customers"],
        "Cost": rows["spend_amount"].where(rows["spend_amount"].ne(0)), "CAC": rows["cac_amount"],
        "Payback": rows["payback_months"].mask(few, rows["shrunk_months"]),
        "Range": ranged(rows["low"].mask(few, rows["shrunk_low"]), rows["high"].mask(few, rows["shrunk_high"])),
    })  # fmt: skip
    units: list[str | None] = [None, "count", "money", "money", "months", None]
    caption = f"Payback in months by {dimension}, cost shared by {DRIVERS[result.effort.driver]}"
    drawn = "" if dimension == "type" else ", and drawn to the whole: the fewer, the more"
    caption += f"; fewer than {knobs.fewest_customers} customers are few{drawn}; target {months(knobs.target_months)}"
    others = [DRIVERS[name] for name in result.groups.drivers if name != result.effort.driver]
    if others:
        shown["Over ways to share cost"] = ranged(rows["lowest_months"].mask(few), rows["highest_months"].mask(few))
        units.append(None)
        caption += f". Other ways to share cost: by {' or by '.join(others)}; sure only where all agree"
    shown["Against the target"] = [_against(row, knobs.target_months) for row in rows.itertuples()]
    return also(caption, result.effort.why), shown, (*units, None)


def _against(row: object, target: float) -> str:
    """Return the verdict on a group in words."""
    if missing(row.payback_months):
        return "no work on record to share cost by" if row.spend_amount == 0 and row.n_customers else "–"
    if row.is_few:
        return "few"
    if row.sure == DEPENDS:
        if row.lowest_months <= target < row.highest_months:
            return "depends on how cost is shared"
        return f"{'slower' if row.payback_months > target else 'within'}, surely only by some ways to share cost"
    return {"above": "surely slower", "below": "surely within"}.get(row.sure, "not beyond chance")


def _labels(names: pd.Series) -> list[str]:
    """Return channels or groups as people write them, each once: two that would read alike keep their own name too."""
    told = names.map(lambda name: UNALLOCATED.get(name) or channel_label(name))
    twice = told.duplicated(keep=False)
    return [f"{label} ({name})" if again else label for label, name, again in zip(told, names, twice, strict=True)]


def _channels(result: CacResult) -> Display:
    rows, currency, why = result.channels.by_channel, result.view.company.currency, result.channels.why
    shown = pd.DataFrame({
        "Channel": _labels(rows["channel"]), "On its path": rows["n_deals"], "Deals credited": rows["credited_deals"],
        "Own cost": rows["spend_amount"], "CAC": rows["cac_amount"], "Payback": rows["payback_months"],
        "Over all models": ranged(rows["lowest_months"], rows["highest_months"]),
        "Verdict": [_verdict(row) for row in rows.itertuples()],
        "At stake": [_at_stake(row, currency) for row in rows.itertuples()],
    })  # fmt: skip
    shown = pd.concat([shown, _untouched(result)], ignore_index=True)
    by = f" by {model_name(result.channels.model)}" if result.channels.model else ""
    caption = (
        f"Payback in months by channel, credit for new business{by}: own cost, and for each customer alike a part of "
        f"what is no channel's own; CAC is over the deals credited; target {months(result.knobs.target_months)}. At "
        "stake: own cost that its customers do not repay within the target (over all models), where it is own cost "
        "alone that takes too long"
    )
    if rows["cause"].eq("overhead").any():
        caption += ". Where a channel is slower even without its own cost, no cut of that cost mends it"
    notes = [why.get(name) for name in ("channels", "payback_months", "spend_amount", "overhead_amount", "customers")]
    return also(caption, *notes), shown, (None, "count", "count", *_OF_CHANNEL)


def _untouched(result: CacResult) -> pd.DataFrame:
    """Return the row of won deals that no touch is on record of; none where every deal has one."""
    rows, won = result.channels.by_model, result.channels.won
    rows = rows[rows["channel"].eq(NO_CHANNEL) & rows["credited_deals"].gt(0)]
    rows = rows[rows["model"].eq(won.model if won else "")]
    return pd.DataFrame({
        "Channel": _labels(rows["channel"]), "On its path": float("nan"),
        "Deals credited": rows["credited_deals"].to_numpy(),
        "Own cost": rows["spend_amount"].to_numpy(), "CAC": rows["cac_amount"].to_numpy(),
        "Payback": rows["payback_months"].to_numpy(), "Over all models": "–", "Verdict": "no channel known",
        "At stake": "–",
    })  # fmt: skip


def _verdict(row: object) -> str:
    """Return the verdict on a channel in words; where own cost and overhead make it together, what own cost does."""
    if row.verdict not in ("above", "below"):
        return _VERDICTS[row.verdict]
    chance = "surely " if row.is_sure else ""
    cause = {"own": " by its own cost alone", "overhead": " even without its own cost"}.get(row.cause, "")
    said = f"{chance}{_VERDICTS[row.verdict]}{cause}{'' if row.is_sure else ', not beyond chance'}"
    is_together = row.cause == "together" and not missing(row.own_payback_months)
    return f"{said}; own cost alone repays in {month_words(row.own_payback_months)}" if is_together else said


def _at_stake(row: object, currency: str) -> str:
    """Return own cost beyond the target, where own cost is what takes too long."""
    if row.verdict != "above" or row.cause != "own" or not row.excess_amount > 0:
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
    if won.model and won.n_untouched:
        dark = [float(won.n_untouched), won.untouched_amount, won.untouched_all_amount]
        shown.loc[len(shown)] = [UNALLOCATED[NO_CHANNEL], float("nan"), float("nan"), *dark]
        credit = credit + dark
    shown.loc[len(shown)] = ["Total", *costs, *credit]
    caption = "Cost by channel as ad systems and campaigns tell it, and what is no channel's own"
    caption += ": they add up to the books" if costs.notna().all() and result.books.source == "ledger" else ""
    if won.model:
        by = model_name(won.model)
        caption = also(caption, f"credit by {by}: that of channels is the attribution report's of the same days")
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
