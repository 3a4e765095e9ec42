"""Several pipelines in one CRM: which deals are ours, and which stage a name means where two pipelines have it."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples, nearest
from revops.exports.context import Context
from revops.exports.people import folded
from revops.exports.reading.columns import TEXT, coded, distinct, put
from revops.exports.reading.frames import Frame
from revops.exports.recognising.own_columns import ENTERED
from revops.wording import plural

__all__ = ["settle_pipelines"]

IN_HEADER = re.compile(r"(.*\S)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")


def settle_pipelines(frames: list[Frame], context: Context) -> None:
    """Leave out the deals of pipelines that company.yml does not keep, and write each stage so that it means one.

    A stage stands under its name alone where only one pipeline has a stage of that name, and under "Stage (Pipeline)"
    where several have, or where company.yml lists it so. Columns of dates of stages are named alike, one a stage.
    """
    for frame in frames:
        _refuse_unnamed(frame, context)
    named = [frame for frame in frames if "pipeline" in frame.table.column_names]
    found = {folded(name): name for frame in named for name in _names(frame.table["pipeline"])}
    for frame in named:
        _keep(frame, context)
    _refuse_unknown(found, frames, context)
    kept = {folded(name) for name in context.company.exports.pipelines} or set(found)
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for frame in frames:
        for stage, pipeline in (*_of_records(frame), *(pair for _, *pair in _of_headers(frame, found))):
            if folded(pipeline) in kept:
                owners[folded(stage)].add(folded(pipeline))
    if len(kept) > 1:
        context.words.pipelines = tuple(sorted(found[name] for name in kept & set(found)))
    for frame in frames:
        _write_stages(frame, owners, context)
        _write_dates(frame, found, kept, owners, context)


def _refuse_unnamed(frame: Frame, context: Context) -> None:
    """Add a problem where a file has dates of stages of several pipelines and does not say in which its deals are."""
    if "pipeline" in frame.table.column_names:
        return
    names = sorted({pipeline for _, _, pipeline in _of_headers(frame, {}) if pipeline})
    if len(names) > 1:
        context.ledger.problems.append(
            f"{frame.source.name}: must say in which pipeline each deal is; found dates of stages of "
            f"{plural(len(names), 'pipeline')} ({', '.join(names)}) and no column Pipeline. Add it to the export."
        )


def _refuse_unknown(found: dict[str, str], frames: list[Frame], context: Context) -> None:
    """Add a problem for pipelines of company.yml that no deal is in."""
    for name in context.company.exports.pipelines:
        if frames and folded(name) not in found:
            known = nearest(name, sorted(found.values())) if found else "No file of deals has a column Pipeline."
            context.ledger.problems.append(
                f"company.yml, exports.pipelines: some deal must be in the pipeline {name}; found none. {known} "
                "Correct it, or take it out."
            )


def _keep(frame: Frame, context: Context) -> None:
    """Leave out the deals of other pipelines than those that company.yml names; it may name none to keep all."""
    wanted = {folded(name) for name in context.company.exports.pipelines}
    if not wanted:
        return
    codes = distinct(frame.table["pipeline"])
    words = codes.dictionary.to_pylist()
    ours = pa.array([folded(word) in wanted for word in words], pa.bool_()).take(codes.indices).fill_null(False)
    for word in [*words, None]:
        if word is None or folded(word) not in wanted:
            is_other = pc.equal(codes, word) if word is not None else codes.is_null()
            reason = f"of the pipeline {word}, not in exports.pipelines" if word is not None else "of no pipeline"
            context.ledger.leave_out_rows(frame.table.filter(is_other), reason, "opportunity_id")
    frame.table = frame.table.filter(ours)


def _names(column: pa.ChunkedArray) -> list[str]:
    return [name for name in distinct(column).dictionary.to_pylist() if name]


def _of_records(frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield the stages that deals are in, with their pipelines."""
    if "pipeline" in frame.table.column_names:
        pairs = frame.table.select(["stage_name", "pipeline"])
        pairs = pa.table({name: pairs[name].cast(TEXT) for name in pairs.column_names})
        for pair in pairs.group_by(["stage_name", "pipeline"]).aggregate([]).to_pylist():
            if pair["stage_name"] and pair["pipeline"]:
                yield pair["stage_name"], pair["pipeline"]


def _of_headers(frame: Frame, found: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the columns of dates of stages: each with its stage, and its pipeline where the header says it.

    `found` holds the names of pipelines known from deals, which may have brackets of their own.
    """
    for column in frame.table.column_names:
        if not column.startswith(ENTERED):
            continue
        text = column.partition(" ")[2]
        ends = [name for name in found.values() if folded(text).endswith(f" ({folded(name)})")]
        if ends:
            pipeline = max(ends, key=len)
            yield column, text[: -len(pipeline) - 2].strip(), pipeline
        elif split := IN_HEADER.fullmatch(text):
            yield column, split[1], split[2]
        else:
            yield column, text, ""


def _word(stage: str, pipeline: str, owners: dict[str, set[str]], context: Context) -> str:
    """Return the name under which a stage of a pipeline is looked up in company.yml."""
    full = f"{stage} ({pipeline})"
    if not pipeline:
        return stage
    others = owners.get(folded(stage), set()) - {folded(pipeline)}
    return full if others or context.words.knows_stage(full) else stage


def _write_stages(frame: Frame, owners: dict[str, set[str]], context: Context) -> None:
    """Write the stage of each deal so that its name means one."""
    if "pipeline" not in frame.table.column_names:
        return
    columns = [frame.table[name].cast(TEXT).combine_chunks() for name in ("stage_name", "pipeline")]
    codes = pc.dictionary_encode(pc.binary_join_element_wise(columns[0], columns[1].fill_null(""), "\0"))
    pairs = [str(word).split("\0") for word in codes.dictionary.to_pylist()]
    stages = coded(codes, [_word(stage, pipeline, owners, context) for stage, pipeline in pairs])
    frame.table = put(frame.table, "stage_name", stages)


def _write_dates(
    frame: Frame, found: dict[str, str], kept: set[str], owners: dict[str, set[str]], context: Context
) -> None:
    """Name the columns of dates by their stage; of several for one stage a later one fills the blanks of the first."""
    dates: dict[str, pa.ChunkedArray] = {}
    others: list[str] = []
    for column, stage, pipeline in sorted(_of_headers(frame, found)):
        values = frame.table[column]
        frame.table = frame.table.drop_columns([column])
        if pipeline and context.company.exports.pipelines and folded(pipeline) not in kept:
            others.append(pipeline)
            continue
        name = ENTERED + _word(stage, pipeline, owners, context)
        dates[name] = pc.coalesce(dates[name], values) if name in dates else values
    for name, values in dates.items():
        frame.table = put(frame.table, name, values)
    if dates:
        frame.source.decisions.append(
            f"{plural(len(dates), 'column')} of dates of stages: their history, of a stage entered again one entry only"
        )
    if others:
        n, shown = plural(len(others), "column"), examples(sorted(set(others)))
        frame.source.decisions.append(f"{n} of dates of stages of other pipelines left out ({shown})")
