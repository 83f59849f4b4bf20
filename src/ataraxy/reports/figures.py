"""The figures of the public API; each kind lives in a file of its own."""

from ataraxy.reports.exposure_figure import plot
from ataraxy.reports.validation_figure import plot_fold_errors, plot_observed_predicted

__all__ = ["plot", "plot_fold_errors", "plot_observed_predicted"]
