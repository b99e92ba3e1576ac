"""A small simulated survey: a deterministic sky seen through a described camera, written as raw files."""

from skybutler.sim.survey import Survey, simulate_survey
from skybutler.sim.visits import SimulatedVisit, plan_visits

__all__ = ["SimulatedVisit", "Survey", "plan_visits", "simulate_survey"]
