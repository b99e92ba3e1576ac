"""A simulated survey: a deterministic sky seen through a described camera, as files that a repository can take in."""

from skybutler.sim.archive import Archive, simulate_archive
from skybutler.sim.calexp import simulate_calexp
from skybutler.sim.measurement import measure
from skybutler.sim.processing import Processed, process_survey
from skybutler.sim.survey import Survey, simulate_survey
from skybutler.sim.visits import SimulatedVisit, plan_calibration_exposures, plan_visits

__all__ = [
    "Archive",
    "Processed",
    "SimulatedVisit",
    "Survey",
    "measure",
    "plan_calibration_exposures",
    "plan_visits",
    "process_survey",
    "simulate_archive",
    "simulate_calexp",
    "simulate_survey",
]
