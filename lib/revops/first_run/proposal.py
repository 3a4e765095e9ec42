"""A whole company.yml from what lies in a folder, with what was decided, and what the gate would still refuse."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from revops.company import Company, open_questions
from revops.company.yaml_files import TODO
from revops.errors import ExportError
from revops.exports import Refused, prepare
from revops.first_run.calendar import fiscal_lines, zone_lines
from revops.first_run.candidates import column_lines, find_candidates, group_lines, is_sure, test_lines
from revops.first_run.influence import influence_lines, models_of
from revops.first_run.meanings import account_lines, channel_lines, metric_lines, source_lines, type_lines, unit_lines
from revops.first_run.money import currency_lines, sign_lines
from revops.first_run.operations import hours_lines, organisation_lines, status_lines, target_lines
from revops.first_run.people import alias_lines
from revops.first_run.seen import Seen, look
from revops.first_run.stages import stage_lines
from revops.first_run.yaml_words import check, listed, note, quoted, shown
from revops.wording import count, join, plural

__all__ = ["Proposal", "propose"]

Lines = tuple[list[str], list[str]]
OPEN = "an open question \0"
COVERED: Lines = (["quota_covers: [new, expansion]"], [])
HEAD = (
    "Made from the exports by `python -m revops init`. Answer each TODO, look at each CHECK; params/company.yml of the "
    "project explains every setting."
)


@dataclass(frozen=True)
class Proposal:
    """The text of a company.yml, what each file is, what was decided and why, and what is wrong beside TODOs."""

    text: str
    files: tuple[str, ...]
    unread: tuple[str, ...]
    decided: tuple[str, ...]
    crms: dict[str, int]
    settled: bool
    refused: tuple[str, ...]

    @property
    def questions(self) -> list[tuple[int, str]]:
        """Return the lines with a TODO: their numbers and text."""
        return open_questions(self.text)

    @property
    def checks(self) -> list[tuple[int, str]]:
        """Return the lines that ask to look at a guess: their numbers and text."""
        lines = enumerate(self.text.split("\n"), start=1)
        return [(number, line.partition("CHECK: ")[2]) for number, line in lines if "# " in line and "CHECK: " in line]


def propose(
    folder: Path, name: str, shown_folder: str, systems: Path | None = None, crm: str | None = None
) -> Proposal:
    """Return the configuration that the exports of a folder suggest; what they do not tell is TODO, never guessed.

    Parameters
        folder : the raw exports
        name : of the company
        shown_folder : the folder as company.yml is to name it
        systems : the user's own descriptions of systems, if any
        crm : which CRM counts where the folder holds the deals of several

    Raises
        ExportError: no such folder, no such CRM, or no file in it holds opportunities.
    """
    seen = look(folder, systems, crm)
    if not any(frame.table.num_rows for frame in seen.of("opportunities")):
        raise ExportError("\n".join(seen.ledger.problems) or f"{folder.name}: no file holds opportunities.")
    found = find_candidates(seen)
    names = {word.casefold() for word in seen.words("owner_name", "quotas", "forecasts")}
    text, decided = _text(seen, found, names, name, shown_folder)
    return Proposal(
        text=text,
        files=tuple(_files(seen)),
        unread=tuple([f"{file}: {why}" for file, why in sorted(seen.ledger.unrecognised)]),
        decided=tuple(decided),
        crms=seen.crms,
        settled=seen.settled,
        refused=_refused(text, seen),
    )


def _text(seen: Seen, found: list[Any], names: set[str], name: str, shown_folder: str) -> tuple[str, list[str]]:
    groups = {w.casefold() for c in found if is_sure(c, names) for w in c.words}
    parts: list[tuple[str, Lines]] = [
        ("The currency of every amount on every page (ISO 4217).", currency_lines(seen)),
        ('Where the company\'s day begins and ends: "as of a day" means the end of that day here.', zone_lines(seen)),
        ("Month in which the fiscal year starts. A year is named after the one it ends in.", fiscal_lines(seen)),
        ("", _exports(seen, found, names, shown_folder)),
        ("The sales process in order. outcome is open, won or lost; also lists former names of a stage.",
         stage_lines(seen)),
        ("What the opportunity types mean: new, expansion, renewal or other.", type_lines(seen)),
        ("Which of these the quota covers; coverage and bookings count no others.", COVERED),
        ("What the quota sheets measure: bookings, pipeline_created, or metrics to ignore.", metric_lines(seen)),
        ("Unit of the amounts in sheets of weekly calls, which they rarely say.", unit_lines(seen)),
        ("Where a deal came from: marketing, sales, partner, customer_success or other; the first rule that matches.",
         source_lines(seen)),
        ("Which channel money spent on ads belongs to; {} is paid_search for Google, else paid_social.",
         channel_lines(seen)),
        ("What each account of the profit and loss is.", account_lines(seen)),
        ("What statuses of a lead mean, by pattern: somebody works on it, sales turned it down, marketing has it back.",
         status_lines(seen)),
        ("When sales works, for the clock of the hand-off; the zone is that of the owner's region, else the company's.",
         hours_lines(seen)),
        ("How many MQLs marketing is to bring, by quarter, as FY27-Q1: 100; {} = no target.", target_lines()),
        ("Who reports to whom and who owns what: no export tells; what is null is shown as not answered.",
         organisation_lines()),
        ("Names of segments and regions in the order to show them.", (group_lines(found, names), [])),
        ("Records made to try things out, by pattern; left out everywhere and counted.", test_lines(seen)),
        ("Other names of owners, as quota and commit sheets write them: other name -> name in the CRM.",
         alias_lines(seen, groups)),
    ]  # fmt: skip
    lines = [*note(HEAD), "", f"company: {quoted(name)}"]
    decided: list[str] = []
    for title, (own, said) in parts:
        if own:
            lines += ["", *(note(title) if title else []), *own]
            decided += said
    return "\n".join(lines).rstrip() + "\n", decided


def _exports(seen: Seen, found: list[Any], names: set[str], shown_folder: str) -> Lines:
    lines, decided = ["exports:", f"  folder: {quoted(shown_folder)}"], []
    if not seen.settled:
        several = join([f"{name} ({plural(n, 'deal')})" for name, n in sorted(seen.crms.items())])
        text = f"the folder holds deals of {several}: say which CRM counts. What follows is of {seen.crm}; for another"
        lines += [*note(f"{text} run init again with --crm.", 2), "  crm: TODO"]
        decided.append(f"deals of {several}: say which CRM counts, with --crm or as exports.crm")
    elif seen.named:
        lines.append(f"  crm: {quoted(seen.crm)}")
    pipelines = seen.words("pipeline", "opportunities")
    if len(pipelines) > 1:
        some = ", ".join(f"{shown(name)} ({count(n)})" for name, n in pipelines.items())
        lines += check(
            f"deals of all pipelines count, {some}; to keep some only: pipelines: {shown(listed(pipelines))}", 2
        )
        decided.append(f"pipelines: all count, {some}")
    for own, said in (influence_lines(seen), sign_lines(seen), column_lines(found, names)):
        lines, decided = lines + own, decided + said
    return lines, decided


def _files(seen: Seen) -> list[str]:
    frames = sorted(seen.frames, key=lambda frame: frame.source.name)
    return [
        f"{f.source.name}: {f.source.system}, {f.description.kind.name}, {plural(f.table.num_rows, 'row')}"
        for f in frames
    ]


def _refused(text: str, seen: Seen) -> tuple[str, ...]:
    """Return what the gate refuses once each TODO is answered somehow: what no line of the file can mend, or lacks."""
    values = yaml.load(text, Loader=_Marking)
    guessed = OPEN in values["owner_aliases"].values()
    values = _answered(values, seen)
    try:
        prepare(seen.folder, Company.model_validate(values), seen.systems)
    except Refused as refused:
        # Rows of two names may contradict each other only because both were answered with one owner here.
        return tuple(problem for problem in refused.problems if not (guessed and "contradict" in problem))
    except (ExportError, ValueError) as error:
        return (str(error),)
    return ()


class _Marking(yaml.SafeLoader):
    """SafeLoader that tells a TODO from the word in quotes."""


def _marked(loader: _Marking, node: yaml.ScalarNode) -> str:
    return OPEN if node.style is None and node.value == TODO else str(loader.construct_scalar(node))


_Marking.add_constructor("tag:yaml.org,2002:str", _marked)


def _answered(values: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """Return the settings with each TODO answered somehow, only to see what else is wrong."""
    values["currency"] = "USD" if values["currency"] == OPEN else values["currency"]
    values["rates"] = {code: 1.0 for code in values["rates"]}
    exports = values["exports"]
    answers = {"crm": seen.crm, "date_order": "month_first", "decimal_sign": "point"}
    answers["influence_model"] = next(iter(models_of(seen)), None)
    values["exports"] = {key: answers[key] if value == OPEN else value for key, value in exports.items()}
    stages = [stage for stage in values["stages"] if stage != {"name": OPEN}]
    given = {stage.get("outcome", "open") for stage in stages}
    for nth, stage in enumerate(stages):
        if stage.get("outcome") == OPEN:
            stage["outcome"] = "won" if "won" not in given else "open"
            given.add(stage["outcome"])
        stage["name"] = f"{OPEN} {nth}" if stage["name"] == OPEN else stage["name"]
    if "open" not in given:
        stages.append({"name": f"{OPEN} open"})
    values["stages"] = stages
    for key, other in (("types", "other"), ("ledger_accounts", "other"), ("quotas", "ignore")):
        if words := values.get(key, {}).pop(OPEN, None):
            values[key][other] = [*values[key].get(other, []), *words]
    for rule in values["sources"]:
        rule["source"] = "other" if rule["source"] == OPEN else rule["source"]
    if values.get("forecasts", {}).get("unit") == OPEN:
        values["forecasts"]["unit"] = "units"
    return {**values, "owner_aliases": _somebody(values["owner_aliases"], seen)}


def _somebody(aliases: dict[str, str], seen: Seen) -> dict[str, str]:
    """Return each open name as an owner of its own whom no sheet names, so that no rows of two owners meet."""
    owners = seen.words("owner_name", "owners", "opportunities")
    taken = {name.casefold() for name in seen.words("owner_name", "quotas", "forecasts")}
    free = iter([*(name for name in owners if name.casefold() not in taken), *owners])
    return {name: next(free, name) if to == OPEN else to for name, to in aliases.items()}
