"""The page, from notebooks built by hand."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from revops import report
from revops.delivery.jobs import execute, page
from revops.delivery.jobs.job import Failure
from revops.delivery.jobs.page import render_page
from revops.delivery.notices import failure_page, mark_carried
from revops.errors import RunError

ANSWER = {
    "report": "pipeline_coverage",
    "company": "Ha<lyard & Co",
    "as_of": "2026-06-17",
    "period": "FY27-Q2",
    "slice": {},
    "status": "act",
    "sentence": "Coverage is 2.5x.",
}
STYLE = '<style data-revops="">h1 {color: red}</style>'


def shown(markup, mime="text/html", metadata=None, **data):
    return new_output("display_data", data={mime: markup, **data}, metadata=metadata or {})


def answer_cell():
    first = shown(f"{STYLE}\n<h1>Coverage is 2.5x.</h1>", **{execute.ANSWER_MIME: ANSWER})
    return new_code_cell("answer", outputs=[first])


def rendered(*cells):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return render_page(notebook, ANSWER, 1.5)


def main_of(markup):
    return re.search(r"<main>(.*)</main>", markup, re.DOTALL)[1]


def test_kinds_of_output_are_those_that_the_report_blocks_show():
    assert (execute.ANSWER_MIME, page.ANSWER_MIME) == (report.ANSWER_MIME, report.ANSWER_MIME)
    assert (execute.RECORDS_MIME, page.FIGURE) == (report.RECORDS_MIME, report.FIGURE_KEY)


def test_head_says_what_it_is_and_lets_nothing_load_or_run():
    head = rendered(answer_cell()).partition("</head>")[0]
    assert '<html lang="en">' in head
    assert "<title>Pipeline coverage, Ha&lt;lyard &amp; Co, FY27-Q2</title>" in head
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in head
    assert '<meta name="color-scheme" content="light dark">' in head
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in head
    assert head.count("<style>") == 1 and report.css() in head


def test_page_has_no_script_and_asks_for_nothing():
    markup = rendered(answer_cell())
    assert "<script" not in markup
    assert not re.search(r'(src|href)="(?!data:|#)', markup)
    assert "url(" not in markup and "@import" not in markup


def test_answer_comes_first_whatever_the_notebook_shows_before_it():
    early = new_code_cell("early", outputs=[shown("<p>early</p>")])
    main = main_of(rendered(new_markdown_cell("# Enough?\n\nAsked weekly."), early, answer_cell()))
    places = [main.index(part) for part in ("Enough? Asked weekly.", "<h1>", "<p>early</p>")]
    assert places == sorted(places)


def test_headings_are_one_h1_and_skip_no_level():
    texts = ["# Enough?", "## Where", "#### Deep", "# Another", "### Under"]
    markup = rendered(answer_cell(), *map(new_markdown_cell, texts))
    assert re.findall(r"<h(\d)", markup) == ["1", "2", "3", "2", "3"]
    assert '<p class="question">Enough?</p>' in markup


def test_page_without_a_first_level_heading_is_refused():
    with pytest.raises(RunError) as refusal:
        rendered(new_code_cell("answer", outputs=[shown("<p>2.5x</p>", **{execute.ANSWER_MIME: ANSWER})]))
    assert str(refusal.value) == (
        "pipeline_coverage: the page must have one first-level heading, the Answer's sentence; found 0. "
        "Show the Answer with report.Answer, and begin other headings with ##."
    )


def test_style_that_blocks_bring_for_jupyterlab_is_dropped():
    assert "color: red" not in main_of(rendered(answer_cell()))


def test_printed_plain_and_error_text_stay_out():
    outputs = [
        new_output("stream", name="stdout", text="printed"),
        new_output("stream", name="stderr", text="warned"),
        new_output("execute_result", data={"text/plain": "plain"}),
    ]
    main = main_of(rendered(answer_cell(), new_code_cell("code", outputs=outputs)))
    assert not re.search("printed|warned|plain", main)


def test_code_is_folded_away_with_the_step_that_it_belongs_to():
    setup = new_code_cell("x = 1 < 2")
    main = main_of(rendered(setup, answer_cell(), new_code_cell("   "), new_code_cell("last = 1")))
    folded = re.findall(
        r"<details class=\"code\"><summary>(.*?)</summary>\n<pre><code>(.*?)</code></pre>", main, re.DOTALL
    )
    assert folded == [
        ("Show the code of this step", "x = 1 &lt; 2\n\nanswer"),
        ("Show the code of this step", "last = 1"),
    ]


def test_figures_of_one_cell_stand_side_by_side():
    figures = [shown(f"<figure>{n}</figure>", metadata={"revops.figure": n}) for n in ("one", "two")]
    main = main_of(rendered(answer_cell(), new_code_cell("both", outputs=figures)))
    assert '<div class="figures">\n<figure>one</figure>\n<figure>two</figure>\n</div>' in main
    alone = main_of(rendered(answer_cell(), new_code_cell("one", outputs=figures[:1])))
    assert 'class="figures"' not in alone


def test_drawing_keeps_its_bytes():
    drawing = '<svg viewBox="0 0 9 9"><linearGradient id="a"/><path d="M0 0\nL9 9"/></svg>'
    cell = new_code_cell("draw", outputs=[shown(f"<figure>{drawing}</figure>", **{"image/svg+xml": drawing})])
    assert drawing in rendered(answer_cell(), cell)


def test_picture_carries_its_words():
    picture = shown("aGk=\n", "image/png", {"image/png": {"alt": 'Coverage "falls"'}})
    markup = rendered(answer_cell(), new_code_cell("draw", outputs=[picture]))
    assert '<img alt="Coverage &quot;falls&quot;" src="data:image/png;base64,aGk=">' in markup


def test_table_in_text_has_scoped_headers_and_no_link_runs_code():
    markup = rendered(answer_cell(), new_markdown_cell("|a|\n|-|\n|1|\n\n[x](javascript:alert)"))
    assert '<th scope="col">a</th>' in markup
    assert "javascript:" not in markup


def test_provenance_is_one_line():
    lines = [line for line in rendered(answer_cell()).splitlines() if "Made on" in line]
    assert len(lines) == 1
    assert re.fullmatch(
        r'<p class="run">Made on \d{4}-\d\d-\d\d at \d\d:\d\d:\d\d UTC in 1\.5 s with python 3\.[^<]*</p>', lines[0]
    )


def test_older_page_says_so_once_however_often_it_is_carried():
    once = mark_carried(rendered(answer_cell()), "2026-06-10", "pipeline_coverage.failed.html")
    assert (
        '<p class="notice">This is the report as of 2026-06-10. The newer report failed: '
        '<a href="pipeline_coverage.failed.html">see why</a>.</p>' in once
    )
    twice = mark_carried(once, "2026-06-10", None)
    assert twice.count('class="notice"') == 1
    assert "This is the report as of 2026-06-10. The newest run did not make this report again." in twice


def test_failure_page_leaves_no_space_at_the_end_of_a_line():
    failure = Failure("It broke.", "Mend it.", 3, "    110 \n\x1b[31mError\x1b[0m  \n  at line 2")
    markup = failure_page("deals", failure, "x = 1", {"carried_from": None}, 2.0)
    assert "    110\nError\n  at line 2" in markup


def test_failure_page_escapes_what_it_quotes():
    failure = Failure("<img src=x>", "Mend <it>.", 3, "\x1b[31mValueError\x1b[0m: <script>")
    markup = failure_page("deals", failure, "x = '<b>'", {"carried_from": None}, 2.0)
    assert "<h1>This report was not made: &lt;img src=x&gt;</h1>" in markup
    assert "(code cell 3)" in markup and "x = &#39;&lt;b&gt;&#39;" in markup
    assert "ValueError: &lt;script&gt;" in markup and "\x1b" not in markup
    assert "There is no earlier good report to show in its place." in markup
