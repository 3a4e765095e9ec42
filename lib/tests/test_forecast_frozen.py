"""All forecasts beside what came, of a company small enough to add up by hand; sources, edges and slices."""

import pytest
from forecasting import call, company, quarter, told, values, won

from revops.errors import MeasureError

NAMES = ["FY25-Q1", "FY25-Q2", "FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
MID = {"FY25-Q1": "2025-02-12", "FY25-Q2": "2025-05-14", "FY25-Q3": "2025-08-13", "FY25-Q4": "2025-11-12",
       "FY26-Q1": "2026-02-11", "FY26-Q2": "2026-05-13"}  # fmt: skip
DEALS = [deal for n, name in enumerate(NAMES) for deal in (
    won(f"a{n}", "ann", MID[name], 100.0 + n), won(f"b{n}", "bob", MID[name], 50.0),
    won(f"c{n}", "cat", str(quarter(name).end), 30.0, type="expansion"))]  # fmt: skip


def calls_of(names):
    """Each rep calls on the third day of the quarter and on day 15 of its second month, the company too."""
    rows = []
    for name in names:
        first = quarter(name).start
        for day, factor in ((first.replace(day=3), 1.0), (first.replace(month=first.month + 1, day=15), 0.9)):
            called = (("ann", 120.0), ("bob", 40.0), ("cat", 30.0))
            rows += [call(str(day), who, factor * amount, period=name) for who, amount in called]
            rows.append(call(str(day), "company", factor * 200.0, "company", period=name))
    return rows


@pytest.fixture(scope="module")
def sheet():
    return told(company(DEALS, calls_of(NAMES)), "2026-07-20")


def test_the_company_call_and_the_reps_stand_beside_what_was_frozen(sheet):
    assert (sheet.source, sheet.call, sheet.caller) == ("sheet", "commit", "final")
    assert [period.name for period in sheet.quarters.periods] == NAMES
    assert values(sheet, "commit", "FY26-Q1") == {w: (200.0 if w < 7 else 180.0) for w in range(1, 14)}
    assert values(sheet, "final", "FY26-Q1") == values(sheet, "commit", "FY26-Q1")
    assert values(sheet, "rep", "FY26-Q1")[1] == 190.0
    assert values(sheet, "rep", "FY26-Q1")[13] == pytest.approx(171.0)
    assert values(sheet, "commit", "FY26-Q1", column="is_carried") == {w: w not in (1, 7) for w in range(1, 14)}
    assert set(values(sheet, "commit", "FY26-Q1", column="actual_amount").values()) == {184.0}
    assert values(sheet, "commit", "FY26-Q1", "owner", "ann", "actual_amount")[1] == 104.0
    assert values(sheet, "commit", "FY26-Q1", "team", "North", "actual_amount")[1] == 154.0
    assert values(sheet, "commit", "FY26-Q1", "team", "North")[1] == 160.0
    assert sheet.callers.to_dict() == {"rep": 1.0, "manager": 0.0, "final": 1.0}


def test_deals_of_a_day_add_up_to_what_a_hand_finds(sheet):
    """FY26-Q1: on day 5 ann's and bob's are open in commit, cat's only since 30 January; all at 50 %."""
    days = {week: str(day) for week, day in sheet.days[quarter("FY26-Q1")].items()}
    assert (days[1], days[6], days[7], days[13]) == ("2026-01-03", "2026-02-07", "2026-02-15", "2026-03-28")
    in_commit, weighted = (values(sheet, name, "FY26-Q1") for name in ("crm_commit", "crm_weighted"))
    assert (in_commit[1], in_commit[6], in_commit[7], in_commit[13]) == (154.0, 184.0, 184.0, 184.0)
    assert (weighted[1], weighted[6], weighted[7], weighted[13]) == (77.0, 92.0, 169.0, 169.0)


def test_booked_over_its_usual_share_is_what_a_hand_finds(sheet):
    """By week 13 all but cat's are booked: in FY26-Q1 154 of 184, before it 606 of 726 in four quarters."""
    assert values(sheet, "booked_share", "FY26-Q1")[13] == pytest.approx(154.0 * 726.0 / 606.0)
    assert values(sheet, "last_quarter", "FY26-Q1")[1] == 183.0
    assert values(sheet, "same_quarter_last_year", "FY26-Q1")[1] == 180.0
    assert not values(sheet, "stage_weighted", "FY25-Q4")
    assert values(sheet, "stage_weighted", "FY26-Q1")


def test_the_parts_of_each_type_add_up_to_all(sheet):
    rows = sheet.by_type[sheet.by_type["category"].isin(["crm_commit", "stage_weighted", "last_quarter"])]
    sums = rows.groupby(["type", "category"])[["forecast_amount", "actual_amount"]].sum()
    for category in ("crm_commit", "stage_weighted", "last_quarter"):
        parts = sum(sums.loc[(type, category)] for type in ("new", "expansion", "renewal", "other")
                    if (type, category) in sums.index)  # fmt: skip
        assert parts.tolist() == pytest.approx(sums.loc[("all", category)].tolist())


def test_each_key_is_there_once_and_what_is_open_is_what_is_not_known(sheet):
    key = ["period", "horizon_weeks", "category", "level", "member"]
    assert not sheet.pairs.duplicated(key).any()
    assert sheet.pairs["is_open"].eq(sheet.pairs["actual_amount"].isna()).all()
    assert sheet.at(1)["horizon_weeks"].eq(1).all() and not sheet.at(1, "owner").empty


def test_few_called_quarters_leave_the_word_to_history_unless_the_sheet_is_asked_for():
    of = company(DEALS, calls_of(NAMES[-2:]))
    auto, forced = told(of, "2026-07-20"), told(of, "2026-07-20", calls="sheet")
    assert (auto.source, auto.caller) == ("history", "rep")
    assert values(auto, "commit", "FY26-Q1")[1] == 154.0
    assert "crm_commit" not in set(auto.pairs["category"])
    assert (forced.source, forced.caller) == ("sheet", "final")
    assert set(forced.pairs.loc[forced.pairs["category"].eq("commit"), "period"]) == set(NAMES[-2:])
    assert forced.callers["rep"] == 1.0
    assert values(forced, "rep", "FY26-Q1")[1] == 190.0
    assert told(company(DEALS, calls_of(NAMES)), "2026-07-20", calls="history").source == "history"


def test_without_calls_and_without_history_of_categories_nothing_can_be_told():
    tracked = {name: "OpportunityHistory" for name in ("stage_name", "close_date", "amount")}
    of = company(DEALS, tracked=tracked)
    assert told(of, "2026-07-20") is None
    assert told(company(DEALS), "2026-07-20", calls="sheet") is None
    with_calls = told(company(DEALS, calls_of(NAMES[-2:]), tracked=tracked), "2026-07-20")
    assert with_calls.source == "sheet"
    assert not {"crm_commit", "crm_weighted"} & set(with_calls.pairs["category"])
    assert values(with_calls, "stage_weighted", "FY26-Q1")


def test_a_company_that_never_booked_has_calls_of_the_quarter_under_way_alone():
    record, states = won("x", "ann", "2026-08-10", 10.0, opened="2026-06-01")
    open_deal = (record | {"stage_name": "Discovery", "outcome": "open"}, states[:1])
    found = told(company([open_deal], calls_of(["FY26-Q3"])), "2026-07-20", calls="sheet")
    assert found.quarters.periods == () and found.company.empty
    assert set(found.pairs["period"]) == {"FY26-Q3"} and found.pairs["is_open"].all()
    assert values(found, "commit", "FY26-Q3") == {1: 200.0, 2: 200.0, 3: 200.0}
    assert values(found, "crm_commit", "FY26-Q3") == {1: 10.0, 2: 10.0, 3: 10.0}
    assert told(company([open_deal], calls_of(["FY26-Q3"])), "2026-07-20", calls="sheet", period="next") is None


@pytest.mark.parametrize(
    ("day", "weeks"), [("2026-07-01", 1), ("2026-07-08", 2), ("2026-09-29", 13), ("2026-09-30", 13)]
)
def test_the_quarter_under_way_is_told_for_its_weeks_so_far(day, weeks):
    found = told(company(DEALS, calls_of([*NAMES, "FY26-Q3"])), day)
    now = found.pairs[found.pairs["is_open"] & found.pairs["category"].eq("last_quarter")]
    assert now["horizon_weeks"].tolist() == list(range(1, weeks + 1))
    assert str(found.days[quarter("FY26-Q3")][weeks]) == day
    on_first = day < "2026-07-05"
    assert now["forecast_amount"].unique().tolist() == [185.0]  # of a quarter not frozen yet, what is recorded by then
    assert values(found, "same_quarter_last_year", "FY26-Q3")[1] == 182.0
    assert ("FY26-Q2" in [period.name for period in found.quarters.periods]) is not on_first


@pytest.mark.parametrize(("period", "last"), [("previous", "FY26-Q2"), ("next", "FY26-Q2"), ("FY25-Q4", "FY25-Q4")])
def test_another_period_is_told_by_the_quarters_up_to_it(period, last):
    found = told(company(DEALS, calls_of(NAMES)), "2026-07-20", period=period, calls="sheet")
    assert found.quarters.periods[-1].name == last
    assert not found.pairs["is_open"].any()
    assert set(found.pairs["period"]) == {past.name for past in found.quarters.last}


def test_a_slice_is_told_by_its_own_deals_and_calls():
    found = told(company(DEALS, calls_of(NAMES)), "2026-07-20", slice={"owner": "ann"})
    assert values(found, "commit", "FY26-Q1")[1] == 120.0
    assert set(values(found, "commit", "FY26-Q1", column="actual_amount").values()) == {104.0}
    assert values(found, "crm_commit", "FY26-Q1")[1] == 104.0
    of_type = told(company(DEALS, calls_of(NAMES)), "2026-07-20", slice={"type": "expansion"})
    assert of_type.source == "history"
    assert values(of_type, "commit", "FY26-Q1")[13] == 30.0
    assert set(values(of_type, "commit", "FY26-Q1", column="actual_amount").values()) == {30.0}


@pytest.mark.parametrize("factor", [0.001, 1000.0])
def test_a_sheet_in_another_unit_is_refused_with_what_to_say(factor):
    """In the last week the company calls 180 and the reps 171, where 180 to 185 come: the middle is near 0.96."""
    calls = [row | {"forecast_amount": row["forecast_amount"] * factor} for row in calls_of(NAMES)]
    with pytest.raises(MeasureError) as refusal:
        told(company(DEALS, calls), "2026-07-20")
    said = str(refusal.value)
    assert said.startswith("forecasts: calls must be in the company's currency; found 12 sums of last-week calls that ")
    assert said.endswith("times what was booked. Say the sheet's unit in company.yml, forecasts: unit.")
    middle = float(said.split(" that are ")[1].split(" ")[0].replace(",", ""))
    assert middle == pytest.approx(0.96 * factor, rel=0.03)


def test_a_quarter_that_the_exports_do_not_reach_is_not_judged():
    """The last record is of the end of June: with a week's patience no quarter after FY26-Q2 is over in July."""
    late = company(DEALS, calls_of(NAMES))
    assert told(late, "2026-10-20", stale_after_days=7).quarters.periods[-1].name == "FY26-Q2"
    assert told(late, "2026-10-20", stale_after_days=366).quarters.periods[-1].name == "FY26-Q3"
