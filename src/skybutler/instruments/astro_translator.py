"""Our instruments as translators of ``astro_metadata_translator``: its tools then understand their files.

The entry point ``lsst.obs.lsst`` of the group ``astro_metadata_translators`` names `translator_names`, so that
``astrometadata --packages lsst.obs.lsst`` works without the package of that name. Properties come from `translate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from astro_metadata_translator import MetadataTranslator
from astro_metadata_translator.translator import cache_translation

from skybutler.instruments.astro_index import index_several_files
from skybutler.instruments.description import Instrument, known_instruments
from skybutler.instruments.headers import HeaderTable
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.translate import recognise, translate

if TYPE_CHECKING:
    from skybutler.instruments.columns import ObservationColumns

__all__ = ["make_translator", "translator_names"]


class DescribedTranslator(MetadataTranslator):
    """A translator that follows the description of an instrument; made by `make_translator`."""

    described: Instrument

    @classmethod
    def can_translate(cls, header: Mapping[str, Any], filename: str | None = None) -> bool:
        """Whether the header has the cards that tell the instrument's files from others."""
        table = HeaderTable(["header"], {card: [header.get(card)] for card in cls.described.recognise})
        return bool(recognise(table, [cls.described])[0] == 0)

    def _columns(self) -> ObservationColumns:
        known: ObservationColumns | None = self.__dict__.get("_translated")
        if known is None:
            cards = {str(card): [value] for card, value in self._header.items()}
            known = self.__dict__["_translated"] = translate(HeaderTable([str(self.filename)], cards), self.described)
        return known

    def _property(self, name: str) -> Any:
        self._used_these_cards(*(card for card in self._cards(name) if card in self._header))
        value = self._columns()[name].to_list()[0]
        convert = _WITH_UNIT.get(name)
        return value if value is None or convert is None else convert(value, self)

    def _cards(self, name: str) -> set[str]:
        return {card for rule in self.described.rules.get(name, ()) for card in rule.cards}


def make_translator(instrument: Instrument) -> type[MetadataTranslator]:
    """The translator class of an instrument; making it registers it with ``astro_metadata_translator``.

    An instrument that the library knows itself keeps the library's translator.
    """
    known = MetadataTranslator.translators.get(instrument.name)
    if known is not None:
        return known
    body: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": f"Translator of headers of {instrument.name}.",
        "name": instrument.name,
        "supported_instrument": instrument.name,
        "described": instrument,
    }
    for name in PROPERTIES:
        body[f"to_{name}"] = cache_translation(_method(name))
    return type("".join(c for c in instrument.name if c.isalnum()) + "Translator", (DescribedTranslator,), body)


def _method(name: str) -> Callable[[Any], Any]:
    def to_property(self: DescribedTranslator) -> Any:
        return self._property(name)

    to_property.__name__ = f"to_{name}"
    to_property.__doc__ = f"Return the {name} of the observation."
    return to_property


def translator_names() -> list[str]:
    """Names of the translators of all instruments that come with skybutler; they are registered by importing this."""
    return [translator.name for translator in TRANSLATORS if translator.name is not None]


def _time(value: list[float], _: DescribedTranslator) -> Any:
    from astropy.time import Time

    return Time(value[0], value[1], format="jd", scale="tai")


def _location(value: list[float], _: DescribedTranslator) -> Any:
    from astropy.coordinates import EarthLocation

    return EarthLocation.from_geocentric(*value, unit="m")


def _radec(value: list[float], _: DescribedTranslator) -> Any:
    from astropy.coordinates import SkyCoord

    return SkyCoord(value[0], value[1], unit="deg", frame="icrs")


def _altaz(value: list[float], translator: DescribedTranslator) -> Any:
    from astropy import units as u
    from astropy.coordinates import AltAz

    # The telescope's place and the time make the pair a direction.
    return AltAz(
        value[0] * u.deg,
        value[1] * u.deg,
        obstime=translator.to_datetime_begin(),
        location=translator.to_location(),
    )


def _angle(value: float, _: DescribedTranslator) -> Any:
    from astropy.coordinates import Angle

    return Angle(value, unit="deg")


def _offset(value: float, _: DescribedTranslator) -> Any:
    from astropy.time import TimeDelta

    return TimeDelta(value, format="sec", scale="tai")


def _quantity(unit: str) -> Callable[[float, DescribedTranslator], Any]:
    def convert(value: float, _: DescribedTranslator) -> Any:
        from astropy import units as u

        return value * u.Unit(unit)

    return convert


_WITH_UNIT: dict[str, Callable[[Any, DescribedTranslator], Any]] = {
    "datetime_begin": _time,
    "datetime_end": _time,
    "location": _location,
    "tracking_radec": _radec,
    "altaz_begin": _altaz,
    "altaz_end": _altaz,
    "boresight_rotation_angle": _angle,
    "observing_day_offset": _offset,
}
for _name in ("exposure_time", "exposure_time_requested", "dark_time", "focus_z", "temperature", "pressure"):
    _WITH_UNIT[_name] = _quantity(PROPERTIES[_name].unit)

TRANSLATORS = tuple(make_translator(instrument) for instrument in known_instruments())
# The tool only loads this module, so that is when its indexing is put right.
index_several_files()
