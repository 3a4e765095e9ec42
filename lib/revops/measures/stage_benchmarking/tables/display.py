"""Every table of the report by name, and the tables that go out as files beside it."""

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.hand_off import hand_off_tables
from revops.measures.stage_benchmarking.tables.marketing import marketing_tables
from revops.measures.stage_benchmarking.tables.moved import moved_tables
from revops.measures.stage_benchmarking.tables.notes import note_tables
from revops.measures.stage_benchmarking.tables.organisation import organisation_tables
from revops.measures.stage_benchmarking.tables.published import published_tables
from revops.measures.stage_benchmarking.tables.shapes import Display
from revops.measures.stage_benchmarking.tables.steps import step_tables

__all__ = ["comparisons_table", "display_tables", "enquiries_table", "groups_table", "handed_over_by_group_table",
           "handed_over_table", "link_faults_table", "links_table",
           "published_table", "stuck_table"]  # fmt: skip


def display_tables(result: StageResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    parts = (moved_tables, step_tables, hand_off_tables, marketing_tables, published_tables, organisation_tables,
             note_tables)  # fmt: skip
    tables = {name: table for part in parts for name, table in part(result).items()}
    tables["stage_notes"] = _once(tables, result)
    return {name: table for name, table in tables.items() if len(table[1])}


def _once(tables: dict[str, Display], result: StageResult) -> Display:
    """Return the notes that neither a caption nor the list of what is not available says word for word."""
    caption, notes, units = tables["stage_notes"]
    captions = [told for name, (told, *_) in tables.items() if name != "stage_notes"]
    said = " ".join([*captions, *result.unavailable.values()]).casefold()
    words = [note.removeprefix("needs ").rstrip(".").casefold() for note in notes["What to know"]]
    return caption, notes[[note not in said for note in words]].reset_index(drop=True), units


def comparisons_table(result: StageResult) -> pd.DataFrame:
    """Return every comparison of the last weeks with those before, of the whole and of groups."""
    return result.changes.table


def enquiries_table(result: StageResult) -> pd.DataFrame:
    """Return every enquiry: when it came, and when it got how far."""
    return result.funnel.enquiries


def stuck_table(result: StageResult) -> pd.DataFrame:
    """Return every open opportunity past the age at which the chance to move on has halved."""
    return result.pipeline.stuck


def groups_table(result: StageResult) -> pd.DataFrame:
    """Return every group against the rest, by step."""
    return result.groups


def handed_over_table(result: StageResult) -> pd.DataFrame:
    """Return every MQL: who had it, when it was touched, what sales made of it."""
    return result.hand_off.leads


def handed_over_by_group_table(result: StageResult) -> pd.DataFrame:
    """Return the hand-off of the last weeks by owner, team, lead source and region."""
    return result.hand_off.by_group


def link_faults_table(result: StageResult) -> pd.DataFrame:
    """Return what is wrong with links, by kind, in the last weeks and before."""
    return result.marketing.utm_faults


def links_table(result: StageResult) -> pd.DataFrame:
    """Return every campaign with what is wrong with its links."""
    return result.marketing.utm_campaigns


def published_table(result: StageResult) -> pd.DataFrame:
    """Return every published figure that answers a number of ours, with what to mind."""
    return result.peers.table
