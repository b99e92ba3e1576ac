"""Looking after a repository: what is in it, whether it is whole, what keeps it from working.  Uses a `Butler`."""
