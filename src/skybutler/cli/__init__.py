"""The ``butler`` command.  Everything it does, a `Butler` in Python does too."""
