# ruff: noqa: F821 - `config` is what these lines configure; the file is read, never executed
#
# The sky map of the second data challenge of the Dark Energy Science Collaboration:
#
#   butler register-skymap REPO -C examples/DC2.py

config.name = "DC2"

config.skyMap.name = "rings"
config.skyMap["rings"].numRings = 120
config.skyMap["rings"].projection = "TAN"
config.skyMap["rings"].tractOverlap = 1.0 / 60  # degrees
config.skyMap["rings"].pixelScale = 0.2  # arcseconds

# 7 x 7 patches in each tract
config.skyMap["rings"].tractBuilder["legacy"].patchInnerDimensions = [4000, 4000]
config.skyMap["rings"].tractBuilder["legacy"].patchBorder = 100
