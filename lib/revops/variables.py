"""The environment variables that a run tells the kernels of its reports by what to read, and with what."""

__all__ = ["PREPARED", "SCHEDULER"]

PREPARED = "REVOPS_PREPARED"
"""The folder of prepared tables that every report of a run reads."""
SCHEDULER = "REVOPS_SCHEDULER"
"""The address of a Dask scheduler whose workers go through the parts; without it each process does, one by one."""
