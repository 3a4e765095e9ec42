"""The gate: any raw export to canonical tables, with an audit of what was read, decided and left out."""

from revops.exports.audit import Audit, FileAudit, LeftOut, Refused
from revops.exports.deals.history import DATED
from revops.exports.prepare import Prepared, prepare

__all__ = ["DATED", "Audit", "FileAudit", "LeftOut", "Prepared", "Refused", "prepare"]
