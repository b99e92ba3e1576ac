"""A repository as the Virtual Observatory sees it: ObsCore, TAP, DataLink, SODA, SIAv2.  Knows no web server."""
