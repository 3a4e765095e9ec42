"""One number of a report as a row of its Answer."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["Row", "row"]

Row = dict[str, Any]


def row(
    id: str,
    by: Mapping[str, Any],
    value: float = float("nan"),
    ends: tuple[float, float, float] | None = None,
    n: float | None = None,
    note: str | None = None,
) -> Row:
    """Return id, by, value, low, high, level, n and note of one number.

    Parameters
        ends : low, high and level of its range; none where low or the value is undefined
        note : why the value is undefined; it goes where the value is known
    """
    low, high, level = ends or (None, None, None)
    if low is None or pd.isna(low) or pd.isna(value):
        low = high = level = None
    return {"id": id, "by": dict(by), "value": float(value), "low": low, "high": high, "level": level,
            "n": None if n is None or pd.isna(n) else int(n), "note": note if pd.isna(value) else None}  # fmt: skip
