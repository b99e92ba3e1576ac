"""A whole repository as one declarative file: read and checked first, then carried out step by step, or foreseen.

A recipe is never executed, only read.  Every step sees what is done already, so the same recipe goes on where an
earlier run has ended, however it ended.
"""

from .reading import Recipe, read_recipe
from .running import Foreseen, StepReport, foresee, run

__all__ = ["Foreseen", "Recipe", "StepReport", "foresee", "read_recipe", "run"]
