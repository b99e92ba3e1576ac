"""Regions, pixel ranges and timespans: where and when.  No input or output, no SQL, no dimensions."""
