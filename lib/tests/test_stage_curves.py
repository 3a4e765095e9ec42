"""Lines of the stage benchmarking report, thinned for its page."""

import pandas as pd

from revops.measures.stage_benchmarking.curves import thinned


def test_lines_are_thinned_evenly_each_with_its_ends():
    lines = pd.DataFrame({"when": ["now"] * 401 + ["past"] * 7, "hours": [*range(401), *range(7)]})
    found = thinned(lines, 11)
    assert found.loc[found["when"].eq("now"), "hours"].tolist() == list(range(0, 401, 40))
    assert found.loc[found["when"].eq("past"), "hours"].tolist() == list(range(7))
    assert found.index.tolist() == list(range(18))


def test_no_lines_stay_none():
    lines = pd.DataFrame({"when": pd.Series(dtype="str"), "hours": pd.Series(dtype="float64")})
    pd.testing.assert_frame_equal(thinned(lines, 11), lines)
