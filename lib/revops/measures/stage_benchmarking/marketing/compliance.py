"""UTM compliance: of which campaigns the links are tagged as agreed, and what is wrong with the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.measures.stage_benchmarking.marketing.people import TAGS
from revops.measures.stage_benchmarking.marketing.shares import SHARES, shares_of
from revops.measures.stage_benchmarking.marketing.tags import FAULTS, tags_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["CAMPAIGNS", "OF_FAULTS", "UNTAGGED", "UTM", "Compliance", "compliance_of", "utm_shares"]

UTM = {"span": "str", "what": "str"} | SHARES
CAMPAIGNS = {
    "span": "str", "campaign": "str", "utm_source": "str", "utm_medium": "str", "n": "int64", "n_wrong": "int64",
    "wrong_share": "float64", "wrong": "str", "examples": "str", "n_spellings": "int64", "is_right": "bool",
}  # fmt: skip
OF_FAULTS = {"span": "str", "fault": "str", "n": "int64", "n_all": "int64", "share": "float64", "examples": "str"}
UNTAGGED = "no tags"
_BLANK = "(blank)"
_EVEN = 1e-9
_SHOWN, _LONGEST = 3, 80
_GCLID = "arrivals that Google tagged by itself (gclid), without UTM tags, cannot be seen"
_NO_TAGS = "no lead carries tags of a link (UTM): name their fields in company.yml under exports.columns"


@dataclass(frozen=True)
class Compliance:
    """shares: UTM, one row per span x what. campaigns: CAMPAIGNS. faults: OF_FAULTS. why: what a reader should know.

    The columns are told by compliance_of and utm_shares.
    """

    shares: pd.DataFrame
    campaigns: pd.DataFrame
    faults: pd.DataFrame
    why: dict[str, str]


def compliance_of(window: Window, people: pd.DataFrame, spans: pd.Series, windows: pd.Series) -> Compliance:
    """Return which campaigns' links are tagged wrongly and how, and the shares of utm_shares.

    Question
        Which campaigns' links are tagged wrongly, and how?

    Parameters
        as in utm_shares; uses lead_source too

    Returns
        campaigns, sorted by span, campaign, source, medium: n arrivals, n_wrong, wrong_share, wrong (FAULTS with their
        number, the most frequent first), examples (ways it was written wrongly), n_spellings of the campaign's name,
        is_right; campaign, utm_source, utm_medium: the usual spelling among right ones. Arrivals that name no campaign
        stand under a null campaign by source and medium: no campaigns, and never right.
        faults: n arrivals with it of n_all that carry a tag; of "no tags" those without any, of lead sources most of
        whose arrivals carry some, of all arrivals of such sources.

    Limits
        As tags.tags_of. A link that few followed is judged by few: n stands beside it.
    """
    rows = _arrivals(window, people, spans, windows)
    if not rows["is_tagged"].any():
        return Compliance(_empty(UTM), _empty(CAMPAIGNS), _empty(OF_FAULTS), {"utm": _NO_TAGS})
    return Compliance(
        _shares(rows, window),
        _campaigns(rows[rows["is_tagged"]], window.knobs.utm_least),
        _faults(rows),
        {"utm": _GCLID},
    )


def utm_shares(window: Window, people: pd.DataFrame, spans: pd.Series, windows: pd.Series) -> pd.DataFrame:
    """Return `utm_compliance_rate`: the share of campaigns whose links are tagged as agreed; and of arrivals.

    Question
        Can we trust what our links say of where leads come from?

    Parameters
        window : the report's window; uses utm_least, utm_mediums, unfilled_words and level of its knobs
        people : people_of; uses TAGS, lead_source
        spans : the span each came in, by index of people; rows of none are left out
        windows : the window of weeks each came in: a campaign is judged window by window, so that spans of several are
            judged as the last weeks are

    Returns
        One row per span x what, sorted: "arrivals" that carry a tag, right where nothing is wrong with it; "campaigns"
        (x windows with an arrival), right where at least utm_least of its arrivals are: span, what, SHARES

    Source
        Fairview, Marketing Ops versus RevOps: campaigns with correctly formatted parameters / campaigns
    """
    rows = _arrivals(window, people, spans, windows)
    return _shares(rows, window) if rows["is_tagged"].any() else _empty(UTM)


def _arrivals(window: Window, people: pd.DataFrame, spans: pd.Series, windows: pd.Series) -> pd.DataFrame:
    """Return people of any span with what their tags say; no_campaign_of: source and medium without a campaign."""
    rows = people[spans.notna()]
    tags = tags_of(rows, mediums=window.knobs.utm_mediums, words=window.knobs.unfilled_words)
    pair = tags["source"].fillna("") + " / " + tags["medium"].fillna("")
    return (
        rows[[*TAGS]]
        .join(tags)
        .assign(span=spans, window=windows, no_campaign_of=pair.where(tags["campaign_key"].isna()).astype("str"))
    )


def _shares(rows: pd.DataFrame, window: Window) -> pd.DataFrame:
    tagged, knobs = rows[rows["is_tagged"]], window.knobs
    each = tagged[tagged["campaign_key"].notna()].groupby(["span", "window", "campaign_key"])["is_right"]
    campaigns = (each.mean() >= knobs.utm_least - _EVEN).reset_index()
    arrivals = tagged["campaign_key"].fillna("/ " + tagged["no_campaign_of"])
    parts = [tagged.assign(what="arrivals", cluster=arrivals),
             campaigns.assign(what="campaigns", cluster=campaigns["campaign_key"])]  # fmt: skip
    both = pd.concat([part[["span", "what", "cluster", "is_right"]] for part in parts], ignore_index=True)
    return shares_of(both, ["span", "what"], level=knobs.level)


def _campaigns(tagged: pd.DataFrame, least: float) -> pd.DataFrame:
    keys = ["span", "campaign_key", "no_campaign_of"]
    groups = tagged.groupby(keys, dropna=False)
    group, n = groups.ngroup(), len(groups)
    found = groups.agg(n=("is_right", "size"), n_right=("is_right", "sum")).reset_index()
    usual = pd.DataFrame({name: _usual(tagged, group, name).reindex(range(n)) for name in TAGS})
    found = found.join(usual).assign(
        campaign=usual["utm_campaign"].where(found["campaign_key"].notna()),
        n_wrong=found["n"] - found["n_right"], wrong_share=1 - found["n_right"] / found["n"],
        wrong=[_worded(row) for row in groups[[*FAULTS]].sum().to_numpy()], 
        examples=_examples(tagged[~tagged["is_right"]], group[~tagged["is_right"]].to_numpy(), n),
        n_spellings=tagged["utm_campaign"].where(tagged["campaign_key"].notna()).groupby(group).nunique().to_numpy(),
        is_right=found["campaign_key"].notna() & (found["n_right"] >= least * found["n"] - _EVEN),
    )  # fmt: skip
    return found.sort_values(keys, na_position="last", ignore_index=True).astype(CAMPAIGNS)[[*CAMPAIGNS]]


def _usual(tagged: pd.DataFrame, group: pd.Series, name: str) -> pd.Series:
    """Return by group the most frequent way of writing a tag, right ones before wrong ones, then by the alphabet."""
    rows = pd.DataFrame({"group": group, "text": tagged[name], "is_right": tagged["is_right"]}).dropna()
    counts = rows.groupby(["group", "text"])["is_right"].agg(["sum", "size"]).reset_index()
    counts = counts.sort_values(["group", "sum", "size", "text"], ascending=[True, False, False, True])
    return counts.drop_duplicates("group").set_index("group")["text"]


def _worded(counts: np.ndarray) -> str | None:
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{FAULTS[at]} {counts[at]}" for at in order if counts[at]) or None


def _examples(wrong: pd.DataFrame, group: np.ndarray, n: int) -> np.ndarray:
    """Return for each of n groups up to three ways in which its tags were written wrongly, the most frequent first."""
    tags = [wrong[name].where(wrong[name].fillna("").str.strip().ne(""), _BLANK) for name in TAGS]
    text = tags[0].str.cat(tags[1:], sep=" / ")
    counts = pd.DataFrame({"group": group, "text": text}).value_counts().reset_index()
    counts = counts.sort_values(["group", "count", "text"], ascending=[True, False, True])
    top = counts[counts.groupby("group").cumcount() < _SHOWN]
    top = top.assign(text=top["text"].str.slice(stop=_LONGEST)).groupby("group")["text"].agg("; ".join)
    return top.reindex(range(n)).to_numpy()


def _faults(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by span how many arrivals have each fault, FAULTS in their order, then those without any tag."""
    kinds = [*FAULTS, UNTAGGED]
    spans, span = np.unique(rows["span"].to_numpy(dtype=object), return_inverse=True)
    is_wrong = rows[[*FAULTS, "is_untagged"]].to_numpy()
    bases = rows[["is_tagged"] * len(FAULTS) + ["is_expected"]].to_numpy()
    n, n_all = (np.array([part[span == at].sum(axis=0) for at in range(len(spans))]) for part in (is_wrong, bases))
    place, fault = np.nonzero(is_wrong[:, :-1])
    table = pd.DataFrame({
        "span": np.repeat(spans, len(kinds)), "fault": kinds * len(spans), "n": n.ravel(), "n_all": n_all.ravel(),
        "examples": _examples(rows.iloc[place], span[place] * len(kinds) + fault, n.size),
    })  # fmt: skip
    table = table[table["n_all"] > 0]
    return table.assign(share=table["n"] / table["n_all"]).astype(OF_FAULTS)[[*OF_FAULTS]].reset_index(drop=True)


def _empty(columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns=[*columns]).astype(columns)
