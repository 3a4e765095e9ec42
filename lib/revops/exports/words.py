"""The company's words: stages, types, sources and forecast categories of the exports, mapped by company.yml."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from revops.company import Company, Stage
from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.reading.columns import TEXT, coded, counts_of, distinct
from revops.exports.recognising.systems import Description
from revops.wording import plural

__all__ = ["Words", "category_of", "guess"]

BLANK = "(blank)"
CATEGORIES = {
    "pipeline": "Pipeline",
    "bestcase": "BestCase",
    "mostlikely": "MostLikely",
    "forecast": "Forecast",
    "commit": "Forecast",
    "omitted": "Omitted",
    "notforecasted": "Omitted",
    **dict.fromkeys(("closed", "closedwon", "closedqtd", "closedwonqtd", "closedtodate", "closedwontodate"), "Closed"),
}


@dataclass
class Words:
    """Maps words and remembers those that company.yml does not know, to name them all at once."""

    company: Company
    ledger: Ledger
    stages: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    pipelines: tuple[str, ...] = ()

    @property
    def are_lacking(self) -> bool:
        """Return whether a word was met that company.yml must list and does not."""
        return bool(self.stages or self.types or self.sources)

    def knows_stage(self, word: str) -> bool:
        """Return whether company.yml lists a stage under this name."""
        return _folded(word) in self._stages

    def known_stages(self, raw: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return the stage names of company.yml, and a stage it does not know as written."""
        codes = distinct(raw)
        known, words = self._stages, codes.dictionary.to_pylist()
        return coded(codes, [known[_folded(w)].name if _folded(w) in known else w for w in words])

    def open_words(self, raw: pa.Array | pa.ChunkedArray) -> list[str]:
        """Return the stages of a column that company.yml counts as open, as written there."""
        words, known = distinct(raw).dictionary.to_pylist(), self._stages
        return [word for word in words if (stage := known.get(_folded(word))) and stage.outcome == "open"]

    @property
    def _stages(self) -> dict[str, Stage]:
        return {_folded(word): stage for stage in self.company.stages for word in (stage.name, *stage.also)}

    def map_stages(self, raw: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Return the stage names of company.yml and the outcomes they stand for; no stage is null."""
        codes, known = distinct(raw), self._stages
        words, counts = codes.dictionary.to_pylist(), counts_of(codes)
        found = [known.get(_folded(word)) for word in words]
        self.stages.update({w: int(n) for w, n, f in zip(words, counts, found, strict=True) if f is None and n})
        names = [stage.name if stage else None for stage in found]
        return coded(codes, names), coded(codes, [stage.outcome if stage else None for stage in found])

    def map_types(self, raw: pa.Array) -> pa.Array:
        """Return new, expansion, renewal or other; a blank is the word "" or "(blank)" of company.yml."""
        known = {_folded(word): kind for kind, words in self.company.types.items() for word in words}
        known.setdefault("", known.get(BLANK))
        codes = distinct(raw.cast(TEXT).fill_null(""))
        words, counts = codes.dictionary.to_pylist(), counts_of(codes)
        found = [known.get(_folded(word)) for word in words]
        lost = zip(words, counts, found, strict=True)
        self.types.update({w or BLANK: int(n) for w, n, f in lost if f is None and n})
        return coded(codes, found)

    def map_sources(self, table: pa.Table) -> pa.Array:
        """Return the source of every row by the first rule that fits its lead source and campaign."""
        together, words = np.zeros(table.num_rows, np.int64), []
        for name in ("lead_source", "campaign_type", "campaign_name"):
            codes = distinct(table[name]) if name in table.column_names else None
            words.append([*(codes.dictionary.to_pylist() if codes else ()), ""])
            together *= len(words[-1])
            together += codes.indices.fill_null(len(words[-1]) - 1).to_numpy() if codes else 0
        back, combos = pd.factorize(together)
        found = []
        for combo, n in zip(combos.tolist(), np.bincount(back, minlength=len(combos)).tolist(), strict=True):
            rest, third = divmod(combo, len(words[2]))
            first, second = divmod(rest, len(words[1]))
            source = self.company.source_of(words[0][first], words[1][second], words[2][third])
            found.append(source)
            if source is None:
                self.sources[words[0][first].strip()] += n
        return coded(pa.DictionaryArray.from_arrays(back.astype(np.int32), combos), found)

    def map_categories(self, raw: pa.Array) -> pa.Array:
        """Return forecast categories in one vocabulary; unknown ones become null and are warned of."""
        codes = distinct(raw)
        words, counts = codes.dictionary.to_pylist(), counts_of(codes)
        found = [category_of(word) for word in words]
        self.categories.update({w: int(n) for w, n, f in zip(words, counts, found, strict=True) if f is None and n})
        return coded(codes, found)

    def map_outcomes(self, raw: pa.Array, description: Description, source: Source) -> pa.Array:
        """Return outcomes by the words of the system's own outcome column."""
        rule = description.kind.outcome
        assert rule is not None
        known = {_folded(word): name for name in ("open", "won", "lost") for word in getattr(rule, name)}
        codes = distinct(raw)
        words = codes.dictionary.to_pylist()
        found = [known.get(_folded(word)) for word in words]
        lost = [word for word, name in zip(words, found, strict=True) if name is None] + [BLANK] * bool(raw.null_count)
        if lost:
            self.ledger.problems.append(
                f"{source.name}, outcome column {rule.column}: every word must mean open, won or lost; found "
                f"{len(lost):,} that do not ({examples(lost)}). Add them to outcome in the description of the system."
            )
        return coded(codes, found)

    def report(self) -> None:
        """Add one problem for each kind of word that company.yml lacks, with counts and lines to paste."""
        if self.categories:
            listed = ", ".join(f"{word} ({plural(n, 'row')})" for word, n in sorted(self.categories.items()))
            self.ledger.warnings.append(f"forecast category: kept blank where it is none we know: {listed}")
        several = f", or name those of its pipelines to keep in exports.pipelines ({', '.join(self.pipelines)})"
        self._lack("stages", self.stages, "stage", _stage_lines, several if self.pipelines else "")
        self._lack("types", self.types, "opportunity type", _type_lines)
        self._lack("sources", self.sources, "lead source", _source_lines)

    def _lack(
        self, key: str, lacking: Counter[str], what: str, lines: Callable[[list[str]], str], instead: str = ""
    ) -> None:
        if not lacking:
            return
        listed = sorted(lacking.items(), key=lambda item: (-item[1], item[0]))
        found = ", ".join(f"{word} ({n:,})" for word, n in listed)
        self.ledger.problems.append(
            f"company.yml, {key}: every {what} must be listed; found {len(listed):,} that are not, with their rows: "
            f"{found}. Add them, correcting each TODO and guess{instead}:\n{lines([word for word, _ in listed])}"
        )


def category_of(word: str | None) -> str | None:
    """Return the forecast category that a word means; Commit is Forecast, and what is won so far is Closed."""
    return CATEGORIES.get("".join(_folded(word).split()))


_GUESSES = {
    "outcome": {
        "won": ("won", "gewonnen", "gagn", "ganad", "vinta"),
        "lost": ("lost", "verloren", "perd", "no decision", "disqualif", "abandon", "cancel", "duplicate"),
        "TODO": ("clos", "geschlossen", "cerrad", "ferm"),
    },
    "type": {
        "renewal": ("renew", "verl", "renouv", "renov"),
        "expansion": ("existing", "expan", "upsell", "upgrade", "add-on", "add on", "cross"),
        "new": ("new", "neu", "nouv", "nuev"),
    },
}
"""What a word hints at. Only a hint: a word that hints at nothing is left as TODO, which company.yml refuses."""


def _stage_lines(words: list[str]) -> str:
    guessed = [(word, guess("outcome", word) or "open") for word in words]
    return "stages:\n" + "\n".join(f"  - {{name: {_quoted(word)}, outcome: {outcome}}}" for word, outcome in guessed)


def _type_lines(words: list[str]) -> str:
    types: dict[str, list[str]] = {}
    for word in words:
        types.setdefault(guess("type", word) or "TODO", []).append(_quoted(word))
    return "types:\n" + "\n".join(f"  {type}: [{', '.join(listed)}]" for type, listed in types.items())


def _source_lines(words: list[str]) -> str:
    return f"sources:\n  - {{source: TODO, lead_source: [{', '.join(_quoted(word) for word in words)}]}}"


def guess(what: str, word: str) -> str | None:
    """Return what a word hints at, by the parts of words people use; None where it hints at nothing."""
    found = (meaning for meaning, parts in _GUESSES[what].items() if any(part in word.casefold() for part in parts))
    return next(found, None)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folded(word: str | None) -> str:
    """Return a word as it is compared: without case, outer spaces, and repeated or no-break spaces inside."""
    return " ".join((word or "").split()).casefold()
