"""Confidence: the probability that a field of a row is right, from signals that are calibrated on gold."""

from structgen.evaluate.confidence.calibration import Calibration, Uncalibrated, calibrate
from structgen.evaluate.confidence.calibration_file import calibration_for, save_calibration
from structgen.evaluate.confidence.field_signals import signals_of

__all__ = ["Calibration", "Uncalibrated", "calibrate", "calibration_for", "save_calibration", "signals_of"]
