"""The first run for a new company: its company.yml written from its exports, never over another, and told to people."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from revops.contents import systems_folder
from revops.errors import SettingsError
from revops.first_run import Proposal, propose
from revops.params import find_params, project_root
from revops.wording import plural

__all__ = ["first_run"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def first_run(
    folder: str, *, name: str | None, params: str | None, crm: str | None, ask: Callable[[str], str] | None
) -> Iterator[str]:
    """Write a company.yml for a folder of exports and yield the lines that tell what was recognised and decided.

    Parameters
        folder : the raw exports
        name : of the company, by default that of the folder; the file is params/<name>/company.yml
        params : the folder to write company.yml to, in place of that
        crm : which CRM counts where the folder holds the deals of several
        ask : puts a question to whoever sits there; None where nobody does

    Raises
        SettingsError: no such folder, no name to be made of it, or a company.yml is there already.
        ExportError: no file of the folder holds opportunities.
    """
    exports = Path(os.path.abspath(folder))
    if not exports.is_dir():
        raise SettingsError(f"{folder}: must be a folder of exports; found none. Name the folder that holds them.")
    name = name or re.sub(r"[^a-z0-9]+", "-", exports.name.lower()).strip("-")
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name or folder}: must be a name of letters and digits; found none. Give one with --name."
        )
    root = project_root(Path(params)) if params else project_root(find_params(None))
    file = (Path(os.path.abspath(params)) if params else root / "params" / name) / "company.yml"
    shown = _shown(file, root)
    if file.exists():
        raise SettingsError(
            f"{shown}: is there already, and init never overwrites. Edit it, or name another company with --name."
        )
    n = sum(path.is_file() for path in exports.rglob("*"))
    print(f"Reading {plural(n, 'file')} ...", file=sys.stderr, flush=True)
    proposal = propose(exports, name, _shown(exports, root), systems_folder(file.parent), crm)
    if not proposal.settled and ask is not None:
        crms = sorted(proposal.crms)
        answer = ask(f"{folder} holds deals of {' and '.join(crms)}. Which counts? (Enter: say so later) ").strip()
        if answer:
            proposal = propose(exports, name, _shown(exports, root), systems_folder(file.parent), answer)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as out:
        out.write(proposal.text)
    yield from _told(proposal, folder, shown)


def _told(proposal: Proposal, folder: str, shown: str) -> Iterator[str]:
    yield f"{folder}: {plural(len(proposal.files), 'file')} recognised"
    sections = (
        ("", proposal.files),
        ("Not recognised", proposal.unread),
        ("Decided, and why", proposal.decided),
        ("Still refused when every TODO is answered", proposal.refused),
    )
    for title, lines in sections:
        if title and lines:
            yield f"\n{title}"
        for line in lines:
            yield "  " + line.replace("\n", "\n  ")
    questions, checks = proposal.questions, proposal.checks
    left = f"{plural(len(questions), 'TODO')} to answer in it" if questions else "nothing is left to answer in it"
    yield f"\n{shown} is written; {left}{':' if questions else '.'}"
    for number, line in questions:
        yield f"  line {number}: {line}"
    if checks:
        yield "\nLook also at what was guessed:"
    for number, line in checks:
        yield f"  line {number}: {line}"
    home = Path(shown).parent.as_posix()
    yield "\nThen:" if questions else "\nNext:"
    yield f"  python -m revops check --params {home}"
    yield f"  python -m revops run --params {home}"


def _shown(path: Path, root: Path) -> str:
    """Return a path from the project folder on where it lies in it, else whole."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
