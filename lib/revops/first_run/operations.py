"""How the company works: statuses of leads by their names, and what no export tells, as defaults and open questions."""

import re
from collections import Counter

from revops.exports.people_records.lead_history import known_field
from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import check, listed, shown
from revops.wording import count, plural

__all__ = ["hours_lines", "organisation_lines", "status_lines", "target_lines"]

HINTS = {
    "recycled": r"recycl|nurtur|bad timing|re-?engage|back to marketing|on hold",
    "rejected": r"disqualif|unqualif|not qualified|reject|\b(bad|wrong|junk|spam|invalid|dead)\b|not interested|no fit|"
    r"^closed(?! - converted)",
    "none": r"not (yet )?(contacted|attempted)|^(open|new)\b|converted|qualified",
    "working": r"working|contact|attempt|connect|engag|progress|follow|called|meeting|replied|accepted|\bactive\b",
}
"""What a status says by its name; the first that fits."""
MEANINGS = ("working", "rejected", "recycled")
SOME = 6


def status_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return what statuses of leads mean as lines of company.yml, and what was decided."""
    words = _statuses(seen)
    if not words:
        return ["lead_statuses: {}"], []
    meant = {word: _meaning(word) for word in words}
    rest = [word for word in words if meant[word] not in MEANINGS]
    some = ", ".join(f"{shown(word)} ({count(words[word])})" for word in rest[:SOME]) + (", …" if rest[SOME:] else "")
    lines = ["lead_statuses:", *check(f"guessed by their names{f'; none of the three: {some}' if rest else ''}", 2)]
    for name in MEANINGS:
        mine = [word for word in words if meant[word] == name]
        lines.append(f"  {name}: {listed(mine)}")
    told = len(words) - len(rest)
    return lines, [f"lead statuses: {told} of {plural(len(words), 'word')} guessed by name"]


def hours_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return when sales works as lines of company.yml: the usual hours, to be checked, and the zones of users."""
    if not any(frame.table.num_rows for frame in seen.of("leads", "contacts")):
        return ["office_hours: {}"], []
    zones = Counter(zone for frame in seen.of("owners") for zone in column(frame, "_time_zone").dropna())
    text = "nothing tells when sales works; these are usual hours, and everybody is held to be in the company's zone"
    lines = ["office_hours:", *check(text, 2), '  opens: "08:30"', '  closes: "18:00"',
             "  days: [mon, tue, wed, thu, fri]", "  holidays: []"]  # fmt: skip
    if len(zones) > 1:
        named = sorted(zones, key=lambda zone: (-zones[zone], zone))[:SOME]
        some = ", ".join(f"{shown(zone)} ({count(zones[zone])})" for zone in named)
        lines += check(f"users are in {some}; name the zone of each region, as EMEA: Europe/Berlin", 2)
    return [*lines, "  time_zones: {}"], ["office hours: 08:30 to 18:00, Monday to Friday (nothing tells; check it)"]


def target_lines() -> tuple[list[str], list[str]]:
    """Return the targets of MQLs as lines of company.yml: none."""
    return ["mql_targets: {}"], []


def organisation_lines() -> tuple[list[str], list[str]]:
    """Return who reports to whom as lines of company.yml: every answer open, as no export holds one."""
    return [
        "organisation:",
        "  revops_reports_to: null  # such as CRO, CMO, CFO, CEO",
        "  revops_owns_pipeline_stages: null  # true or false",
        "  revops_owns_renewals: null  # true or false",
        "  monday_review_shows: null  # of nrr, cac_payback, full_funnel, as [nrr, full_funnel]",
        "  employees: null",
        "  private_equity: null  # true or false",
        "  ops_people: {}  # as {marketing: 1, sales: 2, customer_success: 0, revops: 0}",
        "  mature_marketing: null  # true or false",
        "  leadership_backs: null  # revops or cmo",
        "  connected_tools: []  # tools that exchange data with each other, by pattern",
    ], []


def _statuses(seen: Seen) -> Counter[str]:
    """Return the statuses of leads, as they stand and as their history has them, with how many leads stand there."""
    now = seen.words("status", "leads")
    past: Counter[str] = Counter()
    for frame in seen.of("lead_history"):
        is_status = column(frame, "field").map(lambda field: known_field(field) == "status").astype(bool)
        moved = column(frame, "new_value")[is_status].dropna()
        past.update(word.strip() for word in moved if word.strip())
    known = {word.casefold() for word in now}
    for word in sorted(past, key=lambda word: (-past[word], word)):
        if word.casefold() not in known:
            now[word] = 0
            known.add(word.casefold())
    return now


def _meaning(word: str) -> str:
    """Return working, rejected or recycled by the name of a status; none where it says nothing of them."""
    fitting = (name for name, pattern in HINTS.items() if re.search(pattern, word.strip(), re.IGNORECASE))
    return next(fitting, "none")
