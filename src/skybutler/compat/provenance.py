"""``lsst.daf.butler.DatasetProvenance``: ours, and the way back from flat names through a butler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.datasets.provenance import DatasetProvenance as PlainProvenance
from skybutler.datasets.provenance import provenance_keys
from skybutler.errors import DatasetNotFoundError, InvalidError

from .dataset_types import DatasetRef

if TYPE_CHECKING:
    from .butler import Butler

__all__ = ["DatasetProvenance"]


class DatasetProvenance(PlainProvenance):
    """How one dataset was made."""

    __slots__ = ()

    @classmethod
    def from_flat_dict(
        cls, prov_dict: Mapping[str, Any], butler: Butler
    ) -> tuple[DatasetProvenance, DatasetRef | None]:
        """What flat names say, all datasets as refs, and the dataset that they are about.

        Raises
        ------
        DatasetNotFoundError
            The butler does not know one of the datasets.
        InvalidError
            There are no names of provenance in the mapping.
        """
        if not provenance_keys(prov_dict):
            raise InvalidError("There are no names of provenance in this mapping.")
        plain, own = cls.from_flat(prov_dict)

        wanted = [*plain.input_ids, *([own] if own is not None else [])]
        known = {ref.id: ref for ref in butler.get_many_datasets(wanted)}
        for identifier in wanted:
            if identifier not in known:
                raise DatasetNotFoundError(f"Dataset {identifier} is not in this repository.")
        inputs = [known[identifier] for identifier in plain.input_ids]
        found = cls(inputs, plain.quantum_id, plain.extras, plain.notes)
        return found, known[own] if own is not None else None
