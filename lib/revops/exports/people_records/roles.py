"""Which contacts belong to which opportunity: from files of roles and from reports of opportunities with them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, plain
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.rows import leave, text_columns
from revops.wording import plural, share

__all__ = ["RoleFiles", "build_roles", "parted"]

ROLE = ("opportunity_id", "contact_id", "role", "is_primary", "_file")
FURTHER = "further row of an opportunity: read as a contact role"
LOW = 0.5


@dataclass
class RoleFiles:
    """Files that hold roles: those whose rows count as roles, and those whose rows count as opportunities already.

    `others` are the ids of the opportunities that other files have.
    """

    counted: list[Frame] = field(default_factory=list)
    uncounted: list[Frame] = field(default_factory=list)
    others: set[str] = field(default_factory=set)


def parted(frames: list[Frame], ledger: Ledger) -> tuple[list[Frame], RoleFiles]:
    """Return the files that give opportunities, and those of them that give contact roles.

    The report "Opportunities with Contact Roles" repeats an opportunity for each of its contacts and leaves out those
    without. Where other files of the same day hold opportunities, it gives roles alone; else each opportunity is taken
    once. Of dated folders the latest alone gives roles.
    """
    files = RoleFiles()
    if not any(_has_roles(frame) for frame in frames):
        return frames, files
    by_day: defaultdict[object, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_day[frame.day].append(frame)
    latest = None if None in by_day else max(by_day)
    kept = []
    for day, those in by_day.items():
        others = [frame for frame in those if not _has_roles(frame) and frame.rows.num_rows]
        for frame in those:
            if not _has_roles(frame):
                kept.append(frame)
            elif others:
                _as_roles_alone(frame, day == latest, files, ledger)
            else:
                if day == latest:
                    files.uncounted.append(_roles_of(frame))
                _take_once(frame, ledger)
                kept.append(frame)
        if day == latest:
            files.others = {key for frame in others for key in frame.table["opportunity_id"].to_pylist()}
    return kept, files


def _has_roles(frame: Frame) -> bool:
    names = set(frame.rows.column_names)
    return "contact_id" in names and bool({"role", "is_primary"} & names)


def _roles_of(frame: Frame) -> Frame:
    return replace(frame, table=frame.table.select([name for name in ROLE if name in frame.table.column_names]))


def _as_roles_alone(frame: Frame, is_latest: bool, files: RoleFiles, ledger: Ledger) -> None:
    frame.source.table, name = "contact_roles", frame.source.name
    ledger.left_out = [replace(item, table="contact_roles") if item.file == name else item for item in ledger.left_out]
    if is_latest:
        frame.source.decisions.append("read for its contact roles alone: other files hold the opportunities")
        files.counted.append(_roles_of(frame))
    else:
        ledger.leave_out_rows(frame.table, "contact role of an earlier day", "opportunity_id")


def _take_once(frame: Frame, ledger: Ledger) -> None:
    """Keep one row of each opportunity of a report that repeats them; rows that differ otherwise stay to be judged."""
    table = plain(frame.table.drop_columns([name for name in ROLE[1:4] if name in frame.table.column_names]))
    again = pa.array(table.to_pandas().duplicated().to_numpy()) if table.num_rows else pa.array([], pa.bool_())
    again = pc.and_(again, table["opportunity_id"].is_valid().combine_chunks())
    ledger.leave_out_rows(table.filter(again), FURTHER, "opportunity_id")
    frame.source.decisions.append("holds a row per opportunity and contact: each opportunity is taken once")
    if not frame.table["contact_id"].null_count:
        frame.source.warnings.append(
            'the report "Opportunities with Contact Roles" leaves out opportunities without a contact; export the '
            "opportunities by themselves too"
        )
    frame.table = table.filter(pc.invert(again))


def build_roles(
    files: RoleFiles, frames: list[Frame], listed: pa.Table | None, deals: pa.Table, contacts: Merged, context: Context
) -> pa.Table | None:
    """Return one row per opportunity and contact; None where no file and no record tells any.

    Parameters
        files : reports of opportunities that hold roles too
        frames : files of nothing but roles
        listed : pairs that opportunities and contacts list themselves; they say no role
        contacts : which contacts were merged; a loser's role is its winner's

    Of several roles of one contact the primary one is kept, then the first by name. Roles of opportunities that are
    not in the exports are left out and counted.
    """
    if not frames and not files.counted and not files.uncounted:
        return listed
    ledger = context.ledger
    counted = [_rows(frame, contacts, True) for frame in (*frames, *files.counted)]
    rows = pd.concat([*counted, *(_rows(frame, contacts, False) for frame in files.uncounted)], ignore_index=True)
    for column in ("opportunity_id", "contact_id"):
        rows = _leave(rows, rows[column].isna(), f"no {column}", ledger)
    rows = _leave(rows, rows["_deleted"], "deleted in the system (IsDeleted)", ledger)
    known = set(deals["opportunity_id"].to_pylist())
    _warn_of_strangers(rows, files, ledger)
    rows = _leave(rows, ~rows["opportunity_id"].isin(known), "opportunity not in the export", ledger)
    rows = _once(rows, ledger)
    ledger.keep_rows(pa.table({"_file": pa.array(rows.loc[rows["_counted"], "_file"], pa.int32())}))
    _say_coverage(rows, deals, (*frames, *files.counted, *files.uncounted), ledger)
    found = pa.table({
        **{name: pa.array(rows[name], TEXT, from_pandas=True) for name in ROLE[:3]},
        "is_primary": pa.array(rows["is_primary"], pa.bool_(), from_pandas=True),
    })  # fmt: skip
    return found if listed is None else _with_listed(found, listed)


def _rows(frame: Frame, contacts: Merged, counted: bool) -> pd.DataFrame:
    table = frame.table
    rows = text_columns(table, ROLE[:3])
    rows["contact_id"] = contacts.led(table["contact_id"]).to_pandas().astype("object")
    rows["role"] = rows["role"].str.strip().replace("", None)
    for name in ("is_primary", "is_deleted"):
        there = name in table.column_names
        rows[name] = table[name].to_pandas().astype("object") if there else pd.Series(None, rows.index, "object")
    rows["_deleted"] = rows.pop("is_deleted").eq(True)
    return rows.assign(_file=table["_file"].to_pandas(), _counted=counted, _api=frame.description.kind.route == "api")


def _leave(rows: pd.DataFrame, drop: pd.Series, reason: str, ledger: Ledger) -> pd.DataFrame:
    """Return the rows that stay; of the others those that count as roles are counted."""
    rows = leave(rows, drop & rows["_counted"], reason, ledger, "opportunity_id")
    return rows[~drop.loc[rows.index]]


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return one row per opportunity and contact; copies and further roles of the same contact are counted."""
    pair = ["opportunity_id", "contact_id"]
    rank = rows["is_primary"].map({True: 0, False: 1}).fillna(2)
    rows = rows.assign(_rank=rank, _role=rows["role"].fillna("\uffff"))
    rows = rows.sort_values([*pair, "_rank", "_role", "_api", "_counted", "_file"],
                            ascending=[True, True, True, True, False, False, True], kind="stable")  # fmt: skip
    first = rows.groupby(pair)[["_role", "_rank", "_file"]].transform("first")
    same = rows["_role"].eq(first["_role"]) | rows["role"].isna()
    own = rows["_file"].eq(first["_file"])
    again = rows.duplicated(pair)
    reasons = {
        "exact duplicate row": again & same & own & rows["_rank"].eq(first["_rank"]),
        "same record in another file": again & same & ~own,
    }
    told = pd.concat(list(reasons.values()), axis=1).any(axis=1)
    for reason, mask in {**reasons, "further role of the same contact": again & ~told}.items():
        rows = _leave(rows, mask.loc[rows.index], reason, ledger)
    return rows


def _warn_of_strangers(rows: pd.DataFrame, files: RoleFiles, ledger: Ledger) -> None:
    """Say which opportunities stand in a report of roles and in no file of opportunities: they are not read."""
    for frame in files.counted:
        ours = rows[rows["_file"].eq(frame.source.index)]
        strange = sorted(set(ours["opportunity_id"]) - files.others)
        if strange:
            n = plural(len(strange), "opportunity")
            frame.source.warnings.append(
                f"{n} that no other file holds: not read as opportunities ({examples(strange)})"
            )


def _say_coverage(rows: pd.DataFrame, deals: pa.Table, frames: Iterable[Frame], ledger: Ledger) -> None:
    """Say how many opportunities have a contact: as a decision, and as a warning where fewer than half have."""
    there = deals["opportunity_id"]
    if "is_deleted" in deals.column_names:
        there = there.filter(pc.invert(deals["is_deleted"].fill_null(False)))
    n, total = len(set(rows["opportunity_id"]) & set(there.to_pylist())), len(there)
    if not total:
        return
    said = f"{n:,} of {plural(total, 'opportunity')} ({share(n / total)}) {'has' if n == 1 else 'have'} a contact role"
    for index in sorted({frame.source.index for frame in frames}):
        ledger.sources[index].decisions.append(said)
    if n / total < LOW:
        ledger.warnings.append(
            f"contact_roles: only {said}; what people did before the others cannot be told"
            if n
            else f"contact_roles: none of {plural(total, 'opportunity')} has a contact role, though files of them are "
            "there; what people did before cannot be told"
        )


def _with_listed(found: pa.Table, listed: pa.Table) -> pa.Table:
    """Return the roles and the pairs that records list themselves and no file of roles has."""
    pairs = [pc.binary_join_element_wise(t["opportunity_id"].cast(TEXT), t["contact_id"].cast(TEXT), " ")
             for t in (found, listed)]  # fmt: skip
    new = pc.invert(pc.is_in(pairs[1], value_set=pairs[0].combine_chunks()))
    return pa.concat_tables([found, listed.filter(new)], promote_options="default")
