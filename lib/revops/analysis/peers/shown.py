"""Published figures beside ours as a table for people."""

from collections.abc import Callable

import pandas as pd

__all__ = ["shown"]


def shown(rows: pd.DataFrame, name: Callable[[str, str], str], write: Callable[[float, str], str]) -> pd.DataFrame:
    """Return published figures in words: what, ours, theirs, which, of whom, year, n, publisher and grade, and how
    far they can be compared.

    Parameters
        rows : of Peers.table; name: id, basis -> what the number is called; write: number, unit -> words
    """
    return pd.DataFrame({
        "Number": [name(*key) for key in zip(rows["id"], rows["basis"], strict=True)],
        "Ours": [write(*number) for number in zip(rows["ours"], rows["unit"], strict=True)],
        "Theirs": [write(*number) for number in zip(rows["value"], rows["unit"], strict=True)],
        "Which": rows["statistic"].str.replace("_", " "), "Of whom": rows["band"],
        "Year": rows["year"].fillna("not printed"), "n": rows["n"].fillna("not printed"),
        "By, grade": [f"{who}, {grade}" for who, grade in zip(rows["publisher"], rows["grade"], strict=True)],
        "Comparable?": [f"{flag}: {why}" if why else flag for flag, why in zip(rows["flag"], rows["why"], strict=True)],
    }).reset_index(drop=True)  # fmt: skip
