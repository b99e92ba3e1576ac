"""The ``where`` and ``order_by`` language: text to syntax tree to names and types.  Knows nothing of SQL."""
