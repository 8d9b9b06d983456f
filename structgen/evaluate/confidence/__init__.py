"""How sure a field of a row is: signals of the row and its text, calibrated on gold into a probability."""

from structgen.evaluate.confidence.calibration import Calibration, Uncalibrated, calibrate
from structgen.evaluate.confidence.calibration_file import calibration_for, save_calibration
from structgen.evaluate.confidence.field_signals import signals_of

__all__ = ["Calibration", "Uncalibrated", "calibrate", "calibration_for", "save_calibration", "signals_of"]
