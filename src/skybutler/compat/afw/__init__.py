"""The names of ``lsst.afw``: our images, catalogs and displays with its spellings.  Adds no abilities."""
