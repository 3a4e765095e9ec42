"""Which texts are among others: as Series.isin tells it."""

import numpy as np
import pandas as pd
import pytest

from revops.analysis.among import is_among

TEXTS = pd.Series(["a", None, "b", "a", "c"], index=[9, 7, 5, 3, 1], dtype="str")


@pytest.mark.parametrize("known", [["a", "c", "z"], ["a", None], [None], []])
def test_it_is_series_isin(known):
    for others in (pd.Series(known, dtype="str"), pd.Series(known, dtype=object), pd.Index(known, dtype="str")):
        pd.testing.assert_series_equal(is_among(TEXTS, others), TEXTS.isin(others))


def test_nothing_is_among_others_where_there_is_nothing():
    found = is_among(TEXTS[:0], TEXTS)
    assert found.dtype == np.dtype(bool) and found.empty
    for none in (pd.Series(dtype="datetime64[us]"), pd.Series(dtype="float64"), pd.Series(dtype=object)):
        assert not is_among(TEXTS, none).any() and is_among(none, TEXTS).empty
