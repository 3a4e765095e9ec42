"""Writing export files: bytes as a system would give them, one function per kind of file."""

from pathlib import Path

import pandas as pd

__all__ = ["write_service_table", "write_text"]


def write_service_table(folder: Path, name: str, rows: pd.DataFrame, layout: str, encoding: str = "utf-8") -> Path:
    """Write an object of Salesforce's Data Export Service: the layout's columns, every cell quoted; blank if unused."""
    whole = rows.reindex(columns=layout.split(), fill_value="")
    text = whole.to_csv(index=False, quoting=1, lineterminator="\n")
    return write_text(folder / "salesforce" / f"{name}.csv", text, encoding)


def write_text(target: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a file and the folders above it; return it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode(encoding))
    return target
