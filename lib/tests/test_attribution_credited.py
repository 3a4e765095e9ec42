"""Credit of a window's deals: edges of tiny companies, each handled and said, and what must change nothing."""

import numpy as np
import pandas as pd
import pytest
from companies_of_people import contact, role, touch, won
from told_credit import CHANNELS, company_of, credit_of, mixed

from frames import deal
from revops.analysis.credit import DRAWN, MODELS, SHARED, CreditKnobs, credit_by_model, from_paths
from revops.measures.attribution_comparison.spread import disagreement, model_spread

COLUMNS = {
    "model": "str", "channel": "str", "credited_deals": "float64", "credited_amount": "float64",
    "credit_share": "float64", "low": "float64", "high": "float64", "error": "float64", "rank": "float64",
    "rank_low": "float64", "rank_high": "float64", "top_chance": "float64", "n_deals": "float64", "is_few": "bool",
}  # fmt: skip
EFFECTS = {"model": "str", "channel": "str", "removal_effect": "float64", "amount_effect": "float64"}
LEFT = {"reason": "str", "n_deals": "int64", "n_without_amount": "int64", "amount": "float64"}
RANGES = ["low", "high", "error", "rank_low", "rank_high", "top_chance"]
MARKOV = tuple(f"markov_{order}" for order in (1, 2, 3, 4))
LOSSES = "lost deals, or people who never became one: without losses it is a share of journeys passed"
DIRECT = {"direct": ("webinar",)}
NOBODY = {"contacts": [contact("c1")]}


def amounts(found, model):
    """Return credited amounts by channel."""
    return found.of(model)["credited_amount"].to_dict()


def shaped(found):
    """Check what holds whatever the data: columns, types, order, totals."""
    table = found.table
    assert table.dtypes.astype(str).to_dict() == COLUMNS and isinstance(table.index, pd.RangeIndex)
    assert found.removal.dtypes.astype(str).to_dict() == EFFECTS
    assert found.unattributed.dtypes.astype(str).to_dict() == LEFT
    for models in (found.models, tuple(found.unavailable)):
        assert models == tuple(model for model in MODELS if model in models)
    assert table[["model", "channel"]].apply(tuple, axis=1).tolist() == [
        (model, channel) for model in found.models for channel in sorted(found.channels)
    ]
    wins, amount = found.paths.values("wins").sum(), found.paths.values("amount").sum()
    sums = table.groupby("model")[["credited_deals", "credited_amount"]].sum()
    assert sums["credited_deals"].to_numpy() == pytest.approx(np.full(len(sums), wins), rel=1e-9)
    assert sums["credited_amount"].to_numpy() == pytest.approx(np.full(len(sums), amount), rel=1e-9)
    assert not np.isinf(table.select_dtypes("number").to_numpy()).any()
    return found


@pytest.mark.parametrize("cutoff", ["close", "creation"])
def test_without_a_journey_every_model_says_what_it_needs(cutoff):
    """No touches; touches of nobody on the deals; only after the close; and no deal at all in the window."""
    late = [touch("t1", "c1", "2026-05-02")]
    old = deal("d1", account_id="A", created_at="2023-02-01", stage_name="Won", close_date="2023-05-01")
    for whole in (
        company_of([won("d1")], [], **NOBODY),
        company_of([won("d1")], [touch("t1", "c9", "2026-02-01")], contacts=[contact("c9", "B")]),
        company_of([won("d1")], late, **NOBODY),
        company_of([old], [touch("t1", "c1", "2023-01-01")], **NOBODY),
    ):
        found = shaped(credit_of(whole, cutoff))
        made = {"close": "won", "creation": "created"}[cutoff]
        assert found.unavailable == dict.fromkeys(MODELS, f"deals {made} with touches")
        assert found.table.empty and found.removal.empty and found.models == found.channels == ()
        assert found.draws.deals == {} and found.milestones == {} and found.ends["n_journeys"].eq(0).all()
        assert model_spread(found.table).empty and disagreement(found.table).empty


def test_without_a_win_every_model_says_so_and_lost_journeys_are_counted():
    lost = [won("d1", stage_name="Lost"), won("d2", "B", stage_name="Lost")]
    found = shaped(credit_of(company_of(lost, [touch("t1", "c1", "2026-02-01")], **NOBODY)))
    assert found.unavailable == dict.fromkeys(MODELS, "deals won with touches") and found.table.empty
    assert found.channels == ("webinar",) and found.ends["n_journeys"].tolist() == [0, 1, 0]
    assert found.unattributed.empty


def test_without_losses_markov_is_refused_by_name_and_the_rules_stand():
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c1", "2026-02-10", "email")]
    people = {"contacts": [contact("c1", lead_at="2026-02-01")]}
    found = shaped(credit_of(company_of([won("d1"), won("d2")], touches, **people), **DIRECT))
    assert found.unavailable == dict.fromkeys(MARKOV, LOSSES) and found.models == SHARED
    assert found.removal.empty and set(found.draws.deals) == set(SHARED)
    lonely = {"contacts": [contact("c1", lead_at="2026-02-01"), contact("c9", "B")]}
    never = company_of([won("d1"), won("d2")], [*touches, touch("t3", "c9", "2026-04-01")], **lonely)
    assert shaped(credit_of(never, never_converted="people", **DIRECT)).unavailable == {}
    lost = company_of([won("d1"), won("d2", stage_name="Lost")], touches, **people)
    assert shaped(credit_of(lost, **DIRECT)).unavailable == {}
    assert credit_of(lost, lost_deals=False, **DIRECT).unavailable == dict.fromkeys(MARKOV, LOSSES)


NO_WON = "the touch of won; these journeys end when a deal is made"


def test_pipeline_has_losses_only_in_who_never_became_a_deal():
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c9", "2026-04-01")]
    people = {"contacts": [contact("c1", lead_at="2026-02-01"), contact("c9", "B")]}
    whole = company_of([won("d1"), won("d2", stage_name="Lost")], touches, **people)
    made = credit_of(whole, "creation", **DIRECT)
    assert made.unavailable == {"full_path": NO_WON} | dict.fromkeys(MARKOV, LOSSES)
    found = shaped(credit_of(whole, "creation", never_converted="people", **DIRECT))
    assert found.unavailable == {"full_path": NO_WON}
    assert found.ends[["end", "n_journeys"]].to_numpy().tolist() == [["created", 2], ["never", 1]]


def test_one_channel_has_all_of_it_under_every_model():
    deals, touches, tables = mixed()
    alone = [{**row, "channel": "webinar"} for row in touches]
    found = shaped(credit_of(company_of(deals, alone, **tables), **DIRECT))
    assert found.models == MODELS
    assert found.table[["credit_share", "rank"]].eq(1).all(axis=None)
    drawn = found.table[found.table["model"].isin(DRAWN)]
    assert drawn[["low", "high", "rank_low", "rank_high", "top_chance"]].eq(1).all(axis=None)
    assert drawn["error"].eq(0).all()
    assert found.removal[["removal_effect", "amount_effect"]].to_numpy() == pytest.approx(np.ones((4, 2)))
    assert model_spread(found.table)["model_spread"].tolist() == pytest.approx([0], abs=1e-9)


def test_a_channel_on_every_journey_has_all_conversions_hanging_on_it():
    deals, touches, tables = mixed()
    first = [touch(f"e{i:02}", f"c{i:02}", "2026-02-01", "everywhere") for i in range(24)]
    found = shaped(credit_of(company_of(deals, [*touches, *first], **tables)))
    everywhere = found.removal["channel"].eq("everywhere")
    assert found.removal.loc[everywhere, "removal_effect"].to_numpy() == pytest.approx(np.ones(4))
    assert found.removal.loc[~everywhere, "removal_effect"].max() < 1
    assert amounts(found, "first_touch")["everywhere"] == pytest.approx(found.paths.journeys["amount"].sum())
    assert found.of("linear").loc["everywhere", "n_deals"] == 16


def test_one_deal_has_credit_and_no_range():
    """One account cannot tell what another would have done; with two that won there is a range."""
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c1", "2026-02-10", "email")]
    found = shaped(credit_of(company_of([won("d1")], touches, **NOBODY)))
    assert amounts(found, "linear") == {"email": 50, "webinar": 50}
    assert found.table[RANGES].isna().all(axis=None) and found.table["is_few"].all()
    two = [won("d1"), won("d2")]  # of one account
    assert credit_of(company_of(two, touches, **NOBODY)).table[RANGES].isna().all(axis=None)
    again = company_of([won("d1"), won("d2", "B")], [*touches, touch("t3", "c2", "2026-02-01")],
                       contacts=[contact("c1"), contact("c2", "B")])  # fmt: skip
    assert credit_of(again).of("linear")[RANGES].notna().all(axis=None)


def test_channels_on_few_deals_are_marked_at_the_knob():
    deals, touches, tables = mixed()
    whole = company_of(deals, [*touches, touch("x", "c00", "2026-02-01", "rare")], **tables)
    found = shaped(credit_of(whole, fewest_deals=2))
    assert found.of("linear")["n_deals"]["rare"] == 1
    assert found.of("linear")["is_few"].to_dict() == {"email": False, "rare": True, "search": False, "webinar": False}
    assert credit_of(whole, fewest_deals=1).table["is_few"].eq(False).all()


def test_a_win_without_an_amount_counts_as_a_deal_and_brings_nothing():
    """Amounts of 0 and blank: half the deals, none of the money; the blank one is counted where it is reconciled."""
    deals = [
        won("d1", amount=100.0),
        won("d2", "B", amount=None),
        won("d3", "C", amount=0.0),
        won("d4", "D", amount=None),
    ]
    people = {"contacts": [contact("c1"), contact("c2", "B"), contact("c3", "C")]}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c2", "2026-02-01", "email"),
               touch("t3", "c3", "2026-02-01", "email")]  # fmt: skip
    found = shaped(credit_of(company_of(deals, touches, **people)))
    assert found.of("linear")["credited_deals"].to_dict() == {"email": 2, "webinar": 1}
    assert amounts(found, "linear") == {"email": 0, "webinar": 100}
    assert found.of("linear")["credit_share"].to_dict() == {"email": 0, "webinar": 1}
    assert found.unattributed.to_numpy().tolist() == [["no contact", 1, 1, 0]]
    nothing = shaped(credit_of(company_of(deals[1:3], touches[1:], **people)))
    assert nothing.table[["credit_share", "rank", *RANGES]].isna().all(axis=None)
    assert nothing.of("linear")["credited_deals"].sum() == 2


def test_credit_notes_are_credited_as_what_they_are():
    """100 by webinar, 60 by email less a credit note of 40 by email: 20 of 120. Where notes outweigh, no shares."""
    deals = [won("d1"), won("d2", "B", amount=60.0), won("d3", "C", amount=-40.0), won("d4", "D", stage_name="Lost")]
    people = {"contacts": [contact(f"c{i}", account) for i, account in enumerate("ABCD", 1)]}
    touches = [touch("t1", "c1", "2026-02-01"), *[touch(f"t{i}", f"c{i}", "2026-02-01", "email") for i in (2, 3, 4)]]
    found = shaped(credit_of(company_of(deals, touches, **people)))
    for model in ("first_touch", "linear", "shapley", *MARKOV):
        assert amounts(found, model) == pytest.approx({"email": 20, "webinar": 100}), model
        assert found.of(model)["credit_share"].to_dict() == pytest.approx({"email": 1 / 6, "webinar": 5 / 6})
        assert found.of(model)["rank"].to_dict() == {"email": 2, "webinar": 1}
    assert found.ends["n_below_zero"].tolist() == [1, 0, 0]
    below = shaped(credit_of(company_of(deals[1:], touches[1:], **people)))
    assert below.table["credit_share"].eq(1).all()
    note = shaped(credit_of(company_of(deals[2:], touches[2:], **people)))
    assert amounts(note, "linear") == {"email": -40} and note.table["credit_share"].isna().all()


def test_open_deals_without_an_amount_are_pipeline_of_unknown_size():
    deals = [deal("d1", account_id="A", created_at="2026-03-01 09:00", amount=None), won("d2", "B")]
    people = {"contacts": [contact("c1"), contact("c2", "B")]}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c2", "2026-02-01", "email")]
    found = shaped(credit_of(company_of(deals, touches, **people), "creation"))
    assert found.of("linear")["credited_deals"].to_dict() == {"email": 1, "webinar": 1}
    assert amounts(found, "linear") == {"email": 100, "webinar": 0}
    with_touches = found.found.reconciliation
    assert with_touches.loc[with_touches["kind"].eq("open"), "n_without_amount"].tolist() == [1]


def test_touches_after_the_close_and_of_channels_left_out_are_not_credited():
    deals, touches, tables = mixed()
    whole = credit_of(company_of(deals, touches, **tables))
    late = [touch(f"z{i:02}", f"c{i:02}", "2026-06-01", "late") for i in range(24)]
    more = credit_of(company_of(deals, [*touches, *late], **tables))
    assert more.table.equals(whole.table) and "late" not in more.channels
    assert more.found.left_out.set_index("reason").loc["after the end", "n_touches"] == 24
    early = [{**row, "touched_at": "2026-01-02"} for row in late]
    without = credit_of(company_of(deals, [*touches, *early], **tables), without_channels=("late",))
    assert without.table.equals(whole.table)
    assert "late" in credit_of(company_of(deals, [*touches, *early], **tables)).channels


def test_touches_of_no_known_channel_are_credited_to_unknown():
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c1", "2026-02-10", None)]
    found = shaped(credit_of(company_of([won("d1")], touches, **NOBODY)))
    assert amounts(found, "linear") == {"unknown": 50, "webinar": 50}
    assert amounts(found, "last_touch") == {"unknown": 100, "webinar": 0}


def test_touches_that_tie_in_time_go_by_when_they_were_entered_then_by_id():
    pair = [touch("t2", "c1", "2026-02-01", "email"), touch("t1", "c1", "2026-02-01", "search")]
    found = credit_of(company_of([won("d1")], pair, **NOBODY))
    assert amounts(found, "first_touch") == {"email": 0, "search": 100}
    assert credit_of(company_of([won("d1")], pair[::-1], **NOBODY)).table.equals(found.table)
    entered = [{**pair[0], "associated_at": "2026-01-30"}, {**pair[1], "associated_at": "2026-01-31"}]
    assert amounts(credit_of(company_of([won("d1")], entered, **NOBODY)), "first_touch") == {"email": 100, "search": 0}


def test_models_asked_for_are_told_in_the_order_of_models():
    deals, touches, tables = mixed()
    asked = ("markov_2", "shapley", "linear", "first_touch")
    found = shaped(credit_of(company_of(deals, touches, **tables), models=asked))
    assert found.models == ("first_touch", "linear", "shapley", "markov_2") and found.unavailable == {}
    assert found.of("markov_2")[RANGES].isna().all(axis=None) and found.of("linear")[RANGES].notna().all(axis=None)
    bare = credit_of(company_of([won("d1")], [], **NOBODY), models=asked)
    assert tuple(bare.unavailable) == ("first_touch", "linear", "shapley", "markov_2")


def test_rules_say_on_how_many_won_deals_a_milestone_is_unknown():
    """c1 was a lead from the first touch on, of c2 nobody knows; the lost deal does not count."""
    deals = [won("d1"), won("d2", "B"), won("d3", "C"), won("d4", "D", stage_name="Lost")]
    people = {"contacts": [contact("c1", lead_at="2026-02-01"), *[contact(f"c{i}", a) for i, a in ((2, "B"), (3, "C"))],
                           contact("c4", "D")]}  # fmt: skip
    touches = [touch(f"t{i}", f"c{i}", "2026-02-01") for i in (1, 2, 3, 4)]
    found = credit_of(company_of(deals, touches, **people))
    assert found.milestones == pytest.approx(
        dict.fromkeys(("u_shaped", "u_shaped_even", "w_shaped", "full_path"), 2 / 3)
    )
    few = credit_of(company_of(deals, touches, **people), models=("linear", "u_shaped"))
    assert few.milestones == pytest.approx({"u_shaped": 2 / 3})


def test_journeys_and_their_lengths_are_counted_by_what_they_ended_in():
    """Three won (1, 2 and 3 touches; two of one account), one lost (2), two people who came to nothing (1 each)."""
    deals = [won("d1"), won("d2", "B"), won("d3", "B"), won("d4", "D", stage_name="Lost")]
    people = {"contacts": [contact("c1"), contact("c2", "B"), contact("c3", "B"), contact("c4", "D"),
                           contact("c5", "E"), contact("c6", "F")],
              "contact_roles": [role(f"d{i}", f"c{i}") for i in (1, 2, 3, 4)]}  # fmt: skip
    touches = [touch(f"t{who}{n}", f"c{who}", f"2026-02-{n:02}") for who, many in enumerate((1, 2, 3, 2, 1, 1), 1)
               for n in range(1, many + 1)]  # fmt: skip
    found = credit_of(company_of(deals, touches, **people), never_converted="people")
    assert found.ends.to_dict("list") == {
        "end": ["won", "lost", "never"], "n_journeys": [3, 1, 2], "n_accounts": [2, 1, 2], "n_touches": [6, 2, 2],
        "touches_per_journey": [2, 2, 1], "median_touches": [2, 2, 1],
        "one_touch_share": [pytest.approx(1 / 3), 0, 1], "n_below_zero": [0, 0, 0],
    }  # fmt: skip
    made = credit_of(company_of(deals, touches, **people), "creation", never_converted="people").ends
    assert made[["end", "n_journeys", "n_touches"]].to_numpy().tolist() == [["created", 4, 8], ["never", 2, 2]]


def test_deals_without_touches_are_told_by_reason_and_make_up_the_rest():
    """Won: one with touches, one of nobody, two whose people have none, one whose only touch came later. Lost and open
    ones without touches are no part of what was won; all of them are of what was created."""
    deals = [won("d1"), won("d2", None, amount=7.0), won("d3", "C", amount=10.0), won("d4", "C", amount=None),
             won("d5", "E", amount=30.0), won("d6", "C", stage_name="Lost", amount=900.0),
             deal("d7", account_id="C", created_at="2026-03-01 09:00", amount=5000.0)]  # fmt: skip
    people = {"contacts": [contact("c1"), contact("c3", "C"), contact("c5", "E")]}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c5", "2026-06-02")]
    whole = company_of(deals, touches, **people)
    found = shaped(credit_of(whole))
    assert found.unattributed.to_numpy().tolist() == [
        ["no touches of its people", 2, 1, 10.0],
        ["touches only after it closed", 1, 0, 30.0],
        ["no account and no contact", 1, 0, 7.0],
    ]
    assert found.unattributed["amount"].sum() + amounts(found, "linear")["webinar"] == 100 + 7 + 10 + 30
    made = shaped(credit_of(whole, "creation")).unattributed
    assert made.set_index("reason")["n_deals"].to_dict() == {
        "no touches of its people": 4, "touches only after it was created": 1, "no account and no contact": 1
    }  # fmt: skip
    assert made["amount"].sum() == 10 + 900 + 5000 + 30 + 7 and made["n_without_amount"].sum() == 1


def slow_paths(deals, touches, tables):
    """Return the journeys of `mixed` as plain lists: the touches of each deal's contact, in order of time."""
    rows, days, milestones = [], [], []
    for place, row in enumerate(deals):
        mine = sorted((t for t in touches if t["contact_id"] == f"c{place:02}"), key=lambda t: t["touched_at"])
        end, made = pd.Timestamp(row["close_date"]), pd.Timestamp(row["created_at"])
        at = [pd.Timestamp(t["touched_at"]) for t in mine]
        lead = pd.Timestamp(tables["contacts"][place]["lead_at"])
        is_won = row["stage_name"] == "Won"
        rows.append(([t["channel"] for t in mine], float(is_won), float(not is_won), row["amount"] * is_won))
        days.append([(end - moment).days for moment in at])
        milestones.append([sum(moment <= stamp for moment in at) - 1 for stamp in (lead, made)])
        milestones[-1].append(len(at) - 1 if is_won else -1)
    return from_paths(rows, days=days, milestones=milestones)


def test_credit_of_a_company_is_that_of_its_journeys_written_down():
    deals, touches, tables = mixed()
    found = shaped(credit_of(company_of(deals, touches, **tables), **DIRECT))
    slow = credit_by_model(slow_paths(deals, touches, tables), knobs=CreditKnobs(**DIRECT))
    assert found.models == MODELS and found.channels == CHANNELS
    for column in ("credited_deals", "credited_amount"):
        assert found.table[column].to_numpy() == pytest.approx(slow[column].to_numpy(), rel=1e-9, abs=1e-9)
    for _, part in found.table.groupby("model"):
        share = part["credited_amount"] / part["credited_amount"].sum()
        assert part["credit_share"].to_numpy() == pytest.approx(share.to_numpy())
        assert part["rank"].tolist() == [1 + (share > other + 1e-9).sum() for other in share]
    spread = model_spread(found.table)
    assert (spread["model_spread"] > 50).all() and disagreement(found.table)["share_moved"].max() > 0.1


def test_last_non_direct_needs_a_channel_to_pass_over():
    """Without one it is last touch under another name, which would count twice among the models."""
    deals, touches, tables = mixed()
    whole = company_of(deals, touches, **tables)
    needs = {"last_non_direct": "channels named under direct in attribution_comparison.yml"}
    for direct in ((), ("website",)):
        found = shaped(credit_of(whole, direct=direct))
        assert found.unavailable == needs and found.models == tuple(name for name in MODELS if name not in needs)
    found = shaped(credit_of(whole, direct=("website", "email")))
    assert found.unavailable == {} and amounts(found, "last_non_direct") != amounts(found, "last_touch")
    assert credit_of(whole, direct=("email",), without_channels=("email",)).unavailable == needs


def test_people_count_as_lost_once_they_were_quiet_for_long_enough():
    """On 30 June: c2 was last touched on 1 April, 90 days before, c3 on 2 April."""
    people = {"contacts": [contact("c1"), contact("c2", "B"), contact("c3", "C")]}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c2", "2026-04-01 18:00"), touch("t3", "c3", "2026-04-02")]
    whole = company_of([won("d1")], touches, **people)
    for knobs, never in (({}, ["c2"]), ({"quiet_days": 89}, ["c2", "c3"]), ({"quiet_days": 91}, [])):
        found = credit_of(whole, never_converted="people", **knobs).found.journeys
        assert found.loc[found["kind"].eq("never"), "record_id"].tolist() == never


def test_all_that_was_won_over_what_is_credited():
    """100 credited, 7, 10 and 30 not."""
    deals = [won("d1"), won("d2", None, amount=7.0), won("d3", "C", amount=10.0), won("d5", "E", amount=30.0)]
    found = credit_of(company_of(deals, [touch("t1", "c1", "2026-02-01")], **NOBODY))
    assert found.all_to_credited == pytest.approx(1.47)
