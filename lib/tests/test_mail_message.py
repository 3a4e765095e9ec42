"""The mail as a message, read back from its bytes as a mail program reads it."""

import datetime as dt
import email
import email.policy
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailed import DATE, LEADERSHIP, MARKETING, SETTINGS, TITLES, failed, line, png, review, task, write_run

from revops.delivery.mail.attached import mend_links
from revops.delivery.mail.forms import LARGEST
from revops.delivery.mail.headers import folded, from_line, to_line
from revops.delivery.mail.message import compose, message_id
from revops.delivery.mail.plain import clean
from revops.delivery.review.shape import Export, History, Missing, Said
from revops.errors import RunError

HOSTILE = "<script>alert(1)</script>\r\nBcc: evil@evil.example\r\n\r\n\u202egnp.exe\u2028&amp;\x00 \"'"
ODD = ['Ω 株式会社 👩\u200d💻, "Q" <b>', "شركة النور للتجارة", "Zo\u00eb, Ltd; (x)", "a" * 300, "=?utf-8?q?x?="]


@pytest.fixture
def posted(tmp_path):
    """Return a function that composes the mail of a review and reads it back from its bytes."""

    def post(told, recipients=LEADERSHIP, settings=SETTINGS):
        folder = write_run(tmp_path / told.run, told)
        return read(compose(told, folder, recipients, settings, DATE))

    return post


def read(message):
    found = email.message_from_bytes(message.as_bytes(), policy=email.policy.SMTP)
    assert [part.defects for part in found.walk() if part.defects] == []
    return found


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(message):
    return message.get_body(("html",)).get_content()


class Shown(HTMLParser):
    """What a reader of the HTML sees: its text and the words for pictures; and what would be live in it."""

    VOID = ("img", "br", "meta")

    def __init__(self, markup):
        super().__init__()
        self.words, self.tags, self.links, self.hidden = [], [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.links += [named[key] for key in ("href", "src", "action", "background") if key in named]
        self.words += [named["alt"]] if tag == "img" else []
        if tag not in self.VOID and (self.hidden or "preheader" in named.get("class", "") or tag in ("head", "style")):
            self.hidden.append(tag)

    def handle_endtag(self, tag):
        if self.hidden:
            self.hidden.pop()

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def numbers_in(text):
    return sorted(re.findall(r"[-+]?[$€]?\d[\d.,]*\d[A-Z%]?|[-+]?[$€]?\d[A-Z%]?", text))


def words_in(text):
    return sorted(re.findall(r"\w+", text.casefold()))


def test_message_is_text_and_html_with_pictures_then_files(posted):
    message = posted(review())
    kinds = [(part.get_content_type(), part.get_filename(), part.get_content_disposition()) for part in message.walk()]
    assert kinds == [
        ("multipart/mixed", None, None),
        ("multipart/alternative", None, None),
        ("text/plain", None, None),
        ("multipart/related", None, None),
        ("text/html", None, None),
        ("image/png", "landing.png", "inline"),
        ("image/png", "models.png", "inline"),
        ("text/html", "review.html", "attachment"),
        *(("text/html", f"{line.report}.html", "attachment") for line in review().lines),
    ]


def test_headers_are_these_and_no_others(posted):
    message = posted(review())
    assert [(name, str(value)) for name, value in message.items() if name != "Content-Type"] == [
        ("From", "RevOps Workbooks <revops@example.com>"),
        ("To", "cro@example.com, cfo@example.com"),
        ("Reply-To", "answers@example.com"),
        ("Subject", "Halyard Robotics FY27-Q2: One chance in ten of making quota"),
        ("Date", "Tue, 09 Jun 2026 06:30:00 +0000"),
        ("Message-ID", message_id(review().content, "leadership", SETTINGS)),
        ("List-Id", "<leadership.revops.example.com>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", message["Message-ID"])


def test_pictures_shown_are_the_pictures_that_are_there(posted):
    message = posted(review())
    shown = re.findall(r'<img src="cid:([^"]+)" width="560" alt="([^"]+)"', html_of(message))
    parts = {part["Content-ID"]: part.get_content() for part in message.walk() if part["Content-ID"]}
    assert {f"<{cid}>" for cid, _ in shown} == set(parts) and len(shown) == 2
    assert list(parts.values()) == [png(grey=100), png(grey=100)]
    assert shown[0][1] == "Fifty outcomes of landing from $0.8M to $1.3M; 5 reach $1.2M"


def test_no_picture_is_of_an_old_report(posted):
    lines = [replace(each, is_old=True, as_of="2026-06-02") for each in review().lines]
    assert "<img" not in html_of(posted(review(lines=tuple(lines))))


def test_text_and_html_say_the_same(posted):
    message = posted(review())
    text, shown = text_of(message), Shown(html_of(message)).text
    plain = text.replace("Picture: ", "")
    assert numbers_in(re.sub(r"(?m)^\d\. |^\* ", "", plain)) == numbers_in(
        re.sub(r"(?<= )[123]\. (?=Re-date)", "", shown)
    )
    assert words_in(re.sub(r"(?m)^\d\. ", "", plain)) == words_in(re.sub(r"(?<= )[123]\. (?=Re-date)", "", shown))


def test_whole_text_of_a_small_review(posted):
    told = review(
        lines=(line("pipeline_coverage"),), tasks=review().tasks[:1], more_tasks=0, followed=(), changes=(), bridge=(),
        missing=(), exports=(), numbers=review().numbers[:1],
    )  # fmt: skip
    assert text_of(posted(told)) == (
        "Halyard Robotics, FY27-Q2\n"
        "Data as of Tue 9 Jun 2026. Status: Act.\n"
        "\n"
        "One chance in ten of making quota.\n"
        "\n"
        "* 10%: chance of quota\n"
        "\n"
        "WHAT TO DO THIS WEEK\n"
        "1. Re-date or close 11 overdue deals\n"
        "   Sales ops, by 12 Jun. $100K at stake ($10K to $150K). New. See\n"
        "   pipeline_coverage.html.\n"
        "\n"
        "WHAT CHANGED SINCE 2 JUN\n"
        "No other change beyond noise in 58 numbers compared.\n"
        "\n"
        "THE REPORTS\n"
        "* Pipeline coverage: The quarter lands near $1.0M of the $1.2M quota.\n"
        "  Status: Watch.\n"
        "\n"
        "ATTACHED\n"
        "* review.html: the whole review: 1 KB\n"
        "* pipeline_coverage.html: 1 KB\n"
        "2 files, 1 KB. Save them in one folder, and the links between them work. All\n"
        "tables and slices are in the folder of run 2026-06-09-1.\n"
        "\n"
        "Made by RevOps Workbooks for the list leadership: run 2026-06-09-1, review\n"
        "3f2a9c3f2a9c. Amounts in USD. Definitions, rules and the records behind each\n"
        "number are in the reports.\n"
    )


def test_each_number_tells_what_it_was_in_text_and_html(posted):
    numbers = review().numbers
    told = review(numbers=(replace(numbers[0], before="27% on 2 Jun; the landing is within its range"), *numbers[1:]))
    message = posted(told)
    assert "* 10%: chance of quota\n  27% on 2 Jun; the landing is within its range\n* $1.0M" in text_of(message)
    below = re.search(r"chance of quota</span><br><span [^>]*>([^<]+)</span></td>", html_of(message))
    assert below[1] == "27% on 2 Jun; the landing is within its range"


def test_action_says_that_its_report_says_act_and_how_many_of_its_kind_wait(posted):
    first, other, more = (task(n, rule="depends_on_model", text=f"Test {n}") for n in (1, 2, 3))
    told = review(tasks=(replace(first, is_first=True), other), rest=(more,), more_tasks=1)
    text = " ".join(text_of(posted(told)).split())
    assert text.count("Its report says Act.") == 1 and text.count("1 more of this kind in its report.") == 1
    assert text.index("Test 2") < text.index("1 more of this kind in its report.")


def test_preheader_is_hidden_and_tells_the_numbers(posted):
    preheader = re.search(r'<div class="preheader" style="([^"]+)">([^<]+)<', html_of(posted(review())))
    assert "display: none" in preheader[1]
    assert preheader[2].startswith("10% chance of quota; $1.0M where it lands")


def test_nothing_in_the_mail_is_a_link_or_leaves_it(posted):
    shown = Shown(html_of(posted(review())))
    assert {"a", "script", "link", "form", "iframe"} & set(shown.tags) == set()
    assert all(link.startswith("cid:") for link in shown.links)
    assert "url(" not in html_of(posted(review()))


def test_same_review_gives_the_same_bytes(tmp_path):
    told = review()
    folder = write_run(tmp_path / told.run, told)
    one, other = (compose(told, folder, LEADERSHIP, SETTINGS, DATE).as_bytes() for _ in range(2))
    assert one == other
    later = compose(told, folder, LEADERSHIP, SETTINGS, DATE + dt.timedelta(hours=1)).as_bytes()
    assert later == one.replace(b"06:30:00", b"07:30:00")


def test_message_id_is_of_what_is_said_and_to_whom():
    ids = {message_id(content, name, SETTINGS) for content in ("a", "b") for name in ("leadership", "revops")}
    assert len(ids) == 4


def test_boundaries_are_nowhere_else_in_the_message(tmp_path):
    told = review()
    data = compose(told, write_run(tmp_path / "run", told), LEADERSHIP, SETTINGS, DATE).as_bytes()
    for boundary in re.findall(rb'boundary="([^"]+)"', data):
        parts = 1 + len(re.findall(rb"\r\n--" + re.escape(boundary) + rb"\r\n", data))
        assert data.count(boundary) == 1 + parts


def test_lines_are_as_short_as_servers_ask(tmp_path):
    told = review(sentence="x" * 900, company="株" * 90)
    data = compose(told, write_run(tmp_path / "run", told), LEADERSHIP, SETTINGS, DATE).as_bytes()
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert data.isascii()


def test_text_is_wrapped(posted):
    told = review(company="word " * 60, tasks=(task(1, text="long " * 200 + "x" * 300),))
    assert max(map(len, text_of(posted(told)).splitlines())) <= 78


def hostile_review(text):
    """Return a review with a text in every field that the data or a report can fill."""
    lines = (
        line("pipeline_coverage", title=text, sentence=text),
        failed("cac_payback", reason=text),
        failed("revenue_answer", stands="2026-06-02", reason=text),
        line("pipeline_coverage", slice={"region": "AMER"}, title=text, sentence=text, page=None),
    )
    told = review()
    return review(
        company=text, currency="USD", period=text, sentence=text, failed_first=text, lines=lines, no_change=text,
        conflicts=(text,), numbers=(Said(text, text, "pipeline_coverage", "coverage"),),
        tasks=(task(1, text=text, owner=text, worth=text, by=text, since=text, state="grown"),),
        followed=tuple(replace(each, text=text, note=text) for each in told.followed),
        changes=tuple(replace(each, label=text, before=text, now=text) for each in told.changes),
        bridge=tuple(replace(each, label=text) for each in told.bridge),
        missing=(Missing("stage_benchmarking", text, text),),
        exports=(Export(text, text, 1, "2026-06-01", 8, "old", text, ()),),
    )  # fmt: skip


@pytest.mark.parametrize("text", [HOSTILE, *ODD])
def test_hostile_words_add_no_header_no_markup_and_turn_nothing(posted, text):
    message = posted(hostile_review(text))
    assert [name for name in message if name in ("Bcc", "Cc")] == [] and message[
        "To"
    ] == "cro@example.com, cfo@example.com"
    assert len(str(message["Subject"])) <= 100
    shown = Shown(html_of(message))
    assert set(shown.tags) <= {"html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td",
                               "p", "strong", "br", "h1", "h2", "span", "img"}  # fmt: skip
    for told in (text_of(message), html_of(message), str(message["Subject"])):
        assert re.findall("[\x00-\x09\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]", told.replace("\r\n", "\n")) == []
        assert "evil@evil.example" not in told


def test_hostile_words_are_shown_as_words(posted):
    message = posted(hostile_review("<b>A&B</b>"))
    assert "<b>A&B</b>" in text_of(message) and "<b>A&B</b>" in Shown(html_of(message)).text


WORDS = st.text(alphabet=st.sampled_from('ab -=?_1شΩ株👩\u200d💻é,;:<>"@('), max_size=90)


def carried(**headers):
    """Return what a mail program reads of raw headers, once they have travelled."""
    message = EmailMessage(policy=email.policy.SMTP)
    for name, value in headers.items():
        message.set_raw(name, value)
    data = message.as_bytes()
    assert data.isascii() and max(map(len, data.split(b"\r\n"))) <= 78
    return email.message_from_bytes(data, policy=email.policy.SMTP)


@settings(max_examples=300)
@given(WORDS)
def test_any_subject_survives_the_journey(words):
    text = clean(words)
    message = carried(Subject=folded("Subject", text))
    assert message["Subject"] == text
    old = email.message_from_bytes(message.as_bytes(), policy=email.policy.compat32)["Subject"] or ""
    assert "".join(str(part) for part in [make_header(decode_header(old))]) == text


@settings(max_examples=300)
@given(WORDS)
def test_any_name_of_a_sender_stays_one_sender(words):
    name = clean(words)
    data = carried(From=from_line(name, "revops@example.com")).as_bytes()
    raw = email.message_from_bytes(data, policy=email.policy.compat32)["From"]  # the other reader splits long names
    ((shown, address),) = getaddresses([raw.replace("\r\n", "")])
    assert (str(make_header(decode_header(shown))) if shown else "", address) == (name, "revops@example.com")


def test_first_line_of_a_header_is_never_empty():
    text = "Halyard Robotics: 0 of 6 reports made; the quarter's state is not known"
    assert folded("Subject", text) == "Halyard Robotics: 0 of 6 reports made; the quarter's state is not\r\n known"


def test_many_people_are_one_a_line():
    people = [f"person{n}@example.com" for n in range(30)]
    assert carried(To=to_line(people))["To"] == ", ".join(people)


def test_largest_review_stays_far_below_what_gmail_cuts(posted):
    text = "Re-date or close the overdue deals of Ålesund & Søn <Nordic> in the region, because " * 9
    told = review()
    lines = [replace(each, sentence=text, title="Report of " + each.title) for each in told.lines]
    lines += [line("pipeline_coverage", slice={"region": f"Region {n} with a long name"}, page=None) for n in range(20)]
    largest = review(
        sentence=text, failed_first=text, lines=tuple(lines), more_tasks=40, no_change=text, conflicts=(text,) * 9,
        tasks=tuple(task(n, text=text, worth=text) for n in range(1, 10)),
        changes=told.changes * 20, followed=told.followed * 10, bridge=told.bridge * 4, missing=told.missing * 40,
        exports=told.exports * 14,
    )  # fmt: skip
    message = posted(largest)
    size = len(message.get_body(("html",)).get_payload().encode())
    assert size < 60_000 < LARGEST
    assert text_of(message).count("Sales ops, by") == 7


def parts(n, **changes):
    """Return lines of all reports on many parts of the company; those of the last two are not on track."""
    names = [f"Region {number:03d}" for number in range(n)]
    long = "FY27-Q2 (a part of the company) is likely to land near $674K of its $786K quota, or so it seems; " * 2
    made = [line(stem, slice={"region": name}, status="on_track", sentence=long, page=None, **changes)
            for name in names[:-2] for stem in TITLES]  # fmt: skip
    made += [line(stem, slice={"region": names[-2]}, status="act", page=None) for stem in TITLES]
    return (*made, *(failed(stem, slice={"region": names[-1]}) for stem in TITLES))


def test_of_many_parts_of_the_company_those_that_ask_most_are_told(posted):
    message = posted(review(lines=parts(100), tasks=(), more_tasks=0))
    text = text_of(message).replace("\n  ", " ")
    told = re.findall(r"^\* (.*, Region \d{3})(: | was not made)", text, re.MULTILINE)
    titles = list(TITLES.values())
    assert [name for name, _ in told] == [f"{title}, Region {place}" for place in ("098", "099") for title in titles]
    assert "588 more reports on parts of the company in the review." in text
    assert len(message.get_body(("html",)).get_payload().encode()) < 40_000


def test_of_many_parts_beside_the_whole_those_that_ask_most_are_named(posted):
    slices = [each for each in parts(30) if each.report == "pipeline_coverage"]
    text = text_of(posted(review(lines=(line("pipeline_coverage"), *slices)))).replace("\n  ", " ")
    assert "region Region 009: on track; region Region 028: act; region Region 029: not made; 18 more." in text


def test_what_a_report_could_not_tell_stands_beside_a_part_of_it_that_failed(posted):
    lost = failed("cac_payback", slice={"region": "EMEA"})
    rows = (*review().missing, Missing("cac_payback", lost.title, lost.reason))
    text = text_of(posted(review(lines=(*review().lines, lost), missing=rows)))
    assert "\nWHAT COULD NOT BE TOLD\n* Net revenue retention: needs subscriptions of two years\n\n" in text


def test_who_has_no_action_hears_why_by_all_reports(posted):
    made = review(lines=(line("forecast_accuracy"),), tasks=(), more_tasks=0)
    assert "Nothing for Marketing ops to act on this week by the rules" in text_of(posted(made, MARKETING))
    both = replace(made, lines=(*made.lines, line("cac_payback", slice={"region": "EMEA"})))
    said = "by the rules of the reports made on the whole company."
    for reader in (MARKETING, LEADERSHIP):
        assert said in text_of(posted(both, reader)).replace("\n", " ")


def test_html_that_mail_programs_would_cut_is_refused(posted, monkeypatch):
    monkeypatch.setattr("revops.delivery.mail.forms.LARGEST", 9_000)
    with pytest.raises(RunError) as told:
        posted(review())
    assert re.fullmatch(
        r"Halyard Robotics FY27-Q2: One chance in ten of making quota: the HTML of a mail must be at most 9,000 bytes; "
        r"found [\d,]+\. This is a fault of the digest, not of your words or data: send this to whoever maintains it\.",
        str(told.value),
    )


def test_reports_that_failed_come_first_and_old_numbers_have_their_day(posted):
    old = line("cac_payback", outcome="carried", is_old=True, as_of="2025-12-02")
    lines = (failed("pipeline_coverage", stands="2026-06-02"), failed("revenue_answer"), old, line("forecast_accuracy"))
    first = "2 of 3 reports were not made: Pipeline coverage and Revenue answer."
    told = review(
        lines=lines, failed_first=first, numbers=(), bridge=(), tasks=(), more_tasks=0, status="not_enough_data"
    )
    message = posted(told)
    text = text_of(message)
    assert text.startswith(first + "\n\nHalyard")
    assert Shown(html_of(message)).text.startswith(first)
    assert ">" + first[:20] in html_of(message).partition("preheader")[2][:400]
    reports = text.partition("THE REPORTS\n")[2].partition("\n\n")[0]
    assert reports == (
        "* Pipeline coverage was not made (shown as of 2 Jun): code cell 4 raised\n"
        "  KeyError: 'amount'\n"
        "  As of 2 Jun it said: The quarter lands near $1.0M of the $1.2M quota. Status\n"
        "  then: Watch.\n"
        "* Revenue answer was not made: as above\n"
        "* CAC payback is older, as of 2 Dec 2025\n"
        "  As of 2 Dec 2025 it said: A new customer repays its cost in 21 months (18 to\n"
        "  24), if it stays. Status then: Watch.\n"
        "* Forecast accuracy: The call of week 6 was 18% too high on average.\n"
        "  Status: Watch."
    )
    assert "* pipeline_coverage.html, as of 2 Jun: 1 KB" in text
    assert "Nothing to act on this week by the rules of the reports that were made." in text
    assert "Traceback" not in text + html_of(message)


def test_what_comes_first_is_said_even_where_the_review_forgot_it(posted):
    lines = (failed("pipeline_coverage"), line("cac_payback", outcome="carried", is_old=True, as_of="2026-06-02"))
    assert text_of(posted(review(lines=lines))).startswith(
        "Not complete: Pipeline coverage was not made: code cell 4 raised KeyError:\n"
        "'amount'; CAC payback is older, as of 2 Jun.\n\n"
    )


def test_old_numbers_and_actions_that_slipped_in_have_their_day(posted):
    told = review()
    lines = tuple(replace(each, is_old=True, as_of="2026-06-02") for each in told.lines)
    text = text_of(posted(replace(told, lines=lines)))
    assert "* 10%: chance of quota (as of 2 Jun)\n" in text
    assert "1. As of 2 Jun: Re-date or close 11 overdue deals\n" in text
    assert "ONE REVENUE ANSWER: FROM ONE DEFINITION TO THE NEXT, AS OF 2 JUN\n" in text


def test_evidence_of_failures_stays_at_home(posted):
    message = posted(review(lines=(failed("pipeline_coverage", stands="2026-06-02"), line("cac_payback"))))
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == ["review.html", "pipeline_coverage.html", "cac_payback.html"]
    assert b"Traceback" not in message.as_bytes() and not any(
        "Traceback" in part.get_content() for part in message.iter_attachments()
    )


def test_why_a_report_was_not_made_is_told_once(posted):
    lines = (line("pipeline_coverage"), failed("cac_payback", reason="no bills"))
    rows = (Missing("cac_payback", "CAC payback", "no bills"), Missing("pipeline_coverage", "Required", "history"))
    text = text_of(posted(review(lines=lines, missing=rows)))
    assert text.partition("WHAT COULD NOT BE TOLD\n")[2].startswith("* Required: needs history\n\n")
    assert text.partition("THE REPORTS\n")[2].count("no bills") == 1


def test_numbers_that_need_the_same_are_told_together(posted):
    rows = [Missing("pipeline_coverage", what, "a quota") for what in ("Chance", "Coverage", "Quota", "Start", "Gap")]
    text = text_of(posted(review(missing=(*rows, Missing("cac_payback", "Cash", "invoices")))))
    assert text.partition("WHAT COULD NOT BE TOLD\n")[2].startswith(
        "* Chance, Coverage and 3 more: needs a quota\n* Cash: needs invoices\n\n"
    )
    text = text_of(posted(review(missing=tuple(rows[:3]))))
    assert text.partition("WHAT COULD NOT BE TOLD\n")[2].startswith("* Chance, Coverage and Quota: needs a quota\n\n")


def test_a_review_made_after_one_of_a_later_day_says_so_first(posted):
    later = History("2026-06-16-1", "2026-06-16", "Even chances.", "../runs/2026-06-16-1/index.html")
    message = posted(review(history=(later, *review().history)))
    first = "An older day, looked at again: there is a review as of 16 Jun already."
    assert text_of(message).startswith(first + "\n\nHalyard") and Shown(html_of(message)).text.startswith(first)
    assert "looked at again" not in text_of(posted(review()))


def test_a_reason_that_many_share_is_told_once(posted):
    lines = tuple(failed(report, reason="No file holds deals.") for report in ("pipeline_coverage", "cac_payback"))
    told = text_of(posted(review(lines=lines))).partition("THE REPORTS\n")[2]
    assert told.startswith(
        "* Pipeline coverage was not made: No file holds deals\n* CAC payback was not made: as above\n\n"
    )


def test_everything_failed_is_told_and_nothing_is_made_up(posted):
    lines = tuple(failed(each.report) for each in review().lines)
    told = review(lines=lines, failed_first="6 of 6 reports were not made.", numbers=(), tasks=(), more_tasks=0,
                  bridge=(), changes=(), exports=(), missing=(), followed=(), before=None, no_change="",
                  status="not_enough_data", period="",
                  sentence="0 of 6 reports made; the quarter's state is not known")  # fmt: skip
    message = posted(told)
    assert message["Subject"] == "Halyard Robotics: 0 of 6 reports made; the quarter's state is not known"
    text = text_of(message)
    assert text.startswith(
        "6 of 6 reports were not made.\n\nHalyard Robotics\nNothing made in the run of Tue 9 Jun 2026. Status: Not "
    )
    assert "What to do is not known: no report of this day was made." in text
    assert "This is the first review: nothing to compare with yet." in text
    assert [part.get_filename() for part in message.iter_attachments()] == ["review.html"]


def test_where_nothing_is_new_no_report_goes_along(posted):
    old = tuple(failed(line.report, stands="2026-06-02") for line in review().lines)
    message = posted(review(lines=old, failed_first="6 of 6 reports were not made.", numbers=()))
    assert [part.get_filename() for part in message.iter_attachments()] == ["review.html"]


def test_nothing_to_do_is_said(posted):
    text = text_of(posted(review(tasks=(), more_tasks=0, numbers=())))
    assert "One chance in ten of making quota.\n\nWHAT TO DO" in text
    assert "WHAT TO DO THIS WEEK\nNothing to act on this week by the rules of the reports that were made.\n" in text


def test_an_audience_is_told_that_nothing_is_for_it_alone(posted):
    text = text_of(posted(review(tasks=(task(1),), more_tasks=0), MARKETING))
    assert "WHAT TO DO THIS WEEK\nNothing for Marketing ops to act on this week by the rules of the reports" in text


def test_where_nothing_of_theirs_has_changed_it_says_so(posted):
    text = text_of(posted(review(changes=review().changes[1:], no_change="", followed=()), MARKETING))
    assert "WHAT CHANGED SINCE 2 JUN\nNothing has changed in what is shown here.\n\n" in text


def test_conflicts_are_among_what_comes_first(posted):
    text = text_of(posted(review(conflicts=("booked amount: $439,229 and $440,000",))))
    assert text.startswith("Numbers that do not agree: booked amount: $439,229 and $440,000.\n\n")


def test_an_audience_gets_its_view_and_its_files(posted):
    message = posted(review(), MARKETING)
    text = text_of(message)
    assert "12 overdue deals" in text and "11 overdue deals" not in text
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == ["review.html", "attribution_comparison.html", "stage_benchmarking.html"]
    assert message["List-Id"] == "<marketing-ops.revops.example.com>"
    assert "See pipeline_coverage.html" not in text


def test_slices_are_told_with_their_report(posted):
    slices = (
        line("pipeline_coverage", slice={"region": "AMER"}, status="act", page=None),
        line("pipeline_coverage", slice={"region": "EMEA"}, is_old=True, as_of="2026-06-02", page=None),
        failed("pipeline_coverage", slice={"region": "APAC"}),
    )
    text = text_of(posted(review(lines=(line("pipeline_coverage"), *slices))))
    assert "Status: Watch. By region AMER: act; region EMEA: watch as of 2 Jun; region\n  APAC: not made.\n" in text


def test_part_of_a_report_never_made_whole_is_named_once(posted):
    part = line("pipeline_coverage", slice={"region": "AMER"}, sentence="Half.")
    text = text_of(posted(review(lines=(part,), tasks=(), more_tasks=0)))
    assert "\n* Pipeline coverage, AMER: Half.\n" in text
    assert "What to do stands in each report on a part of the company." in text


def test_size_of_all_files_is_told(posted, tmp_path):
    message = posted(review())
    total = sum(len(part.get_content().encode()) for part in message.iter_attachments())
    assert 2_000 < total < 4_499 and f"7 files, {total / 1000:.0f} KB. Save them" in text_of(message)


def test_files_of_the_mail_link_only_to_each_other(posted):
    files = {part.get_filename(): part.get_content() for part in posted(review()).iter_attachments()}
    targets = {name: re.findall(r'<a class="x" href="([^"]+)"', text) for name, text in files.items()}
    assert targets["review.html"] == ["pipeline_coverage.html#action-1"]
    assert targets["cac_payback.html"] == ["review.html", "#top"]
    assert "<span>to pipeline_coverage/records.csv</span>" in files["review.html"]
    assert "What is not linked here is in the folder of run 2026-06-09-1.</p>" in files["review.html"]


def test_a_page_without_links_to_files_goes_along_as_it_is():
    shown = '<body><main>\n<h1>x</h1><a href="#top">x</a></main></body>'
    assert mend_links(shown, {}, "run") == shown


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<a href="cac_payback.html">x</a>', '<a href="cac_payback.html">x</a>'),
        ('<a\nclass="y" href="./index.html#a&amp;b" rel="z">x <b>y</b></a>',
         '<a\nclass="y" href="review.html#a&amp;b" rel="z">x <b>y</b></a>'),
        ('<a href="region=AMER/cac_payback.html">x</a>', "<span>x</span>"),
        ('<a href="../2026-06-02-1/index.html">x</a>', "<span>x</span>"),
        ('<a href="cac%5Fpayback.html">x</a>', '<a href="cac_payback.html">x</a>'),
        ('<a href="#top">x</a><a href="https://example.org/y">z</a>', None),
        ('<svg><use xlink:href="a.svg"></use></svg><a id="q">x</a>', None),
    ],
)  # fmt: skip
def test_links_are_mended_one_by_one(link, expected):
    names = {"index.html": "review.html", "cac_payback.html": "cac_payback.html"}
    assert mend_links(link, names, "run") == (link if expected is None else expected)


def test_a_run_without_its_files_is_refused(posted, tmp_path):
    told = review()
    folder = write_run(tmp_path / told.run, told)
    (folder / "pipeline_coverage" / "landing.png").unlink()
    with pytest.raises(RunError) as gone:
        compose(told, folder, LEADERSHIP, SETTINGS, DATE)
    assert str(gone.value) == (
        "2026-06-09-1: pipeline_coverage/landing.png and pipeline_coverage.json must be there to go into the mail; "
        "found no landing.png. Run the reports again."
    )
    write_run(folder, told)
    (folder / "pipeline_coverage.json").write_text('{"figures": []}')
    with pytest.raises(RunError) as untold:
        compose(told, folder, LEADERSHIP, SETTINGS, DATE)
    assert str(untold.value) == (
        "2026-06-09-1: pipeline_coverage.json must say what pipeline_coverage/landing.png shows; found nothing of it. "
        "Run the reports again."
    )
    write_run(folder, told)
    (folder / "index.html").unlink()
    with pytest.raises(RunError) as bare:
        compose(told, folder, LEADERSHIP, SETTINGS, DATE)
    assert str(bare.value) == "2026-06-09-1: index.html must be there to go along; found none. Run the reports again."
