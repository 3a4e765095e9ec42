"""The later parts of the digest: the bridge, the reports, what is missing, the data, the files."""

from collections.abc import Sequence
from dataclasses import replace

from revops import wording
from revops.actions.words import STATUS
from revops.delivery.mail.attached import Attached
from revops.delivery.mail.plain import shorten
from revops.delivery.mail.section import LONGEST_NAME, Item, Section, capital, day, short, size
from revops.delivery.review.shape import Line, Review, Step

__all__ = ["as_of_line", "attached", "bridge", "exports", "missing", "reports"]

_MOST = 5
_MOST_PARTS = 12


def bridge(review: Review) -> Section | None:
    """Return the answers of marketing, sales and finance and the steps between them, to the unit of the currency."""
    if not review.bridge:
        return None
    line = next((line for line in review.lines if line.report == "revenue_answer" and not line.slice), None)
    title = "One revenue answer: from one definition to the next"
    if line is not None and line.is_old:
        title += f", as of {day(line.as_of, review.as_of)}"
    steps = tuple(_step(step, review.currency) for step in review.bridge)
    return Section(title, steps, "Rounded here; to the cent, and deal by deal, in the review.", "figures")


def _step(step: Step, currency: str) -> Item:
    def money(amount: float | None) -> str:
        return wording.money(amount, currency, exact=True, signed=not step.is_answer)

    small = f"booked {money(step.booked)}, committed {money(step.committed)}"
    small += f"; {wording.plural(step.n, 'record')}" if step.n is not None else ""
    return Item(short(step.label), capital(small), money(step.total), step.is_answer)


def reports(review: Review) -> Section | None:
    """Return what each report says and its status in words, with its slices; an older one by its day, never as new."""
    told: set[str] = set()
    items = []
    parts = [line for line in review.own_lines if line.slice]
    shown = _most_urgent(parts)
    for line in (line for line in review.own_lines if not line.slice or line in shown):
        again = replace(line, reason="as above") if line.reason in told else line
        items.append(_report(again, review))
        told |= {line.reason} if line.reason else set()
    left = len(parts) - len(shown)
    note = f"{wording.plural(left, 'more report')} on parts of the company in the review." if left else ""
    return Section("The reports", tuple(items), note) if items else None


def _most_urgent(parts: Sequence[Line]) -> list[Line]:
    """Return the parts of the company that there is room for, in their order: what failed or says Act first."""
    first = sorted(parts, key=_urgency)[:_MOST_PARTS]
    return [line for line in parts if line in first]


def _urgency(line: Line) -> int:
    """Return the place of a report among parts of the company: those that failed, that say Act, Watch, and the rest."""
    asked = ("act", "watch")
    return 0 if line.outcome == "failed" else asked.index(line.status) + 1 if line.status in asked else len(asked) + 1


def _report(line: Line, review: Review) -> Item:
    slices = [each for each in review.lines if each.report == line.report and each.slice and not line.slice]
    named = [_slice(each, review) for each in _most_urgent(slices)]
    named += [f"{len(slices) - len(named)} more"] if len(slices) > len(named) else []
    small = [f"Status: {STATUS[line.status]}" if line.status else "No status"]
    text = f"{short(line.title)}: {short(line.sentence or '')}"
    if line.outcome in ("failed", "not_run") or line.is_old:
        text = as_of_line(line, review.as_of)
        small = [f"As of {day(line.as_of, review.as_of)} it said: {short(line.sentence)}"] if line.sentence else []
        small += [f"Status then: {STATUS[line.status]}"] if line.status else []
    small += [f"By {'; '.join(named)}"] if named else []
    return Item(text, " ".join(f"{part.removesuffix('.')}." for part in small))


def as_of_line(line: Line, as_of: str) -> str:
    """Return that a report is not of this run: not made and why, or made earlier."""
    title = shorten(line.title, LONGEST_NAME)
    if line.outcome in ("failed", "not_run"):
        why = f": {short(line.reason)}" if line.reason else ""
        stands = f" (shown as of {day(line.as_of, as_of)})" if line.sentence and line.as_of else ""
        return f"{title} was not made{stands}{why}".removesuffix(".")
    return f"{title} is older, as of {day(line.as_of, as_of)}"


def _slice(line: Line, review: Review) -> str:
    name = ", ".join(f"{by} {shorten(group, LONGEST_NAME)}" for by, group in line.slice.items())
    status = STATUS[line.status].lower() if line.status else "no status"
    if line.outcome in ("failed", "not_run"):
        return f"{name}: not made" + (f", {status} as of {day(line.as_of, review.as_of)}" if line.status else "")
    return f"{name}: {status}" + (f" as of {day(line.as_of, review.as_of)}" if line.is_old else "")


def missing(review: Review) -> Section | None:
    """Return what could not be told, and what it needs; of a report that was not made, its own line tells."""
    failed = [line.title for line in review.lines if line.outcome in ("failed", "not_run")]
    rows: dict[str, list[str]] = {}
    for each in review.missing:
        if each.what not in failed:
            rows.setdefault(each.needs, []).append(each.what)
    items = [
        Item(f"{short(wording.join_few(list(dict.fromkeys(what))))}: needs {short(needs).removesuffix('.')}")
        for needs, what in list(rows.items())[:_MOST]
    ]
    left = len(rows) - len(items)
    note = f"{left} more in the review." if left else ""
    return Section("What could not be told", tuple(items), note) if items else None


def exports(review: Review) -> Section | None:
    """Return how fresh the exports are: how many, and those that are old by name."""
    if not review.exports:
        return None
    old = [export for export in review.exports if export.state == "old"]
    counts = {state: sum(export.state == state for export in review.exports) for state in ("fresh", "old", "undated")}
    told = wording.join(
        [f"{n} {'without a date' if state == 'undated' else state}" for state, n in counts.items() if n]
    )
    items = []
    for export in old[:_MOST]:
        last = f"ends on {day(export.last, review.as_of)}" if export.last else "has no date"
        name = f"{shorten(export.table, LONGEST_NAME)} ({shorten(export.file, LONGEST_NAME)})"
        items.append(Item(f"{name} {last}", short(capital(export.note))))
    left = f" {wording.plural(len(old) - len(items), 'more old one')} in the review." if len(old) > len(items) else ""
    return Section("The data", tuple(items), f"{wording.plural(len(review.exports), 'export')}: {told}.{left}")


def attached(review: Review, files: Sequence[Attached]) -> Section:
    """Return the files that go along, how large each is, and where all others are."""
    old = {line.report: line.as_of for line in review.lines if line.is_old and not line.slice}
    items = []
    for file in files:
        what = file.name if file.report else f"{file.name}: the whole review"
        what += f", as of {day(old[file.report], review.as_of)}" if file.report in old else ""
        items.append(Item(what, figure=size(len(file.content))))
    total = size(sum(len(file.content) for file in files))
    note = (
        f"{wording.plural(len(files), 'file')}, {total}. Save them in one folder, and the links between them work. "
        f"All tables and slices are in the folder of run {review.run}."
    )
    return Section("Attached", tuple(items), note, "figures")
