"""What the words of the exports seem to mean: types, sources, metrics, accounts; what hints at nothing is a TODO."""

import re
from collections import Counter

import pandas as pd

from revops.company import SOURCES, TYPES
from revops.company.definitions import ADVERTISING
from revops.exports.books.accounts import guess_category
from revops.exports.sheets.quotas import guess_metric
from revops.exports.words import guess
from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import check, listed, note, shown
from revops.wording import count, plural

__all__ = ["account_lines", "channel_lines", "metric_lines", "source_lines", "type_lines", "unit_lines"]

BLANK = "(blank)"
TODO = "TODO"
SOURCE_HINTS = {
    "unknown": r"^unknown$",
    "other": r"^others?$",
    "partner": r"partner|reseller|alliance|distributor",
    "customer_success": r"customer success|\bcsm\b|up-?sell|cross-?sell|existing customer",
    "sales": r"outbound|\b(sdr|bdr|ae)s?\b|prospect|cold (call|e-?mail)|account exec|\bsales\b|^offline sources$",
    "marketing": (
        r"webinar|trade ?show|conference|\bevents?\b|\bweb\b|web ?site|\bpaid\b|organic|\bsearch\b|social|newsletter|"
        r"e-?mail marketing|content|advert|\bads?\b|campaign|direct traffic|inbound|\b(seo|sem|ppc)\b|\bblog\b|"
        r"white ?paper|e-?book|marketing|^referrals$|^ai referrals$"
    ),
}
UNSURE = {"offline sources": "HubSpot's word for what people or imports entered"}
PAY = re.compile(r"payroll|salar|wage|bonus|benefit|compensation|personnel|staff|contractor", re.IGNORECASE)
BOTH_TEAMS = re.compile(r"\bsales\b.*\bmarketing\b|\bmarketing\b.*\bsales\b|\bs ?& ?m\b", re.IGNORECASE)
TEAM = re.compile(r"sales|marketing|customer success|support|engineer|r&d|research|develop|product|g&a|admin", re.I)
MEDIUM = {"cpc": "paid_search", "ppc": "paid_search", "paidsearch": "paid_search", "organic": "organic_search",
          "email": "email", "paid_social": "paid_social", "paidsocial": "paid_social", "social": "social",
          "webinar": "webinar", "trade show": "event", "conference": "event", "event": "event", "referral": "referral",
          "advertisement": "advertising", "content syndication": "content_syndication"}  # fmt: skip


def type_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return opportunity types as lines of company.yml, and what was decided."""
    words = seen.words("type", "opportunities")
    blank, rows = seen.blanks("type", "opportunities")
    if not words:
        text = "no file says of what type a deal is: all count as new business"
        return ["types:", *check(text, 2), f"  new: [{BLANK}]"], [text]
    meant = {word: guess("type", word) or ("other" if word.casefold() == "other" else TODO) for word in words}
    if blank:
        words[BLANK], meant[BLANK] = blank, TODO
    lines = ["types:", *check("guessed by their names", 2)]
    return lines + _by_meaning(meant, words, (*TYPES, TODO), f"of {count(rows)} rows"), _said("types", meant)


def source_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return lead sources as rules of company.yml, and what was decided."""
    words = seen.words("lead_source", "opportunities", "contacts", "leads")
    if not words:
        return ["sources: []"], ["sources: no file has a lead source; all deals are of unknown source"]
    meant = {word: _source_of(word) for word in words}
    lines = ["sources:", *check("guessed by their names", 2)]
    for source in (*SOURCES, TODO):
        mine = [word for word in words if meant[word] == source]
        doubts = [f"CHECK: {shown(w)} is {UNSURE[w.casefold()]}" for w in mine if w.casefold() in UNSURE]
        if mine:
            why = f"  # {SOURCE_NAMES}" if source == TODO else f"  # {'; '.join(doubts)}" if doubts else ""
            lines.append(f"  - {{source: {source}, lead_source: {listed(mine)}}}{why}")
    return lines, _said("sources", meant)


NEAR = 3  # so many times smaller than a deal a call in units may be
FAR = 20  # a call for a period, which is of several deals, is not a small part of one

SOURCE_NAMES = "one line for each of marketing, sales, partner, customer_success, other"


def metric_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return what quota sheets measure as lines of company.yml, and what was decided; nothing where none says it."""
    words = seen.words("metric", "quotas")
    blanks = [f for f in seen.of("quotas") if "metric" in f.table.column_names and f.table["metric"].null_count]
    if blanks:
        words[BLANK] = sum(frame.table["metric"].null_count for frame in blanks)
    known = ("bookings", "pipeline_created", "ignore")
    meant = {word: TODO if word == BLANK else guess_metric(word) for word in words if word.casefold() not in known}
    if not meant:
        return [], []
    lines = ["quotas:", *_by_meaning(meant, words, (*known[:2], TODO), "rows; bookings, pipeline_created or ignore")]
    return lines, _said("quota metrics", meant)


def unit_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the unit of amounts in sheets of weekly calls as lines of company.yml; nothing where there is no sheet."""
    frames = seen.of("forecasts")
    amounts = [column(frame, "amount_original").abs() for frame in frames]
    if not frames or any(frame.scaled for frame in frames):
        return [], []
    calls = pd.concat(amounts)
    deals = pd.concat([column(frame, "amount_original") for frame in seen.of("opportunities")]).astype(float)
    ratio = deals.median() / calls.median() if calls.median() else 1.0
    unit = "thousands" if FAR < ratio < FAR * 1000 else TODO if ratio > NEAR else "units"
    text = f"half of its amounts are above {calls.median():,.0f}, half of the deals above {deals.median():,.0f}"
    if unit == TODO:
        return ["forecasts:", f"  unit: TODO  # units, thousands or millions; {text}"], [
            f"unit of weekly calls: {text}"
        ]
    lines = ["forecasts:", *check(f"units, thousands or millions; {text}", 2), f"  unit: {unit}"]
    return lines, [f"unit of weekly calls: {unit} ({text}; check it)"]


def account_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the accounts of the profit and loss as lines of company.yml, and what was decided."""
    found: dict[tuple[str, str], str] = {}
    for frame in seen.of("ledger"):
        for parent, account, section in zip(*(column(frame, n) for n in ("parent", "account", "section")), strict=True):
            found[parent or "", account] = section
    if not found:
        return ["ledger_accounts: {}"], []
    by_name: dict[str, set[str]] = {}
    for (parent, account), section in found.items():
        by_name.setdefault(account, set()).add(_category(parent, account, section))
    meant = {}
    for (parent, account), section in sorted(found.items()):
        name = account if len(by_name[account]) == 1 else f"{parent}:{account}"
        meant[name] = _category(parent, account, section)
    lines = ["ledger_accounts:", *check("guessed by section and name; pay of several teams cannot be told apart", 2)]
    order = ("revenue", "cogs", "sales", "marketing", "customer_success", "r_and_d", "g_and_a", "other")
    lines += _by_meaning(meant, Counter(), (*order, TODO), f"one line for each of {', '.join(order)}")
    return lines, _said("accounts of the profit and loss", meant)


def channel_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return the rules of channels as a comment to take over, with the words that campaigns and UTM values have."""
    types = seen.words("campaign_type", "campaigns", "spend", "opportunities", "touches")
    mediums = seen.words("utm_medium", "contacts", "leads", "touches")
    found: dict[str, list[str]] = {}
    for word in [*types, *mediums]:
        found.setdefault(MEDIUM.get(word.casefold(), "TODO"), []).append(word)
    if not found:
        return ["channels: {}"], []
    lines = note("Types of campaigns and UTM mediums of the exports; to sort them, take this over and correct it:")
    lines += [f"#   {shown(name)}: {shown(listed(words[:12]))}" for name, words in sorted(found.items())]
    return [*lines, "channels: {}"], [
        f"channels: {plural(len(types) + len(mediums), 'word')} found, proposed as comment"
    ]


def _source_of(word: str) -> str:
    found = (name for name, pattern in SOURCE_HINTS.items() if re.search(pattern, word, re.IGNORECASE))
    return next(found, TODO)


def _category(parent: str, account: str, section: str) -> str:
    """Return what an account seems to be, by its section, its name, then its parents; pay of no one team is a TODO."""
    if section not in ("income", "cogs") and PAY.search(account) and not TEAM.search(f"{parent}:{account}"):
        return TODO
    if section not in ("income", "cogs"):
        if BOTH_TEAMS.search(account):
            return TODO
        if ADVERTISING.search(account.casefold()):
            return "marketing"
    own = guess_category(account, section)
    return own if own != TODO else guess_category(parent, section)


def _by_meaning(meant: dict[str, str], words: Counter[str], order: tuple[str, ...], todo: str) -> list[str]:
    lines = []
    for name in order:
        mine = [word for word, meaning in meant.items() if meaning == name]
        if mine and name == TODO:
            ns = ", ".join(f"{shown(w)} {count(words[w])}" for w in mine[:5]) if words else ""
            lines.append(f"  {name}: {listed(mine)}  # {' '.join(part for part in (ns, todo) if part)}")
        elif mine:
            lines.append(f"  {name}: {listed(mine)}")
    return lines


def _said(what: str, meant: dict[str, str]) -> list[str]:
    open_ = [shown(word) for word, meaning in meant.items() if meaning == TODO]
    if not open_:
        return [f"{what}: {plural(len(meant), 'word')}, guessed by name"]
    return [
        f"{what}: {len(meant) - len(open_)} of {plural(len(meant), 'word')} guessed by name; not {', '.join(open_[:5])}"
    ]
