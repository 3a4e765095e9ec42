"""Which deals there are: new business, second tries, expansions and renewals of customers, one feeding the next."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, Quarters, stream
from revops.simulate.paths import walk
from revops.simulate.people import assign
from revops.simulate.plan import Plan

__all__ = ["Lives", "all_deals"]

_NEW, _EXPANSION, _RENEWAL = 0, 1, 2
_TERM_DAYS = 365.0


@dataclass(frozen=True)
class Lives:
    """Deals with how they ended (`end`, `won`, `reached`, `n_slips`, `final_amount`) and all events on the way."""

    deals: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True)
class _Setting:
    plan: Plan
    calendar: Quarters
    people: pd.DataFrame
    luck: Array
    seed: int

    @property
    def horizon(self) -> float:
        return float(self.calendar.starts[self.plan.burn_in + self.plan.n_quarters + self.plan.after])


def all_deals(plan: Plan, calendar: Quarters, people: pd.DataFrame, luck: Array, seed: int) -> Lives:
    """Return every deal of the company up to the end of the simulated time, burn-in included."""
    setting = _Setting(plan, calendar, people, luck, seed)
    first = _live(setting, _arrivals(setting), "new")
    second = _live(setting, _second_tries(setting, first.deals), "second try")
    parts = [first, second]
    customers = pd.concat([first.deals, second.deals], ignore_index=True)
    customers = _contracts(customers[customers["won"]], customers["end"], customers["final_amount"])
    for year in range(100):
        if customers.empty:
            break
        grown = _live(setting, _expansions(setting, customers, year), f"expansion {year}")
        renewed = _live(setting, _renewals(setting, customers, grown.deals, year), f"renewal {year}")
        parts += [grown, renewed]
        customers = _next_term(renewed.deals, grown.deals)
    return _joined(parts)


def _live(setting: _Setting, deals: pd.DataFrame, name: str) -> Lives:
    """Return deals with owners, odds and their whole life; some that closed are opened again."""
    plan, rng = setting.plan, stream(setting.seed, f"life {name}")
    deals = deals[deals["created"] < setting.horizon].reset_index(drop=True)
    deals["owner"] = assign(plan, setting.people, deals, rng)
    shifts = [[item.win_shift for item in items] for items in (plan.segments, plan.sources)]
    deals["odds"] = np.array(shifts[0])[deals["segment"]] + np.array(shifts[1])[deals["source"]]
    deals["odds"] += setting.people["skill"].to_numpy()[deals["owner"]]
    deals["start"] = 0
    once = walk(plan, setting.calendar, setting.luck, deals, rng)
    fate = pd.DataFrame({"end": once.end, "won": once.won, "reached": once.reached, "n_slips": once.n_slips,
                         "final_amount": once.amount})  # fmt: skip
    back = _opened_again(plan, deals.drop(columns="amount").assign(amount=once.amount), fate, rng)
    again = walk(plan, setting.calendar, setting.luck, back, rng)
    fate.loc[back.index, "end"] = again.end
    fate.loc[back.index, "won"] = again.won
    fate.loc[back.index, "final_amount"] = again.amount
    fate["reopened"] = np.isin(np.arange(len(fate)), back.index)
    events = pd.concat([once.events, again.events.assign(deal=back.index.to_numpy()[again.events["deal"]])])
    return Lives(pd.concat([deals, fate], axis=1), events)


def _opened_again(plan: Plan, deals: pd.DataFrame, fate: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the deals that come back: lost ones to Evaluation, a few won by mistake to Negotiation."""
    n, won = len(deals), fate["won"].to_numpy()
    drawn, part = rng.random(n), rng.random(n)
    lost_back = ~won & (fate["reached"].to_numpy() >= 1) & (drawn < plan.reopen_rate)
    won_back = won & (drawn < plan.unwon_rate)
    wait = np.where(won_back, 9 + 5 * part, 20 + 100 * part)
    back = deals.assign(created=fate["end"] + wait, start=np.where(won_back, 4, 2), due=np.nan)
    return back[lost_back | won_back]


def _arrivals(setting: _Setting) -> pd.DataFrame:
    """Return new-business deals, each with an account of its own."""
    plan, starts = setting.plan, setting.calendar.starts
    rng = stream(setting.seed, "arrivals")
    index = np.arange(plan.burn_in + plan.n_quarters + plan.after)
    fiscal = (starts[index].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
              - plan.fiscal_year_starts) % 12 // 3  # fmt: skip
    rate = plan.new_per_quarter * plan.growth ** (index - plan.burn_in) * np.array(plan.season)[fiscal]
    quarter = np.repeat(index, rng.poisson(rate))
    created = starts[quarter] + rng.random(len(quarter)) * (starts[quarter + 1] - starts[quarter])
    segment = _draw(rng, [s.share for s in plan.segments], len(created))
    region = _draw(rng, [r.share for r in plan.regions], len(created))
    foreign = rng.random(len(created)) < np.array([r.foreign_share for r in plan.regions])[region]
    spread = np.exp(np.array([s.amount_sd for s in plan.segments])[segment] * rng.normal(size=len(created)))
    median = np.array([s.amount for s in plan.segments])[segment] * plan.amount_factor
    amount = 100 * median * spread / np.where(foreign, plan.foreign_rate, 1.0)
    deals = pd.DataFrame({"kind": _NEW, "segment": segment, "region": region, "foreign": foreign, "created": created,
                          "due": np.nan, "amount": amount, "account": np.arange(len(created))})  # fmt: skip
    return _sourced(plan, deals, rng).sort_values("created", kind="stable", ignore_index=True)


def _second_tries(setting: _Setting, deals: pd.DataFrame) -> pd.DataFrame:
    """Return a second new-business deal for some accounts that said no the first time."""
    rng = stream(setting.seed, "second tries")
    again = deals[~deals["won"] & (rng.random(len(deals)) < setting.plan.second_try_rate)]
    created = again["end"] + rng.uniform(90, 400, len(again))
    amount = again["amount"] * np.exp(0.3 * rng.normal(size=len(again)))
    return _sourced(setting.plan, _child(again, created=created, due=np.nan, amount=amount), rng)


def _contracts(won: pd.DataFrame, begins: pd.Series, amount: pd.Series) -> pd.DataFrame:
    """Return one row per customer and contract year: when it begins and what it is worth."""
    return _child(won, begins=begins, base=amount)


def _expansions(setting: _Setting, customers: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the expansion deals of one contract year."""
    rng = stream(setting.seed, f"expansions {year}")
    grows = customers.loc[customers.index.repeat(rng.poisson(setting.plan.expansions_per_year, len(customers)))]
    created = grows["begins"] + rng.uniform(20, 330, len(grows))
    amount = grows["base"] * setting.plan.expansion_ratio * np.exp(0.5 * rng.normal(size=len(grows)))
    deals = _child(grows, kind=_EXPANSION, created=created, due=np.nan, amount=amount)
    return _sourced(setting.plan, deals, rng)


def _renewals(setting: _Setting, customers: pd.DataFrame, grown: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the renewal of each contract year, opened about 100 days before it ends, for all it has grown to."""
    rng = stream(setting.seed, f"renewals {year}")
    due = customers["begins"] + _TERM_DAYS
    created = due - rng.uniform(80, 120, len(customers))
    bought = grown[grown["won"]]
    in_time = bought["end"] < bought["account"].map(pd.Series(created.to_numpy(), customers["account"]))
    extra = bought[in_time].groupby("account")["final_amount"].sum()
    base = customers["base"] + customers["account"].map(extra).fillna(0.0)
    amount = base * (1 + setting.plan.renewal_uplift * 2 * rng.random(len(customers)))
    return _sourced(setting.plan, _child(customers, kind=_RENEWAL, created=created, due=due, amount=amount), rng)


def _next_term(renewed: pd.DataFrame, grown: pd.DataFrame) -> pd.DataFrame:
    """Return the next contract year of those who renewed; what was bought while the renewal ran is added."""
    renewed = renewed[renewed["won"]]
    bought = grown[grown["won"]]
    late = bought["end"] >= bought["account"].map(renewed.set_index("account")["created"])
    extra = bought[late].groupby("account")["final_amount"].sum()
    return _contracts(renewed, renewed["due"], renewed["final_amount"] + renewed["account"].map(extra).fillna(0.0))


def _child(parents: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """Return deals of the same accounts, with what is new about them."""
    kept = parents[["kind", "segment", "region", "foreign", "account"]]
    return kept.assign(**columns).reset_index(drop=True)


def _sourced(plan: Plan, deals: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the deals with a lead source and the unit their amounts are written in: 50.00, cents or whole euros."""
    deals = deals.assign(source=0)
    for kind in range(3):
        mine = (deals["kind"] == kind).to_numpy()
        deals.loc[mine, "source"] = _draw(rng, [s.weights[kind] for s in plan.sources], int(mine.sum()))
    unit = np.where(deals["kind"] == _NEW, 5_000, np.where(deals["foreign"], 100, 1))
    return deals.assign(unit=unit)


def _draw(rng: np.random.Generator, weights: list[float], n: int) -> Array:
    """Return n positions drawn by weight."""
    return np.searchsorted(np.cumsum(weights) / np.sum(weights), rng.random(n), side="right")


def _joined(parts: list[Lives]) -> Lives:
    """Return all lives under one numbering, in order of creation."""
    offsets = np.cumsum([0, *(len(part.deals) for part in parts)])
    deals = pd.concat([part.deals for part in parts], ignore_index=True)
    shifted = [p.events.assign(deal=p.events["deal"] + o) for p, o in zip(parts, offsets, strict=False)]
    events = pd.concat(shifted, ignore_index=True)
    place = np.empty(len(deals), dtype=np.int64)
    order = np.argsort(deals["created"].to_numpy(), kind="stable")
    place[order] = np.arange(len(deals))
    return Lives(deals.iloc[order].reset_index(drop=True), events.assign(deal=place[events["deal"]]))
