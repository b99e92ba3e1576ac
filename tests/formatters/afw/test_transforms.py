"""Transforms of cameras in an archive."""

from __future__ import annotations

from io import BytesIO

import pytest
from astropy.io import fits

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter
from skybutler.formatters.afw.transforms import TransformMap, texts_of
from skybutler.images.point_maps import Affine

MAP = Affine.scaling((2.0, 0.5), (1.0, -1.0))
HERE, THERE = ("Pixels", "R22 S11"), ("FocalPlane", "")


def test_a_transform_is_known_by_its_ends() -> None:
    writer, buffer = ArchiveWriter(), BytesIO()
    writer.put(texts_of([(HERE, THERE, MAP, False)]))
    writer.file().writeto(buffer)
    archive = Archive(fits.open(BytesIO(buffer.getvalue())), "memory")
    found = archive.get(1, TransformMap)
    assert found is not None
    assert found.has(THERE, HERE)
    assert found.pick(HERE, THERE) == MAP == archive.get(2)
    assert found.pick(THERE, HERE) == MAP.inverse()
    with pytest.raises(UnreadableFileError, match="no transform from FocalPlane  to FocalPlane"):
        found.pick(THERE, THERE)
