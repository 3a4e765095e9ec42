"""A report rests on the tables it says it reads: it asks for no others, and shows nothing that was found in them."""

import ast
import dataclasses
import json
from importlib import import_module
from pathlib import Path

import pytest

import revops.book
from revops import schema
from revops.book import Book
from revops.delivery.standing.code import code_of
from revops.exports import LeftOut

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
QUICK = {"draws": 100}


class Refusing(dict):
    """Tables of which none may be asked for that is not there."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        raise AssertionError(f"{name} is read, and READS does not name it")


def with_others(book, reads):
    """Return a book that refuses all tables but those read, and whose audit tells odd things of the others."""
    audit = book.audit
    other = sorted(set(schema.TABLES) - set(reads))[0]
    told = dict(sha256="0" * 64, rows_read=9, rows_kept=7, last="2031-01-01", warnings=("It is odd",))
    files = [
        file if file.table in reads or file.table.startswith("look-up") else dataclasses.replace(file, **told)
        for file in audit.files
    ]
    said = dataclasses.replace(
        audit,
        files=(*files, dataclasses.replace(files[0], name="other.csv", table=other, system="other")),
        left_out=(*audit.left_out, LeftOut(other, "other.csv", "It is odd", 3, 1.0, ("x",))),
        warnings=(*audit.warnings, f"{other}: It is odd", "other.csv: It is odd"),
    )
    return Book(book.company, Refusing({name: book.table(name) for name in reads}), said)


def shown(notebook, book, monkeypatch):
    """Return all that a notebook shows of a book, run in this process, and its Answer."""
    monkeypatch.setattr(revops.book, "open_book", lambda _: book)
    names, found = {}, []
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code":
            *before, last = ast.parse("".join(cell["source"])).body
            is_shown = isinstance(last, ast.Expr)
            exec(compile(ast.Module(before if is_shown else [*before, last], []), notebook.name, "exec"), names)
            names |= {name: value for name, value in QUICK.items() if "parameters" in cell["metadata"].get("tags", ())}
            if is_shown:
                block = eval(compile(ast.Expression(last.value), notebook.name, "eval"), names)
                parts = block.parts if hasattr(block, "_ipython_display_") else [block]
                found += [part._repr_mimebundle_() for part in parts]
    return json.dumps(found), names["answer"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_report_asks_for_no_other_table_and_shows_nothing_found_in_them(notebook, sample, monkeypatch):
    reads = import_module(f"revops.measures.{notebook.stem}").READS
    found, answer = shown(notebook, with_others(sample, reads), monkeypatch)
    assert len(found) > 50_000 and "It is odd" not in found and "other.csv" not in found
    same = dataclasses.replace(answer, view=dataclasses.replace(answer.view, book=sample))
    assert same.to_json() == answer.to_json()
    assert same.left_out().to_html() == answer.left_out().to_html()
    assert same.provenance().to_html() == answer.provenance().to_html()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_seen_to_read_through_its_measures_alone(notebook):
    code = code_of(notebook)
    assert code.is_bound and notebook.stem in code.settings
