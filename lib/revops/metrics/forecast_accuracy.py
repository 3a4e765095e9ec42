"""The numbers of the forecast accuracy report."""

from revops.metrics.shape import OURS, Metric

__all__ = ["FORECAST_ACCURACY"]

FORECAST_ACCURACY = (
    Metric(
        "wape",
        "WAPE",
        "share",
        "down",
        "revops",
        "Sum of absolute forecast errors over the sum of what came, over past quarters at one week of the quarter.",
        "Hyndman and Koehler, IJF 22 (2006); definition of terms ours",
    ),
    Metric(
        "bias_rate",
        "Bias",
        "share",
        "none",
        "revops",
        "Sum of forecast less actual over the sum of what came: positive is over-forecast. Actuals are frozen"
        " some grace days after the quarter.",
        "Hyndman and Koehler, IJF 22 (2006); definition of terms ours",
    ),
    Metric(
        "mdape",
        "MdAPE",
        "share",
        "down",
        "revops",
        "Median of absolute forecast error over what came.",
        "Hyndman and Koehler, IJF 22 (2006)",
    ),
    Metric(
        "mape",
        "MAPE",
        "share",
        "down",
        "revops",
        "Mean of absolute forecast error over what came; ruled by quarters in which little came, so only a footnote.",
        "Hyndman and Koehler, IJF 22 (2006)",
    ),
    Metric(
        "mase",
        "MASE",
        "x",
        "down",
        "revops",
        "Mean absolute error over how far earlier quarters were from the same quarter a year before; below 1 "
        "is nearer than those quarters were.",
        "Hyndman and Koehler, IJF 22 (2006)",
    ),
    Metric(
        "forecast_value_added",
        "Forecast value added",
        "share",
        "up",
        "revops",
        "WAPE of the step before less WAPE of this step, on the same quarters: positive where the step helps.",
        "Gilliland, The Business Forecasting Deal (2010)",
    ),
    Metric(
        "unit_bias_rate",
        "Own bias",
        "share",
        "none",
        "revops",
        "By how much an owner or a team calls too much (positive) or too little, as a share of their own "
        "calls: quarters' shocks taken off, drawn towards the whole.",
        "RevOps Workbooks, lib/revops/measures; Smyth 2004 and Gelman 2006 for the shrinkage",
    ),
    Metric(
        "off_signal",
        "Quarters off",
        "count",
        "down",
        "revops",
        "Of the last four quarters, how many were beyond the threshold (off_by, 15 % as a rule); red, amber or noise "
        "by the sign and the range of the bias.",
        "RevOps Workbooks, lib/revops/measures; threshold by convention",
    ),
    Metric(
        "calibration_slope",
        "Calibration slope",
        "x",
        "none",
        "revops",
        "How the odds of winning move with the odds that were told: below 1 what is told is too bold, above 1"
        " too timid.",
        "Cox, Biometrika 45 (1958)",
    ),
    Metric(
        "brier_skill",
        "Brier skill",
        "share",
        "up",
        "revops",
        "One less the mean squared error of the chances told over that of the usual share won; 0 is no better"
        " than that share.",
        "Brier 1950; Murphy 1973",
    ),
    Metric(
        "commit_hit_rate",
        "Commit hit rate",
        "share",
        "up",
        "revops",
        "Share of the deals in commit on the day, due in the quarter, that were won in it.",
        OURS,
    ),
    Metric(
        "slipped_share",
        "Slipped",
        "share",
        "down",
        "revops",
        "Of the amount due in the quarter on its first day, the part whose close date had moved out when the "
        "quarter was frozen.",
        OURS,
    ),
    Metric(
        "projected_amount",
        "Projection",
        "money",
        "up",
        "revops",
        "Today's call times what past calls in the same week brought (median), not below what is booked; the "
        "range is a predictive one for one more quarter.",
        "Hahn and Meeker, Statistical Intervals, section 4.7",
    ),
    Metric(
        "interval_coverage",
        "Ranges that held",
        "share",
        "none",
        "revops",
        "Share of past quarters in which the projection's range, told from the quarters before alone, held what came.",
        OURS,
    ),
)
