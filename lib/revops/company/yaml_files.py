"""YAML files as typed, checked settings: every failure of a file at once, each with its place and what is known."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from revops.errors import SettingsError, nearest

__all__ = ["TODO", "Settings", "load_settings", "open_questions", "read_yaml", "settings_in", "shown"]

TODO = "TODO"

Model = TypeVar("Model", bound=BaseModel)


class Settings(BaseModel):
    """The base of every block of settings: immutable, and an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_settings(path: Path, model: type[Model], /, **overrides: Any) -> Model:
    """Return `model` filled from the YAML at `path`, with `overrides` on top.

    Raises
        SettingsError: the file is missing or not YAML, or a key is unknown, missing or mistyped;
        all such failures are named at once, each with its place and, for a name, the nearest known, those of
        `overrides` as parameters; or a TODO is left: then every one of them is listed.
    """
    return settings_in(path, model)(**overrides)


def settings_in(path: Path, model: type[Model]) -> Callable[..., Model]:
    """Return what fills `model` from the YAML at `path`, read once, with the overrides of each call on top.

    Raises
        SettingsError: as `load_settings`, by this call or by those of what is returned.
    """
    values = read_yaml(path)
    _refuse_questions(path)

    def filled(**overrides: Any) -> Model:
        try:
            return model.model_validate({**values, **overrides})
        except ValidationError as error:
            told = _told(_sentences(error, model), path, overrides, _fits(values, model))
            raise SettingsError("\n".join(told)) from None

    return filled


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; a key given twice is refused, since YAML would keep the last in silence."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{shown(path)}: the file must exist; found none. Create it or correct the path.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"{shown(path)}, line {line}: must be text in UTF-8; found another encoding. Save it again as UTF-8."
        ) from None
    try:
        values = _loaded(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise SettingsError(f"{shown(path)}{place}: must be YAML; found: {problem}. Correct that line.") from None
    except ValueError as error:  # a day that no calendar has
        raise SettingsError(f"{shown(path)}: must hold days that exist; found: {error}. Correct that day.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{shown(path)}: must hold `key: value` lines; found a {type(values).__name__}.")
    return values


def open_questions(text: str) -> list[tuple[int, str]]:
    """Return each line of a YAML text with a TODO, as a value or a key, with its number from 1; quoted it is a word."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    numbers = sorted({line for line in _lines_to_do(node)} if node else ())
    lines = text.split("\n")
    return [(number, lines[number - 1].strip()) for number in numbers]


def _lines_to_do(node: yaml.Node) -> Iterator[int]:
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value == TODO:
        yield node.start_mark.line + 1
    elif isinstance(node, yaml.CollectionNode):
        for part in node.value:
            for inner in part if isinstance(part, tuple) else (part,):
                yield from _lines_to_do(inner)


def _refuse_questions(path: Path) -> None:
    """Raise a SettingsError that lists every TODO of a file with its line; nothing where there is none."""
    text = path.read_text(encoding="utf-8")
    if TODO not in text or not (left := open_questions(text)):
        return
    listed = "".join(f"\n  line {number}: {line[:110]}" for number, line in left)
    raise SettingsError(
        f"{shown(path)}: every TODO must be answered; found {len(left)} that {'is' if len(left) == 1 else 'are'} not. "
        f"Put what you know in its place, or take the line out where it is not needed:{listed}"
    )


def _loaded(text: str) -> Any:
    """Return what a YAML text holds, by the fast parser; what that refuses is read again by the one that says why."""
    if yaml.__with_libyaml__:
        with contextlib.suppress(yaml.YAMLError):
            return yaml.load(text, Loader=_FastLoader)
    return yaml.load(text, Loader=_StrictLoader)


_KIND = re.compile(r"(literal\[|constrained-|function-)|(date|int|float)$")
"""How pydantic names the kinds that a setting may be of, behind the setting's own name."""


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C."""


def _strict_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        seen.add(key)
    return yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep=True)


for _loader in (_StrictLoader, _FastLoader):
    _loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _strict_mapping)


_Told = tuple[tuple[str, ...], str]
"""The place of a failure, and its sentence."""


def _told(failures: list[_Told], path: Path, given: Mapping[str, Any], file_fits: bool) -> list[str]:
    """Return failures under the file they stand in; those of what was given beside it, each as a parameter: of settings
    that do not go together too, where the file alone fits."""
    ours, theirs = [], []
    for place, said in failures:
        is_theirs = place[0] in given if place else file_fits
        (theirs if is_theirs else ours).append(said)
    told = [f"{shown(path)}: " + "\n  ".join(ours)] if ours else []
    return [*told, *(f"{path.stem}, parameter {said}" for said in theirs)]


def _fits(values: Mapping[str, Any], model: type[BaseModel]) -> bool:
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


def _sentences(error: ValidationError, model: type[BaseModel]) -> list[_Told]:
    """Return one plain sentence for each failure; of a setting that may be of several kinds, one for them all."""
    found: dict[tuple[str, ...], list[str]] = {}
    for problem in error.errors():
        place = tuple(str(part) for part in problem["loc"] if not _KIND.match(str(part)))
        found.setdefault(place, []).append(_sentence(problem, place, model))
    told: list[_Told] = []
    for place, all_of_it in found.items():
        parts = [said.rpartition("; found ") for said in all_of_it]
        if len(parts) == 1 or not all(sign for _, sign, _ in parts):
            told += [(place, said) for said in all_of_it]
            continue
        name = f"{'.'.join(place)}: "
        kinds = ", or ".join(what.removeprefix(name) for what, *_ in parts)
        told.append((place, f"{name}{kinds}; found {parts[0][2]}"))
    return told


def _sentence(problem: Any, place: tuple[str, ...], model: type[BaseModel]) -> str:
    """Return one plain sentence for one pydantic failure."""
    where = ".".join(place) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"{where} is not a setting. {nearest(place[-1], _known(model, problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"{where} is needed and is not there. Add it."
    if problem["type"] == "value_error":
        return f"{where}: {problem['ctx']['error']}" if place else str(problem["ctx"]["error"])
    return f"{where}: {problem['msg'][0].lower()}{problem['msg'][1:]}; found {problem['input']!r}."


def _known(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the settings known at a place inside a model."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the settings block inside an annotation such as `tuple[Stage, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in getattr(annotation, "__args__", ()) if (found := _model_in(arg))), None)


def shown(path: Path) -> str:
    """Return a path as the user thinks of it: from params/ on where it lies below a folder of that name."""
    parts = path.parts
    return str(Path(*parts[parts.index("params") :])) if "params" in parts else str(path)
