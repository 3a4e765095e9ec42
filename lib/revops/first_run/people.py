"""Names in sheets of quotas and weekly calls that are no owner's, with the owner whose name comes closest."""

import difflib
from fnmatch import fnmatch

from revops.company import Company
from revops.exports.people import folded, with_full_names
from revops.first_run.seen import NOBODY, Seen, column
from revops.first_run.yaml_words import quoted, shown
from revops.wording import plural

__all__ = ["alias_lines"]

CLOSE = 0.6


def alias_lines(seen: Seen, groups: set[str]) -> tuple[list[str], list[str]]:
    """Return owner_aliases as lines of company.yml: a TODO for each name that is nobody's, and what was decided.

    Parameters
        groups : names of segments and regions, case folded, which are no people
    """
    strangers = _strangers(seen, groups)
    if not strangers:
        return ["owner_aliases: {}"], []
    owners = sorted(_owners(seen))
    lines = ["owner_aliases:"]
    for name in strangers:
        close = _closest(name, owners)
        hint = (
            f"is it {shown(close)}?"
            if close
            else "no owner's name comes close: a team (add the export UserRole, take this line out), "
            "a region or segment, one who left, or the whole company (quotas.company_names)?"
        )
        lines.append(f"  {quoted(name)}: TODO  # {hint}")
    some = ", ".join(shown(name) for name in strangers[:5])
    return lines, [f"no owner's: {plural(len(strangers), 'name')} of quota or call sheets ({some})"]


def _strangers(seen: Seen, groups: set[str]) -> list[str]:
    company = Company.model_validate(NOBODY)
    known = {folded(name) for name in _owners(seen)} | groups
    known |= {folded(word) for word in company.quotas.company_names}
    ids = {key for frame in seen.of("owners", "opportunities") for key in column(frame, "owner_id").dropna()}
    known |= {folded(team) for frame in seen.of("owners") for team in column(frame, "team").dropna()}
    found: dict[str, None] = {}
    for frame in seen.of("quotas", "forecasts"):
        pairs = zip(column(frame, "owner_name"), column(frame, "owner_id"), strict=True)
        for name, key in pairs:
            if isinstance(name, str) and name.strip() and not (isinstance(key, str) and key[:15] in ids):
                last, comma, first = name.partition(",")
                spellings = {folded(name), folded(f"{first} {last}") if comma else folded(name)}
                is_open = any(fnmatch(folded(name), folded(p)) for p in company.quotas.open_headcount)
                if not spellings & known and not is_open:
                    found[name.strip()] = None
    return sorted(found)


def _owners(seen: Seen) -> set[str]:
    names = {name for frame in seen.of("opportunities") for name in column(frame, "owner_name").dropna()}
    for frame in seen.of("owners"):
        table = with_full_names(frame.table)
        names |= {name for name in table["owner_name"].to_pylist() if name}
    return {name.strip() for name in names if name.strip()}


def _closest(name: str, owners: list[str]) -> str | None:
    by_word = [o for o in owners if folded(o).split()[-1:] == folded(name).split()[-1:]]
    return next(iter(difflib.get_close_matches(name, owners, 1, CLOSE)), None) or (
        by_word[0] if len(by_word) == 1 else None
    )
