"""Who we are and what our words mean: params/company.yml as typed, checked settings."""

from revops.company.definitions import (
    OUTCOMES,
    SOURCES,
    TYPES,
    Company,
    Exports,
    Groups,
    Stage,
    load_company,
)
from revops.company.operations import LeadStatuses, OfficeHours, Organisation, RevenueAnswer, RevenueAnswers
from revops.company.patterns import first_fit
from revops.company.yaml_files import Settings, load_settings, open_questions, read_yaml, settings_in

__all__ = [
    "OUTCOMES",
    "SOURCES",
    "TYPES",
    "Company",
    "Exports",
    "Groups",
    "LeadStatuses",
    "OfficeHours",
    "Organisation",
    "RevenueAnswer",
    "RevenueAnswers",
    "Settings",
    "Stage",
    "first_fit",
    "load_company",
    "load_settings",
    "open_questions",
    "read_yaml",
    "settings_in",
]
