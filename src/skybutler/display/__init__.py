"""Pictures of images, catalogs and the sky, drawn with matplotlib.  Knows no butler, no files, no database."""

from skybutler.display.display import Display
from skybutler.display.panels import show_grid
from skybutler.display.scaling import Scaling

__all__ = ["Display", "Scaling", "show_grid"]
