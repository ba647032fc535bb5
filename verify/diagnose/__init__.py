"""What a number format does to a run."""

from verify.diagnose.diagnosis import Diagnosis, diagnose
from verify.diagnose.picture import plot

__all__ = ["Diagnosis", "diagnose", "plot"]
