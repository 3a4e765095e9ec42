"""Files that end inside a row: refused, since all rows below are lost, and told alike however they are read."""

import csv
import io

import pytest
from both_ways import SMALL, both_ways
from gate import COMPANY, DEAL, IDS, REPORT, WEEKLY, balanced, gate, left_out, refused, rows, warned
from test_exports_payments import UNIFIED

from revops.errors import ExportError
from revops.exports.opening.files import Blob
from revops.exports.opening.scars import Unended, last_row, open_end

THREE = rows({"Opportunity Name": "Acme, Platform"}, {"Opportunity Name": 'The "Big"\nDeal'}, {})
N = len(DEAL)
OPEN_END = (
    "its last row ends without a line break, as all others have one: it may be cut off in its last cell, or rows below "
    "it be lost. Export it again if so."
)
CLOSE = "Close it, or export again."


def ends(line, found, name="deals.csv"):
    """Return the sentence that refuses a file which ends inside a row."""
    return (
        f"{name}: must end with a whole row; found its last row, line {line}, with {found} and no line break: the file "
        "looks cut off, and the rows below are lost. Export it again."
    )


def quoted(text):
    """Return a CSV with a quote around every cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


def told(folder, text, name="deals.csv"):
    """Return the refusal of one file, or else its warnings."""
    try:
        return warned(gate(folder, {name: text}), name)
    except ExportError as refusal:
        return str(refusal)


def test_a_file_that_ends_inside_a_row_is_refused(tmp_path):
    cut = THREE[: THREE.rindex("Qualification") + 4]
    assert refused(tmp_path, {"deals.csv": cut}) == ends(5, f"3 of {N} cells")


def test_the_line_is_that_where_the_last_row_starts_behind_a_cell_of_two_lines(tmp_path):
    cut = THREE[: THREE.index("Deal") + 12]
    assert refused(tmp_path, {"deals.csv": cut}) == ends(3, f"3 of {N} cells")


@pytest.mark.parametrize("write", [str, quoted])
def test_every_cut_is_told_for_what_it_is(tmp_path, write):
    """Slow twin: of each cut the cells of its last row are counted by the csv module, and its quotes by hand."""
    text = write(THREE)
    for at in range(text.index("\n") + 2, len(text) + 1, 3):
        cut = text[:at]
        cells, found = [*csv.reader(io.StringIO(cut, newline=""))], told(tmp_path / str(at), cut)
        line, is_open = 2 + sum(1 + row[1].count("\n") for row in cells[1:-1]), cut.count('"') % 2 == 1
        if is_open and "\n" in cells[-1][-1]:
            assert found == f"deals.csv: every quote must be closed; found one in line {line} that is not. {CLOSE}"
        elif is_open:
            assert found == ends(line, "a quote that is not closed")
        elif len(cells[-1]) < N:
            assert found == ends(line, f"{len(cells[-1])} of {N} cells")
        else:
            assert (OPEN_END in found) is not cut.endswith("\n")


def test_a_quote_that_is_open_in_the_last_cell_is_a_cut(tmp_path):
    cut = quoted(THREE).rstrip("\n").removesuffix('"')
    assert refused(tmp_path, {"deals.csv": cut}) == ends(5, "a quote that is not closed")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_a_cut_is_seen_in_any_encoding_and_behind_any_line_end(tmp_path, codec, eol):
    text = rows({"Opportunity Owner": "Jörg Müller"}, {}).replace("\n", eol)
    cut = text[: text.rindex("Qualification")].encode(codec)
    assert refused(tmp_path, {"deals.csv": cut}) == ends(3, f"3 of {N} cells")


def test_a_row_cut_short_that_has_its_line_break_is_left_out_as_before(tmp_path):
    prepared = gate(tmp_path, {"deals.csv": f"{rows({})}{IDS[1]},Acme\n"})
    assert warned(prepared) == ("1 row with more or fewer cells than headers left out (e.g. line 3)",)
    assert left_out(prepared) == [("deals.csv", f"2 cells under {N} headers", 1)] and balanced(prepared)


@pytest.mark.parametrize("end", ["Copyright © 2000-2026", '"Copyright (c) 2000-2026 sales', '"Northwind, Inc."',
                                 "\n  ", "\x1a", "\x00\x00", ",,,"])  # fmt: skip
def test_a_footer_or_nothing_at_all_behind_the_last_row_is_no_cut(tmp_path, end):
    footer = '"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n' if "Northwind" in end else ""
    prepared = gate(tmp_path, {"deals.csv": THREE + footer + end})
    assert len(prepared.tables["opportunities"]) == 3 and balanced(prepared)


def test_the_example_report_may_lose_its_last_line_break(tmp_path):
    whole = gate(tmp_path / "whole", {"deals.csv": REPORT})
    bare = gate(tmp_path / "bare", {"deals.csv": REPORT.read_text(encoding="utf-8").rstrip("\r\n")})
    assert bare.tables["opportunities"].equals(whole.tables["opportunities"])
    assert warned(bare) == warned(whole)


def test_a_sheet_kept_by_hand_may_lack_its_last_trailing_cells(tmp_path):
    sheet = "Tool,Seats purchased,Annual cost,Renewal date\nGong,25,36000,2026-03-15\nClari,5,900"
    prepared = gate(tmp_path, {"deals.csv": THREE, "t.csv": sheet})
    assert warned(prepared, "t.csv")[0] == (
        "the file ends inside a row: it looks cut off; 1 row with more or fewer cells than headers left out (e.g. "
        "line 3)"
    )


def test_a_quota_without_its_trailing_cells_is_refused_for_its_cells(tmp_path):
    sheet = "owner_name,period_start,period_end,metric,target\nDana Whitfield,2025-04-01,2025-06-30,New ARR"
    assert refused(tmp_path, {"deals.csv": THREE, "q.csv": sheet}) == (
        "q.csv: the file ends inside a row: it looks cut off; rows must have 5 cells as the header has; found 1 of 1 "
        "with another number (e.g. line 2). Export it again, or correct its delimiters and quotes."
    )


def test_a_cut_row_is_not_counted_again_among_those_of_another_width(tmp_path):
    """A payment is money: of its rows not one may be of another width."""
    cut = UNIFIED[: UNIFIED.index("ch_8") + 2]
    width = UNIFIED.split("\n")[0].count(",") + 1
    assert refused(tmp_path, {"deals.csv": THREE, "p.csv": cut}) == ends(9, f"1 of {width} cells", "p.csv")


@pytest.mark.parametrize("quote", [b'"', b""])
@pytest.mark.parametrize("share", [0.4, 0.55, 0.7, 0.85, 0.999])
def test_a_cut_is_told_in_the_same_words_in_blocks_as_whole(tmp_path, share, quote):
    members = (WEEKLY / "CampaignMember.csv").read_bytes().replace(b'"', quote)
    head = members.index(b"\n") + 1
    (tmp_path / "deals.csv").write_text(THREE, encoding="utf-8")
    (tmp_path / "members.csv").write_bytes(members[: head + int(share * (len(members) - head))])
    said, _ = both_ways(tmp_path, COMPANY, **SMALL)
    assert "members.csv: must end with a whole row; found its last row, line " in said or OPEN_END in said


def test_the_last_row_is_found_by_reading_all_rows():
    def both(text):
        blob = Blob("a.csv", data=text.encode())
        return open_end(blob, ","), last_row(blob, 0, ",")

    assert both("a,b\n1,2") == (["1", "2"], Unended(["1", "2"], 2))
    assert both('a,b\n1,"x\ny",') == (['y"', ""], Unended(["1", "x\ny", ""], 2))
    assert both('a,b\n1,"x, y') == (["1", "x, y"], Unended(["1", "x, y"], 2, is_open=True))
    assert both('a,b\n1,"x""') == (["1", 'x"'], Unended(["1", 'x"'], 2, is_open=True))
    assert both('a,b\n1,6" x') == (["1", '6" x'], Unended(["1", '6" x'], 2))
    assert open_end(Blob("a.csv", data=b"a,b\n1,2\n"), ",") == open_end(Blob("a.csv", data=b"a,b"), ",") == []
