from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from skybutler.vo.adql import TapTables
from skybutler.vo.obscore import obscore_table
from skybutler.vo.tap_schema import complete_tables
from skybutler.vo.vosi import availability_document, table_document, tables_document

TABLES = complete_tables(TapTables([obscore_table()]))


def test_tables_have_their_columns_unless_these_are_not_wanted():
    root = ET.fromstring(tables_document(TABLES))
    assert [e.text for e in root.findall("schema/name")] == ["ivoa", "tap_schema"]
    assert len(root.findall("schema/table")) == 6
    assert len(root.findall("schema/table/column")) == sum(len(t.fields) for t in TABLES)
    brief = ET.fromstring(tables_document(TABLES, columns=False))
    assert len(brief.findall("schema/table")) == 6
    assert brief.findall("schema/table/column") == []


def test_one_table_has_types_flags_and_keys():
    root = ET.fromstring(table_document(TABLES.find("tap_schema", "columns")))
    columns = {e.findtext("name"): e for e in root.findall("column")}
    size = columns['"size"']
    assert (size.findtext("dataType"), [e.text for e in size.findall("flag")]) == ("int", ["principal", "std"])
    assert root.findtext("foreignKey/targetTable") == "tap_schema.tables"


def test_availability_says_why_not():
    namespace = {"a": "http://www.ivoa.net/xml/VOSIAvailability/v1.0"}
    there = ET.fromstring(availability_document(None, datetime(2026, 12, 1, tzinfo=UTC)))
    assert there.findtext("a:available", namespaces=namespace) == "true"
    assert str(there.findtext("a:upSince", namespaces=namespace)).startswith("2026-12-01T00:00:00")
    gone = ET.fromstring(availability_document("No <answer> & no disk."))
    assert gone.findtext("a:available", namespaces=namespace) == "false"
    assert gone.findtext("a:note", namespaces=namespace) == "No <answer> & no disk."
