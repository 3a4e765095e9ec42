"""What a notebook's code tells of what it reads, seen without running it."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Code", "code_of"]

_OURS = frozenset({"actions", "benchmarks", "book", "charts", "measures", "params", "report"})
_OPENS = frozenset({"open", "exec", "eval", "getattr", "globals", "vars", "__import__", "get_ipython"})
_PAST_MEASURES = frozenset({"book", "tables"})
_PUBLISHED = "benchmarks"


@dataclass(frozen=True)
class Code:
    """What a notebook's code reads.

    settings are the reports whose settings it takes. is_bound: it reads exports only through measures, which name their
    tables to the Answer; where this cannot be seen, it may read any file.
    """

    settings: tuple[str, ...] = ()
    reads_published: bool = True
    is_bound: bool = False


def code_of(notebook: Path) -> Code:
    """Return what a notebook's code reads; of one that cannot be read as Python, as one with magics, anything."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    except (ValueError, SyntaxError, KeyError):
        return Code()
    is_bound = not any(_goes_beyond(node) for node in nodes)
    reads_published = not is_bound or any(_PUBLISHED in _rooms(node) for node in nodes)
    return Code(tuple(sorted({stem for node in nodes for stem in _settings_in(node)})), reads_published, is_bound)


def _goes_beyond(node: ast.AST) -> bool:
    """Return whether a piece of code may read what no measure does: it takes more than notebooks of ours take."""
    if isinstance(node, ast.Import):
        return True
    if isinstance(node, ast.ImportFrom):
        return not _rooms(node) or not _rooms(node) <= _OURS
    if isinstance(node, ast.Name):
        return node.id in _OPENS
    if isinstance(node, ast.Attribute):
        is_of_answer = isinstance(node.value, ast.Name) and node.value.id == "answer"
        return node.attr in _PAST_MEASURES or node.attr.startswith("__") or (node.attr == "table" and not is_of_answer)
    return False


def _rooms(node: ast.AST) -> set[str]:
    """Return the rooms of this package that a line imports from; empty where it is no import, or of others."""
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return set()
    package, _, inside = node.module.partition(".")
    if package != "revops":
        return set()
    return {inside.partition(".")[0]} if inside else {name.name for name in node.names}


def _settings_in(node: ast.AST) -> Iterator[str]:
    """Yield the report whose settings a call takes by its name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "settings" and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
