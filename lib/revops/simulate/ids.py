"""Salesforce ids: 15 characters in which case counts, and the three that make them safe where it is lost."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import stream

__all__ = ["EMPTY", "checksums", "record_ids"]

EMPTY = "000000000000000AAA"
_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype="S1")
_CHECK = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype="S1")
_INSTANCE = "5e00004"


def record_ids(prefix: str, n: int, seed: int) -> pd.Series:
    """Return n ids of 18 characters for a kind of record (006 opportunities, ...), rising with gaps as ids do."""
    gaps = stream(seed, f"ids {prefix}").integers(1, 9, n)
    counters = 3 * 62**4 + np.cumsum(gaps)
    places = counters[:, None] // 62 ** np.arange(4, -1, -1) % 62
    head = np.broadcast_to(np.frombuffer(f"{prefix}{_INSTANCE}".encode(), dtype="S1"), (n, 10))
    letters = np.concatenate([head, _DIGITS[places]], axis=1)
    whole = np.concatenate([letters, checksums(letters)], axis=1)
    return pd.Series(np.ascontiguousarray(whole).view("S18").ravel().astype("U18"), dtype="str")


def checksums(letters: np.ndarray) -> np.ndarray:
    """Return, for ids as rows of 15 letters, the three that Salesforce adds: which of each five are capitals."""
    capital = (letters >= b"A") & (letters <= b"Z")
    return _CHECK[(capital.reshape(-1, 3, 5) * 2 ** np.arange(5)).sum(axis=2)]
