"""Who we are and what our words mean: params/company.yml as typed, checked settings."""

from revops.company.definitions import (
    OUTCOMES,
    SOURCES,
    TYPES,
    Company,
    Exports,
    Groups,
    Stage,
    first_fit,
    load_company,
)
from revops.company.yaml_files import Settings, load_settings, open_questions, read_yaml

__all__ = [
    "OUTCOMES",
    "SOURCES",
    "TYPES",
    "Company",
    "Exports",
    "Groups",
    "Settings",
    "Stage",
    "first_fit",
    "load_company",
    "load_settings",
    "open_questions",
    "read_yaml",
]
