"""What every rule credits every campaign with, for deals won and for pipeline created in the window."""

import numpy as np
import pytest
from companies_of_campaigns import hand_made, random_company, told
from hand_costs import window_costs

from revops.measures.attribution_comparison.campaigns import campaigns, campaigns_by_rule, types_by_rule
from revops.measures.attribution_comparison.credited import credited


def by_rule(company, **knobs):
    window, won = told(company, **knobs)
    pipeline = credited(window, "creation")
    return campaigns_by_rule(window, won, pipeline), won, pipeline


def of(table, kind, model):
    rows = table[table["of"].eq(kind) & table["model"].eq(model)]
    return {name: (deals, amount) for name, deals, amount in
            zip(rows["campaign_name"], rows["credited_deals"], rows["credited_amount"], strict=True)}  # fmt: skip


def test_won_and_created_by_hand():
    """Won: A's 100 on two webinars and social, B's 300 on social and an e-mail without campaign. Created by 1 March: A
    has webinar one alone; B and C, whose touches came in April, nothing; D, made on 10 May, webinar one, 900."""
    table, *_ = by_rule(hand_made())
    won = of(table, "won", "linear")
    third = pytest.approx(100 / 3)
    assert won["Webinar one"] == (pytest.approx(1 / 3), third) and won["Webinar two"][1] == third
    assert won["Social"] == (pytest.approx(1 / 3 + 1 / 2), pytest.approx(100 / 3 + 150))
    assert won["No campaign"] == (0.5, 150.0) and won["Fair"] == (0.0, 0.0)
    assert of(table, "won", "first_touch")["Webinar one"] == (1.0, 100.0)
    assert of(table, "won", "last_touch")["Social"] == (1.0, 100.0)
    created = of(table, "pipeline_created", "linear")
    assert created["Webinar one"] == (2.0, 1000.0)
    assert "full_path" not in set(table.loc[table["of"].eq("pipeline_created"), "model"])


def test_only_the_window_counts():
    """From April to June the two won deals closed, and D was made; A and B were made on 1 March."""
    table, *_ = by_rule(hand_made(), quarters=0)
    assert table.columns.tolist() == ["of", "model", "campaign_id", "campaign_name", "campaign_type", "credited_deals",
                                      "credited_amount"]  # fmt: skip
    assert of(table, "pipeline_created", "linear")["Webinar one"] == (1.0, 900.0)
    assert of(table, "won", "first_touch")["Webinar one"] == (1.0, 100.0)


def test_each_rule_hands_out_all_that_it_credits_and_types_are_their_campaigns():
    table, won, pipeline = by_rule(random_company(3))
    for found, kind in ((won, "won"), (pipeline, "pipeline_created")):
        total = found.paths.values("amount").sum()
        sums = table[table["of"].eq(kind)].groupby("model")["credited_amount"].sum()
        assert len(sums) > 8 and np.allclose(sums, total, rtol=1e-12)
    types = types_by_rule(table)
    keys = ["of", "model", "campaign_type"]
    expected = {}
    for row in table.itertuples():
        key = (row.of, row.model, row.campaign_type)
        expected[key] = expected.get(key, 0.0) + row.credited_amount
    assert dict(zip(map(tuple, types[keys].to_numpy()), types["credited_amount"], strict=True)) == pytest.approx(
        expected
    )


def test_where_all_deals_closed_in_the_window_campaigns_are_those_of_the_list():
    table, *_ = by_rule(random_company(5))
    window, won = told(random_company(5))
    listed = campaigns(window, won, window_costs()).by_campaign.dropna(subset="campaign_id").set_index("campaign_id")
    rows = table[table["of"].eq("won") & table["campaign_id"].notna()]
    ends = rows.groupby("campaign_id")["credited_amount"].agg(["min", "max"])
    assert ends["min"].to_dict() == pytest.approx(listed.loc[ends.index, "lowest_amount"].to_dict())
    assert ends["max"].to_dict() == pytest.approx(listed.loc[ends.index, "highest_amount"].to_dict())
