"""What notebooks show of collections and of query results: the first ones, escaped, and that there are more."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler
from skybutler.datasets import CollectionType
from skybutler.sky.region import polygon_deg


def test_collections_and_results_in_a_notebook(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        butler.collections.register("u/me")
        butler.collections.register("all", CollectionType.CHAINED, "for <everyone>")
        butler.collections.redefine_chain("all", ["u/me"])
        page = butler.collections._repr_html_()
        assert "for &lt;everyone&gt;" in page
        assert ">CHAINED</td>" in page
        assert ">u/me</td>" in butler.collections.get_info("all")._repr_html_()
        butler.insert_dimension_data("skymap", {"name": "m", "hash": b"h" * 20, "tract_max": 1000})
        square = polygon_deg([(1, 1), (2, 1), (2, 2), (1, 2)])
        butler.insert_dimension_data("tract", *({"skymap": "m", "id": i, "region": square} for i in range(30)))
        shown = butler.query_dimension_records("tract")._repr_html_()
        assert "bytes</td>" in shown
        assert "The first 20 rows" in shown
        assert shown.count("<tr>") == 21
        assert "first" not in butler.query_dimension_records("skymap")._repr_html_()
