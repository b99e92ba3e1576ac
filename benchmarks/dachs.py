"""GAVO's DaCHS as Debian packages it, with a PostgreSQL of its own: the peer of our services.  Knows no question.

Everything is in the folder of a private PostgreSQL (pgsphere, Q3C): configuration, tables, the image, logs.  Neither
``/etc/gavo.rc`` nor a cluster of Debian is used or changed.  DaCHS runs as in production (``dachs serve start``), with
its defaults but for limits of rows; PostgreSQL has 1 GB of shared buffers, which is more than ours has.
"""

from __future__ import annotations

import grp
import http.client
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from vo_server import RunningServer, wait_until_it_answers

__all__ = ["CUTOUTS", "IMAGE", "INSTALL", "TAP", "as_spoly", "installed", "serving", "version"]

INSTALL = "apt-get install --no-install-recommends python3-gavo postgresql-pgsphere postgresql-q3c"
TAP, CUTOUTS = "/tap", "/obs/q/cutout/dlget"
IMAGE = "ivo://peer.local/~?obs/image.fits"
"""Identifier of the image of cut-outs."""
_EXTENSIONS = Path("/usr/share/postgresql")
_SETTINGS = {"listen_addresses": "", "shared_buffers": "1GB", "work_mem": "64MB"}
_STOPS_S = 10.0
_TYPES = {pa.int32(): "integer", pa.int64(): "bigint", pa.float64(): "double precision", pa.string(): "text"}
_EXTRA = {"lsst_visit": "bigint", "lsst_detector": "bigint", "lsst_tract": "bigint", "lsst_patch": "bigint",
          "lsst_band": "text", "lsst_filter": "text"}  # fmt: skip
"""Columns that are no part of the standard."""
_RC = """[general]
rootDir: {root}
gavoGroup: {group}
group: {group}
[web]
bindAddress: 127.0.0.1
serverPort: {port}
serverURL: http://127.0.0.1:{port}
sitename: Peer
user:
[ivoa]
authority: peer.local
dalDefaultLimit: 20000000
dalHardLimit: 20000000
[async]
defaultMAXREC: 20000000
hardMAXREC: 20000000
"""
_RD = """<resource schema="obs"><meta name="title">Images</meta><meta name="description">Rows of the benchmark</meta>
<meta name="creationDate">2026-01-01T00:00:00Z</meta><meta name="subject">surveys</meta><meta name="creator">us</meta>
<table id="data" onDisk="True" adql="True">
<mixin obs_creator_did="NULL" target_class="NULL" s_pixel_scale="NULL" em_ucd="NULL" preview="NULL"
source_table="'obs.data'" {extra}>//obscore#publishObscoreLike</mixin><stc>Polygon ICRS [s_region]</stc>
<index columns="s_region" method="GIST"/><index columns="lsst_tract,lsst_patch"/>
<index columns="obs_publisher_did"/><index columns="dataproduct_subtype"/>
{columns}</table>
<data id="import"><sources pattern="*.none"/><csvGrammar/><make table="data"><rowmaker idmaps="*"/></make></data>
<table id="images" onDisk="True" mixin="//products#table"/>
<data id="import_images"><sources pattern="*.fits"/>
<fitsProdGrammar><rowfilter procDef="//products#define"><bind key="table">"\\schema.images"</bind></rowfilter>
</fitsProdGrammar><make table="images"/></data>
<service id="cutout" allowed="dlget,dlmeta"><meta name="title">Cut-outs</meta><datalinkCore>
<descriptorGenerator procDef="//soda#fits_genDesc"/><FEED source="//soda#fits_standardDLFuncs"/>
</datalinkCore></service></resource>"""


def installed() -> bool:
    """Whether DaCHS and what its database needs are here."""
    return shutil.which("dachs") is not None and bool(_programs())


def version(server: RunningServer) -> str:
    """What the server says of itself."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"{TAP}/availability")
    told = connection.getresponse().headers.get("Server", "")
    connection.close()
    found = re.search(r"DaCHS/(\S+)", told)
    return found[1] if found else told


def _programs() -> list[Path]:
    """Of the PostgreSQLs that have both extensions, the newest first."""
    found = [
        folder
        for folder in _EXTENSIONS.glob("*/extension")
        if (folder / "pg_sphere.control").exists() and (folder / "q3c.control").exists()
    ]
    versions = sorted((int(folder.parent.name) for folder in found), reverse=True)
    return [bin_ for v in versions if (bin_ := Path(f"/usr/lib/postgresql/{v}/bin")).exists()]


@contextmanager
def serving(rows: Path, image: Path) -> Iterator[RunningServer]:
    """DaCHS with the same rows and the same image as ours; ended afterwards, and nothing is left.

    Parameters
    ----------
    rows : path
        ObsCore as Parquet, from ``butler obscore export``.
    image : path
        A FITS file whose primary HDU is the image.
    """
    from support.postgres import PostgresServer

    class PgSphereServer(PostgresServer):
        """PostgreSQL of Debian, which has the extensions; the wheel of the tests has none."""

        def _find_programs(self) -> Path:
            return _programs()[0]

    database = PgSphereServer(_SETTINGS)
    try:
        peer = _Dachs(database.folder, database.url)
        peer.make(pq.ParquetFile(rows), image)
        with peer.running() as server:
            yield server
    finally:
        database.stop()


class _Dachs:
    """One data centre."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, urlunsplit(urlsplit(url)._replace(path="/gavo"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE gavo TEMPLATE template0")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        owner = folder.stat()
        self._as_user: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
        self._owner = (owner.st_uid, owner.st_gid)
        if os.geteuid() == 0:
            self._as_user |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        # the data centre has its own folder, so that no setting of this machine counts
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TZ")}
        self._as_user["env"] = kept | {
            "HOME": str(folder),
            "GAVOSETTINGS": str(folder / "gavo.rc"),
            "GAVOCUSTOM": str(folder / "none.rc"),
        }
        group = grp.getgrgid(owner.st_gid).gr_name
        self._write("gavo.rc", _RC.format(root=folder / "gavo", port=self._port, group=group))

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        if not path.parent.exists():  # others, such as the folder above the server's, belong to whom they belong to
            path.parent.mkdir()
            os.chown(path.parent, *self._owner)
        path.write_text(text)
        os.chown(path, *self._owner)

    def _dachs(self, *words: str) -> None:
        done = subprocess.run(
            ["dachs", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **self._as_user
        )
        if done.returncode:
            raise RuntimeError(f"dachs {' '.join(words)} failed: {done.stdout[-2000:]}")

    def make(self, rows: pq.ParquetFile, image: Path) -> None:
        """Tables of DaCHS, and our rows in one of them, with indices for all that is asked."""
        self._dachs("init", "-d", f"dbname=gavo host={self._folder} user=postgres")
        self._write("gavo/etc/userconfig.rd", _user_config())
        self._write("gavo/inputs/obs/q.rd", _resource_descriptor(rows.schema_arrow))
        os.chown(shutil.copyfile(image, self._folder / "gavo/inputs/obs/image.fits"), *self._owner)
        for words in (["//obscore"], ["//tap"], ["obs/q", "import"], ["obs/q", "import_images"]):
            self._dachs("imp", *words)
        columns = ", ".join(rows.schema_arrow.names)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("DROP INDEX IF EXISTS obs.data_s_region")
            with connection.cursor().copy(f"COPY obs.data ({columns}) FROM STDIN CSV") as copy:  # type: ignore[arg-type, unused-ignore]
                for batch in rows.iter_batches(50_000):
                    sink = pa.BufferOutputStream()
                    pc.write_csv(as_spoly(batch), sink, pc.WriteOptions(include_header=False))
                    copy.write(sink.getvalue().to_pybytes())
            connection.execute("CREATE INDEX data_s_region ON obs.data USING gist (s_region)")
            connection.execute("VACUUM ANALYZE")

    @contextmanager
    def running(self) -> Iterator[RunningServer]:
        """The server once it answers."""
        command = ["dachs", "serve", "start", "--foreground"]
        log = self._folder / "dachs.log"
        with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told, **self._as_user) as process:
            server = RunningServer(self._port, process.pid, TAP)
            try:
                wait_until_it_answers(server, process, f"{TAP}/availability", log)
                yield server
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_STOPS_S)
                process.kill()  # it may wait for a query


def as_spoly(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Regions as pgsphere reads polygons."""
    found = []
    for region in rows["s_region"].to_pylist():
        numbers = region.split()[2:] if region else []
        corners = zip(numbers[::2], numbers[1::2], strict=True)
        found.append("{" + ",".join(f"({ra}d,{dec}d)" for ra, dec in corners) + "}" if region else None)
    return rows.set_column(rows.schema.get_field_index("s_region"), "s_region", pa.array(found, pa.string()))


def _resource_descriptor(schema: pa.Schema) -> str:
    types = {one.name: _TYPES[one.type] for one in schema} | {"s_region": "spoly"}
    columns = [_column(name, type_, f"{name} of the data set") for name, type_ in types.items()]
    extra = " ".join(f'{name}="{name}"' for name in _EXTRA)
    return _RD.format(extra=extra, columns="\n".join(columns))


def _column(name: str, type_: str, description: str) -> str:
    null = '<values nullLiteral="-1"/>' if type_ in ("integer", "bigint") else ""
    return f'<column name="{name}" type="{type_}" ucd="meta.id" description="{description}">{null}</column>'


def _user_config() -> str:
    """How ObsCore gets columns of ours."""
    clause = "".join(f", CAST(\\\\{name} AS {type_}) AS {name}" for name, type_ in _EXTRA.items())
    parameters = "".join(f'<mixinPar name="{name}">NULL</mixinPar>' for name in _EXTRA)
    columns = "".join(_column(name, type_, name) for name, type_ in _EXTRA.items())
    return (
        f'<resource schema="__system"><STREAM id="obscore-extraevents">'
        f'<property name="obscoreClause" cumulate="True">{clause}</property></STREAM>'
        f'<STREAM id="obscore-extrapars">{parameters}</STREAM>'
        f'<STREAM id="obscore-extracolumns">{columns}</STREAM></resource>'
    )
