"""The models of campaign influence in the exports, of which one can be read at a time."""

from revops.first_run.seen import Seen, column
from revops.first_run.yaml_words import note, quoted, shown
from revops.wording import join, plural

__all__ = ["influence_lines", "models_of"]


def models_of(seen: Seen) -> dict[str, str]:
    """Return the models of campaign influence, each by its id or else its name, with the name to show."""
    names: dict[str, str] = {}
    unnamed: set[str] = set()
    for frame in seen.of("campaign_influence"):
        pairs = zip(column(frame, "model_id"), column(frame, "model_name"), strict=True)
        for key, name in set(pairs):
            key, name = (word.strip() if isinstance(word, str) else "" for word in (key, name))
            if key:
                names[key] = name or names.get(key, "")
            elif name:
                unnamed.add(name)
    return dict(sorted({**{name: name for name in unnamed - set(names.values())}, **names}.items()))


def influence_lines(seen: Seen) -> tuple[list[str], list[str]]:
    """Return which model of campaign influence counts as an open line of company.yml; nothing where there is one."""
    models = models_of(seen)
    if len(models) < 2:
        return [], []
    some = [shown(f"{name} ({key})" if name and name != key else key) for key, name in models.items()]
    lines = note("Campaign influence stands there by several models, and one counts; one of these:", 2)
    lines += [f"  #   influence_model: {shown(quoted(key))}  # {name}" for key, name in zip(models, some, strict=True)]
    return [*lines, "  influence_model: TODO"], [f"influence of {plural(len(models), 'model')}: {join(some)}"]
