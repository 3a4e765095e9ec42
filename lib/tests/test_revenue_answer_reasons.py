"""Why bills and deals won do not agree: what explains a new bill, what does not, and who may be the same."""

import numpy as np
import pytest
from answering_companies import DAY, bills, open_, seen, won

from revops.actions.revenue_answer import actions, headline
from revops.measures.revenue_answer import Knobs, display_tables, measure

BASE = bills("base", dict.fromkeys(range(1, 6), 1.0))


ELSE = open_("else", "2026-12-01", 1.0, None, account_id="Z")


def old(at):
    return won("1", "A", at, 9.0) | {"created_at": "2025-10-01 09:00"}


def found(deals, *rows, day=DAY, **knobs):
    tables = {"subscriptions": [row for part in (BASE, *rows) for row in part]}
    return measure(seen([*deals, ELSE], day=day, **tables), Knobs(**{"stale_after_days": 366} | knobs))


def reasons(result, rule):
    rows = result.bridge.records
    rows = rows[rows["rule"].eq(rule)]
    who = rows["customer"].fillna(rows["opportunity_id"])
    return dict(zip(who, rows["reason"], strict=True))


def unexplained(result):
    rows = result.unexplained
    return [
        (kind, name) for kind, name in zip(rows["kind"], rows["customer"].fillna(rows["opportunity_id"]), strict=True)
    ]


@pytest.mark.parametrize(
    ("deals", "reason", "is_explained"),
    [
        ([], "no deal of this account was won", False),
        ([old("2026-01-01")], "won before the quarter", True),
        ([old("2025-12-31")], "nothing won in the quarter nor in the three months before it", False),
        ([open_("1", "2026-09-01", 9.0, "Pipeline", account_id="A")], "nothing won lately, but a deal is open", True),
        ([old("2025-12-31"), open_("2", "2026-09-01", 9.0, None, account_id="A")],
         "nothing won lately, but a deal is open", True),
        ([won("1", "A", "2026-05-02", 9.0, type="renewal")], "won in the quarter, of another type or source", True),
        ([won("1", "A", "2026-06-02", 9.0)], "won in a month that the bills do not tell yet", True),
    ],
)  # fmt: skip
def test_what_explains_a_new_bill(deals, reason, is_explained):
    """A pays 5 more from April on; the quarter began on 1 April."""
    result = found(deals, bills("A", {2: 5.0, 3: 5.0, 4: 10.0, 5: 10.0}), asked_quarters=0)
    assert reasons(result, "not_won") == {"A": reason}
    assert unexplained(result) == [] if is_explained else [("billed_not_won", "A")]


@pytest.mark.parametrize(("now", "is_small"), [(11.0, True), (11.01, False)])
def test_a_price_that_rises_by_a_tenth_needs_no_deal(now, is_small):
    result = found([old("2025-12-31")], bills("A", {2: 10.0, 3: 10.0, 4: now, 5: now}), asked_quarters=0)
    assert set(reasons(result, "not_won").values()) == {"nothing won in the quarter nor in the three months before it"}
    assert (unexplained(result) == []) is is_small


def test_what_was_won_after_a_past_quarter_explains_its_bill():
    result = found([won("1", "A", "2026-04-20", 60.0)], bills("A", {3: 5.0, 4: 5.0, 5: 5.0}), period="previous")
    assert reasons(result, "not_won") == {"A": "nothing won lately, but won after the quarter"}
    assert unexplained(result) == []


def test_what_was_entered_after_bookings_were_frozen_explains_a_bill():
    """Won on 20 March, entered on 20 April: not in the frozen bookings of the first quarter."""
    deal = won("1", "A", "2026-03-20", 60.0)
    states = [
        {"opportunity_id": "1", "changed_at": at, "sequence": place, "stage_name": stage, "outcome": outcome,
         "close_date": "2026-03-20", "amount": 60.0, "type": "new", "is_deleted": False}
        for place, (at, stage, outcome) in enumerate(
            [("2026-01-10 09:00", "Discovery", "open"), ("2026-04-20 09:00", "Won", "won")])
    ]  # fmt: skip
    tables = {"subscriptions": [*BASE, *bills("A", {3: 5.0, 4: 5.0, 5: 5.0})]}
    result = measure(seen([deal], states=states, **tables), Knobs(stale_after_days=366, period="previous"))
    assert result.by_who.at["sales", "booked"] == 0.0
    assert reasons(result, "not_won") == {"A": "won in the quarter, entered after its bookings were frozen"}


def test_another_amount_is_explained_where_the_account_renewed_too():
    """120 of expansion and a renewal: bills add 180. Without the renewal nothing explains the 60."""
    pays = bills("A", {3: 5.0, 4: 20.0, 5: 20.0})
    expansion = won("1", "A", "2026-04-10", 120.0, type="expansion")
    both = found([expansion, won("2", "A", "2026-04-12", 200.0, type="renewal")], pays, asked_quarters=0)
    assert reasons(both, "other_amount") == {
        "A": "1 deal of this account, billed at another amount; it won a deal of another type or source too"
    }
    assert unexplained(both) == []
    assert unexplained(found([expansion], pays, asked_quarters=0)) == [("other_amount", "A")]


def _pair(amount=120.0, name="Acme Ltd", others=()):
    rows = [{**row, "customer_name": "ACME ltd "} for row in bills("cus_1", {4: 10.0, 5: 10.0}, None)]
    deals = [won("1", "A", "2026-04-10", amount, account_name=name, opportunity_name="Acme - seats"), *others]
    return found(deals, rows, asked_quarters=0)


@pytest.mark.parametrize(
    ("amount", "name", "same"),
    [(120.0, "Acme Ltd", "name and amount"), (120.1, "Other", "amount"), (121.0, "Other", None),
     (50.0, "Acme Ltd", "name"), (120.0, None, "amount")],
)  # fmt: skip
def test_a_customer_without_an_account_and_a_deal_without_a_bill_may_be_the_same(amount, name, same):
    result = _pair(amount, name)
    of_customer = f"; same {same} as Acme - seats" if same else ""
    of_deal = f"; same {same} as ACME ltd " if same else ""
    assert reasons(result, "not_won") == {"cus_1": "customer without an account" + of_customer}
    assert reasons(result, "not_billed") == {"1": "no new bill found" + of_deal}
    assert sorted(unexplained(result)) == [("billed_not_won", "cus_1"), ("won_not_billed", "1")]
    steps = result.steps.set_index("rule")["booked"]
    assert (steps[["not_billed", "not_won"]].tolist()) == [-amount, 120.0]


def test_who_may_be_the_same_is_told_in_the_table_and_in_the_action():
    result = _pair()
    told = display_tables(result)["unexplained"][1].set_index("Deal or customer")["What"].to_dict()
    assert told == {
        "Acme - seats": "Won, no new bill: same name and amount as ACME ltd ",
        "ACME ltd ": "Billed, nothing won: same name and amount as Acme - seats",
    }
    action = next(action for action in actions(result) if action.rule == "billed_not_won")
    assert action.because.endswith(
        " 1 of them has the name or amount of a deal without a bill: an account id in the billing system would close "
        "both."
    )


_TWICE = " may be there twice, as a deal and as a customer without an account of the same name or amount"


@pytest.mark.parametrize(
    ("amount", "name", "others", "twice"),
    [
        (120.0, "Acme Ltd", [], "; up to $120" + _TWICE),
        (50.0, "Acme Ltd", [], "; up to $50" + _TWICE),
        (50.0, "Acme Ltd", [won("2", "A", "2026-04-11", 100.0, account_name="Acme Ltd")], "; up to $120" + _TWICE),
        (50.0, "Acme Ltd", [won("2", "A", "2026-04-11", 100.0, account_name="Else")], "; up to $50" + _TWICE),
        (121.0, "Other", [], ""),
    ],
)
def test_what_may_be_the_same_money_is_said_beside_what_nobody_explains(amount, name, others, twice):
    """The customer was billed $10 a month more, $120 a year; both sides stay in the total."""
    result = _pair(amount, name, others)
    number = headline(result).numbers[1]
    told = "1 won without a new bill" if not others else "2 won without a new bill"
    assert number.text.endswith(f": {told} and 1 billed with nothing won{twice}")
    assert result.unexplained["amount"].sum() == amount + 120.0 + sum(row["amount"] for row in others)


def test_two_deals_that_may_be_the_same_are_named_once_each():
    second = won("2", "A", "2026-04-11", 50.0, account_name="Acme Ltd", opportunity_name="Acme - more")
    assert reasons(_pair(others=(second,)), "not_won") == {
        "cus_1": "customer without an account; same name and amount as Acme - seats, same name as Acme - more"
    }


def test_bills_of_a_whole_quarter_are_not_told_as_a_part_of_it():
    """Of April to June: May alone on 10 June would be April and May; on 20 July all three."""
    pays = bills("A", {3: 5.0, 4: 6.0, 5: 6.0, 6: 6.0})
    june = bills("base", {6: 1.0})
    assert found([], pays, june).counted.said_months("finance") == " by bills of Apr and May alone"
    assert found([], pays, june, day="2026-05-31").counted.said_months("finance") == " by bills of Apr and May alone"
    assert found([], pays, june, day="2026-05-30").counted.said_months("finance") == " by bills of Apr alone"
    assert found([], pays, june, day="2026-07-20", period="previous").counted.said_months("finance") == ""
    assert found([], pays, june).counted.said_months("sales") == ""


@pytest.mark.parametrize("side", ["bills", "deals"])
def test_where_most_bills_or_deals_have_no_account_nothing_is_called_unexplained(side):
    rows = [row for id in "ABC" for row in bills(id, {3: 1.0, 4: 3.0, 5: 3.0}, None if side == "bills" else "same")]
    deals = [won(id, None if side == "deals" else id, "2026-04-10", 12.0) for id in "ABC"]
    result = found(deals, rows)
    assert unexplained(result) == [] and np.isnan(result.unexplained_share)
    first = headline(result)
    assert (first.status, first.sentence) == (
        "not_enough_data",
        "FY26-Q2: $36 is booked and $0 committed as sales counts; marketing would say $36, finance $72 by bills of Apr "
        "and May alone.",
    )
    assert first.numbers[1].text.endswith(": needs an account on most bills, and on most deals won")
    assert [action.rule for action in actions(result)] == []
    assert result.steps.set_index("rule").loc[["not_billed", "not_won"], "booked"].tolist() == [-36.0, 72.0]


def test_before_any_month_of_the_bills_is_over_nothing_fails():
    states = [won("1", "A", "2026-01-12", 12.0)]
    tables = {"subscriptions": bills("A", {1: 1.0, 2: 1.0})}
    result = measure(seen(states, day="2026-01-20", **tables), Knobs(stale_after_days=366))
    assert unexplained(result) == []
    assert "what finance would say cannot be told" in headline(result).sentence
