"""Header columns to observation properties, by the rules of an instrument, a whole batch at a time.

Knows nothing of how headers are read nor of dimension records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.instruments.columns import Column, ObservationColumns, array_of, jd_to_ns
from skybutler.instruments.description import Instrument
from skybutler.instruments.headers import CardValue, HeaderTable
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.rules import PACKAGE_CARDS, Rule
from skybutler.instruments.sky_position import (
    SANE_MJD,
    altaz_of_hour_angle,
    altaz_of_icrs,
    geocentric,
    jd_of_dates,
    jd_of_mjd,
    parse_sexagesimal,
    shift_seconds,
    yyyymmdd,
)

_LONGEST_S = 1e9
"""No exposure takes decades: a longer one is a wrong card."""

__all__ = ["from_translated", "needed_cards", "recognise", "translate"]


def needed_cards(instruments: Sequence[Instrument]) -> tuple[str, ...]:
    """Every header card the rules of these instruments may read."""
    cards = [card for i in instruments for card in i.recognise]
    cards += [card for i in instruments for rules in i.rules.values() for rule in rules for card in rule.cards]
    return tuple(dict.fromkeys(cards))


def recognise(table: HeaderTable, instruments: Sequence[Instrument]) -> npt.NDArray[np.int64]:
    """Which instrument made each file: position in ``instruments``, or -1 where none fits."""
    found = np.full(len(table), -1, dtype=np.int64)
    for position, instrument in reversed(list(enumerate(instruments))):
        fits = np.ones(len(table), dtype=np.bool_)
        for card, wanted in instrument.recognise.items():
            fits &= np.array([_is_wanted(value, wanted) for value in table.column(card)], dtype=np.bool_)
        found[fits] = position
    return found


def _is_wanted(value: CardValue, wanted: Any) -> bool:
    """Whether a card has the value, one of the values, or a text of the pattern that tells an instrument's files."""
    if isinstance(wanted, Mapping):
        return isinstance(value, str) and re.fullmatch(wanted["match"], value.strip()) is not None
    return value in (wanted if isinstance(wanted, list) else [wanted])


def translate(table: HeaderTable, instrument: Instrument) -> ObservationColumns:
    """The observation properties of files of one instrument.

    Parameters
    ----------
    table : `HeaderTable`
        Its rows, with at least `needed_cards`.
    instrument : `Instrument`
        Whose rules to follow.

    Returns
    -------
    columns : `ObservationColumns`
        A column per property, computed when asked for.
    """
    return _Translation(table, instrument).columns


def from_translated(
    files: Sequence[str], contents: Sequence[Mapping[str, Any]], instrument: Instrument | None = None
) -> ObservationColumns:
    """Columns from already translated properties, as sidecar and index files hold them.

    Parameters
    ----------
    files : sequence of `str`
        One per row.
    contents : sequence of mapping
        Property name to its simple form: times [jd1, jd2] TAI, angles degrees, altaz [azimuth, altitude].
    instrument : `Instrument`, optional
        Whose rules may fill what is missing from what is there (older files lack newer properties).
    """
    table = HeaderTable(list(files), {})

    def given(name: str) -> Column:
        return array_of([content.get(name) for content in contents], PROPERTIES[name].kind)

    return _Translation(table, instrument, given).columns


class _Translation:
    """One batch under way: a property may need others, each is computed once."""

    def __init__(
        self, table: HeaderTable, instrument: Instrument | None, given: Callable[[str], Column] | None = None
    ) -> None:
        self._table, self._instrument, self._given = table, instrument, given
        self.columns = ObservationColumns(table.files, self._column)

    def _column(self, name: str) -> Column | None:
        kind = PROPERTIES[name].kind
        column = self._given(name) if self._given else array_of([None] * len(self._table), kind)
        if self._instrument is None or column.valid.all():
            return column
        constant = self._constant(name, self._instrument)
        if constant is not None and not self._given:
            return array_of([constant] * len(self._table), kind)
        for rule in self._instrument.rules.get(name, ()):
            column = _fill(column, self._apply(rule, name))
            if column.valid.all():
                break
        return column

    @staticmethod
    def _constant(name: str, instrument: Instrument) -> Any:
        place = instrument.observatory
        known = {"telescope": place.name, "instrument": instrument.name}
        return geocentric(place) if name == "location" else known.get(name)

    def _apply(self, rule: Rule, name: str) -> Column:
        column = self._KINDS[rule.kind](self, rule, name)
        for other, wanted in rule.options.get("when", {}).items():
            condition = self.columns[other]
            column = Column(column.values, column.valid & condition.valid & (condition.values == wanted))
        return column

    # ---------------------------------------------------------- kinds of rules
    def _const(self, rule: Rule, name: str) -> Column:
        return array_of([rule.value] * len(self._table), PROPERTIES[name].kind)

    def _card(self, rule: Rule, name: str) -> Column:
        values: Sequence[Any] = self._table.column(rule.value)
        if "match" in rule.options:
            values = _matched(values, rule.options["match"], PROPERTIES[name].kind)
        values = _mapped(values, rule.options)
        return self._adjusted(array_of(values, PROPERTIES[name].kind), rule)

    def _property(self, rule: Rule, name: str) -> Column:
        source, kind = self.columns[rule.value], PROPERTIES[name].kind
        if PROPERTIES[rule.value].kind != kind or "map" in rule.options or "case" in rule.options:
            source = array_of(_mapped(source.to_list(), rule.options), kind)
        return self._adjusted(source, rule, is_time=kind == "time")

    def _adjusted(self, column: Column, rule: Rule, is_time: bool = False) -> Column:
        values, valid, options = column.values, column.valid, rule.options
        if is_time:
            if "plus" in options:
                more = self.columns[options["plus"]]
                possible = more.valid & (np.abs(np.where(more.valid, more.values, 0.0)) < _LONGEST_S)
                return Column(shift_seconds(values, np.where(possible, more.values, 0.0)), valid & possible)
            return column
        if "factor" in options:
            values = values * options["factor"]
        if "offset" in options:
            values = values + options["offset"]
        if "plus" in options:
            more = self.columns[options["plus"]]
            values, valid = values + more.values, valid & more.valid
        if "wrap" in options:
            values = values % options["wrap"]
        return Column(values, valid)

    def _text(self, rule: Rule, name: str) -> Column:
        texts = _mapped(self._filled(rule), rule.options)
        return array_of(texts, PROPERTIES[name].kind)

    def _detector(self, rule: Rule, name: str) -> Column:
        assert self._instrument is not None
        ids = {d.full_name: d.id for d in self._instrument.detectors}
        return array_of([ids.get(str(text)) for text in self._filled(rule)], PROPERTIES[name].kind)

    def _detector_field(self, rule: Rule, name: str) -> Column:
        assert self._instrument is not None
        known = {d.id: getattr(d, rule.value) for d in self._instrument.detectors}
        ids = self.columns["detector_num"].to_list()
        return array_of([known.get(id_) for id_ in ids], PROPERTIES[name].kind)

    def _filled(self, rule: Rule) -> list[CardValue]:
        parts = [
            self._versions(field.removeprefix("package:"))
            if field.startswith("package:")
            else self._table.column(field)
            for field in rule.fields
        ]
        template = rule.value
        for field in rule.fields:
            template = template.replace("{" + field + "}", "{}", 1)
        return [
            None if None in row else template.format(*(str(v).strip() for v in row)) for row in zip(*parts, strict=True)
        ]

    def _versions(self, package: str) -> list[CardValue]:
        found: list[CardValue] = [None] * len(self._table)
        for i in reversed(range(PACKAGE_CARDS)):
            names, versions = (self._table.cards.get(f"{stem}{i:05d}") for stem in ("PKG", "VER"))
            if names is not None and versions is not None and package in names:
                found = [v if n == package else old for n, v, old in zip(names, versions, found, strict=True)]
        return found

    def _mjd(self, rule: Rule, name: str) -> Column:
        mjd = array_of(self._table.column(rule.value), "float")
        valid = mjd.valid & (mjd.values >= SANE_MJD[0]) & (mjd.values < SANE_MJD[1])
        values = np.where(valid, mjd.values, SANE_MJD[0])
        return Column(jd_of_mjd(values, rule.options.get("scale", "tai")), valid)

    def _date(self, rule: Rule, name: str) -> Column:
        texts = array_of(self._table.column(rule.value), "str")
        values, known = texts.values.tolist(), texts.valid
        if "time" in rule.options:
            times = array_of(self._table.column(rule.options["time"]), "str")
            values = [f"{day.strip()[:10]}T{time.strip()}" for day, time in zip(values, times.values, strict=True)]
            known = known & times.valid
        jd, valid = jd_of_dates(values, rule.options.get("scale", "tai"))
        if "lasts" in rule.options:
            jd, known = self._not_before(jd, rule.options["lasts"]), known & self.columns["datetime_begin"].valid
        return Column(jd, valid & known)

    def _not_before(self, jd: npt.NDArray[np.float64], lasts: str) -> npt.NDArray[np.float64]:
        """Times that are at least some seconds after the begin; those before it are of the next day, or wrong."""
        begin, seconds = self.columns["datetime_begin"], self.columns[lasts]
        possible = seconds.valid & (np.abs(np.where(seconds.valid, seconds.values, 0.0)) < _LONGEST_S)
        earliest = shift_seconds(begin.values, np.where(possible, seconds.values, 0.0))
        too_early = (jd - earliest).sum(axis=-1) < 0.0
        return np.where(too_early[:, None], earliest, jd)

    def _day_of(self, rule: Rule, name: str) -> Column:
        when, offset = self.columns[rule.value], self.columns["observing_day_offset"]
        seconds = np.where(offset.valid, offset.values, 0.0)
        return Column(yyyymmdd(jd_to_ns(when.values) - np.rint(seconds * 1e9).astype(np.int64)), when.valid)

    def _radec(self, rule: Rule, name: str) -> Column:
        pair = [self._table.column(card) for card in rule.value]
        if rule.options.get("unit", "deg") == "sexagesimal":
            pair = [[_degrees(v, unit) for v in values] for values, unit in zip(pair, (15.0, 1.0), strict=True)]
        return array_of(list(zip(*pair, strict=True)), "pair")

    def _hour_angle(self, rule: Rule, name: str) -> Column:
        assert self._instrument is not None
        ha, dec = (array_of(self._table.column(c), "float") for c in (rule.value, rule.options["declination"]))
        return Column(altaz_of_hour_angle(ha.values, dec.values, self._instrument.observatory), ha.valid & dec.valid)

    def _boresight_at(self, rule: Rule, name: str) -> Column:
        assert self._instrument is not None
        radec, when = self.columns["tracking_radec"], self.columns[rule.value]
        valid = radec.valid & when.valid
        for other, wanted in rule.options.get("when", {}).items():
            valid &= self.columns[other].valid & (self.columns[other].values == wanted)
        altaz = np.zeros((len(self._table), 2))
        if valid.any():
            altaz[valid] = altaz_of_icrs(radec.values[valid], when.values[valid], self._instrument.observatory)
        return Column(altaz, valid)

    def _airmass_of(self, rule: Rule, name: str) -> Column:
        altaz = self.columns[rule.value]
        up = altaz.valid & (altaz.values[:, 1] > 0.0)
        return Column(1.0 / np.sin(np.radians(np.where(up, altaz.values[:, 1], 90.0))), up)

    _KINDS: Mapping[str, Callable[[_Translation, Rule, str], Column]] = {
        "const": _const,
        "card": _card,
        "property": _property,
        "text": _text,
        "detector": _detector,
        "detector_field": _detector_field,
        "mjd": _mjd,
        "date": _date,
        "day_of": _day_of,
        "radec": _radec,
        "altaz": _radec,
        "hour_angle": _hour_angle,
        "boresight_at": _boresight_at,
        "airmass_of": _airmass_of,
    }


def _fill(column: Column, more: Column) -> Column:
    """The first column where it is valid, else the second."""
    if not column.valid.any():
        return more
    keep = column.valid if column.values.ndim == 1 else column.valid[:, None]
    return Column(np.where(keep, column.values, more.values), column.valid | more.valid)


def _matched(values: Sequence[Any], pattern: str, kind: str) -> list[Any]:
    """First groups of a pattern where texts match it."""
    found = [re.fullmatch(pattern, v.strip(), re.ASCII) if isinstance(v, str) else None for v in values]
    convert = int if kind == "int" else str
    return [None if match is None else convert(match[1]) for match in found]


def _mapped(values: Sequence[Any], options: Mapping[str, Any]) -> list[Any]:
    """Values after the ``case`` and ``map`` options."""
    mapped = [v if not isinstance(v, list | dict) else None for v in values]  # what JSON may hold in place of a card
    if "case" in options:
        change = str.lower if options["case"] == "lower" else str.upper
        mapped = [change(v.strip()) if isinstance(v, str) else v for v in mapped]
    if "map" in options:
        table = options["map"]
        strict = "otherwise" in options
        mapped = [None if v is None else table.get(v, options["otherwise"] if strict else v) for v in mapped]
    return mapped


def _degrees(value: CardValue, unit: float) -> float | None:
    if isinstance(value, str):
        try:
            return parse_sexagesimal(value) * unit
        except ValueError:
            return None
    return None if value is None or isinstance(value, bool) else float(value)
