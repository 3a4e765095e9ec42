"""UTM compliance: of which campaigns the links are tagged as agreed, and what is wrong with the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from revops.errors import examples
from revops.measures.stage_benchmarking.marketing.people import TAGS
from revops.measures.stage_benchmarking.marketing.shares import SHARES, shares_of
from revops.measures.stage_benchmarking.marketing.tags import FAULTS, tags_of
from revops.measures.stage_benchmarking.window import Window

__all__ = ["CAMPAIGNS", "OF_FAULTS", "UNTAGGED", "UTM", "Compliance", "compliance_of"]

UTM = ["span", "what", *SHARES]
CAMPAIGNS = ["span", "campaign", "utm_source", "utm_medium", "n", "n_wrong", "wrong_share", "wrong", "examples",
             "n_spellings", "is_right"]  # fmt: skip
OF_FAULTS = ["span", "fault", "n", "n_all", "share", "examples"]
UNTAGGED = "no tags"
_EVEN = 1e-9
_NO_TAGS = "no lead carries tags of a link (UTM): name their fields in company.yml under exports.columns"
_KEYS = ["span", "campaign_key", "no_campaign_of"]


@dataclass(frozen=True)
class Compliance:
    """shares: UTM, one row per span x what. campaigns: CAMPAIGNS. faults: OF_FAULTS. why: what a reader should know.

    The columns are told by `compliance_of`.
    """

    shares: pd.DataFrame
    campaigns: pd.DataFrame
    faults: pd.DataFrame
    why: dict[str, str]


def compliance_of(window: Window, people: pd.DataFrame, spans: pd.Series, windows: pd.Series) -> Compliance:
    """Return `utm_compliance_rate`: the share of campaigns whose links are tagged as agreed; and of arrivals.

    Question
        Which campaigns' links are tagged wrongly, and how?

    Parameters
        window : the report's window; uses utm_least, utm_mediums, unfilled_words and level of its knobs
        people : people_of; spans : the span each came in, by index of people; rows of none are left out
        windows : the window of weeks each came in: a campaign is judged window by window, so that spans of several are
            judged as the last weeks are

    Returns
        shares: of arrivals that carry a tag, those with nothing wrong; of campaigns (x windows with an arrival), those
        of which at least utm_least of arrivals are right.
        campaigns, sorted by span, campaign, source, medium: n arrivals, n_wrong, wrong_share, wrong (FAULTS with their
        number, the most frequent first), examples (ways it was written wrongly), n_spellings of the campaign's name,
        is_right; campaign, utm_source, utm_medium: the usual spelling among right ones. Arrivals that name no campaign
        stand under a null campaign by source and medium: no campaigns, and never right.
        faults: n arrivals with it of n_all that carry a tag; of "no tags" those without any, of lead sources most of
        whose arrivals carry some, of all arrivals of such sources.

    Source
        Fairview, Marketing Ops versus RevOps: campaigns with correctly formatted parameters / campaigns
    """
    knobs = window.knobs
    rows = people[spans.notna()]
    tags = tags_of(rows, mediums=knobs.utm_mediums, words=knobs.unfilled_words)
    rows = rows[[*TAGS]].join(tags).assign(span=spans, window=windows)
    tagged = rows[rows["is_tagged"]]
    if tagged.empty:
        return Compliance(*(pd.DataFrame(columns=names) for names in (UTM, CAMPAIGNS, OF_FAULTS)), {"utm": _NO_TAGS})
    tagged = tagged.assign(
        no_campaign_of=(tagged["source"].fillna("") + " / " + tagged["medium"].fillna(""))
        .where(tagged["campaign_key"].isna())
        .astype("str")
    )
    gclid = "arrivals that Google tagged by itself (gclid), without UTM tags, cannot be seen"
    return Compliance(
        _shares(tagged, knobs.utm_least, knobs.level), _campaigns(tagged, knobs.utm_least), _faults(rows), {"utm": gclid}
    )


def _shares(tagged: pd.DataFrame, least: float, level: float) -> pd.DataFrame:
    named = tagged["campaign_key"].fillna("/ " + tagged["no_campaign_of"])
    each = tagged[tagged["campaign_key"].notna()].groupby(["span", "window", "campaign_key"])["is_right"]
    campaigns = (each.mean() >= least - _EVEN).reset_index()
    parts = [tagged.assign(what="arrivals", cluster=named),
             campaigns.assign(what="campaigns", cluster=campaigns["campaign_key"])]  # fmt: skip
    both = pd.concat([part[["span", "what", "cluster", "is_right"]] for part in parts], ignore_index=True)
    return shares_of(both, UTM[:2], level=level)


def _campaigns(tagged: pd.DataFrame, least: float) -> pd.DataFrame:
    groups = tagged.groupby(_KEYS, dropna=False, sort=False)
    found = groups.agg(n=("is_right", "size"), n_right=("is_right", "sum"))
    names = pd.DataFrame({name: _usual(tagged, name) for name in TAGS})
    found = found.join(names).reset_index()
    wrong = groups[[*FAULTS]].sum()
    is_right = found["campaign_key"].notna() & (found["n_right"] >= least * found["n"] - _EVEN)
    found = found.assign(
        campaign=found["utm_campaign"].where(found["campaign_key"].notna()), n_wrong=found["n"] - found["n_right"],
        wrong_share=1 - found["n_right"] / found["n"], wrong=[_worded(row) for row in wrong.to_numpy()],
        examples=_examples(tagged, groups.ngroup(), len(found)), is_right=is_right,
        n_spellings=groups["utm_campaign"].nunique().to_numpy(),
    )  # fmt: skip
    found = found.sort_values(["span", "campaign_key", "no_campaign_of"], na_position="last", ignore_index=True)
    return found[CAMPAIGNS].astype({"wrong": "str", "examples": "str"})


def _usual(tagged: pd.DataFrame, name: str) -> pd.Series:
    """Return by campaign the most frequent way of writing a tag, right ones before wrong ones, then by the alphabet."""
    counts = tagged[tagged[name].notna()].groupby([*_KEYS, name], dropna=False)["is_right"].agg(["sum", "size"])
    counts = counts.reset_index().sort_values(["sum", "size", name], ascending=[False, False, True])
    return counts.drop_duplicates(_KEYS).set_index(_KEYS)[name]


def _worded(counts: np.ndarray) -> str | None:
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{FAULTS[at]} {counts[at]}" for at in order if counts[at]) or None


def _examples(tagged: pd.DataFrame, group: pd.Series, n: int) -> np.ndarray:
    """Return for each group up to three ways in which its tags were written wrongly, the most frequent first."""
    wrong = ~tagged["is_right"]
    text = tagged[TAGS[0]].fillna("").str.cat([tagged[name].fillna("") for name in TAGS[1:]], sep=" / ")
    counts = pd.DataFrame({"group": group, "text": text})[wrong].value_counts().reset_index()
    counts = counts.sort_values(["group", "count", "text"], ascending=[True, False, True])
    top = counts[counts.groupby("group").cumcount() < 3].groupby("group")["text"].agg(examples)
    return top.reindex(range(n)).to_numpy()


def _faults(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many arrivals have each fault, FAULTS in their order, then those without any tag."""
    of_tags = {name: (rows["is_tagged"], rows[name]) for name in FAULTS}
    parts = []
    for fault, (base, is_wrong) in (of_tags | {UNTAGGED: (rows["is_expected"], rows["is_untagged"])}).items():
        counts = is_wrong[base].groupby(rows["span"]).agg(n="sum", n_all="size").reset_index()
        wrong = rows[is_wrong & (fault != UNTAGGED)]
        group = pd.Series(pd.Index(counts["span"]).get_indexer(wrong["span"]), wrong.index)
        parts.append(counts.assign(fault=fault, examples=_examples(wrong, group, len(counts))))
    table = pd.concat(parts, ignore_index=True).astype({"n": "int64", "n_all": "int64", "examples": "str"})
    table = table.assign(share=table["n"] / table["n_all"])
    return table.sort_values("span", kind="stable", ignore_index=True)[OF_FAULTS]
