"""The whole forecast accuracy report: a company worked out by hand, every promised number, slices, and odd states."""

import math
from dataclasses import replace

import pytest
from forecasting import OWNERS, call, company, won
from scipy.stats import t
from told_forecasts import found, keyed, only, words

from frames import as_of, change, deal, with_tables
from revops.errors import MeasureError
from revops.measures import forecast_accuracy as report
from revops.measures import pipeline_coverage
from revops.measures.forecast_accuracy import Knobs

DAY = "2026-02-10"
"""In week 6 of FY26-Q1."""
BOOKED = {"FY24-Q1": 100, "FY24-Q2": 120, "FY24-Q3": 80, "FY24-Q4": 100,
          "FY25-Q1": 110, "FY25-Q2": 130, "FY25-Q3": 100, "FY25-Q4": 90}  # fmt: skip
CALLED = {"FY25-Q1": 121, "FY25-Q2": 117, "FY25-Q3": 120, "FY25-Q4": 99, "FY26-Q1": 150}
TEAMS = {"ann": "North", "bob": "North", "cat": "South"}
SHARES = {"ann": 0.5, "bob": 0.3, "cat": 0.2}
TOO_MUCH = {("cat", "FY25-Q1"): 20, ("cat", "FY25-Q3"): 10}
"""All reps call what they win in the end, but for these."""
CLOSES = {"1": "02-20", "2": "05-20", "3": "08-20", "4": "11-20"}
OPENS = {"1": "01-02", "2": "04-02", "3": "07-02", "4": "10-02"}


def day_in(quarter, days):
    return f"20{quarter[2:4]}-{days[quarter[-1]]}"


def books(booked=BOOKED, called=CALLED, history=False):
    """Return the company: its deals, its calls, those of its reps, and 40 booked in the quarter under way."""
    deals = [
        won(f"{owner}{quarter}", owner, day_in(quarter, CLOSES), amount * share, team=TEAMS[owner])
        for quarter, amount in booked.items()
        for owner, share in SHARES.items()
    ]
    calls = [call(day_in(quarter, OPENS), "company", amount, "company", quarter) for quarter, amount in called.items()]
    calls += [
        call(day_in(quarter, OPENS), owner, booked.get(quarter, 0) * share + TOO_MUCH.get((owner, quarter), 0),
             period=quarter)
        for quarter in called for owner, share in SHARES.items()
    ]  # fmt: skip
    fresh = {"created_at": "2026-02-09 09:00", "close_date": "2026-03-20", "owner_id": "ann"}
    opened = deal("open", **fresh), [change("open", "2026-02-09 09:00", close_date="2026-03-20", owner_id="ann")]
    return company([*deals, won("now", "ann", "2026-01-20", 40.0, team="North"), opened], calls, history=history)


def measured(book=None, day=DAY, **knobs):
    return report.measure(as_of(book or books(), day), Knobs(**knobs))


@pytest.fixture(scope="module")
def hand():
    return measured()


def test_the_companys_errors_are_those_worked_out_by_hand(hand):
    """Calls 11 too high, 13 too low, 20 and 9 too high, of 430 in all."""
    assert hand.judged.periods == ("FY25-Q1", "FY25-Q2", "FY25-Q3", "FY25-Q4")
    rows = keyed(hand)
    for week in (1, 7, 13):
        row = rows["wape", ("horizon_weeks", week), ("category", "commit")]
        assert (row["value"], row["n"]) == (pytest.approx(53 / 430), 4)
        assert row["low"] < row["value"] < row["high"] and row["level"] == 0.8
        assert only(rows, "bias_rate", horizon_weeks=week, category="commit") == pytest.approx(27 / 430)
        assert only(rows, "mape", horizon_weeks=week, category="commit") == pytest.approx((0.1 + 0.1 + 0.2 + 0.1) / 4)
    assert only(rows, "wape", horizon_weeks=1, category="same_quarter_last_year") == pytest.approx(50 / 430)
    assert only(rows, "bias_rate", horizon_weeks=1, category="same_quarter_last_year") == pytest.approx(-30 / 430)
    assert only(rows, "wape", horizon_weeks=1, category="last_quarter") == pytest.approx(70 / 430)
    assert only(rows, "wape", horizon_weeks=1, category="rep") == pytest.approx(30 / 430)
    scale = rows["mase", ("horizon_weeks", 1), ("category", "commit")]
    assert math.isnan(scale["value"]) and scale["n"] == 0  # seven quarters before the last one: three differences
    assert scale["note"] == "too few quarters before to train its scale"


def test_a_step_that_makes_it_worse_has_a_value_below_zero(hand):
    """Errors of 50 naive, 30 of the reps, 53 of the company's call."""
    rows = keyed(hand)
    assert hand.steps["step"].tolist() == ["same_quarter_last_year", "rep", "final"]
    assert only(rows, "forecast_value_added", step="rep") == pytest.approx((50 - 30) / 430)
    assert only(rows, "forecast_value_added", step="final") == pytest.approx((30 - 53) / 430)
    over = only(rows, "forecast_value_added", step="final", over="same_quarter_last_year")
    assert over == pytest.approx((50 - 53) / 430)


def test_reps_and_teams_stand_beside_their_own_bookings(hand):
    rows = keyed(hand)
    named = {owner: hand.labels[owner] for owner in SHARES}
    assert only(rows, "wape", owner=named["cat"]) == pytest.approx(30 / (0.2 * 430))
    assert only(rows, "bias_rate", owner=named["cat"]) == pytest.approx(30 / (0.2 * 430))
    assert only(rows, "mape", owner=named["cat"]) == pytest.approx((20 / 22 + 10 / 20) / 4)
    assert only(rows, "off_signal", owner=named["cat"]) == 2
    assert only(rows, "wape", owner=named["ann"]) == pytest.approx(0, abs=1e-12)
    assert only(rows, "wape", team="South") == pytest.approx(30 / (0.2 * 430))
    assert only(rows, "wape", team="North") == pytest.approx(0, abs=1e-12)
    assert only(rows, "wape", level="owner", horizon_weeks=1) == pytest.approx(30 / 430)
    assert rows["wape", ("owner", named["cat"])]["n"] == 4
    assert hand.units["team"]["member"].tolist() == ["North", "South"]


def test_the_signal_counts_quarters_beyond_the_threshold(hand):
    """Off by 10, -10, 20 and 10 %."""
    row = only(keyed(hand), "off_signal", what="row")
    assert (row["value"], row["n"], row["note"]) == (1, 4, "none")
    tight = only(keyed(measured(off_by=0.09)), "off_signal", what="row")
    assert (tight["value"], tight["note"]) == (4, "amber")  # three of four too high, but the range reaches 0
    shown = report.display_tables(hand)["signal"][1]
    assert shown["Error"].tolist() == pytest.approx([0.1, -0.1, 0.2, 0.1])
    assert shown["Beyond"].tolist() == ["no", "no", "yes", "no"]


def test_the_projection_is_the_call_times_what_such_calls_brought(hand):
    ratios = [110 / 121, 130 / 117, 100 / 120, 90 / 99]
    logs = [math.log(ratio) for ratio in ratios]
    mean = sum(logs) / 4
    sd = (sum((x - mean) ** 2 for x in logs) / 3) ** 0.5
    reach = t.ppf(0.9, 3) * sd * (1 + 1 / 4) ** 0.5
    row = only(keyed(hand), "projected_amount", what="row")
    assert (row["value"], row["n"]) == (pytest.approx(150 * 90 / 99), 4)
    assert row["low"] == pytest.approx(150 * math.exp(mean - reach))
    assert row["high"] == pytest.approx(150 * math.exp(mean + reach))
    assert (hand.open.week, hand.open.booked, hand.open.projection.call) == (6, 40, 150)
    assert hand.open.landing is None and hand.open.agrees is None  # no history of deals
    held = only(keyed(hand), "interval_coverage", what="row")
    assert math.isnan(held["value"]) and held["note"] == "no past quarter could be back-tested"
    assert report.check_rows(hand) == []


def test_without_history_what_deals_tell_says_what_it_needs(hand):
    rows, history = keyed(hand), hand.view.book.needs
    for id in ("calibration_slope", "brier_skill", "commit_hit_rate", "slipped_share"):
        assert hand.unavailable[id] == only(rows, id, what="row")["note"] == history
    assert "projected_amount" not in hand.unavailable and "wape" not in hand.unavailable
    assert report.display_tables(hand)["late"][0].endswith("as recorded now, since no history tells what stood then")
    assert report.stages_table(hand).empty


@pytest.mark.parametrize("history", [False, True])
def test_calls_of_one_rep_are_none_of_the_companys(history):
    """Cat books a fifth: where deals cannot tell, the company has no call, and cat's own errors still stand."""
    whole = books(history=history)
    calls = whole.table("forecasts")
    result = measured(with_tables(whole, forecasts=calls[calls["member"].eq("cat")].reset_index(drop=True)))
    rows = keyed(result)
    if history:
        assert result.found.source == "history" and result.judged.periods
        return
    assert result.found.source == "sheet" and result.judged.periods == () and result.open is None
    assert only(rows, "wape", owner=result.labels["cat"]) == pytest.approx(30 / 86)
    assert result.unavailable["wape"] == "calls of those who book most of what is booked"
    assert only(rows, "wape", what="row")["note"] == "no past quarter with a call of the company"
    assert words(result) == []


def test_stale_exports_project_nothing():
    stale = measured(day="2026-02-20")
    assert only(keyed(stale), "projected_amount", what="row")["note"] == stale.unavailable["projected_amount"]
    assert stale.unavailable["projected_amount"] == "newer exports: the last record is of 2026-02-09"


def test_a_quarter_over_is_not_projected():
    for period, last in (("next", "FY25-Q4"), ("FY25-Q3", "FY25-Q3")):
        other = measured(period=period)
        assert other.found.quarters.last[-1].name == last
        rows = keyed(other)
        assert other.open is None and "projection" not in report.display_tables(other)
        for id in ("projected_amount", "interval_coverage"):
            assert other.unavailable[id] == only(rows, id, what="row")["note"] == "a period that is under way"


@pytest.mark.parametrize(("n", "history"), [(1, False), (1, True), (2, True), (3, False)])
def test_a_company_of_few_quarters_tells_what_it_can(n, history):
    booked = dict(list(BOOKED.items())[-n:])
    called = {quarter: CALLED[quarter] for quarter in (*booked, "FY26-Q1")}
    result = measured(books(booked, called, history), calls="sheet")
    rows = keyed(result)
    assert only(rows, "projected_amount", what="row")["n"] == len(result.found.quarters.last)
    assert len(result.found.quarters.last) == (n if not history else n - (not _is_known(result, booked)))
    for row in rows.values():
        assert row["note"] or not math.isnan(row["value"]), row
    assert words(result) == []
    assert only(rows, "off_signal", what="row")["note"] == "not_enough"


def _is_known(result, booked):
    return result.view.knows(result.view.calendar.named(next(iter(booked))).start)


@pytest.mark.parametrize("history", [False, True])
def test_a_company_that_never_booked_anything_has_calls_and_no_errors(history):
    result = measured(books({}, {"FY26-Q1": 150, "FY25-Q4": 99}, history), calls="sheet")
    rows = keyed(result)
    assert result.found.quarters.periods == () and result.errors.empty
    assert only(rows, "wape", what="row")["note"] == "no past quarter with a call of the company"
    assert result.unavailable["wape"] == "past quarters with a call"
    projected = only(rows, "projected_amount", what="row")
    assert math.isnan(projected["value"]) and projected["note"] == "no past call in this week"
    assert result.open.projection.call == 150
    if history:
        needed = "past quarters with bookings"
        assert result.unavailable["brier_skill"] == only(rows, "brier_skill", what="row")["note"] == needed
    assert words(result) == []


def test_owners_who_say_nothing_this_week_are_named_and_shown_only_where_asked():
    calls = [call(day, owner, 10.0) for day in ("2026-01-26", "2026-02-02") for owner in ("ann", "bob", "cat")]
    calls += [call("2026-02-09", owner, 10.0) for owner in ("ann", "bob")]
    base = books()
    both = with_tables(base, forecasts=company([], calls).table("forecasts"))
    assert measured(both, calls="sheet").silent == ("cat",)
    names = with_tables(base, owners=company([], owners=[row | {"owner_name": row["owner_id"].title()} for row in
                                                         OWNERS]).table("owners"))  # fmt: skip
    hidden, shown = (measured(names, show_owners=asked) for asked in (False, True))
    assert "Cat" in str(report.measure_rows(shown)) and "Cat" not in str(report.measure_rows(hidden))
    members = report.frozen_table(hidden)["member"], report.display_tables(hidden)["units_owner"][1]["Owner"]
    for shown_to_all in members:
        assert hidden.labels["cat"] in set(shown_to_all) and not {"Cat", "cat"} & set(shown_to_all)


def test_a_slice_is_a_company_of_its_own():
    """South is cat alone, who books 22, 26, 20 and 18 of 86, and calls 30 more."""
    south, north, whole = measured(slice={"team": "South"}), measured(slice={"team": "North"}), measured()
    assert only(keyed(south), "wape", horizon_weeks=1, category="commit") == pytest.approx(30 / 86)
    assert only(keyed(north), "wape", horizon_weeks=1, category="commit") == pytest.approx(0, abs=1e-12)
    for name in ("actual_amount", "now_amount", "late_amount"):
        assert (south.late[name] + north.late[name]).tolist() == pytest.approx(whole.late[name].tolist())
    assert (south.open.booked, north.open.booked) == (0, 40)


def test_a_verdict_that_many_comparisons_explain_is_called_unproven(hand):
    steps = hand.steps.iloc[[0, 1, 1, 1]].assign(
        verdict=[None, "no_difference", "no_difference", "adds"], low=[math.nan, 0.01, -0.01, 0.02],
        high=[math.nan, 0.2, 0.2, 0.3],
    )  # fmt: skip
    shown = report.display_tables(replace(hand, steps=steps))["value_added"]
    assert shown[1]["Verdict"].tolist() == [
        "–", "unproven among all comparisons", "no difference beyond noise", "better",
    ]  # fmt: skip
    assert shown[0].endswith("; verdicts hold over all steps")


def test_the_named_weeks_are_first_mid_last_and_the_horizon(hand):
    assert hand.named_weeks == (1, 7, 13)
    other = measured(horizon_weeks=4, mid_week=6)
    assert other.named_weeks == (1, 4, 6, 13)
    names = report.display_tables(other)["all_forecasts"][1].columns
    assert [name for name in names if name.startswith("WAPE")] == [
        "WAPE, week 1 (first)", "WAPE, week 4", "WAPE, week 6 (mid)", "WAPE, week 13 (last)",
    ]  # fmt: skip
    days = {period: weeks | {1: period.start} for period, weeks in other.found.days.items()}
    on_day_1 = replace(other, found=replace(other.found, days=days))
    assert (other.is_day_1(1), on_day_1.is_day_1(1), on_day_1.is_day_1(4)) == (False, True, False)
    assert report.display_tables(on_day_1)["all_forecasts"][1].columns[1] == "WAPE, week 1 (day 1)"
    assert report.display_tables(on_day_1)["by_week"][1]["Week"].tolist()[:2] == ["week 1 (day 1)", "week 2"]
    assert other.error(4)["category"] == "commit" and other.error(14) is None
    assert other.error(4, "last_quarter")["wape"] == pytest.approx(70 / 430)


# The sample company

QUICK = {"judged_quarters": 5, "backtest_quarters": 4}
"""Knobs that the landing does not rest on, small."""


@pytest.fixture(scope="module")
def today(reports):
    return reports()


@pytest.mark.parametrize("id", ["wape", "bias_rate", "mape", "mase"])
def test_errors_are_promised_by_week_and_category_and_by_owner_and_team(today, id):
    rows = keyed(today)
    columns = {"wape": "wape", "bias_rate": "bias", "mape": "mape", "mase": "mase"}
    for error in today.errors.to_dict("records"):
        week, category = error["horizon_weeks"], error["category"]
        if category != "commit" and week not in (1, 7, 13):
            assert (id, ("horizon_weeks", week), ("category", category)) not in rows
            continue
        row = rows[id, ("horizon_weeks", week), ("category", category)]
        ends = error[f"{columns[id]}_low"], error[f"{columns[id]}_high"]
        assert (row["value"], row["low"], row["high"], row["level"]) == (error[id], *ends, 0.8)
        assert row["n"] == error["n_scaled" if id == "mase" else "n"]
    assert {week for (name, *by), _ in rows.items() for key, week in by if key == "horizon_weeks"} == set(range(1, 14))
    for level in ("team", "owner"):
        table = today.units[level]
        assert len(table) == {"team": 4, "owner": 17}[level]
        for unit in table.to_dict("records"):
            name = today.labels[unit["member"]] if level == "owner" else unit["member"]
            row = rows[id, (level, name)]
            assert row["value"] == pytest.approx(unit[id], nan_ok=True)
            assert row["n"] == unit["n_scaled" if id == "mase" else "n_errors"]


def test_each_number_stands_once_and_the_undefined_says_why(today):
    rows = report.measure_rows(today)
    assert len(keyed(today)) == len(rows)
    for row in rows:
        assert row["note"] or math.isfinite(row["value"]), row
        assert row["low"] is None or row["low"] <= row["high"], row
        assert (row["low"] is None) == (row["level"] is None)


def test_the_other_promised_numbers_are_those_of_their_tables(today):
    rows = keyed(today)
    for step in today.steps.iloc[1:].to_dict("records"):
        row = rows["forecast_value_added", ("step", step["step"])]
        assert (row["value"], row["low"], row["n"]) == (step["forecast_value_added"], step["low"], step["n"])
    score = today.deals.scores.set_index("probability").loc["win_probability"]
    for id, low in (("calibration_slope", "slope_low"), ("brier_skill", "skill_low")):
        row = only(rows, id, what="row")
        assert (row["value"], row["low"], row["n"]) == (score[id], score[low], score["n"])
        assert math.isfinite(only(rows, id, probability="past deals"))
    assert only(rows, "commit_hit_rate") == today.deals.hits.set_index("category").loc["Forecast", "hit_rate"]
    held = only(rows, "interval_coverage", what="row")
    assert (held["value"], held["n"]) == (today.open.backtest["is_inside"].mean(), len(today.open.backtest))
    assert report.check_rows(today)[0]["observed"] == held["value"]
    told = only(rows, "projected_amount", what="row")
    assert (told["value"], told["n"]) == (today.open.projection.projected_amount, 11)
    assert told["low"] < told["value"] < told["high"]
    assert only(rows, "off_signal", what="row")["note"] == today.signal["signal"]


def test_the_scale_of_a_rep_is_how_far_earlier_quarters_were_from_a_year_before(today):
    """A second, slow way for every rep, from the frozen pairs alone."""
    names = [period.name for period in today.found.quarters.last]
    rows = today.found.at(1, "owner")
    told = today.units["owner"].set_index("member")
    for member, own in rows.groupby("member"):
        came = dict(zip(own["period"], own["actual_amount"], strict=True))
        scaled = []
        for row in own.itertuples():
            before = names[: names.index(row.period)]
            gaps = [abs(came[name] - came[names[i - 4]]) for i, name in enumerate(before)
                    if i >= 4 and name in came and names[i - 4] in came]  # fmt: skip
            if len(gaps) >= 4:
                scaled.append(abs(row.forecast_amount - row.actual_amount) / (sum(gaps) / len(gaps)))
        assert told.loc[member, "n_scaled"] == len(scaled)
        assert told.loc[member, "mase"] == pytest.approx(sum(scaled) / len(scaled) if scaled else math.nan, nan_ok=True)
    assert (told["n_scaled"] == 3).any() and (told["n_scaled"] == 0).any()


@pytest.mark.parametrize("slice", [{}, {"region": "EMEA"}])
def test_the_landing_is_that_of_the_coverage_report(reports, told, slice):
    given = {"slice": slice} if slice else {}
    ours = only(keyed(reports(**given, **(QUICK if slice else {}))), "landing_amount", what="row")
    theirs = [row for row in pipeline_coverage.measure_rows(told(**given))
              if row["id"] == "landing_amount" and not row["by"]]  # fmt: skip
    assert [ours[name] for name in ("value", "low", "high", "level")] == [
        theirs[0][name] for name in ("value", "low", "high", "level")
    ]
    assert len(theirs) == 1 and ours["value"] > 0


SLICES = [
    ({"region": "EMEA"}, "sheet", {"EMEA"}, 5),
    ({"team": "AMER Commercial"}, "sheet", {"AMER Commercial"}, 5),
    ({"type": "new"}, "history", {"AMER Commercial", "AMER Enterprise", "APAC", "EMEA"}, 15),
    ({"segment": "Enterprise"}, "history", {"AMER Enterprise", "APAC", "EMEA"}, 10),
]


@pytest.mark.parametrize(("slice", "source", "teams", "owners"), SLICES)
def test_a_slice_says_what_is_about_it(reports, slice, source, teams, owners):
    result = reports(slice=slice, **QUICK)
    assert result.found.source == source
    assert set(result.units["team"]["member"]) == teams
    assert len(result.units["owner"]) >= owners
    rows = result.found.pairs
    last = rows[rows["period"].eq("FY27-Q1") & rows["horizon_weeks"].eq(13)]
    whole = last[last["level"].eq("company") & last["category"].eq("commit")].iloc[0]
    parts = last[last["level"].eq("owner")]
    assert parts["actual_amount"].sum() == pytest.approx(whole["actual_amount"], rel=0.03)
    assert parts["forecast_amount"].sum() == pytest.approx(whole["forecast_amount"], rel=0.03)
    assert words(result) == []
    assert len(keyed(result)) == len(report.measure_rows(result))


def test_the_calls_of_an_owner_are_a_subject_of_their_own(reports, today):
    owner = today.units["owner"].sort_values("n")["member"].iloc[-1]
    alone = reports(slice={"owner": owner}, **QUICK)
    whole = today.found.at(7, "owner")
    theirs = whole[whole["member"].eq(owner)].set_index("period")["forecast_amount"]
    ours = alone.found.at(7).query("category == 'commit'").set_index("period")["forecast_amount"]
    assert alone.found.source == "sheet" and len(ours) == 5
    assert ours.to_dict() == theirs.reindex(ours.index).to_dict()
    assert alone.units["owner"]["member"].tolist() == [owner]


def test_an_unknown_slice_and_one_without_calls_are_refused_by_name(reports):
    with pytest.raises(MeasureError) as unknown:
        reports(slice={"region": "Mars"})
    assert str(unknown.value) == (
        "slice region=Mars: must name a group with opportunities; found none. Known: AMER, APAC, EMEA."
    )
    with pytest.raises(MeasureError) as silent:
        reports(slice={"type": "new"}, calls="sheet")
    assert str(silent.value) == (
        "forecast_accuracy: must find forecasts of new for whole quarters, made by 2026-06-09 (calls: sheet); "
        "found none. Choose calls: auto, a later day, or another slice."
    )


STATES = {
    "first day": ({"day": "2026-05-01"}, "a call for the quarter under way"),
    "last day": ({"day": "2026-04-30"}, None),
    "young": ({"day": "2023-03-01"}, None),
    "at the beginning": ({"day": "2022-10-01"}, None),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_quarter_is_told_in_whole_words(reports, state):
    given, why = STATES[state]
    result = reports(**QUICK, **given)
    rows = keyed(result)
    assert len(rows) == len(report.measure_rows(result))
    assert all(row["note"] or math.isfinite(row["value"]) for row in rows.values())
    assert words(result) == []
    assert result.unavailable.get("projected_amount") == why
    assert (result.open is None) == (why is not None)
    if why:
        assert only(rows, "projected_amount", what="row")["note"] == why
    for id in ("wape", "bias_rate", "mape", "mase", "forecast_value_added"):
        if id in result.unavailable:
            assert all(math.isnan(row["value"]) for key, row in rows.items() if key[0] == id and key[1:2] == ()), id


def test_without_tables_the_report_tells_what_the_others_allow(reports, sample):
    some = without(sample, "forecasts", "quotas")
    result = reports(book=some, **QUICK)
    assert result.found.source == "history" and words(result) == []
    assert only(keyed(result), "landing_amount") > 0
    untold = without(sample, untracked=("win_probability",))
    result = reports(book=untold, **QUICK)
    rows = keyed(result)
    for id in ("calibration_slope", "brier_skill"):
        assert only(rows, id, what="row")["note"] == result.unavailable[id] == "history of the CRM's probabilities"
        assert math.isfinite(only(rows, id, probability="past deals"))
    assert words(result) == [] and "stages" not in report.display_tables(result)
    with pytest.raises(MeasureError) as refused:
        reports(book=without(sample, "forecasts", untracked=("forecast_category",)))
    assert str(refused.value) == (
        "forecast_accuracy: needs a sheet of weekly calls or ForecastingItem, or opportunity history with forecast "
        "categories (OpportunityHistory), from which calls are rebuilt; found none."
    )


def without(book, *names, untracked=()):
    return found(book, {name: table for name, table in book.tables.items() if name not in names}, untracked)


def test_the_table_for_a_spreadsheet_holds_every_frozen_forecast_once(today):
    table = report.frozen_table(today)
    key = ["period", "horizon_weeks", "level", "member", "category"]
    assert len(table) == len(today.found.pairs) and not table.duplicated(key).any()
    assert table["actual_amount"].isna().sum() == today.found.pairs["is_open"].sum() > 0
    assert not set(today.labels) & set(table["member"]) - {"Unassigned"}


def test_the_offered_stages_are_in_the_companys_words(today):
    table = report.stages_table(today)
    assert set(table["stage_name"]) == {"Discovery", "Scoping", "Evaluation", "Proposal", "Negotiation"}
    assert table["offered"].between(table["low"], table["high"]).all()
    assert (table["ever_won_share"] >= table["offered"]).all()
