"""The tables of the stage benchmarking report: captions, what stands in them, and what is left out of them."""

import re

import pandas as pd
import pytest
from told_stages import (
    NAN,
    arrived,
    campaign,
    cohort,
    ending,
    enriched,
    family,
    figure,
    gap,
    group,
    month,
    move,
    passage,
    quarter,
    reason,
    stage,
    stood,
    strata,
    stuck,
    told,
    tool,
)

from revops.measures import stage_benchmarking as report

FELL = {"verdict": "down", "p": 0.001}
FLOW = [{"when": "past", "stage": "Proposal", "n": 9, "n_skipped": 3, "n_again": 2, "n_back": 1}]
HANDED = {"n": 20, "sla_share": 0.5, "sla_low": 0.4, "sla_high": 0.6, "never_share": 0.1, "never_low": 0.05,
          "never_high": 0.2, "median_hours": 8.0, "seen_hours": 40.0, "accept_share": 0.7, "accept_low": 0.6,
          "accept_high": 0.8, "accept_days": 60.0, "n_again": 2}  # fmt: skip
WHOLE = {
    "moves": [move(**FELL), move("sla", "MQL to first touch", horizon=NAN),
              move(p=NAN, verdict="not tested", why="too few")],
    "groups": [group(verdict="below", p_value=0.001), group("EMEA", "region", is_few=True, verdict="few")],
    "passages": [passage(f"O{n}") for n in range(20)], "gaps": [gap()], "times": [stood(), stood(when="now")],
    "flow": FLOW, "stages": [stage()], "endings": [ending()], "stuck": [stuck()], "hand_off": HANDED,
    "before": HANDED, "arrivals": [arrived(), arrived("day off", NAN, 0, "past")], "reasons": [reason()],
    "stakes": [strata("Web", arrived="in office hours"), strata()], "mqls": [quarter()], "cost": [month()],
    "fields": [enriched(), enriched("industry")], "links": [campaign()], "tools": [tool()], "peers": [figure()],
    "cohorts": [cohort()], "left_out": [{"reason": "deleted", "n": 1}],
}  # fmt: skip


def shown(name, **given):
    return report.display_tables(told(**given))[name]


def caption(name, **given):
    return shown(name, **given)[0]


def column(name, header, **given):
    return shown(name, **given)[1][header].tolist()


def is_sound(found):
    for name, (text, frame, units) in found.items():
        assert frame.shape[1] == len(units) <= 9 and frame.columns.is_unique and len(frame), name
        assert set(units) <= {None, "money", "count", "share", "days", "date"}, name
        assert isinstance(frame.index, pd.RangeIndex) and frame.columns.name is None, name
        assert text[0].isupper() and not text.endswith("."), name
        assert not any(bad in f" {text} " for bad in ("nan", "None", " inf", "  ", "..", ";;", " ,")), (name, text)
        for header, unit in zip(frame, units, strict=True):
            words = frame[header].map(type).eq(str)
            assert not (unit is not None and words.any()), (name, header, "words under a unit")
            assert unit is not None or words.all(), (name, header, frame[header].tolist())
            bad = [word for word in frame.loc[words, header] if re.search(r"\bnan\b|None|\binf\b|NaT|\(–\)", word)]
            assert not bad, (name, header, bad)


def test_every_table_is_there_for_a_report_that_has_all_with_a_unit_a_column_and_nine_columns_at_most():
    found = report.display_tables(told(**WHOLE))
    assert list(found) == [
        "moved_beyond_noise", "company_steps", "groups_apart", "funnel_cohorts", "stages_by_age", "stages_at_risk",
        "count_and_money", "time_in_stage", "endings", "stuck_deals", "hand_off_duties", "hand_off_by_window",
        "hand_off_by_hour", "hand_off_reasons", "hand_off_at_stake", "cost_per_mql", "enrichment", "links", "tools",
        "published", "company_stages", "signals", "three_answers", "organisation_models", "deciding_questions",
        "rename_test", "stage_notes",
    ]  # fmt: skip
    is_sound(found)


def test_a_report_of_the_barest_data_has_only_tables_with_something_in_them():
    found = report.display_tables(told())
    assert list(found) == ["unpublished", "company_stages", "signals", "three_answers", "organisation_models",
                           "deciding_questions", "rename_test", "stage_notes"]  # fmt: skip
    is_sound(found)


def test_undefined_numbers_are_dashes():
    nothing = {name: NAN for name in HANDED if name not in ("n", "n_again")}
    odd = {
        "moves": [move(now=NAN, past=NAN, p=NAN, ends=(NAN, NAN), verdict="not tested", why="too few")],
        "groups": [group(share=NAN, median_days=NAN, verdict="few", time_verdict="slower", horizon_days=NAN)],
        "times": [stood(median=NAN, p90=NAN), stood("Lead", n=0)], "stages": [stage(halving=NAN)],
        "stakes": [strata(amount=NAN, low=NAN, high=NAN)], "cost": [month(n=0)], "hand_off": HANDED | nothing,
        "reasons": [reason(why=None)], "fields": [enriched(share=NAN, n_right=0)], "tools": [tool(cost=NAN)],
        "links": [campaign(None)], "arrivals": [arrived(share=NAN, median=NAN)], "peers": [figure(year=None, n=None)],
        "cohorts": [cohort(share=NAN)], "gaps": [gap(p=NAN)], "mqls": [quarter()],
    }  # fmt: skip
    found = report.display_tables(told(**WHOLE | odd))
    is_sound(found)
    assert found["company_steps"][1].iloc[0].tolist()[3:] == ["–", 400, "–", "–", "not compared: too few"]
    assert found["groups_apart"][1]["Alone"].tolist() == ["–"]
    assert found["time_in_stage"][1]["Median, before"].tolist() == ["over 120", "–"]
    assert found["published"][1]["Year"].tolist() == ["not printed"]
    assert found["links"][1]["Campaign"].tolist() == ["(no campaign named)"]


def test_hostile_names_stay_as_they_are_or_on_one_line_and_stand_once():
    bad = "<script>alert(1)</script>"
    given = {
        "moves": [move(dimension="segment", group=bad, **FELL)], "groups": [group(bad, verdict="below")],
        "stuck": [stuck(name=bad, owner=bad)], "links": [campaign(bad)], "tools": [tool(bad)],
        "reasons": [reason(why=bad)], "stakes": [strata(bad)], "endings": [ending(bad)],
    }  # fmt: skip
    found = report.display_tables(told(**WHOLE | given))
    is_sound(found)
    assert found["stuck_deals"][1].iloc[0, :3].tolist() == [bad, bad, "Proposal"]
    assert not any(bad in text for text, _, _ in found.values())


def test_what_moved_is_told_with_both_sides_the_surest_first():
    rows = [move(**FELL), move(step="Proposal", now=0.52, past=0.51, verdict="up", p=0.0001, ends=(0.5, 0.54)), move()]
    text, frame, units = shown("moved_beyond_noise", moves=rows)
    assert text == (
        "What moved beyond noise, of 3 comparisons of the last 13 weeks with the 52 weeks before: chance and the luck "
        "that weeks share are counted, and how many comparisons are made; the aim is that 9 in 10 of these are right"
    )
    assert frame.to_numpy().tolist() == [
        ["Proposal to Won", 30.0, 100, "52% (50% to 54%)", 400, "51% (49% to 53%)", "+1 point (-5 to +7)", "rose"],
        ["Discovery to Proposal", 30.0, 100, "41% (35% to 47%)", 400, "52% (50% to 54%)", "-11 points (-17 to -5)",
         "fell"],
    ]  # fmt: skip
    assert units == (None, "count", "count", None, "count", None, None, None)


def test_a_range_without_0_that_is_within_noise_is_explained_once():
    """Change and range: -11 points (-17 to -5), within noise of two comparisons."""
    found = report.display_tables(told([move(), move(dimension="segment", group="SMB")]))
    text, frame, _ = found["company_steps"]
    assert text == (
        "Every step of the whole: the last 13 weeks against the 52 weeks before as these stood at the same age. A "
        "range holds 8 in 10 times, for one number; the verdict counts that 2 numbers are compared, so that a range "
        "without 0 can be within noise"
    )
    assert frame[["Change", "Verdict"]].to_numpy().tolist() == [["-11 points (-17 to -5)", "within noise"]]
    assert sum("within noise" in text for text, _, _ in found.values()) == 1


def test_a_step_that_nobody_came_into_is_left_out():
    none = {"n_now": 0, "n_past": 0, "p": NAN, "verdict": "not tested", "why": "few"}
    assert column("company_steps", "What", moves=[move(**none), move("win", "all")]) == ["Opportunity to won"]
    assert "company_steps" not in report.display_tables(told([move(**none)]))


APART = (
    "Groups that differ from the rest beyond chance, in conversion or in time, of {} comparisons over the last 13 "
    "weeks "
    "and the 52 weeks before{}; opportunities are those of new business. All groups, types of business too, are in the "
    "file beside this page"
)


def test_groups_apart_are_told_the_surest_first_in_conversion_or_time():
    rows = [group("A", verdict="below", p_value=0.01), group("B", time_verdict="slower", time_p_value=0.001),
            group("C"), group("new", "type", verdict="above"), group("D", "region", "above", "funnel", "mql", 0.5,
                                                                    p_value=0.02, time_p_value=NAN)]  # fmt: skip
    text, frame, _ = shown("groups_apart", groups=rows)
    assert text == APART.format(9, "")
    assert frame[["Step", "Group", "Conversion", "Time"]].to_numpy().tolist() == [
        ["Opportunity to won", "B", "as the rest", "slower"], ["Opportunity to won", "A", "worse", "as the rest"],
        ["MQL to SQL", "D", "better", "as the rest"],
    ]  # fmt: skip
    assert frame["Alone"][0] == "25% (20% to 30%)" and frame["Drawn to the others"][0] == "25% (21% to 29%)"
    many = [group(f"G{n:02d}", verdict="below", p_value=0.001 * n) for n in range(14)]
    text, frame, _ = shown("groups_apart", groups=many, types=("expansion",))
    assert text == APART.format(28, "; the 12 surest of 14").replace("new business", "expansion business")
    assert frame["Group"].tolist() == [f"G{n:02d}" for n in range(12)]


def test_cohorts_tell_how_far_enquiries_of_a_quarter_got():
    rows = [cohort(f"FY25-Q{n}", step, share, 100 + n) for n in (1, 2) for step, share in (("mql", 0.6), ("won", 0.05))]
    rows.append({**cohort("FY25-Q1", "sql", 0.9), "horizon_days": 30})
    text, frame, units = shown("funnel_cohorts", cohorts=rows)
    assert text == (
        "Enquiries by fiscal quarter of their first lead: the share that got so far by day 180; a dash: too few were "
        "followed that long, or nobody says so"
    )
    assert list(frame) == ["Quarter", "Enquiries", "MQL", "SQL", "Opportunity", "Won"]
    assert frame.iloc[:, :3].to_numpy().tolist() == [["FY25-Q1", 101, 0.6], ["FY25-Q2", 102, 0.6]]
    assert frame["SQL"].isna().all() and units == (None, "count", *["share"] * 4)
    nine = [cohort(f"FY2{year}-Q{n}") for year in (3, 4, 5) for n in (1, 2, 3)]
    assert column("funnel_cohorts", "Quarter", cohorts=nine)[0] == "FY23-Q2"


def test_stages_are_told_by_age_with_their_notes():
    """Of twenty that came into Discovery and were followed 69 days, all were lost on the tenth."""
    given = {"passages": [passage(f"O{n}") for n in range(20)], "notes": ("Some began late.",)}
    text, frame, _ = shown("stages_by_age", **given)
    assert text.endswith("open ones count as long as they were seen. Some began late")
    assert frame["Step"].tolist() == ["Discovery to Proposal"] and frame["Came in"].tolist() == [20]
    assert frame["By day 30"][0].startswith("0% (0% to ") and frame["By day 180"].tolist() == ["–"]


def test_count_and_money_stand_side_by_side_at_the_last_age():
    text, frame, _ = shown(
        "count_and_money", passages=[passage()], gaps=[gap(), gap(horizon=30), gap("Proposal", p=0.2)]
    )
    assert text.startswith("By day 180, each opportunity counted once, and each at its amount when it came in")
    assert frame["Difference"].tolist() == ["-10 points (-13 to -7)"] * 2
    assert frame["Beyond chance"].tolist() == ["yes", "no"]
    assert column("count_and_money", "Beyond chance", passages=[passage()], gaps=[gap(p=0.1)]) == ["no"]


def test_time_in_stage_tells_both_medians_and_how_straight_the_way_is():
    rows = [stood(), stood(when="now", median=20.0, ends=(15.0, NAN)), stood("Lead", median=NAN, p90=NAN)]
    _, frame, _ = shown("time_in_stage", passages=[passage()], times=rows, flow=FLOW, stages=[stage()])
    assert frame.iloc[0].tolist() == ["Proposal", 100, "14 (13 to 15)", "20 (15 or more)", "37", 60.0, 3.0, 2.0, 1.0]
    assert frame.iloc[1, 2:5].tolist() == ["over 120", "–", "over 120"]


def test_what_is_stuck_is_listed_with_whose_it_is():
    rows = [stuck(f"O{n}", "Owner 1", 900.0 - n, name=f"Deal {n}" if n else None) for n in range(40)]
    text, frame, units = shown("stuck_deals", passages=[passage()], stuck=rows)
    assert frame.iloc[0].tolist() == ["O0", "Owner 1", "Proposal", 900.0, 90, 60.0]
    assert f"; the {len(frame)} largest of 40, all are in the file beside this page" in text and len(frame) < 40
    assert units == (None, None, None, "money", "days", "days")
    assert "largest" not in caption("stuck_deals", passages=[passage()], stuck=rows[:2])


def test_duties_of_both_sides_are_told_beside_what_is_asked_for():
    text, frame, _ = shown("hand_off_duties", hand_off=HANDED | {"p90_hours": NAN}, before={"n": 80})
    assert text == (
        "What each side answers for: MQLs of the last 13 weeks (20) and of the 52 weeks before (80); hours are office "
        "hours of the owner, MQLs not touched yet count as waiting, not as left out. Time is up: of MQLs "
        "whose time to be touched is over, those that were not to this day, or were given back untouched"
    )
    assert frame["Last weeks"].tolist() == ["50% (40% to 60%)", "10% (5% to 20%)", "8.0", "over 40",
                                            "70% (60% to 80%)", "20", "2", "0"]  # fmt: skip
    assert frame["Before"].tolist() == ["–"] * 5 + ["80", "0", "0"]
    assert frame["Duty"][4] == "Accepted by sales by day 60" and frame["Asked for"].tolist()[:2] == ["80%", "0%"]


def test_dates_without_a_time_are_told_in_days():
    """A working day has 8 hours: a median of 8 is one day."""
    given = {"hand_off": HANDED, "unit": "days", "arrivals": [arrived(median=12.0)]}
    assert column("hand_off_duties", "Duty", **given)[:3] == [
        "Touched on the same day", "Not touched though time is up", "Median days to first touch"
    ]  # fmt: skip
    assert column("hand_off_duties", "Last weeks", **given)[2:4] == ["1.0", "over 5"]
    assert column("hand_off_by_hour", "Median days", **given) == [1.5]


def test_hours_without_an_mql_now_and_before_are_left_out():
    rows = [arrived("08:00", NAN, 0), arrived("08:00", NAN, 0, "past"), arrived("09:00", 0.5, 3),
            arrived("day off", NAN, 0), arrived("09:00", 0.2, 9, "past"),
            arrived("day off", 0.1, 8, "past")]  # fmt: skip
    _, frame, _ = shown("hand_off_by_hour", hand_off=HANDED, arrivals=rows)
    assert frame.iloc[:, :4].to_numpy().tolist() == [
        ["09:00", 3, "50% (40% to 60%)", "20% (10% to 30%)"], ["Day off", 0, "–", "10% (0% to 20%)"]
    ]  # fmt: skip


def test_reasons_are_told_the_most_frequent_first_and_none_that_never_was():
    rows = [reason("accepted", None, 9), reason(n=0, n_past=0), reason(why="Old", n=0, n_past=2), reason()]
    text, frame, _ = shown("hand_off_reasons", hand_off=HANDED, reasons=rows)
    assert text == "What sales made of MQLs, and why it turned them down"
    assert frame.iloc[:, [0, 1, 2, 4]].to_numpy().tolist() == [
        ["Accepted", "–", 9, 9], ["Rejected", "No budget", 3, 9], ["Rejected", "Old", 0, 2]
    ]  # fmt: skip
    many = [reason(why=f"W{n}", n=n + 1) for n in range(16)]
    text, frame, _ = shown("hand_off_reasons", hand_off=HANDED, reasons=many)
    assert text.endswith("; the 14 most frequent of 16") and frame["Reason"].tolist()[::13] == ["W15", "W2"]


def test_what_goes_with_lateness_is_called_an_association():
    rows = [strata("paid_search", arrived="in office hours", low=NAN, high=NAN), strata()]
    text, frame, _ = shown("hand_off_at_stake", hand_off=HANDED, stakes=rows)
    assert text.startswith(
        "Late MQLs of the last weeks, like with like: the share that becomes an opportunity by day 60"
    )
    assert text.endswith(". An association: easy leads may be called first, so it is not what speed would bring")
    assert frame[["Source", "Arrived", "Range"]].to_numpy().tolist() == [
        ["Paid search", "in office hours", "–"], ["All", "–", "$400 to $2.0K"]
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "said"), [
    ("ledger", "Cost per MQL, by accounts of the books that company.yml calls marketing; whole months"),
    ("campaigns", "Cost per MQL, by ad systems and campaigns alone, without people; whole months. No people in it"),
])  # fmt: skip
def test_cost_says_what_is_in_it(source, said):
    whys = {"marketing": {"people": "no people in it"} if source == "campaigns" else {}}
    text, frame, _ = shown("cost_per_mql", cost=[month(), month(span="last months", n_months=3)], cost_source=source,
                           whys=whys)  # fmt: skip
    assert text == said
    assert frame["Month"].tolist() == ["Apr 2026", "Last months (3 months)"]
    assert frame["Cost per MQL"].tolist() == [100.0, 100.0] and frame["Range"].tolist() == ["$80 to $130"] * 2


@pytest.mark.parametrize(("right", "least", "said"), [
    (1, 0.95, "Campaigns whose links are wrong on more than 5% of arrivals, of the last 13 weeks: 1 of 2 campaigns is "
     "right"),
    (2, 0.8, "Campaigns whose links are wrong on more than 20% of arrivals, of the last 13 weeks: 2 of 3 campaigns are "
     "right"),
    (0, 1.0, "Campaigns whose links are wrong on more than 0% of arrivals, of the last 13 weeks: 0 of 1 campaign are "
     "right"),
])  # fmt: skip
def test_links_count_campaigns_and_list_the_wrong_ones(right, least, said):
    rows = [campaign(), campaign(None, n=4, wrong=4), campaign("old", span="weeks before")]
    rows += [campaign(f"right {n}", is_right=True) for n in range(right)]
    text, frame, _ = shown("links", links=rows, utm_least=least)
    assert text == said and frame["Campaign"].tolist() == ["(no campaign named)", "webinar"]
    many = shown("links", links=[campaign(f"C{n:02d}", wrong=1 + n % 9) for n in range(13)])
    assert (
        many[0].endswith("; the 12 with most wrong ones, all are in the file beside this page") and len(many[1]) == 12
    )


def test_fields_are_told_now_before_and_of_all_the_whole_last():
    rows = [enriched(), enriched("industry", 0.9), enriched("employees", 0.8, "all leads"),
            enriched(dimension="lead_source", group="Web")]  # fmt: skip
    _, frame, _ = shown("enrichment", fields=rows)
    assert frame.to_numpy().tolist() == [
        ["Employees", "–", "–", "80% (75% to 85%)"], ["Industry", "90% (85% to 95%)", "–", "–"],
        ["All of them", "70% (65% to 75%)", "–", "–"],
    ]  # fmt: skip


def test_published_figures_stand_with_grade_and_year_and_never_where_they_mean_something_else():
    rows = [figure(value=0.1 * n) for n in range(1, 5)]
    rows += [figure(id="sql_to_won", basis="by_age", flag="not comparable")]
    text, frame, _ = shown("published", peers=rows)
    assert ". 2 more figures, the less alike, stand there" in text
    assert frame.iloc[0].tolist() == ["Win rate of closed deals", "30%", "10%", "mean", "all", "2025", "342",
                                      "P, C", "caution: old"]  # fmt: skip
    assert ". 1 more figure, the less alike, stands there" in caption("published", peers=rows[1:])
    assert "more figure" not in caption("published", peers=rows[:3])


def test_signals_are_counted_of_those_that_could_be_read():
    text = caption("signals", signals={1: "yes", 2: "not read"}, level="noise")
    assert text == ("Five signals that somebody has to own the revenue system: 1 of 4 that could be read show; one "
    "signal: noise. A rule of practitioners; where the source says so, its threshold is ours (a "
    "parameter)")  # fmt: skip
    none = caption("signals", signals=dict.fromkeys(range(1, 6), "not read"), level="not read")
    assert none.endswith(
        ": none could be read. A rule of practitioners; where the source says so, its threshold is ours (a parameter)"
    )


def test_a_stage_of_unknown_revenue_says_so():
    unknown = caption("company_stages")
    assert unknown.startswith("Company stage by recurring revenue a year: ours is not known. Two practitioners ")
    known = caption(
        "company_stages", organisation={"arr_amount": 2e6, "arr_source": "billing, May 2026 x 12", "why": {}}
    )
    assert known == ("Company stage by recurring revenue a year: ours is $2.0M, billing, May 2026 x 12. Two "
    "practitioners draw the lines elsewhere; they are not averaged")  # fmt: skip


def test_notes_tell_what_is_odd_left_out_and_how_much_luck_weeks_share():
    counts = [{"what": "again", "n": 2, "words": "2 MQLs: one more person of an enquiry; not timed"}]
    given = {"counts": counts, "left_out": [{"reason": "deleted", "n": 1}, {"reason": "never stood", "n": 2}],
             "families": [family(spread=0.2), family("win", 0.0), family("funnel", NAN)], "notes": ("Renamed.",),
             "whys": {"hand_off": {"sla": "dates alone", "accept": "dates alone"}, "marketing": {"today": "of today"}},
             "organisation": {"why": {"signal 1": "x", "arr_amount": "no bills"}}}  # fmt: skip
    _, frame, _ = shown("stage_notes", **given)
    assert frame.to_numpy().tolist() == [
        ["Leads", "no leads: export leads, or contacts with their lifecycle dates"], ["Stages", "Renamed."],
        ["Stages", "1 opportunity left out: deleted"], ["Stages", "2 opportunities left out: never stood"],
        ["Hand-off", "dates alone"], ["Hand-off", "2 MQLs: one more person of an enquiry; not timed"],
        ["Marketing operations", "of today"],
        ["What moved", "A drift over the windows before counts as luck, and can hide a change"],
        ["Stages", "All opportunities of the same weeks share luck: it moves a share of one half by about 5 points "
         "either way, and is in every comparison"],
        ["Organisation", "no bills"],
    ]  # fmt: skip
