"""What leaves a notebook: the Answer for programs, blocks for people, and no markup from the data."""

import dataclasses
import datetime as dt
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from frames import COMPANY, as_of, book, change, deal, quota
from revops import report
from revops.actions import Action
from revops.actions import pipeline_coverage as act
from revops.charts import pipeline_coverage as charts
from revops.measures import pipeline_coverage as measures
from revops.metrics import METRICS
from revops.params import ReportSettings
from revops.report.tables import table_html, text

HOSTILE = "<img src=x onerror=alert(1)>"


def answer(deals=None, company=COMPANY, **knobs):
    deals = deals or [
        deal("a", opportunity_name=HOSTILE, account_name=f"{HOSTILE} & Co", amount=300.0, close_date="2026-08-20"),
        deal("w", stage_name="Won", close_date="2026-07-20", amount=100.0, segment=HOSTILE),
        deal("late", close_date="2026-07-20", amount=33.333333333333336),
    ]
    history = [change(row["opportunity_id"], "2026-02-01 09:00", stage_name=row["stage_name"],
                      close_date=row["close_date"], amount=row["amount"]) for row in deals]  # fmt: skip
    view = as_of(book(deals, history, company=company, quotas=[quota(500.0)]), "2026-08-09")
    settings = ReportSettings(
        "pipeline_coverage", company, measures.Knobs(**{"stale_after_days": 366} | knobs), Path("params")
    )
    result = measures.measure(view, settings.knobs)
    return result, report.Answer(
        settings,
        view,
        result.period,
        act.headline(result),
        measures=measures.measure_rows(result),
        actions=act.actions(result),
        charts=charts.draw(result),
        tables=measures.display_tables(result),
        unavailable=result.unavailable,
        reads=measures.READS,
    )


def blocks(given):
    """Return the HTML of everything that the notebook shows."""
    shown = [given._repr_mimebundle_()["text/html"], given.left_out(), given.definitions(), given.provenance()]
    shown += [given.section("coverage_by_"), *(given.table(n) for n in given.tables)]
    shown += [given.figure(chart.name) for chart in given.charts]
    return "".join(block if isinstance(block, str) else block.to_html() for block in shown)


def test_the_answer_has_the_promised_shape():
    _, given = answer()
    found = json.loads(json.dumps(given.to_json(), allow_nan=False))
    assert list(found) == [
        "schema", "report", "company", "currency", "as_of", "period", "slice", "status", "sentence", "measures",
        "actions", "unavailable", "checks", "tables", "figures", "data", "reads", "definitions", "parameters",
        "version",
    ]  # fmt: skip
    assert (found["report"], found["as_of"], found["period"], found["slice"]) == (
        "pipeline_coverage", "2026-08-09", "FY26-Q3", {},
    )  # fmt: skip
    whole = {m["id"]: m for m in found["measures"] if m["by"] == {}}
    assert whole["coverage"] == {
        "id": "coverage", "by": {}, "value": 0.75, "low": None, "high": None, "level": None, "n": 1, "note": None,
        "unit": "x",
    }  # fmt: skip
    assert whole["overdue_amount"]["value"] == 33.3333333333
    assert {m["id"] for m in found["measures"]} <= set(METRICS)
    assert [f["table"] for f in found["figures"]] == [c.name for c in given.charts]
    assert {f["table"] for f in found["figures"]} <= {t["name"] for t in found["tables"]}
    for table in found["tables"]:
        assert len(table["columns"]) == len(table["units"]) and all(
            len(r) == len(table["columns"]) for r in table["rows"]
        )


def test_the_same_inputs_give_the_same_bytes():
    first, second = (json.dumps(answer()[1]._repr_mimebundle_()) + blocks(answer()[1]) for _ in range(2))
    assert first == second


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.handlers, self.ids = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}
        self.ids += [value for name, value in attrs if name == "id"]


def test_text_from_the_data_is_never_markup():
    html = blocks(answer()[1])
    seen = Tags()
    seen.feed(html)
    assert not seen.tags & {"img", "script", "iframe", "object", "a"} and not seen.handlers
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; Co" in html
    assert len(seen.ids) == len(set(seen.ids))


def test_nothing_in_the_blocks_asks_for_anything_outside():
    html = blocks(answer()[1]).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//|url\((?!#)|@import", html), "a request would leave the page"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x00b\x1b", "ab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\"&'<", "&quot;&amp;&#x27;&lt;"),
        ("Jörg 日本 💶", "Jörg 日本 💶"),
    ],
)
def test_control_and_direction_characters_are_dropped(raw, shown):
    assert text(raw) == shown


def test_a_table_has_caption_scopes_and_column_names_for_phones():
    table = pd.DataFrame({"Segment": ["SMB"], "open_amount": [1234.5], "n": [3]})
    assert table_html("Cap & co", table, (None, "money", "count"), "USD") == (
        '<div class="scroll" tabindex="0" role="group" aria-label="Cap &amp; co"><table><caption>Cap &amp; co</caption>'
        '<thead><tr><th scope="col">Segment</th><th class="n" scope="col">Open amount</th>'
        '<th class="n" scope="col">N</th></tr></thead>\n'
        '<tbody><tr><th scope="row">SMB</th><td class="n" data-h="Open amount">$1,234</td>'
        '<td class="n" data-h="N">3</td></tr>\n</tbody></table></div>'
    )


def test_rows_of_one_step_stand_under_it_and_answers_are_bold():
    table = pd.DataFrame({"Step": ["a & b", "a & b", "c"], "kind": ["answer", "step", "step"], "Why": ["x", "y", "z"]})
    html = table_html("Moves", table, (None, None, None), "USD", by="Step", strong=("kind", "answer"))
    assert html.partition("<thead>")[2] == (
        '<tr><th scope="col">Why</th></tr></thead>\n'
        '<tbody><tr class="group"><th colspan="1" scope="rowgroup">a &amp; b</th></tr>\n'
        '<tr class="strong"><th scope="row">x</th></tr>\n<tr><th scope="row">y</th></tr>\n</tbody>'
        '<tbody><tr class="group"><th colspan="1" scope="rowgroup">c</th></tr>\n'
        '<tr><th scope="row">z</th></tr>\n</tbody></table></div>'
    )


def test_a_figure_carries_its_name_alt_and_data():
    _, given = answer()
    content, metadata = given.figure("coverage_by_day")._repr_mimebundle_()
    assert metadata == {report.FIGURE_KEY: "coverage_by_day"}
    assert set(content) == {"text/plain", "text/html", "image/svg+xml"}
    assert "The data behind this chart" in content["text/html"] and 'role="img"' in content["image/svg+xml"]
    assert "Nothing to draw here" in given.figure("no such chart").to_html()


def test_jupyterlab_reads_no_formula_between_two_dollars():
    classes = re.findall(r'<(?:div|figure) class="(revops[^"]*)"', blocks(answer()[1]))
    assert classes and all("mathjax_ignore" in names.split() for names in classes)


def test_every_colour_of_a_drawing_follows_the_page():
    drawings = "".join(re.findall(r"<svg.*?</svg>", blocks(answer()[1]), re.DOTALL))
    assert re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", drawings) == []


def test_dates_are_set_whole_and_long_names_may_break():
    table = pd.DataFrame({"File": ["salesforce/Opportunity_2.csv"], "First": [pd.Timestamp("2026-06-09")]})
    html = table_html("Files", table, (None, "date"), "USD")
    assert '<th scope="row">salesforce/<wbr>Opportunity_<wbr>2.csv</th>' in html
    assert '<td class="d" data-h="First">9 Jun 2026</td>' in html


def test_records_go_out_for_programs():
    result, _ = answer()
    bundle = report.Records("records", measures.records_table(result))._repr_mimebundle_()
    content = bundle[report.RECORDS_MIME]
    assert bundle["text/plain"] == "3 records in records.csv, beside this report."
    row = dict(zip(content["columns"], content["rows"][0], strict=True))
    assert (row["opportunity_id"], row["counts_as"], row["close_date"], row["amount"]) == (
        "a", "open_pipeline", "2026-08-20", 300.0,
    )  # fmt: skip
    assert row["opportunity_name"] == HOSTILE, "escaping is for HTML; programs get the text as it is"


def test_left_out_names_what_has_no_history_and_what_is_not_available():
    html = answer()[1].left_out().to_html()
    assert (
        "Taken from the current record, since no export has their history: owner id, type, source, segment and region."
        in html
    )


def test_the_status_and_the_empty_list_of_actions_are_said_in_words():
    html = answer(deals=[deal("a", close_date="2026-08-20", owner_id="o")])[1]._repr_mimebundle_()["text/html"]
    assert "Not judged yet" in html and "Nothing to act on this week by the rules of this report" in html


@pytest.mark.parametrize(
    ("status", "called", "pill"),
    [("act", "Quota missed", "Quota missed"), ("act", "", "Act"), ("not_enough_data", "", "Not judged yet"),
     ("on_track", "<b>", "&lt;b&gt;")],
)  # fmt: skip
def test_a_status_is_called_as_its_report_says(status, called, pill):
    _, given = answer()
    headline = dataclasses.replace(given.headline, status=status, called=called)
    html = dataclasses.replace(given, headline=headline)._repr_mimebundle_()["text/html"]
    assert re.findall(r'<span class="pill ([a-z_]+)">(.*?)</span>', html) == [(status, pill)]


@pytest.mark.parametrize(
    ("ranked", "worth", "caption"),
    [("First what is late", None, "First what is late"), ("Ranked by money: of customers", 9.0,
      "Ranked by money: of customers"), ("Ranked by money: of customers", None, "Ranked by the money in the records; "
      "the owner is the function that acts")],
)  # fmt: skip
def test_actions_are_ranked_as_their_report_says(ranked, worth, caption):
    given = answer()[1]
    action = Action("rule", "Do it", "sales_ops", 500.0, dt.date(2026, 8, 16), "Because.", ("a",), worth)
    screen = dataclasses.replace(given, actions=[action], headline=dataclasses.replace(given.headline, ranked=ranked))
    assert f"<caption>{caption}</caption>" in screen._repr_mimebundle_()["text/html"]


WORTH = {"worth": 90.0, "worth_low": 10.0, "worth_high": 200.0}
CORRECTED = "Ranked by money: by how much a forecast is put right, neither gained nor at stake; it does not add up"


@pytest.mark.parametrize(
    ("given", "money", "caption"),
    [
        (WORTH | {"worth_is": "added"}, "adds $90 ($10 to $200)", "Ranked by money: what acting adds, or what is at "
         "stake: what such records have brought by themselves"),
        (WORTH | {"worth_is": "at_stake"}, "$90 at stake ($10 to $200)", "Ranked by money: what acting adds, or what "
         "is at stake: what such records have brought by themselves"),
        ({"worth": 27.0, "worth_is": "at_stake"}, "$27 at stake on average, most likely nothing", "Ranked by money: "
         "what acting adds, or what is at stake: what such records have brought by themselves"),
        (WORTH | {"worth_high": float("inf"), "worth_is": "added"}, "adds $90 ($10 or more)", "Ranked by money: what "
         "acting adds, or what is at stake: what such records have brought by themselves"),
        (WORTH | {"worth_is": "corrected"}, "corrects the forecast by $90 ($10 to $200)", CORRECTED),
        ({"worth": 90.0, "worth_is": "corrected"}, "corrects the forecast by $90", CORRECTED),
        ({}, "$500 in the records", "Ranked by the money in the records; the owner is the function that acts"),
        ({"amount": 0.0}, "–", "Ranked by the money in the records; the owner is the function that acts"),
    ],
)  # fmt: skip
def test_actions_show_the_money_that_hangs_on_them_and_the_rule_behind_each(given, money, caption):
    action = Action("rule", "Do <this>: now", "sales_ops", 500.0, dt.date(2026, 8, 16), "Because & so.", ("a",))
    html = dataclasses.replace(answer()[1], actions=[dataclasses.replace(action, **given)])._repr_mimebundle_()
    html = html["text/html"]
    assert f"<caption>{caption}</caption>" in html
    cells = re.findall(r'<t[hd][^>]*(?:scope="row"|data-h="[^"]*")>(.*?)</t[hd]>', html)
    assert cells == ["Do &lt;this&gt;: now", "Sales ops", money, "16 Aug 2026"]
    assert "<ul><li>Do &lt;this&gt;: now. Because &amp; so.</li></ul>" in html


def test_a_hostile_name_of_a_stalled_deal_stays_text(told):
    sample = told()
    stalled = sample.outlook.deals[sample.outlook.deals["is_stalled"] & sample.outlook.deals["place"].eq("due")]
    records = sample.records[sample.records["opportunity_id"].eq(stalled["opportunity_id"].iloc[0])]
    result = dataclasses.replace(sample, records=records.assign(opportunity_name=HOSTILE))
    action = next(a for a in act.actions(result) if a.rule == "stalled_opportunities")
    assert action.text.startswith(f"Second opinion on {HOSTILE}: $")
    html = dataclasses.replace(answer()[1], actions=[action])._repr_mimebundle_()["text/html"]
    seen = Tags()
    seen.feed(html)
    assert "img" not in seen.tags and not seen.handlers
    assert "Second opinion on &lt;img src=x onerror=alert(1)&gt;: $" in html


@pytest.mark.parametrize("bounds", [(10.0, float("inf")), (None, None)])
def test_a_range_without_an_end_goes_out_as_null(bounds):
    low, high = bounds
    action = Action("rule", "Do", "revops", 5.0, dt.date(2026, 8, 16), "So.", (), 90.0, low, high, "at_stake")
    [sent] = json.loads(json.dumps(dataclasses.replace(answer()[1], actions=[action]).to_json(), allow_nan=False))[
        "actions"
    ]
    assert sent == {
        "rule": "rule", "text": "Do", "owner": "revops", "amount": 5.0, "by": "2026-08-16", "because": "So.",
        "records": [], "worth": 90.0, "worth_low": low, "worth_high": None, "worth_is": "at_stake",
    }  # fmt: skip


def test_the_money_of_an_action_goes_out_for_programs(told):
    _, given = answer()
    [sent] = dataclasses.replace(given, actions=act.actions(told())[:1]).to_json()["actions"]
    found = act.actions(told())[0]
    assert sent["worth_is"] == "added" and sent["worth"] == pytest.approx(found.worth)
    assert (sent["by"], sent["owner"]) == (found.by.isoformat(), "marketing_ops")
    json.dumps(sent, allow_nan=False)
