"""The review's pages: what is said for every outcome and state, to whom, that links lead somewhere, and no markup."""

import base64
import io
import os
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image
from reviews import action, answer, carried, entry, export, failed, number, review

from revops.charts import style
from revops.delivery.jobs.records import write_pictures
from revops.delivery.review import PAGES, seen_by
from revops.delivery.review.gathered import title_of
from revops.delivery.review.page import render
from revops.delivery.review.shape import Change, Export, Followed, History, Line, Missing, Review, Said, Step, Task
from revops.errors import RunError
from revops.report.blocks import FigureBlock
from revops.report.figures import png, svg

MANIFEST = {"seconds": 1.0, "reports": []}
HOSTILE = "<script>alert(1)</script>\u202e"


def line(**parts):
    known = {
        "report": "pipeline_coverage", "slice": {}, "outcome": "made", "is_old": False,
        "as_of": "2026-06-09", "period": "FY27-Q2", "status": "watch", "sentence": "Half is there.",
        "page": "pipeline_coverage.html", "reason": None, "advice": None, "evidence": None,
    }  # fmt: skip
    return Line(**{"title": title_of("pipeline_coverage", parts.get("slice", {})), **known, **parts})


def task(text="Date 3 deals", **parts):
    known = {
        "key": text, "report": "pipeline_coverage", "slice": {}, "rule": "overdue", "owner": "sales_ops",
        "worth": "$10K in the records", "by": "2026-06-16", "because": "They are overdue.",
        "href": "pipeline_coverage.html#action-1", "amount": 10e3, "worth_amount": None, "worth_low": None,
        "worth_high": None, "worth_is": None, "records": (), "since": "2026-06-09", "n_reviews": 1, "state": "new",
    }  # fmt: skip
    return Task(**{"text": text, **known, **parts})


def empty(**parts):
    known = dict.fromkeys(
        ("numbers", "lines", "tasks", "followed", "changes", "bridge", "missing", "exports", "history", "conflicts"), ()
    )
    known |= {
        "company": "Halyard Robotics", "currency": "USD", "run": "2026-06-09-1", "as_of": "2026-06-09",
        "period": "FY27-Q2", "status": "watch", "sentence": "FY27-Q2 is half there", "failed_first": "",
        "more_tasks": 0, "before": None, "no_change": "", "content": "",
    }  # fmt: skip
    return Review(**{**known, **parts})


def shown(found, page="index"):
    return render(found, page, MANIFEST)


def words(markup):
    """Return what a reader sees, in one line."""
    body = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def row_of(markup, start):
    """Return the words of the table row that begins with a text."""
    rows = [words(row) for row in re.findall(r"<tr.*?</tr>", markup, re.DOTALL)]
    return next(row for row in rows if row.startswith(start))


def test_what_failed_comes_before_the_sentence_and_the_sentence_is_the_only_h1():
    markup = shown(empty(failed_first="1 of 2 reports was not made: CAC payback."))
    assert markup.index("Read this first.") < markup.index("<h1>")
    assert re.findall(r"<h1>(.*?)</h1>", markup) == ["FY27-Q2 is half there"]
    assert "Read this first" not in shown(empty())


def test_review_with_nothing_says_so():
    text = words(shown(empty(lines=(line(),), no_change="This is the first review: there is none to hold it against.")))
    for said in (
        "Nothing to act on this week by the rules of the reports that were made",
        "What changed will be told from the next review on",
        "This is the first review: there is none to hold it against.",
        "No export was read",
    ):
        assert said in text
    assert "<table" not in shown(empty())


def test_view_without_actions_or_changes_says_whose_there_are_none():
    text = words(shown(empty(lines=(line(),), before="2026-06-02", no_change=""), "marketing_ops"))
    assert "Nothing for Marketing ops to act on this week by the rules of the reports that were made" in text
    assert "What changed beyond noise since Tue 2 Jun 2026 Nothing has changed in what is shown here." in text


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "Pipeline coverage Watch Half is there."),
        ({"status": "on_track"}, "Pipeline coverage On track Half is there."),
        (
            {"outcome": "carried"},
            "Pipeline coverage Watch Half is there. Not made again in this run; its exports are the same.",
        ),
        (
            {"outcome": "carried", "is_old": True, "as_of": "2026-06-02"},
            "Pipeline coverage Old, 2 Jun: Watch Half is there. Not made again in this run. What is said here is of "
            "2 Jun, not new.",
        ),
        (
            {"outcome": "failed", "is_old": True, "as_of": "2026-06-02", "reason": "It broke.", "advice": "Mend it.",
             "evidence": "pipeline_coverage.failed.html"},
            "Pipeline coverage Failed; 2 Jun: Watch Half is there. Not made in this run: It broke. Mend it. What is "
            "said here is of 2 Jun, not new. See why",
        ),
        (
            {"outcome": "failed", "as_of": None, "status": None, "sentence": None, "page": None, "reason": "It broke.",
             "advice": "Mend it.", "evidence": "pipeline_coverage.failed.html"},
            "Pipeline coverage Failed Nothing to show. Not made in this run: It broke. Mend it. See why",
        ),
        (
            {"outcome": "not_run", "as_of": None, "status": None, "sentence": None, "page": None,
             "reason": "It needs spend.", "advice": None},
            "Pipeline coverage Not run Nothing to show. Not made in this run: It needs spend.",
        ),
    ],
    ids=["made", "on track", "carried", "old", "failed, an old one shown", "failed", "not run"],
)  # fmt: skip
def test_each_outcome_of_a_report_is_said_in_words(parts, said):
    assert row_of(shown(empty(lines=(line(**parts),))), "Pipeline coverage") == said


def test_parts_of_the_company_stand_under_their_report():
    parts = [
        line(slice={"region": "EMEA"}, page="region=EMEA/pipeline_coverage.html"),
        line(slice={"region": "AMER"}, is_old=True, as_of="2026-06-02", page="region=AMER/pipeline_coverage.html"),
        line(slice={"region": "APAC"}, outcome="failed", page=None, evidence="region=APAC/x.failed.html"),
    ]
    markup = shown(empty(lines=(line(), *parts)))
    assert row_of(markup, "Pipeline coverage").endswith("EMEA AMER (old, 2 Jun) APAC (failed)")
    assert 'href="region=EMEA/pipeline_coverage.html"' in markup and 'href="region=APAC/x.failed.html"' in markup


def test_where_no_report_is_on_the_whole_company_or_of_this_day_what_to_do_says_so():
    part, old = line(slice={"region": "EMEA"}), line(is_old=True, as_of="2026-06-02")
    assert "What to do stands in each report on a part of the company" in words(shown(empty(lines=(part, old))))
    for lines in ((), (old,), (line(outcome="failed", page=None, evidence="x.failed.html"),)):
        text = words(shown(empty(lines=lines)))
        assert "What to do is not known: no report of this day was made" in text and "Nothing to act on" not in text


def test_parts_of_a_report_never_made_whole_have_rows_of_their_own():
    parts = [line(slice={"region": region}, page=f"{region}.html") for region in ("EMEA", "APAC")]
    markup = shown(empty(lines=tuple(parts)))
    for region in ("EMEA", "APAC"):
        assert f'<th scope="row"><a href="{region}.html">Pipeline coverage, {region}</a></th>' in markup


@pytest.mark.parametrize(
    ("parts", "below"),
    [
        ({}, "Pipeline coverage"),
        ({"also_in": ("cac_payback",)}, "Pipeline coverage, also in CAC payback"),
        ({"is_first": True}, "Pipeline coverage, which says Act"),
        ({"state": "still_open", "since": "2026-05-26", "n_reviews": 3},
         "Pipeline coverage; open since 26 May, asked 3 times"),
        ({"state": "improved", "since": "2026-06-02", "n_reviews": 2},
         "Pipeline coverage; open since 2 Jun, asked 2 times, improved"),
        ({"state": "grown", "since": "2026-06-02", "n_reviews": 2},
         "Pipeline coverage; open since 2 Jun, asked 2 times, grown"),
    ],
)  # fmt: skip
def test_action_says_where_it_comes_from_and_since_when(parts, below):
    markup = shown(empty(tasks=(task(**parts),), more_tasks=1))
    assert row_of(markup, "Date 3 deals") == f"Date 3 deals {below} $10K in the records Sales ops 16 Jun"
    assert '<a href="pipeline_coverage.html#action-1">Date 3 deals</a>. They are overdue.' in markup
    assert "1 further action stands in the reports." in words(markup)


@pytest.mark.parametrize(
    ("parts", "start"),
    [
        ([{}], ""),
        ([{}, {"is_first": True}], ": the first action of each report that says Act, then"),
        ([{"rule": "exports_are_old"}], ": exports that are old, then"),
        ([{"rule": "exports_are_old"}, {"is_first": True}],
         ": exports that are old, the first action of each report that says Act, then"),
    ],
)  # fmt: skip
def test_caption_says_what_comes_before_money(parts, start):
    markup = shown(empty(tasks=tuple(task(f"Do {n}", **part) for n, part in enumerate(parts))))
    assert words(re.search(r"<caption>.*?</caption>", markup)[0]) == (
        f"Ranked over all reports{start} by the money that hangs on each; what only corrects a forecast, then what "
        "only stands in the records, comes after. Each leads to its report"
    )


def test_last_of_a_kind_says_how_many_more_wait():
    tests = [task(f"Test {name}", rule="depends_on_model") for name in ("search", "social", "shows", "mail")]
    other = task("Test all", rule="depends_on_model", report="cac_payback")
    markup = shown(empty(tasks=(*tests[:2], other), rest=tuple(tests[2:]), more_tasks=2))
    below = [row_of(markup, start).removeprefix(start).partition(" $")[0] for start in ("Test search", "Test social",
             "Test all")]  # fmt: skip
    assert below == [" Pipeline coverage", " Pipeline coverage; 2 more of this kind there", " CAC payback"]


def test_numbers_tell_what_they_were():
    said = Said("35%", "chance", "pipeline_coverage", "attainment_probability", before="27% on 2 Jun; within its range")
    assert "35% chance 27% on 2 Jun; within its range" in words(shown(empty(numbers=(said,))))
    assert 'class="was"' not in shown(empty(numbers=(replace(said, before=""),)))


@pytest.mark.parametrize(
    ("kind", "p_value", "is_good", "said"),
    [
        ("estimate", 0.0123, False, "Worse; beyond noise: this number alone would by chance in 1 of 81 weeks"),
        (
            "estimate",
            1e-9,
            True,
            "Better; beyond noise: this number alone would by chance in less than 1 of 1,000 weeks",
        ),
        ("counted", None, True, "Better; counted"),
        ("counted", None, None, "Counted"),
        ("status", None, False, "Worse"),
        ("status", None, None, "Status"),
        ("restated", None, None, "The same day, told otherwise now"),
    ],
)
def test_each_kind_of_change_says_how_to_read_it(kind, p_value, is_good, said):
    change = Change(kind, "pipeline_coverage", None, "Coverage", "2x", "3x", p_value, is_good, None)
    markup = shown(empty(changes=(change,), before="2026-06-02"))
    assert row_of(markup, "Coverage") == f"Coverage Pipeline coverage 2x 3x {said}"
    assert "What changed beyond noise since Tue 2 Jun 2026" in words(markup)


@pytest.mark.parametrize(
    ("state", "said"),
    [("still_open", "Still open"), ("improved", "Improved"), ("grown", "Grown"), ("gone", "Gone"),
     ("not_known", "Not known")],
)  # fmt: skip
def test_each_state_of_an_earlier_action_is_said(state, said):
    one = Followed("k", "Date 3 deals", "sales_ops", "2026-06-02", 1, state, "Why.", None)
    assert row_of(shown(empty(followed=(one,))), "Date") == f"Date 3 deals Why. {said} 2 Jun asked once Sales ops"


def test_a_short_view_counts_what_is_still_open_and_shows_what_moved():
    rows = [Followed(state, f"Call the {state}", "sales_ops", "2026-06-02", 1, state, "", None)
            for state in ("still_open", "gone", "improved")]  # fmt: skip
    whole, short = (shown(empty(followed=tuple(rows)), page) for page in ("index", "executive"))
    assert all(row.text in whole for row in rows) and "are still open" not in whole
    assert "1 action of the review before is still open." in words(short)
    assert [row.text in short for row in rows] == [False, True, True]
    alone = shown(empty(followed=(rows[0], replace(rows[0], key="b"))), "executive")
    assert "2 actions of the review before are still open." in words(alone) and "Call the" not in alone


def test_bridge_tells_answers_from_steps_and_unknown_from_nothing():
    steps = (
        Step("Sales", 1000.0, 250.0, 1250.0, 3, True, "revenue_answer/bridge_records.csv"),
        Step("Not billed", -400.0, 0.0, -400.0, 1, False, "revenue_answer/bridge_records.csv"),
        Step("Finance", 600.0, None, 600.0, 2, True, None),
    )
    markup = shown(empty(bridge=steps))
    assert row_of(markup, "Sales") == "Sales $1,000 $250 $1,250 3"
    assert row_of(markup, "Not") == "Not billed -$400 $0 -$400 1"
    assert row_of(markup, "Finance") == "Finance $600 – $600 2"
    assert markup.count('<tr class="strong">') == 2
    assert '<a href="revenue_answer/bridge_records.csv">' in markup
    assert row_of(shown(empty(bridge=steps[1:])), "Not") == "Not billed -$400 $0 -$400 1"


EXPORTS = (
    Export("spend", "ads.csv", 5, "2026-06-09", 0, "fresh", "", ("cac_payback",)),
    Export("opportunities", "deals.csv", 1200, "2026-05-09", 31, "old", "Older than 7 days.", ("pipeline_coverage",)),
    Export("owners", "people.csv", 9, None, None, "undated", "Holds no dates.", ("pipeline_coverage",)),
)


def test_old_exports_come_first_and_alone_in_short():
    markup = shown(empty(exports=EXPORTS))
    assert "1 of 3 exports is old; 1 holds no dates to tell by" in words(markup)
    assert "2 exports, fresh or without dates" in words(markup)
    assert markup.index("deals.csv") < markup.index("<details>") < markup.index("ads.csv") < markup.index("people.csv")
    assert row_of(markup, "deals") == "deals.csv opportunities OLD Older than 7 days. 9 May 31 days 1,200"
    assert row_of(markup, "ads") == "ads.csv spend Fresh 9 Jun same day 5"
    assert row_of(markup, "people") == "people.csv owners Undated Holds no dates. – – 9"
    short = shown(empty(exports=EXPORTS), "executive")
    assert "deals.csv" in short and "ads.csv" not in short and "1 of 3 exports is old" in words(short)


def test_missing_numbers_of_one_reason_share_a_row():
    rows = tuple(Missing("cac_payback", what, "the ledger") for what in ("Payback", "CAC", "Payback"))
    assert row_of(shown(empty(missing=rows)), "CAC") == "CAC payback Payback; CAC the ledger"


def test_conflicts_are_told():
    assert "Booked: $1 in one report, $2 in another" in words(
        shown(empty(conflicts=("Booked: $1 in one report, $2 in another",)))
    )


def hostile_review():
    """Return a review whose every text would run, were it not escaped."""
    h = HOSTILE
    return empty(
        company=h, sentence=h, failed_first=h, no_change=h, conflicts=(h,), before="2026-06-02",
        numbers=(Said(h, h, "pipeline_coverage", "coverage"),), lines=(line(title=h, sentence=h, reason=h, advice=h,
        outcome="failed", evidence="javascript:alert(1)"),), tasks=(task(h, worth=h, because=h),),
        followed=(Followed("k", h, "revops", "2026-06-02", 1, "gone", h, None),),
        changes=(Change("counted", h, None, h, h, h, None, None, None),), bridge=(Step(h, 1.0, 1.0, 2.0, 1, True, h),),
        missing=(Missing(h, h, h),), exports=(Export(h, h, 1, None, None, "old", h, ()),),
        history=(History("2026-06-02-1", "2026-06-02", h, ""),),
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_no_text_is_markup_nor_turns_what_stands_beside_it(page):
    markup = shown(hostile_review(), page)
    assert "<script" not in markup and "\u202e" not in markup
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup
    assert not re.search(r'href="[a-z]+:', markup)


class Outline(HTMLParser):
    """Headings, tables and links of a page."""

    def __init__(self, markup):
        super().__init__()
        self.levels, self.tables, self.captions, self.unscoped, self.links, self.ids = [], 0, 0, 0, [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in found
        if "href" in found:
            self.links.append(found["href"])
        if "id" in found:
            self.ids.append(found["id"])


@pytest.mark.parametrize("page", PAGES)
def test_headings_tables_and_ids_are_in_order(page):
    outline = Outline(shown(hostile_review(), page))
    assert outline.levels[0] == 1 and set(outline.levels[1:]) == {2}
    assert outline.tables == outline.captions > 4 and outline.unscoped == 0
    assert len(outline.ids) == len(set(outline.ids))


def test_views_leave_out_gaps_of_others_but_keep_the_bridge_and_what_failed():
    gaps = tuple(Missing("r", id or "Report", "x", id) for id in ("credited_amount", "landing_amount", "utm", None))
    found = empty(missing=gaps, bridge=(Step("Sales", 1.0, 1.0, 2.0, 1, True, None),))
    seen = {view: [row.id for row in seen_by(found, view).missing] for view in ("executive", "marketing_ops", "revops")}
    assert seen == {
        "executive": ["credited_amount", "landing_amount", "utm", None],
        "marketing_ops": ["credited_amount", "utm", None],
        "revops": ["credited_amount", "landing_amount", "utm", None],
    }
    assert {seen_by(found, view).bridge for view in seen} == {found.bridge}


def test_views_show_only_their_own():
    found = empty(
        tasks=(task("Test search", owner="marketing_ops"), task("Date deals"), task("Ask customers", owner="cs_ops")),
        followed=tuple(
            Followed("k", f"Earlier {owner}", owner, "2026-06-02", 1, "gone", "", None)
            for owner in ("marketing_ops", "revops")
        ),
    )
    of = {page: words(shown(found, page)) for page in PAGES}
    for text in ("Test search", "Date deals", "Ask customers", "Earlier marketing_ops", "Earlier revops"):
        assert text in of["index"] and text in of["executive"]
    assert "Test search" in of["marketing_ops"] and "Date deals" not in of["marketing_ops"]
    assert "Earlier revops" not in of["marketing_ops"] and "Earlier marketing_ops" not in of["revops"]
    assert {"Date deals" in of["revops"], "Ask customers" in of["revops"], "Test search" not in of["revops"]} == {True}
    assert seen_by(found, "revops").sentence in of["revops"]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_leads_to_the_others_and_says_which_it_is(page):
    markup = shown(empty(), page)
    assert {f"{other}.html" for other in PAGES if other != page} == set(Outline(markup).links)
    assert re.findall(r'<strong aria-current="page">(.*?)</strong>', markup) == [PAGES[page]]


def weeks(tmp_path):
    """Return the folder of runs of two weeks with all files of the second, and that of the first."""
    runs = tmp_path / "runs"
    rows = [number("quota_amount", 1e6), number("booked_amount", 4e5)]
    told = {"measures": rows, "actions": [action("a", "Date deals", amount=5.0)], "data": [export("opportunities",
            "o.csv", "2026-06-02")]}  # fmt: skip
    review(runs, answer(as_of="2026-06-02", **told), as_of="2026-06-02")
    now, old = answer(**told), answer("cac_payback", as_of="2026-06-02")
    entries = [entry(now, files=["pipeline_coverage.html", "pipeline_coverage.json", "pipeline_coverage/a b.csv"]),
               carried(old), failed("forecast_accuracy")]  # fmt: skip
    found = review(runs, now, old, entries=entries)
    for name in ("pipeline_coverage.html", "pipeline_coverage/a b.csv", "cac_payback.html",
                 "forecast_accuracy.failed.html"):  # fmt: skip
        (runs / "2026-06-09-1" / name).parent.mkdir(exist_ok=True)
        (runs / "2026-06-09-1" / name).write_text('<tr id="action-1">')
    (runs / "2026-06-09-1" / "cac_payback.json").touch()
    (tmp_path / "latest").symlink_to("runs/2026-06-09-1")
    (runs / "runs").symlink_to(".")
    return found


@pytest.mark.parametrize("where", ["latest", "runs/2026-06-09-1"])
def test_every_link_leads_to_a_file_from_both_places(tmp_path, where):
    weeks(tmp_path)
    for page in PAGES:
        links = Outline((tmp_path / where / f"{page}.html").read_text()).links
        targets = [(tmp_path / where).as_posix() + "/" + unquote(link.partition("#")[0]) for link in links]
        missing = [target for target in targets if not lexical(target).is_file()]
        assert missing == []
    assert "../runs/2026-06-02-1/index.html" in links


def lexical(place):
    """Return a place as a browser finds it: .. takes away a name, whatever a link beneath it leads to."""
    return Path(os.path.normpath(place))


def test_files_of_each_report_are_linked_on_the_whole_page_alone(tmp_path):
    weeks(tmp_path)
    folder = tmp_path / "latest"
    assert '<a href="pipeline_coverage/a%20b.csv">a b.csv</a>' in (folder / "index.html").read_text()
    assert "a%20b.csv" not in (folder / "executive.html").read_text()


def test_all_failed_first_run_ever_is_a_page(tmp_path):
    review(tmp_path / "runs", entries=[failed("pipeline_coverage"), failed("cac_payback")])
    text = words((tmp_path / "runs" / "2026-06-09-1" / "index.html").read_text())
    assert "Read this first." in text and text.count("Not made in this run: It broke. Mend it.") == 2


def test_same_review_gives_the_same_bytes_but_for_one_line(tmp_path):
    found = weeks(tmp_path)
    pages = [shown(found).splitlines() for _ in range(2)]
    differing = [one for one, other in zip(*pages, strict=True) if one != other]
    assert all(line.startswith('<p class="run">') for line in differing)


def test_page_of_many_actions_stays_small():
    many = empty(
        tasks=tuple(task(f"{number}: {'words ' * 30}", because="why " * 60) for number in range(7)),
        changes=tuple(Change("counted", "pipeline_coverage", None, f"Number {n}", "1", "2", None, None, None)
                      for n in range(60)),
        exports=tuple(replace(EXPORTS[1], file=f"exports/{n}.csv") for n in range(60)),
    )  # fmt: skip
    assert len(shown(many).encode()) < 120_000


def test_pictures_go_out_under_their_names(tmp_path):
    assert write_pictures([("landing", base64.b64encode(b"one").decode())], tmp_path / "deals") == ("landing.png",)
    assert (tmp_path / "deals" / "landing.png").read_bytes() == b"one"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["../x"], "picture '../x': a picture's name must be lower-case letters, digits and underscores, because it "
                   "names a file. Rename it in the notebook."),
        (["a", "a"], "picture a: each picture may be shown once; found it twice. Give the second another name."),
    ],
)  # fmt: skip
def test_picture_that_cannot_be_a_file_is_refused(tmp_path, names, message):
    with pytest.raises(RunError) as refusal:
        write_pictures([(name, "") for name in names], tmp_path)
    assert str(refusal.value) == message


def curve():
    with style.report():
        axes = style.axes()
        axes.plot(range(40), [n % 7 for n in range(40)], color=style.ACCENT)
        axes.set_xlabel("days left")
    return style.Chart("curve", "It turns", "A curve.", "Days.", axes, pd.DataFrame({"a": [1]}), ("count",))


def test_picture_for_mail_is_opaque_small_and_the_same_each_time():
    first, again = png(curve()), png(curve())
    assert first == again and b"Software" not in first and len(first) < 40_000
    picture = Image.open(io.BytesIO(first))
    assert picture.width <= 1200 and picture.mode == "P" and "transparency" not in picture.info
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_picture_shows_the_words_of_the_drawing_on_the_page_and_no_others():
    chart = curve()

    def said():
        return {text.get_text() for text in chart.axes.figure.findobj(Text) if text.get_text() and text.get_visible()}

    page = svg(chart)
    before = said()
    png(chart)
    assert said() == before and "days left" in before
    assert {unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", page)} <= before


def test_chart_in_mail_is_shown_on_the_page_as_ever():
    plain, mailed, again = (FigureBlock(curve(), "USD", kind)._repr_mimebundle_()[0] for kind in (False, True, True))
    assert "image/png" not in plain and mailed["image/png"] == again["image/png"]
    assert mailed["text/html"] == plain["text/html"]
