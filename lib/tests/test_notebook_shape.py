"""Notebooks read top to bottom, hold no logic, and are committed without outputs."""

import ast
import importlib
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OF_EVERY_REPORT = {"as_of", "period", "slice"}
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
NEVER_CALLED = {"apply", "filterwarnings", "groupby", "head", "merge", "now", "open", "print", "query", "simplefilter"}
NEVER_IMPORTED = {"datetime", "matplotlib", "numpy", "os", "pandas", "pathlib", "seaborn", "sys", "warnings"}
ROOMS = ("measures", "charts", "actions")
NEVER_LOADED = {"matplotlib.pyplot", "scipy.stats", "seaborn", "statsmodels"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return json.loads(request.param.read_text(encoding="utf-8")) | {"stem": request.param.stem}


def sources(notebook, kind):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def nodes(notebook):
    return [node for source in sources(notebook, "code") for node in ast.walk(ast.parse(source))]


def parameters(notebook):
    """Return the lines of the cell with the tag parameters, of which there is one."""
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", ())]
    assert len(tagged) == 1
    return "".join(tagged[0]["source"]).splitlines()


def test_it_starts_with_one_question(notebook):
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    assert re.match(r"# [^\n]+\?(\n|$)", "".join(first["source"]))
    titles = re.findall(r"^# ", "\n".join(sources(notebook, "markdown")), re.MULTILINE)
    assert len(titles) == 1


def test_headings_skip_no_level(notebook):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", "\n".join(sources(notebook, "markdown")), re.MULTILINE)]
    assert [below for above, below in pairwise(levels) if below > above + 1] == []


def test_parameters_are_those_of_the_report_each_with_a_word_of_help(notebook):
    lines = parameters(notebook)
    found = [re.fullmatch(r"(\w+)(: [^=]+)? = None  # \S.*", line) for line in lines]
    assert [line for line, match in zip(lines, found, strict=True) if not match] == []
    knobs = importlib.import_module(f"revops.measures.{notebook['stem']}").Knobs
    assert {match[1] for match in found} == set(knobs.model_fields) | {"params_dir"}


def test_parameter_file_explains_the_same_knobs(notebook):
    keys = yaml.safe_load((ROOT / "params" / f"{notebook['stem']}.yml").read_text(encoding="utf-8")) or {}
    knobs = importlib.import_module(f"revops.measures.{notebook['stem']}").Knobs
    assert set(keys) | OF_EVERY_REPORT == set(knobs.model_fields)


def test_no_logic(notebook):
    assert [ast.unparse(node)[:60] for node in nodes(notebook) if isinstance(node, LOGIC)] == []


def test_nothing_that_belongs_in_the_library_is_called(notebook):
    called = [node.func for node in nodes(notebook) if isinstance(node, ast.Call)]
    names = {getattr(func, "attr", getattr(func, "id", "")) for func in called}
    assert sorted(name for name in names if name in NEVER_CALLED or name.startswith(("read_", "to_"))) == []


def test_only_the_project_is_imported(notebook):
    imports = [node for node in nodes(notebook) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name.split(".")[0]
        for i in imports
        for name in ([i.module] if hasattr(i, "module") else [a.name for a in i.names])
    }
    assert sorted(names & NEVER_IMPORTED) == []


def test_no_path_and_no_number_that_data_could_change(notebook):
    constants = [node.value for node in nodes(notebook) if isinstance(node, ast.Constant)]
    assert [text for text in constants if isinstance(text, str) and re.search(r"[/\\]|\.(csv|yml|json)$", text)] == []
    assert [n for n in constants if isinstance(n, int | float) and not isinstance(n, bool) and n not in (0, 1)] == []


def test_no_line_of_code_is_commented_out(notebook):
    comments = re.findall(r"^\s*# ?(.+)$", "\n".join(sources(notebook, "code")), re.MULTILINE)
    assert [comment for comment in comments if is_code(comment)] == []


def is_code(comment):
    """Return whether a comment parses as a statement that does something."""
    try:
        body = ast.parse(comment).body
    except SyntaxError:
        return False
    return any(
        not isinstance(node, ast.Expr | ast.AnnAssign) or isinstance(getattr(node, "value", None), ast.Call)
        for node in body
    )


def test_it_is_committed_as_it_was_before_it_ran(notebook):
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert set().union(*(cell["metadata"] for cell in notebook["cells"])) <= {"tags"}


def test_it_asks_for_the_plain_python_kernel(notebook):
    kernel = notebook["metadata"]["kernelspec"]
    assert (kernel["name"], kernel["language"]) == ("python3", "python")
    assert (notebook["nbformat"], set(notebook["metadata"])) == (4, {"kernelspec", "language_info"})


def test_each_report_can_be_guessed_from_its_stem(notebook):
    stem = notebook["stem"]
    for room in ROOMS:
        importlib.import_module(f"revops.{room}.{stem}")
    assert (ROOT / "params" / f"{stem}.yml").is_file()


def test_reports_load_no_package_that_few_of_their_measures_want():
    read = [nodes(json.loads(path.read_text(encoding="utf-8"))) for path in NOTEBOOKS]
    script = [ast.unparse(node) for cells in read for node in cells if isinstance(node, ast.Import | ast.ImportFrom)]
    script += [f"import revops.{room}.{path.stem}" for room in ROOMS for path in NOTEBOOKS]
    script += ["import sys", f"print({NEVER_LOADED} & {{*sys.modules}})"]
    done = subprocess.run([sys.executable, "-c", "\n".join(script)], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
