"""Helpers for tests of the gate: the example exports, their company, and folders made of files or rows."""

import csv
import io
from pathlib import Path

import pytest

from revops.company import Company, load_company
from revops.errors import ExportError
from revops.exports import Prepared, prepare
from revops.wording import without_marks

HERE = Path(__file__).parent / "exports"
EXAMPLES = HERE / "examples"
REPORT = EXAMPLES / "salesforce" / "report1751375640123.csv"
HISTORY_REPORT = EXAMPLES / "salesforce" / "opportunity_history_report.csv"
WEEKLY = EXAMPLES / "salesforce" / "data_export_service"
QUOTAS = EXAMPLES / "targets" / "quota_long.csv"
COMPANY = load_company(HERE)
IDS = ("0068d00000AbCdE", "0068d00000AbcdE", "0068d00000AbCde", "0068d00000ABcDe", "0068d00000aBCdE", "0068d00000aBcdF")
DEAL = {
    "Opportunity ID": IDS[0],
    "Opportunity Name": "Acme - Platform",
    "Stage": "Qualification",
    "Amount": "1000",
    "Close Date": "2025-07-15",
    "Created Date": "2025-03-03",
    "Lead Source": "Web",
    "Type": "New Business",
    "Opportunity Owner": "Dana Whitfield",
}


def company(**changes: object) -> Company:
    """Return the example company with some settings changed."""
    return Company.model_validate({**COMPANY.model_dump(), **changes})


def gate(folder: Path, files: dict[str, bytes | str | Path], **changes: object) -> Prepared:
    """Return what the gate makes of files (content by name) written into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            content = content.read_bytes()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return prepare(folder, company(**changes))


def rows(*changes: dict[str, str | None], base: dict[str, str] = DEAL) -> str:
    """Return a CSV of deals, each ordinary but for its changes, with the example ids in turn; None drops a column."""
    table = [{**base, next(iter(base)): IDS[place % len(IDS)], **change} for place, change in enumerate(changes)]
    names = [name for name in dict.fromkeys(n for row in table for n in row) if table[0].get(name, "") is not None]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def deals(prepared: Prepared) -> list[dict[str, object]]:
    """Return the opportunities as dicts, sorted by id."""
    return prepared.tables["opportunities"].to_pylist()


def left_out(prepared: Prepared) -> list[tuple[str, str, int]]:
    """Return file, reason and number of everything left out."""
    return [(item.file, item.reason, item.n) for item in prepared.audit.left_out]


def file_audit(prepared: Prepared, name: str):  # type: ignore[no-untyped-def]
    """Return the audit of one file."""
    return next(file for file in prepared.audit.files if file.name == name)


def warned(prepared: Prepared, name: str = "deals.csv") -> tuple[str, ...]:
    """Return the warnings of one file."""
    return file_audit(prepared, name).warnings


def said(prepared: Prepared) -> tuple[str, ...]:
    """Return the warnings of no single file as people read them, without the marks around names."""
    return tuple(without_marks(text) for text in prepared.audit.warnings)


def refused(folder: Path, files: dict[str, bytes | str | Path], **changes: object) -> str:
    """Return the message with which the gate refuses files written into a folder."""
    with pytest.raises(ExportError) as caught:
        gate(folder, files, **changes)
    return str(caught.value)


def balanced(prepared: Prepared) -> bool:
    """Return whether for every file the rows read are the rows kept and the rows left out."""
    lost = {file.name: 0 for file in prepared.audit.files}
    for item in prepared.audit.left_out:
        lost[item.file] += item.n
    return all(file.rows_read == file.rows_kept + lost[file.name] for file in prepared.audit.files)
