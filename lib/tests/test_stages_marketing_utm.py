"""Tags of links: every planted mistake is found and named, spellings of a campaign are one, and shares are by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from marketing_companies import came, lead, people, seen, told
from marketing_companies import tags_told as utm

from revops.measures.stage_benchmarking.marketing.compliance import compliance_of
from revops.measures.stage_benchmarking.marketing.people import people_of
from revops.measures.stage_benchmarking.marketing.tags import FAULTS, campaign_key, tags_of
from revops.ratios import share_interval
from revops.simulate.market.crm import market
from revops.simulate.market.salesforce_leads import lead_ids

TRUTH = json.loads((Path(__file__).parents[2] / "data" / "sample_truth_systems.json").read_text(encoding="utf-8"))
PLANTED = {"capitals": "case", "blank or code": "encoded", "no campaign": "no campaign", "untagged": "missing"}
GOOD = ("google", "cpc", "spring-sale")


def tags(*args, mediums=(), words=(), **given):
    return tags_of(people(*args, **given), mediums=mediums, words=words)


def faults(*link, **given):
    """Return what is wrong with one link."""
    row = tags([lead("1", "2026-06-01", *link)], **given).iloc[0]
    return [name for name in FAULTS if row[name]] if row["is_tagged"] else None


# The sample's planted mistakes


@pytest.fixture(scope="module")
def planted(world):
    """Return by lead id what was done to its tags."""
    found = market(world)
    ids = pd.Series(lead_ids(world, found)).str[:15]
    return found.leads["utm_mistake"].set_axis(ids)


@pytest.fixture(scope="module")
def sample_tags(sample):
    """Return the tags of all leads of the sample."""
    leads = sample.table("leads").rename(columns={"created_at": "created"})
    leads = leads.assign(is_contact=False, company_key=leads["account_name"])
    view = sample.as_of("auto")
    return tags_of(people_of(view, leads), mediums=(), words=()).set_axis(leads["lead_id"])


@pytest.mark.parametrize("fault, mistake", PLANTED.items())
def test_every_planted_mistake_is_found_and_nothing_else(sample_tags, planted, fault, mistake):
    """Precision and recall are 1: the leads with the fault are those whose tags were spoilt so."""
    name = f"is_{fault}" if fault == "untagged" else fault
    found = set(sample_tags.index[sample_tags[name]])
    truth = planted.reindex(sample_tags.index)
    assert found == set(truth.index[truth.eq(mistake)])
    assert len(found) == TRUTH["funnel"]["leads"]["utm_mistakes"][mistake]


def test_all_371_and_no_others_are_wrong(sample_tags, planted):
    wrong = sample_tags["is_untagged"] | (sample_tags["is_tagged"] & ~sample_tags["is_right"])
    assert wrong.sum() == 371 == sum(TRUTH["funnel"]["leads"]["utm_mistakes"].values())
    assert wrong.equals(planted.reindex(sample_tags.index).ne(""))
    assert not sample_tags[["default word", "no source", "no medium", "unknown medium"]].any().any()


def test_spoilt_spellings_of_the_sample_belong_to_the_campaign_they_are_of(sample_tags, world):
    """Each named campaign of the sample's links is one that was set up, whatever its spelling."""
    slugs = set(market(world).funnel.campaigns["slug"])
    assert set(sample_tags["campaign_key"].dropna()) <= slugs


def test_the_report_on_the_sample_is_that_of_plain_loops(sample):
    """Arrivals and campaigns of the last weeks, counted one by one."""
    window, _ = seen()
    view = sample.as_of("auto")
    leads = sample.table("leads").rename(columns={"created_at": "created"})
    leads = leads.assign(is_contact=False, company_key=leads["account_name"])
    whole = people_of(view, leads)
    until = pd.Timestamp(view.day)
    last = whole["created"].dt.normalize().between(until - pd.Timedelta(days=90), until)
    spans = pd.Series("now", whole.index, dtype="str").where(last)
    result = compliance_of(window, whole, spans, spans)
    counts = {}
    n = right = 0
    for row in whole[last].to_dict("records"):
        texts = [row[name] for name in ("utm_source", "utm_medium", "utm_campaign")]
        texts = ["" if pd.isna(text) else text for text in texts]
        if not any(texts):
            continue
        is_right = all(text and text == text.lower() and " " not in text for text in texts)
        n, right = n + 1, right + is_right
        if texts[2]:
            counts.setdefault(texts[2].lower().replace(" ", "-"), []).append(is_right)
    shares = result.shares.set_index("what")
    assert n > 100
    assert (shares.loc["arrivals", "n"], shares.loc["arrivals", "n_right"]) == (n, right)
    good = {name for name, hits in counts.items() if sum(hits) >= 0.95 * len(hits)}
    assert (shares.loc["campaigns", "n"], shares.loc["campaigns", "n_right"]) == (len(counts), len(good))
    named = result.campaigns.dropna(subset="campaign")
    assert dict(zip(named["campaign"], named["n"], strict=True)) == {k: len(v) for k, v in counts.items()}
    assert set(named.loc[named["is_right"], "campaign"]) == good


# One link at a time


@pytest.mark.parametrize(
    "link, wrong",
    [
        (GOOD, []),
        (("google", "cpc", "q3_2026.a&b"), []),
        (("Google", "cpc", "spring-sale"), ["capitals"]),
        (("google", "CPC", "Spring-Sale"), ["capitals"]),
        (("google", "cpc", "spring sale"), ["blank or code"]),
        (("google", "cpc", "spring+sale"), ["blank or code"]),
        (("google", "cpc", "spring%2520sale"), ["blank or code"]),
        (("google ", "cpc", "spring-sale"), ["blank or code"]),
        (("google", "cpc", "spring&amp;sale"), ["blank or code"]),
        (("google", "cpc", "spring\u00a0sale"), ["blank or code"]),
        ((None, "cpc", "spring-sale"), ["no source"]),
        (("google", None, "spring-sale"), ["no medium"]),
        (("google", "cpc", None), ["no campaign"]),
        (("google", "  ", "spring-sale"), ["no medium"]),
        (("google", "cpc", "(not set)"), ["default word"]),
        (("google", "NULL", "spring-sale"), ["default word"]),
        (("google", "cpc", "{{campaign.name}}"), ["default word"]),
        ((None, None, "spring-sale"), ["no source", "no medium"]),
        (("Google", "cpc", "Spring Sale"), ["capitals", "blank or code"]),
        ((None, None, None), None),
        (("(direct)", "(none)", "(not set)"), None),
    ],
)
def test_each_fault_has_its_name(link, wrong):
    assert faults(*link) == wrong


def test_words_that_fill_no_field_are_no_tags_either():
    assert faults("google", "cpc", "Unknown") == ["capitals"]
    assert faults("google", "cpc", "Unknown", words=("unknown",)) == ["default word"]


def test_mediums_are_held_against_those_allowed_without_regard_to_spelling():
    assert faults("x", "paid-social", "y", mediums=("cpc", "email")) == ["unknown medium"]
    assert faults("x", "Email ", "y", mediums=("cpc", "email")) == ["capitals", "blank or code"]
    assert faults("x", None, "y", mediums=("cpc",)) == ["no medium"]


@pytest.mark.parametrize(
    "names, key",
    [
        (
            ("Q3 Launch", "q3-launch", "q3%20launch", "q3+launch", "q3_launch", "Q3%2520Launch", " q3 launch "),
            "q3-launch",
        ),
        (("Über-Aktion", "über aktion", "%C3%BCber-aktion"), "über-aktion"),
        (("🎉",), "🎉"),
        (("!!!",), "!!!"),
        (("100%",), "100"),
    ],
)
def test_spellings_of_one_campaign_are_one(names, key):
    assert {campaign_key(name) for name in names} == {key}


def test_arrivals_without_tags_are_missing_tags_only_where_most_of_their_kind_carry_some():
    """Two of three arrivals of Web are tagged, one of four of fairs: only the one of Web lacks tags."""
    rows = [*came(2, *GOOD), *came(1, name="N"), *came(1, *GOOD, name="F", lead_source="Fair"),
            *came(3, name="U", lead_source="Fair")]  # fmt: skip
    found = tags(rows)
    assert found["is_tagged"].tolist() == [True, True, False, True, False, False, False]
    assert found["is_untagged"].tolist() == [False, False, True, False, False, False, False]
    faulty = utm(rows).faults.set_index("fault").loc["no tags"]
    assert (faulty["n"], faulty["n_all"], faulty["share"]) == (1, 3, pytest.approx(1 / 3))


# Campaigns


def test_a_campaign_is_right_where_19_of_20_arrivals_are_and_not_where_18_of_19_are():
    rows = [*came(19, *GOOD), *came(1, "Google", "cpc", "spring-sale", name="W"),
            *came(18, "x", "email", "news", name="M"), *came(1, "x", "email", "News", name="V")]  # fmt: skip
    found = utm(rows)
    table = found.campaigns.set_index("campaign")
    assert table[["n", "n_wrong"]].to_dict("index") == {
        "news": {"n": 19, "n_wrong": 1}, "spring-sale": {"n": 20, "n_wrong": 1},
    }  # fmt: skip
    assert table["is_right"].to_dict() == {"news": False, "spring-sale": True}
    assert table.loc["news", ["wrong", "examples", "n_spellings"]].tolist() == ["capitals 1", "x / email / News", 2]
    assert table.loc["spring-sale", ["utm_source", "utm_medium", "n_spellings"]].tolist() == ["google", "cpc", 1]
    shares = found.shares.set_index("what")
    assert shares.loc["campaigns", ["n", "n_right", "share"]].tolist() == [2, 1, 0.5]
    assert shares.loc["arrivals", ["n", "n_right"]].tolist() == [39, 37]


def test_all_spellings_of_a_campaign_are_one_row_under_the_usual_right_one():
    """Five arrivals with a blank outnumber two with a hyphen: the right one names it, and five are wrong."""
    rows = [*came(5, "google", "cpc", "spring sale", name="B"), *came(2, *GOOD),
            *came(1, "Google", "cpc", "SPRING_SALE", name="C")]  # fmt: skip
    [row] = utm(rows).campaigns.to_dict("records")
    assert row == {
        "span": "last weeks", "campaign": "spring-sale", "utm_source": "google", "utm_medium": "cpc", "n": 8,
        "n_wrong": 6, "wrong_share": 0.75, "wrong": "blank or code 5, capitals 1",
        "examples": "google / cpc / spring sale; Google / cpc / SPRING_SALE", "n_spellings": 3, "is_right": False,
    }  # fmt: skip


def test_arrivals_that_name_no_campaign_stand_apart_and_are_no_campaign():
    rows = [*came(3, *GOOD), *came(2, "google", "cpc", None, name="N"), *came(1, None, "email", "(not set)", name="D")]
    found = utm(rows)
    table = found.campaigns
    assert table["campaign"].tolist()[0] == "spring-sale" and table["campaign"].isna().tolist() == [False, True, True]
    assert table[["n", "is_right"]].iloc[1:].to_numpy().tolist() == [[1, False], [2, False]]
    assert table["wrong"].iloc[1:].tolist() == ["default word 1, no source 1", "no campaign 2"]
    assert found.shares.set_index("what")["n"].to_dict() == {"arrivals": 6, "campaigns": 1}


def test_a_campaign_with_one_arrival_is_right_or_not_and_says_so():
    rows = [*came(1, *GOOD), *came(1, "x", "Email", "news", name="M")]
    assert utm(rows).campaigns.set_index("campaign")[["n", "is_right"]].to_dict("index") == {
        "news": {"n": 1, "is_right": False}, "spring-sale": {"n": 1, "is_right": True},
    }  # fmt: skip


def test_campaigns_are_judged_window_by_window():
    """Two windows before the last weeks, one with the campaign right and one wrong: two campaigns, one right."""
    rows = [*came(3, *GOOD), *came(2, *GOOD, at="2026-02-01", name="A"), *came(2, *GOOD, at="2025-11-01", name="B"),
            *came(1, "Google", "cpc", "spring-sale", at="2025-11-01", name="C")]  # fmt: skip
    found = told(rows)
    shares = found.utm.set_index(["span", "what"])[["n", "n_right"]]
    assert shares.loc["weeks before"].to_dict("index") == {
        "arrivals": {"n": 5, "n_right": 4}, "campaigns": {"n": 2, "n_right": 1},
    }  # fmt: skip
    assert shares.loc["last weeks"].to_dict("index") == {
        "arrivals": {"n": 3, "n_right": 3}, "campaigns": {"n": 1, "n_right": 1},
    }  # fmt: skip
    windows = found.windows[found.windows["what"].eq("utm")].set_index(["step", "window"])["n_right"]
    assert windows.to_dict() == {
        ("arrivals", 0): 3, ("arrivals", 1): 2, ("arrivals", 2): 2,
        ("campaigns", 0): 1, ("campaigns", 1): 1, ("campaigns", 2): 0,
    }  # fmt: skip


def test_arrivals_of_one_campaign_are_worth_less_than_as_many_independent_ones():
    """Campaign a has 4 of 4 right, b 1 of 4: share 5/8, sum of squares (4 - 2.5)^2 + (1 - 2.5)^2 = 4.5, so n_worth =
    15/64 x 64 / 4.5 = 10/3."""
    rows = [*came(4, "x", "y", "a", name="A"), *came(3, "x", "Y", "b", name="B"), *came(1, "x", "y", "b", name="C")]
    found = utm(rows).shares.set_index("what").loc["arrivals"]
    assert found[["share", "n_worth"]].tolist() == pytest.approx([5 / 8, 10 / 3])
    assert (found["low"], found["high"]) == pytest.approx(share_interval(50 / 24, 10 / 3, level=0.8))


def test_names_that_mean_harm_are_words_like_any_other():
    names = ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "a" * 5_000, "\u202egnp", "'; DROP TABLE x; --",
             "%", "%zz", "\x00", "🎉", "()"]  # fmt: skip
    rows = [lead(str(number), "2026-06-01", "x", "y", name) for number, name in enumerate(names)]
    found = utm(rows)
    assert found.campaigns["n"].sum() == len(names)
    assert found.campaigns["examples"].dropna().str.len().max() <= 3 * 80 + 4
    assert faults("x", "y", "<script>") == ["default word"]


def test_a_tag_that_is_not_there_is_written_as_blank():
    table = utm(
        [*came(2, *GOOD), *came(1, "Google", None, "spring-sale", name="B"), *came(1, " ", "cpc", None, name="C")]
    )
    written = "; ".join(table.campaigns["examples"].dropna())
    assert sorted(written.split("; ")) == ["(blank) / cpc / (blank)", "Google / (blank) / spring-sale"]


def test_order_and_ids_of_leads_change_nothing():
    rows = [*came(3, *GOOD), *came(2, "Google", "cpc", "Spring sale", name="B"), *came(2, "x", None, "news", name="C"),
            *came(1, name="D"), *came(1, "google", "cpc", None, name="E")]  # fmt: skip
    other = [{**row, "lead_id": f"x{row['lead_id'][::-1]}"} for row in reversed(rows)]
    one, two = utm(rows), utm(other)
    for name in ("shares", "campaigns", "faults"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_without_any_tag_it_says_so_and_the_tables_have_their_types():
    found = utm(came(3))
    assert found.why["utm"] == (
        "no lead carries tags of a link (UTM): name their fields in company.yml under exports.columns"
    )
    assert found.shares.empty and found.campaigns.empty and found.faults.empty
    full = utm(came(3, *GOOD))
    for name in ("shares", "campaigns", "faults"):
        assert getattr(found, name).dtypes.equals(getattr(full, name).dtypes)
    assert full.why["utm"] == "arrivals that Google tagged by itself (gclid), without UTM tags, cannot be seen"


def test_faults_stand_in_their_order_with_all_tagged_arrivals_beside_them():
    rows = [*came(3, *GOOD), *came(1, "Google", "cpc", "spring-sale", name="B")]
    table = utm(rows).faults
    assert table["fault"].tolist() == [*FAULTS, "no tags"]
    assert table["n"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert table["n_all"].eq(4).all() and np.allclose(table["share"], table["n"] / 4)
    assert table["examples"].dropna().tolist() == ["Google / cpc / spring-sale"]
