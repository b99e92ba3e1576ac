"""Steps that define what a repository speaks of: instruments, sky maps, dataset types, visits, collections."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType
from skybutler.datasets.packed_ids import PackedIds
from skybutler.errors import DatasetNotFoundError, NotFoundError, SkyMapError
from skybutler.sky.timespan import Timespan, parse_time

from .settings import (
    Associate,
    CertifyCalibrations,
    CollectionChain,
    DefineVisits,
    RegisterDatasetType,
    RegisterInstrument,
    RegisterSkyMap,
)
from .steps import Forecast, Outcome, Progress, Step

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.instruments import Instrument
    from skybutler.skymap import SkyMap

__all__ = ["AssociateStep", "CertifyStep", "ChainStep", "DatasetTypeStep", "InstrumentStep", "SkyMapStep", "VisitsStep"]


class InstrumentStep(Step[RegisterInstrument]):
    """Instruments with detectors and filters."""

    rate = 20_000.0

    @property
    def subject(self) -> str:
        return ", ".join(self.settings.instrument)

    def _instruments(self) -> list[Instrument]:
        from skybutler.instruments import Instrument

        return [Instrument.load(self._named(text)) for text in self.settings.instrument]

    def _named(self, text: str) -> str | Path:
        return Path(self.place(text)) if text.endswith((".yaml", ".yml")) or os.sep in text else text

    def check(self) -> None:
        self._instruments()

    def foresee(self, butler: Butler | None) -> Forecast:
        found = self._instruments()
        known = {r.name for r in butler.query_dimension_records("instrument")} if butler is not None else set()
        new = [_records(camera) for camera in found if camera.name not in known]
        return self.forecast(sum(new), sum(_records(c) for c in found) - sum(new), "records")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.instruments import register_instrument

        new = total = updated = 0
        for camera in self._instruments():
            done = register_instrument(butler, camera, update=self.settings.update)
            new, updated = new + sum(done.inserted.values()), updated + sum(done.updated.values())
            total += _records(camera)
        return Outcome(new, total - new, "records", f"{updated} updated" if updated else "")


def _records(camera: Instrument) -> int:
    return sum(len(next(iter(columns.values()), ())) for columns in camera.records().values())


class SkyMapStep(Step[RegisterSkyMap]):
    """A sky map with its tracts and patches."""

    rate = 40_000.0

    @property
    def subject(self) -> str:
        config = self.settings.config
        named = os.path.basename(config) if isinstance(config, str) else str(config.get("name", ""))
        return self.settings.name or named

    def _config(self) -> str | dict[str, Any]:
        config = self.settings.config
        return self.require(config) if isinstance(config, str) else config

    def _loaded(self) -> tuple[SkyMap, str]:
        from skybutler.ingest.skymaps import load_sky_map_config
        from skybutler.skymap import SkyMap, SkyMapConfig

        config = self._config()
        read = load_sky_map_config(config) if isinstance(config, str) else SkyMapConfig.from_mapping(config)
        name = self.settings.name or read.name
        if not name:
            raise SkyMapError("A sky map needs a name to be registered.", hint="Give it as 'name'.")
        return SkyMap(read), name

    def check(self) -> None:
        self._loaded()

    def foresee(self, butler: Butler | None) -> Forecast:
        sky_map, name = self._loaded()
        known = {r.name for r in butler.query_dimension_records("skymap")} if butler is not None else set()
        records = sum(len(part[e]["id"]) for part in sky_map.record_columns() for e in ("tract", "patch"))
        return self.forecast(0 if name in known else records, records if name in known else 0, "tracts and patches")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.skymaps import register_sky_map

        done = register_sky_map(butler, self._config(), name=self.settings.name, progress=progress)
        known = butler.query_data_ids(["patch"], skymap=done.name).count() + len(done.sky_map)
        new = done.tracts + done.patches
        return Outcome(new, known - new, "tracts and patches", f"{done.tracts} tracts" if new else "")


class DatasetTypeStep(Step[RegisterDatasetType]):
    """A dataset type."""

    @property
    def subject(self) -> str:
        return self.settings.name

    def foresee(self, butler: Butler | None) -> Forecast:
        known = butler is not None and any(t.name == self.settings.name for t in butler.query_dataset_types())
        return self.forecast(int(not known), int(known), "dataset type")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        wanted = self.settings
        new = butler.register_dataset_type(
            wanted.name, wanted.dimensions, wanted.storage_class, is_calibration=wanted.is_calibration
        )
        return Outcome(int(new), int(not new), "dataset type")


class VisitsStep(Step[DefineVisits]):
    """Visits, with the regions of their detectors."""

    rate = 300.0

    @property
    def subject(self) -> str:
        return self.settings.instrument

    def foresee(self, butler: Butler | None) -> Forecast:
        from skybutler.instruments import Instrument

        name = Instrument.load(self.settings.instrument).name
        if butler is None or name not in {r.name for r in butler.query_dimension_records("instrument")}:
            return self.forecast(-1, 0, "visits", note="of the exposures that will be there")
        exposures = butler.query_data_ids(["exposure"], where=self.settings.where, instrument=name).count()
        visits = butler.query_data_ids(["visit"], instrument=name).count()
        return self.forecast(max(exposures - visits, 0), visits, "visits", note=f"of {exposures} exposures so far")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.visits import define_visits

        wanted = self.settings
        done = define_visits(
            butler,
            wanted.instrument,
            collections=wanted.collections or None,
            where=wanted.where,
            incremental=wanted.incremental,
            update_records=wanted.update_records,
            progress=progress,
        )
        note = f"{done.regions} regions" if done.regions else ""
        return Outcome(done.visits + done.updated, done.existing, "visits", note)


# ------------------------------------------------------------------------------------------------------ collections
class ChainStep(Step[CollectionChain]):
    """A chain with exactly these children."""

    @property
    def subject(self) -> str:
        return self.settings.name

    def _is_done(self, butler: Butler | None) -> bool:
        wanted = self.settings
        found = butler.registry.collections.find(wanted.name) if butler is not None else None
        if butler is None or found is None or found.type is not CollectionType.CHAINED:
            return False
        children = list(wanted.children)
        if wanted.flatten:
            children = butler.collections.query(children, flatten_chains=True)
        info = butler.collections.get_info(wanted.name)
        return list(info.children) == children and wanted.doc in (None, info.doc)

    def foresee(self, butler: Butler | None) -> Forecast:
        done = self._is_done(butler)
        return self.forecast(int(not done), int(done), "chain", note=f"of {', '.join(self.settings.children)}")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        wanted = self.settings
        shown = f"of {len(wanted.children)} collections"
        if self._is_done(butler):
            return Outcome(0, 1, "chain", shown)
        with butler.transaction():
            butler.collections.register(wanted.name, CollectionType.CHAINED, wanted.doc)
            butler.collections.redefine_chain(wanted.name, wanted.children, flatten=wanted.flatten)
        return Outcome(1, 0, "chain", shown)


class AssociateStep(Step[Associate]):
    """Members of a TAGGED collection."""

    rate = 50_000.0

    @property
    def subject(self) -> str:
        return self.settings.collection

    def _ids(self, butler: Butler) -> PackedIds:
        wanted = self.settings
        found = butler.query_datasets(
            wanted.dataset_type, wanted.collections, where=wanted.where, find_first=wanted.find_first
        )
        return PackedIds(found.ids())

    def _members(self, butler: Butler) -> int:
        tag = butler.registry.collections.find(self.settings.collection)
        if tag is None:
            return 0
        return butler.query_datasets("*", tag.name, find_first=False).count()

    def foresee(self, butler: Butler | None) -> Forecast:
        try:
            count = len(self._ids(butler)) if butler is not None else -1
        except NotFoundError:  # collections or dataset types that steps above make
            count = -1
        members = self._members(butler) if butler is not None else 0
        return self.forecast(max(count - members, 0) if count >= 0 else -1, members, "datasets")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        before, ids = self._members(butler), self._ids(butler)
        with butler.transaction():
            butler.collections.register(self.settings.collection, CollectionType.TAGGED, self.settings.doc)
            butler.registry.datasets.associate(self.settings.collection, ids)
        new = self._members(butler) - before
        return Outcome(new, len(ids) - new, "datasets")


class CertifyStep(Step[CertifyCalibrations]):
    """Calibrations that become valid."""

    rate = 20_000.0

    @property
    def subject(self) -> str:
        return f"{self.settings.dataset_type} in {self.settings.collection}"

    def _span(self) -> Timespan:
        dates = (self.settings.begin_date, self.settings.end_date)
        return Timespan(*(None if date is None else parse_time(date, scale="tai") for date in dates))

    def check(self) -> None:
        self._span()

    def _ids(self, butler: Butler) -> PackedIds:
        return PackedIds(butler.query_datasets(self.settings.dataset_type, self.settings.source).ids())

    def foresee(self, butler: Butler | None) -> Forecast:
        if butler is None:
            return self.forecast(-1, 0, "datasets")
        try:
            count = len(self._ids(butler))
            ranges = butler.calibrations.validity(self.settings.collection, self.settings.dataset_type)
            known = sum(r.timespan == self._span() for r in ranges)
        except NotFoundError:  # what steps above make
            return self.forecast(-1, 0, "datasets")
        return self.forecast(max(count - known, 0), min(known, count), "datasets")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        wanted, ids = self.settings, self._ids(butler)
        if not ids:
            raise DatasetNotFoundError(f"There is no '{wanted.dataset_type}' in '{wanted.source}' to certify.")
        with butler.transaction():
            butler.collections.register(wanted.collection, CollectionType.CALIBRATION)
            new = butler.registry.calibrations.certify(wanted.collection, ids, self._span())
        return Outcome(new, len(ids) - new, "datasets", str(self._span()))
