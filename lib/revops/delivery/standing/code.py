"""What a notebook's code tells of what it reads, seen without running it."""

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Code", "code_of"]

_FREE = frozenset({"actions", "charts", "report"})
_NAMED = {"benchmarks": "published", "book": "open_book", "params": "settings"}
"""Rooms that read no files, and those of which a notebook may take one function, under its own name."""
_OPENS = frozenset({"open", "exec", "eval", "compile", "getattr", "globals", "locals", "vars", "get_ipython"})
_REACHES = frozenset({"Path", "importlib", "io", "np", "open", "os", "pa", "params_dir", "pathlib", "pd", "plt", "pq",
                      "root", "shutil", "subprocess", "sys"})  # fmt: skip
_PAST_MEASURES = frozenset({"accounts", "audit", "book", "opportunities", "owners", "part", "stamps", "state",
                            "tables", "timeline"})  # fmt: skip
_OF_ANSWER = frozenset({"left_out", "table"})
"""Words of the tables and of the view, which measures read; two of them are the Answer's too."""
_CLOCK = frozenset({"now", "today"})


@dataclass(frozen=True)
class Code:
    """What a notebook's code reads.

    settings are the reports whose settings it takes; measures are the reports, and the functions of them, that it
    measures with; says_today: its day may be the clock's. is_bound: it reads exports only through measures, which name
    their tables, and of other files only those settings; where this cannot be seen, it may read any file.
    """

    settings: tuple[str, ...] = ()
    measures: tuple[tuple[str, str], ...] = ()
    reads_published: bool = True
    says_today: bool = True
    is_bound: bool = False


def code_of(notebook: Path) -> Code:
    """Return what a notebook's code reads; of one that cannot be read as Python, as one with magics, anything."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    except (ValueError, SyntaxError, KeyError):
        return Code()
    seen = set(_seen(nodes))
    is_bound = not any(_goes_beyond(node) for node in nodes if id(node) not in seen)
    return Code(
        settings=tuple(sorted({stem for node in nodes if (stem := _stem_of(node))})),
        measures=tuple(sorted({taken for taken in _measures_in(nodes) if taken[1] != "Knobs"})),
        reads_published=not is_bound or any("published" in _names(node) for node in nodes),
        says_today=any(_tells_the_day(node) for node in nodes),
        is_bound=is_bound,
    )


def _seen(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """Yield the ids of nodes whose reach is known: `settings` called for a report by its name, `published` called, the
    folder it is given, and the tables of the Answer."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if _stem_of(node):
                yield id(node.func)
            elif node.func.id == "published" and [getattr(given, "attr", None) for given in node.args] == ["root"]:
                yield from (id(node.func), id(node.args[0]))
        elif isinstance(node, ast.Attribute) and node.attr in _OF_ANSWER and _is_answer(node.value):
            yield id(node)


def _is_answer(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "answer"


def _goes_beyond(node: ast.AST) -> bool:
    """Return whether a piece of code may read what no measure does: it takes more than notebooks of ours take."""
    if isinstance(node, ast.Import):
        return True
    if isinstance(node, ast.ImportFrom):
        return not _is_ours(node)
    if isinstance(node, ast.Name):
        return node.id in _OPENS or node.id in ("published", "settings") or node.id.startswith("__")
    return isinstance(node, ast.Attribute) and (
        node.attr in _PAST_MEASURES or node.attr in _OF_ANSWER or _reaches(node.attr)
    )


def _is_ours(node: ast.ImportFrom) -> bool:
    """Return whether a line imports only what notebooks of ours do."""
    names = _names(node)
    package, room, inside = _path(node)
    if package != "revops" or any(name == "*" or _reaches(name) for name in names):
        return False
    if not room:
        return names <= _FREE
    if room in _NAMED:
        return not inside and names == {_NAMED[room]} and not any(name.asname for name in node.names)
    return room in _FREE or room == "measures"


def _reaches(word: str) -> bool:
    """Return whether a name is one that leads to files: a library's, a folder's, a reader's."""
    return word in _REACHES or word.startswith(("read_", "__"))


def _measures_in(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each report whose measures are taken, with what is taken of them; empty where that is not to be seen."""
    stems: dict[str, set[str]] = {}
    for node in nodes:
        _, room, inside = _path(node)
        for name in node.names if isinstance(node, ast.ImportFrom) and room == "measures" else ():
            stem, _, deeper = inside.partition(".")
            if stem:
                yield stem, "" if deeper else name.name
            else:
                stems.setdefault(name.asname or name.name, set()).add(name.name)
    known = {id(node.value): node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for stem in stems.get(node.id, ()):
                yield stem, known.get(id(node), "")


def _stem_of(node: ast.AST) -> str | None:
    """Return the report whose settings a call takes by its name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "settings"):
        return None
    named = [word.value for word in node.keywords if word.arg == "stem"]
    first = [*node.args, *named, None][0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _tells_the_day(node: ast.AST) -> bool:
    return (isinstance(node, ast.Constant) and node.value == "today") or (
        isinstance(node, ast.Attribute) and node.attr in _CLOCK
    )


def _path(node: ast.AST) -> tuple[str, str, str]:
    """Return the package that a line imports from, the room in it, and the place in the room; empty where it names
    none."""
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return "", "", ""
    package, _, below = node.module.partition(".")
    room, _, inside = below.partition(".")
    return package, room, inside


def _names(node: ast.AST) -> set[str]:
    return {name.name for name in node.names} if isinstance(node, ast.ImportFrom) else set()
