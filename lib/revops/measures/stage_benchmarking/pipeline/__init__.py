"""The pipeline: from the open stages of company.yml to won."""

from revops.measures.stage_benchmarking.pipeline.measured import pipeline_of
from revops.measures.stage_benchmarking.pipeline.result import GROUPS, Pipeline

__all__ = ["GROUPS", "Pipeline", "pipeline_of"]
