"""Instruments: names, geometry and header rules as data, and raw files read by them. Knows nothing of a Butler."""

from skybutler.instruments.description import Detector, Instrument, known_instruments

__all__ = ["Detector", "Instrument", "known_instruments"]
