"""A use of a Butler: datasets, with all that belongs to them, out of repositories and into them.  Prints nothing."""
