"""What may stand in a recipe: its keys, their types and what they mean.  Knows no repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = [
    "STEPS",
    "Associate",
    "CertifyCalibrations",
    "CollectionChain",
    "CuratedCalibrations",
    "DefineVisits",
    "ImportExport",
    "IngestFiles",
    "IngestRaws",
    "RegisterDatasetType",
    "RegisterInstrument",
    "RegisterSkyMap",
    "Repository",
    "Settings",
]

Transfer = Literal["auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "split"]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_as_list)]
"""One text or a list of them."""


class Settings(BaseModel):
    """Keys and values; keys may be written with ``-`` as on the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _with_underscores(cls, content: Any) -> Any:
        if not isinstance(content, Mapping):
            return content
        return {str(key).replace("-", "_"): value for key, value in content.items()}


class Repository(Settings):
    """The repository that is to be made, unless it is there already."""

    root: str
    """Its directory."""
    seed: str | None = None
    """Configuration file to start from, ours or of lsst.daf.butler; places in it are kept."""
    registry: dict[str, Any] = {}
    """``db`` and ``namespace``, over what the seed says."""
    datastore: dict[str, Any] = {}
    """Settings of the datastore, over what the seed says."""
    storage_classes: dict[str, Any] = {}
    """Storage classes beyond the packaged ones."""
    dimensions: int | str | None = None
    """Version of the standard dimension universe, or a file that defines one."""
    journal: Literal["wal", "delete"] = "wal"
    """SQLite journal; ``delete`` for network file systems."""


class ImportExport(Settings):
    """Take in what was exported: ``export.yaml`` and the files that it names."""

    directory: str
    """Where the files are."""
    file: str | None = None
    """The export file; ``export.yaml`` in the directory by default."""
    transfer: Transfer = "auto"
    skip_dimensions: Names = []
    """Elements whose records are not imported."""
    without_datastore: bool = False
    """Take in what the registry knows, and no files."""
    track_file_attrs: bool = True


class RegisterInstrument(Settings):
    """Make the records of instruments, with detectors and filters."""

    instrument: Names
    """Names, class names or description files."""
    update: bool = False
    """Overwrite records that have other values."""


class CuratedCalibrations(Settings):
    """Write the camera of an instrument, and its text calibrations."""

    instrument: str
    data: str | None = None
    """Directory of the text calibrations."""
    labels: Names = []
    collection: str | None = None
    prefix: str | None = None


class RegisterSkyMap(Settings):
    """Make the records of a sky map, and keep the map."""

    config: str | dict[str, Any]
    """Configuration file, or the configuration itself."""
    name: str | None = None


class RegisterDatasetType(Settings):
    """Register a dataset type."""

    name: str
    storage_class: str
    dimensions: Names = []
    is_calibration: bool = False


class FilesOfFolder(Settings):
    """Files whose names tell their data IDs."""

    directory: str
    pattern: str
    """Form of the names: ``{htm7}.fits``."""


class IngestFiles(Settings):
    """Take files that are listed in a table, or found in a folder."""

    dataset_type: str
    run: str
    table: str | None = None
    """ECSV, CSV, FITS, Parquet: first column paths, the others dimensions."""
    files: FilesOfFolder | None = None
    """Instead of a table."""
    transfer: Transfer = "auto"
    prefix: str | None = None
    """Where relative paths of the table begin; by default at the table."""
    formatter: str | None = None
    data_id: dict[str, str | int] = {}
    """Values of dimensions for all files."""
    id_generation_mode: Literal["UNIQUE", "DATAID_TYPE", "DATAID_TYPE_RUN"] = "UNIQUE"
    track_file_attrs: bool = True
    provenance: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> IngestFiles:
        if (self.table is None) == (self.files is None):
            raise ValueError("give either 'table' or 'files'")
        return self


class IngestRaws(Settings):
    """Take raw files, with the records of their exposures."""

    locations: Annotated[Names, Field(min_length=1)]
    """Folders, files and index files; ``{1..5}``, ``{a,b}``, ``*`` and ``**`` as in a shell."""
    run: str | None = None
    transfer: Transfer = "auto"
    processes: Annotated[int, Field(ge=1, le=1024)] = 1
    regex: str | None = None
    update_records: bool = False
    search_indexes: bool = True
    track_file_attrs: bool = True
    fail_fast: bool = False
    """Stop at the first bad file; by default the good ones are taken, and the recipe stops after the step."""


class DefineVisits(Settings):
    """Make visits, with their regions, of exposures."""

    instrument: str
    collections: Names = []
    where: str = ""
    incremental: bool = False
    update_records: bool = False


class CollectionChain(Settings):
    """Make a CHAINED collection with exactly these children."""

    name: str
    children: Names
    doc: str | None = None
    flatten: bool = False


class Associate(Settings):
    """Put datasets into a TAGGED collection."""

    collection: str
    dataset_type: Names = ["*"]
    collections: Names = ["*"]
    where: str = ""
    find_first: bool = False
    doc: str | None = None


class CertifyCalibrations(Settings):
    """Make the calibrations of a collection valid over a time span, in a CALIBRATION collection."""

    dataset_type: str
    source: str
    """Where the datasets are."""
    collection: str
    """Where they become valid."""
    begin_date: str | None = None
    """TAI, ISO 8601; open by default."""
    end_date: str | None = None


STEPS: Mapping[str, tuple[type[Settings], str | None]] = {
    "import": (ImportExport, "directory"),
    "register-instrument": (RegisterInstrument, "instrument"),
    "write-curated-calibrations": (CuratedCalibrations, "instrument"),
    "register-skymap": (RegisterSkyMap, "config"),
    "register-dataset-type": (RegisterDatasetType, None),
    "ingest-files": (IngestFiles, None),
    "ingest-raws": (IngestRaws, "locations"),
    "define-visits": (DefineVisits, "instrument"),
    "collection-chain": (CollectionChain, None),
    "associate": (Associate, None),
    "certify-calibrations": (CertifyCalibrations, None),
}
"""Steps, named as the commands that do the same; and the key that is meant where only its value is given."""
