"""Values of the command line's options: read, or refused in words."""

import argparse
import csv
import datetime as dt
import re
from collections.abc import Sequence

import yaml

from revops.errors import SettingsError

__all__ = ["SLICE_HELP", "at_least_one", "day", "pair_of", "positive", "slices_of", "value_of"]

_EXAMPLE = 'region="North, America",EMEA'
SLICE_HELP = f"one run for each value of a field, in double quotes where it holds a comma: '{_EXAMPLE}'"


def positive(text: str) -> float:
    """Return the number above 0 that a text is; ArgumentTypeError, whose words argparse shows, where it is none."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0; found {text}")
    return value


def at_least_one(text: str) -> int:
    """Return the whole number from 1 on that a text is; ArgumentTypeError where it is none."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on; found {text}")
    return value


def day(text: str) -> dt.date:
    """Return the day that a text is; ArgumentTypeError where it is none."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day as YYYY-MM-DD; found {text}") from None


def pair_of(text: str) -> tuple[str, str]:
    """Return the name and value in name=value; SettingsError where it is none."""
    name, sign, value = text.partition("=")
    if not sign or not re.fullmatch(r"\w+", name):
        raise SettingsError(f"{text}: must be name=value; found no such pair. Write for example period=next.")
    return name, value


def value_of(name: str, text: str) -> object:
    """Return a value as YAML reads it; SettingsError where it cannot, as a date that there is not."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        raise SettingsError(f"{name}={text}: must be a value such as next, 8 or 2026-03-31; found none.") from None


def slices_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each field, over all options, read as a row of CSV; SettingsError where one names none."""
    found: dict[str, list[str]] = {}
    for pair in given:
        name, text = pair_of(pair)
        try:
            row = next(csv.reader([text.strip()], skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise SettingsError(
                f"{pair}: must be values as CSV has them, quotes around a whole value; found: {error}. "
                f"Write for example {_EXAMPLE}."
            ) from None
        values = [value.strip() for value in row if value.strip()]
        if not values:
            raise SettingsError(f"{pair}: must name values; found none. Write for example region=EMEA,AMER.")
        found.setdefault(name, []).extend(values)
    return found
