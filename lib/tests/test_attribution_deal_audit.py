"""One deal touch by touch: which is shown, what it says, and any deal by its id."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from companies_of_campaigns import PEOPLE, hand_made, random_company, told
from companies_of_people import contact, role, states, touch, won
from test_attribution_campaigns import RULES, slow

from frames import COMPANY, as_of, book, change, table, with_each, with_tables
from revops.analysis.credit import touch_weights
from revops.errors import MeasureError
from revops.measures.attribution_comparison.deal_audit import deal_audit
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.result import measure

TOLD = ["touched_at", "channel", "campaign_name", "person", "days_before", "milestones"]


def audit(company, day="2026-06-30", **knobs):
    return deal_audit(*told(company, day, **knobs))


def test_the_deal_on_which_the_rules_move_most_money_by_hand():
    """d1 (100): first touch gives all to webinar, last touch to social: 100 moves. d2 (300): first touch gives all to
    social, last touch to e-mail: 300 moves, and d2 is shown. It was made on 1 March, before its first touch."""
    found = audit(hand_made())
    assert (found.opportunity_id, found.amount, found.kind) == ("d2", 300, "won")
    assert found.ended_at == pd.Timestamp("2026-05-01")
    assert (found.share_moved, found.between) == (1.0, ("first_touch", "last_touch"))
    assert found.why == "Of the won deals with two touches or more, the one whose amount the choice of rule moves most."
    rules = [name for name in found.touches.columns if name not in TOLD]
    assert list(found.touches.columns) == [*TOLD, *rules] and set(rules) <= set(RULES)
    assert found.touches["channel"].tolist() == ["social", "email"]
    assert found.touches["campaign_name"].fillna("none").tolist() == ["Social", "none"]
    assert found.touches["person"].tolist() == ["Person 1", "Person 1"]
    assert found.touches["days_before"].tolist() == [30, 21]
    assert found.touches["milestones"].tolist() == ["first", "won, last"]
    assert found.touches["linear"].tolist() == [0.5, 0.5] and found.touches["first_touch"].tolist() == [1, 0]
    assert found.touches["position_based"].tolist() == [0.5, 0.5] and found.touches["last_touch"].tolist() == [0, 1]
    assert found.touches["time_decay"].tolist() == pytest.approx([1 / (1 + 2 ** (9 / 7)), 1 / (1 + 2 ** (-9 / 7))])


def test_milestones_are_named_on_the_touch_they_are_attached_to():
    """d1 was made on 1 March: its opportunity is with the touch of 1 February, as is its lead, made that same day."""
    company = hand_made(contacts=[contact("cA", "A", created_at="2026-02-01 12:00")])
    found = audit(company, deal="d1")
    assert found.touches["milestones"].tolist() == ["first, lead, opportunity", "", "won, last"]
    assert found.touches["w_shaped"].tolist() == [1, 0, 0] and found.why == "Asked for by its id."
    assert found.touches["campaign_name"].tolist() == ["Webinar one", "Webinar two", "Social"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_deal_shown_and_its_credit_are_those_of_plain_loops(seed):
    company = random_company(seed)
    window, found_credit = told(company)
    credit = slow(window, found_credit)
    channel_of = dict(zip(company.table("touches")["campaign_id"], company.table("touches")["channel"], strict=True))
    by_channel = {}
    for (rule, key), deals in credit.items():
        channel = channel_of.get(key, key.removeprefix("none: "))
        for id, amount in deals.items():
            by_channel.setdefault(id, {}).setdefault(rule, {}).setdefault(channel, 0.0)
            by_channel[id][rule][channel] += amount
    moved = {}
    for id, rules in by_channel.items():
        pairs = [sum(abs(one[c] - other[c]) for c in one) / 2 for one, other in combinations(rules.values(), 2)]
        moved[id] = round(max(pairs), 6)
    found = deal_audit(window, found_credit)
    assert found.opportunity_id == max(sorted(moved), key=moved.get)
    assert found.share_moved * found.amount == pytest.approx(max(moved.values()))
    for rule in RULES:
        assert found.touches[rule].sum() == pytest.approx(1)
        amounts = (found.touches[rule] * found.amount).groupby(found.touches["channel"]).sum()
        assert amounts.to_dict() == pytest.approx(by_channel[found.opportunity_id][rule], abs=1e-6)
    one, other = (found.touches[rule].groupby(found.touches["channel"]).sum() for rule in found.between)
    assert (one - other).abs().sum() / 2 == pytest.approx(found.share_moved)


def test_equal_deals_go_by_id_and_one_touch_is_too_few():
    people, roles, touches, deals = [], [], [], []
    for name, amount in (("b", 100), ("a", 100), ("z", 900)):
        deals.append(won(f"d{name}", name, amount=float(amount)))
        people.append(contact(f"c{name}", name))
        roles.append(role(f"d{name}", f"c{name}"))
        touches.append(touch(f"t1{name}", f"c{name}", "2026-03-05", "webinar"))
        if name != "z":
            touches.append(touch(f"t2{name}", f"c{name}", "2026-04-05", "social"))
    tables = {"contacts": people, "contact_roles": roles, "touches": touches}
    assert audit(book(deals, states(deals), COMPANY, **tables)).opportunity_id == "da"
    assert audit(book(deals[::-1], states(deals), COMPANY, **tables)).opportunity_id == "da"
    alone = {**tables, "touches": touches[-1:]}
    assert audit(book(deals, states(deals), COMPANY, **alone)) is None
    asked = audit(book(deals, states(deals), COMPANY, **alone), deal="dz")
    assert len(asked.touches) == 1 and asked.share_moved == 0
    assert audit(book(deals, states(deals), COMPANY, **tables), models=("linear",), deal="da").between == ()


def test_people_are_numbered_by_their_first_touch_and_never_named():
    people = [contact("secret-zoe", "A"), contact("secret-amy", "A")]
    touches = [touch("t1", "secret-zoe", "2026-03-05", "webinar"), touch("t2", "secret-amy", "2026-03-07", "social"),
               touch("t3", "secret-zoe", "2026-04-05", "social")]  # fmt: skip
    roles = [role("d1", "secret-zoe"), role("d1", "secret-amy")]
    found = audit(hand_made(contacts=people, touches=touches, contact_roles=roles))
    assert found.touches["person"].tolist() == ["Person 1", "Person 2", "Person 1"]
    assert "secret" not in found.touches.to_csv() + repr(found)


def test_a_lost_deal_may_be_asked_for_and_has_no_amount():
    found = audit(hand_made(), deal="d3")
    assert (found.opportunity_id, found.kind, len(found.touches)) == ("d3", "lost", 1) and np.isnan(found.amount)
    assert found.why == "Asked for by its id. It was lost: there is nothing to credit."
    assert found.touches["linear"].tolist() == [1.0] and found.touches["milestones"].tolist() == ["first, last"]


def test_salesforce_ids_are_understood_in_15_and_18_characters():
    company = hand_made()
    ids = {"d1": "0065e00004301Vh"}
    tables = {name: company.table(name).assign(opportunity_id=company.table(name)["opportunity_id"].replace(ids))
              for name in ("opportunities", "opportunity_history", "contact_roles")}  # fmt: skip
    company = with_tables(company, **tables)
    for asked in ("0065e00004301Vh", "0065e00004301VhAAM", "  0065e00004301VhAAM "):
        assert audit(company, deal=asked).opportunity_id == "0065e00004301Vh"
    with pytest.raises(MeasureError, match="found none with this id"):
        audit(company, deal="0065e00004301vhAAM")


def refused(company, deal, day="2026-06-30", **knobs):
    with pytest.raises(MeasureError) as error:
        audit(company, day, deal=deal, **knobs)
    return str(error.value)


def test_an_id_that_no_opportunity_has_is_refused():
    assert refused(hand_made(), "D1") == (
        "deal D1: must be the id of an opportunity; found none with this id on 2026-06-30. Give its id as the CRM has "
        "it, capitals kept, or set deal to auto."
    )
    assert "found none with this id on 2026-05-09" in refused(hand_made(), "d4", day="2026-05-09")


def test_an_open_deal_is_shown_with_weights_and_no_amount():
    """d4: webinar one on 1 May and Next on 20 May, 60 and 41 days before 30 June; made on 10 May, after the first."""
    found = audit(hand_made(), deal="d4")
    assert (found.kind, found.ended_at) == ("open", pd.Timestamp("2026-06-30")) and np.isnan(found.amount)
    assert found.why == "Asked for by its id. It is open on 2026-06-30: no model credits it yet."
    assert found.touches["linear"].tolist() == [0.5, 0.5] and found.touches["days_before"].tolist() == [60, 41]
    assert found.touches["milestones"].tolist() == ["first, opportunity", "last"]
    assert (found.share_moved, found.between) == (1.0, ("first_touch", "last_touch"))


def test_a_deal_won_outside_the_window_is_shown_without_amount():
    found = audit(hand_made(), deal="d1", period="FY26-Q1", quarters=0)
    assert found.why == (
        "Asked for by its id. It was won on 2026-05-01, outside 2026-01-01 to 2026-03-31: no model credits channels "
        "with it in these days."
    )
    assert (
        found.kind == "won"
        and np.isnan(found.amount)
        and found.touches["linear"].tolist() == pytest.approx([1 / 3] * 3)
    )
    lost = audit(hand_made(), deal="d3", lost_deals=False, period="FY26-Q1", quarters=0)
    assert lost.why == "Asked for by its id. It was lost: there is nothing to credit." and len(lost.touches) == 1


def test_a_deal_of_another_slice_or_type_is_shown_without_amount():
    company = hand_made()
    deals = company.table("opportunities")
    regions = with_tables(company, opportunities=deals.assign(region=["AMER", "EMEA", "EMEA", "EMEA"]))
    found = audit(regions, deal="d1", slice={"region": "EMEA"})
    assert found.why == ("Asked for by its id. It is not in the slice region=EMEA: no model credits it in this report.")
    assert np.isnan(found.amount) and len(found.touches) == 3
    inside = audit(regions, deal="d2", slice={"region": "EMEA"})
    assert (inside.amount, inside.why) == (300, "Asked for by its id.")
    found = audit(with_tables(company, opportunities=deals.assign(type=["renewal", "new", "new", "new"])), deal="d1")
    assert found.why == (
        "Asked for by its id. Its type is renewal, which the quota does not cover: no model credits it in this report."
    )
    assert np.isnan(found.amount) and len(found.touches) == 3


@pytest.mark.parametrize(("tables", "reason"), [
    ({"contacts": [contact("cA", "A")]}, "no touches of its people"),
    ({"contact_roles": [], "contacts": []}, "no contact"),
    ({"touches": [touch("t4", "cB", "2026-05-02", "social")]}, "touches only after it closed"),
    ({"touches": [touch("t4", "cB", "2024-05-02", "social")]}, "touches only before the lookback"),
    ({"touches": [touch("t4", "cB", "2026-04-02", "social", is_response=False)]}, "touches never answered"),
])  # fmt: skip
def test_a_deal_without_touches_that_count_is_shown_empty_and_says_why(tables, reason):
    mine = [touch("t1", "cA", "2026-02-01", "webinar", campaign_id="w1")]
    tables = {"touches": mine} | {name: rows + mine * (name == "touches") for name, rows in tables.items()}
    found = audit(hand_made(**tables), deal="d2")
    assert found.why == f"Asked for by its id. It has no touch that counts ({reason}): no model can credit it."
    assert (found.opportunity_id, found.kind, found.ended_at) == ("d2", "won", pd.Timestamp("2026-05-01"))
    assert found.touches.empty and np.isnan(found.amount) and np.isnan(found.share_moved) and found.between == ()
    full = audit(hand_made(), deal="d2").touches
    assert found.touches.columns[:6].tolist() == TOLD and set(found.touches.columns) <= set(full.columns)
    assert found.touches.dtypes.astype(str).equals(full.dtypes[found.touches.columns].astype(str))


def test_a_deal_closed_by_a_date_to_come_says_so():
    late = [won("d1", "A"), won("d2", "B", close_date="2026-08-01")]
    history = [*states(late[:1]), change("d2", "2026-03-01 09:00"),
               change("d2", "2026-06-01", 1, stage_name="Won", close_date="2026-08-01")]  # fmt: skip
    found = audit(hand_made(deals=late, history=history), deal="d2")
    assert found.why == (
        "Asked for by its id. It is closed with the close date 2026-08-01 to come: no model credits it. Correct the "
        "date in the CRM."
    )
    assert (found.kind, len(found.touches)) == ("undated", 0) and np.isnan(found.amount)


def test_without_any_journey_the_whole_report_stands_and_shows_no_deal():
    company = hand_made(touches=[touch("t1", "cA", "2026-05-02", "webinar"), touch("t2", "cB", "2026-05-03", "social")],
                        contacts=PEOPLE[:2], contact_roles=[role("d1", "cA"), role("d2", "cB")])  # fmt: skip
    knobs = {"draws": 100, "never_converted": "off"}
    result = measure(as_of(company, "2026-06-30"), Knobs(**knobs))
    assert result.won.found.journeys.empty and result.deal is None
    asked = measure(as_of(company, "2026-06-30"), Knobs(**knobs, deal="d1")).deal
    assert asked.touches.empty and "(touches only after it closed)" in asked.why


@pytest.mark.parametrize("deal", [f"d{n:02d}" for n in range(0, 40, 5)])
def test_a_deal_of_the_window_has_the_credit_of_the_window(deal):
    """Found by itself, a deal has the touches and shares that it has among all."""
    window, credit = told(random_company(2), deal=deal)
    found, journeys = deal_audit(window, credit), credit.found.journeys
    row = journeys.index[journeys["opportunity_id"].eq(deal)]
    assert len(row) == (not found.touches.empty)
    at = credit.paths.journey == row[0] if len(row) else np.zeros(len(credit.paths.touches), dtype=bool)
    assert found.touches["touched_at"].tolist() == credit.found.touches.loc[at, "touched_at"].tolist()
    for rule in ("linear", "w_shaped", "shapley"):
        assert found.touches[rule].tolist() == pytest.approx(touch_weights(credit.paths, rule)[at].tolist())


def test_an_id_is_data_and_cut_to_a_length_that_can_be_read():
    message = refused(hand_made(), "<script>" + "x" * 500)
    assert message.startswith("deal <script>" + "x" * 52 + ": must be") and len(message) < 300


def test_nothing_recorded_after_the_day_changes_the_deal():
    company, day = hand_made(), "2026-06-05"
    later = table("touches", [touch("u1", "cB", "2026-06-20", "radio"), touch("u2", "cB", "2026-06-06", "social")])
    closing = table("opportunity_history", [change("d4", "2026-06-10 09:00", 5, stage_name="Won", amount=9e9,
                                                   close_date="2026-06-10")])  # fmt: skip
    grown = {name: pd.concat([company.table(name), rows], ignore_index=True)
             for name, rows in (("touches", later), ("opportunity_history", closing))}  # fmt: skip
    before, after = audit(company, day), audit(with_tables(company, **grown), day)
    pd.testing.assert_frame_equal(after.touches, before.touches)
    assert (after.opportunity_id, after.amount) == (before.opportunity_id, before.amount) == ("d2", 300)
    assert audit(with_tables(company, **grown)).opportunity_id == "d4"


def test_order_of_rows_and_names_of_channels_change_nothing():
    company = random_company(5)
    first = audit(company)
    shuffled = with_each(company, lambda rows: rows.sample(frac=1, random_state=2).reset_index(drop=True))
    history = shuffled.table("opportunity_history").sort_values(["opportunity_id", "changed_at"], ignore_index=True)
    second = audit(with_tables(shuffled, opportunity_history=history))
    pd.testing.assert_frame_equal(second.touches, first.touches, rtol=1e-12)
    assert second.opportunity_id == first.opportunity_id and second.between == first.between
    touches = company.table("touches")
    third = audit(with_tables(company, touches=touches.assign(channel=touches["channel"].str[::-1])))
    pd.testing.assert_frame_equal(third.touches.drop(columns="channel"), first.touches.drop(columns="channel"))


def test_hostile_names_of_campaigns_are_kept_as_they_are():
    company = hand_made()
    names = company.table("campaigns").assign(campaign_name='=HYPERLINK("x")<b>, |\n')
    assert audit(with_tables(company, campaigns=names), deal="d1").touches["campaign_name"].unique().tolist() == [
        '=HYPERLINK("x")<b>, |\n'
    ]


def test_no_rule_or_no_win_has_no_deal_to_show():
    company = hand_made(touches=[], contacts=[contact("cA", "A", first_conversion_at="2026-02-01")], contact_roles=[])
    assert audit(company, models=("linear",)) is None
    lost = hand_made(deals=[won("d3", "C", stage_name="Lost")])
    assert audit(lost) is None
    assert audit(lost, deal="d3").touches["linear"].tolist() == [1.0]


def test_the_deal_of_the_sample_company(sample):
    window, credit = told(sample, "2026-06-09")
    found = deal_audit(window, credit)
    rules = [name for name in found.touches.columns if name in RULES]
    assert len(rules) == len(RULES) and found.touches[rules].sum().tolist() == pytest.approx([1] * len(rules))
    journeys = credit.found.journeys
    assert found.amount == journeys.loc[journeys["opportunity_id"].eq(found.opportunity_id), "amount"].item() > 0
    assert found.touches["days_before"].is_monotonic_decreasing and found.touches["campaign_name"].notna().all()
    again = told(sample, "2026-06-09", deal=found.opportunity_id)
    pd.testing.assert_frame_equal(deal_audit(*again).touches, found.touches)
