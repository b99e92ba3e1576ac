"""Cut-outs of 360 x 360 pixels of an image of 4200 x 4200 through the service, beside plain astropy in the same run.

``PYTHONPATH=src python benchmarks/cutout_service.py [-n N]``: a server with its worker processes, and clients of one
process that keep their connections, all on this machine.  Both sides read circles from the same single-HDU file.
Astropy opens the file, finds the box with its WCS, reads ``.section`` and writes a file to memory, in this process.  As
the machine may be busy with other work, processor time is counted too, of the server with its workers.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import requests
from astropy.io import fits
from astropy.wcs import WCS

from skybutler import Butler
from skybutler.images import SkyWcs

SIDE, PART, SCALE = 4200, 360, 5.5e-5
RADIUS = (PART - 1) / 2 * SCALE
CLIENTS = (1, 4, 8)
SERVER = """
import sys, uvicorn
from skybutler.web import ServerSettings, create_app
if __name__ == "__main__":
    app = create_app(ServerSettings(repositories={"bench": sys.argv[1]}))
    uvicorn.run(app, port=int(sys.argv[2]), log_level="error")
"""


def make_repository(place: Path, compressed: bool) -> tuple[str, Path]:
    """A repository with one image in a single HDU; its UUID and its file."""
    wcs = SkyWcs.from_affine(55.0, -30.0, [[-SCALE, 0.0], [0.0, SCALE]], (SIDE / 2, SIDE / 2))
    pixels = np.random.default_rng(1).normal(0.0, 1.0, (SIDE, SIDE)).astype("f4")
    header, path = fits.Header(list(wcs.to_fits_header().items())), place / "single.fits"
    hdu = fits.ImageHDU(pixels, header)
    if compressed:
        hdu = fits.CompImageHDU(pixels, header, compression_type="GZIP_2", tile_shape=(128, 128), quantize_level=0)
    Butler.create(place / "repo")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    with Butler(place / "repo", writeable=True, run="u/bench") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.register_dataset_type("calexp", ["instrument"], "ExposureF")
        butler.ingest_columns("calexp", {"instrument": ["Cam"]}, [str(path)], transfer="direct")
        ref = butler.find_dataset("calexp", instrument="Cam", collections="u/bench")
        assert ref is not None
    return str(ref.id), path


def circles(n: int) -> list[tuple[float, float]]:
    """Centres of circles that are wholly in the image, the same each time."""
    wcs = SkyWcs.from_affine(55.0, -30.0, [[-SCALE, 0.0], [0.0, SCALE]], (SIDE / 2, SIDE / 2))
    x, y = np.random.default_rng(0).uniform(PART, SIDE - PART, (2, n))
    return [(float(ra), float(dec)) for ra, dec in zip(*wcs.pixel_to_sky(x, y), strict=True)]


def by_astropy(path: Path, ra: float, dec: float) -> bytes:
    """What a simple service would do: open, find the box, read the section, write."""
    with fits.open(path) as hdus:
        hdu = hdus[1]
        x, y = (float(v) for v in WCS(hdu.header).world_to_pixel_values(ra, dec))
        x0, y0 = round(x) - PART // 2, round(y) - PART // 2
        header = WCS(hdu.header)[y0 : y0 + PART, x0 : x0 + PART].to_header()
        written = io.BytesIO()
        fits.ImageHDU(hdu.section[y0 : y0 + PART, x0 : x0 + PART], header).writeto(written)
    return written.getvalue()


@contextmanager
def served(place: Path) -> Iterator[tuple[str, int]]:
    """A server in a process of its own: its address and its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(place), str(port)])
    try:
        url = f"http://127.0.0.1:{port}/api/cutout"
        while process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(f"{url}/availability", timeout=5)
                break
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def processor_seconds(pid: int) -> float:
    """Seconds of processor of a process and its children that live."""
    total, pids = 0.0, [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        pids += [int(child) for child in (task / "children").read_text().split()]
    for found in pids:
        fields = Path(f"/proc/{found}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def load(url: str, dataset: str, places: list[tuple[float, float]], clients: int) -> float:
    """Cut-outs per second."""
    local = threading.local()

    def get(at: tuple[float, float]) -> None:
        session = local.__dict__.setdefault("session", requests.Session())
        found = session.get(f"{url}/sync", params={"ID": dataset, "CIRCLE": f"{at[0]!r} {at[1]!r} {RADIUS}"})
        assert found.status_code == 200, found.text
        assert len(found.content) > 4 * (PART - 2) ** 2

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        list(pool.map(get, places))
        return len(places) / (time.perf_counter() - began)


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=300, help="cut-outs of each measurement")
    n = parser.parse_args().n
    places = circles(n)
    print("| file | side | clients | per second | ms of processor each |")
    print("|---|---|---|---|---|")
    for name in ("plain", "tiles"):
        with tempfile.TemporaryDirectory() as folder:
            dataset, path = make_repository(Path(folder), name == "tiles")
            by_astropy(path, *places[0])
            used, began = time.process_time(), time.perf_counter()
            for at in places:
                by_astropy(path, *at)
            used, took = time.process_time() - used, time.perf_counter() - began
            print(f"| {name} | astropy, in process | - | {n / took:.0f} | {1e3 * used / n:.1f} |")
            with served(Path(folder) / "repo") as (url, pid):
                load(url, dataset, places[:20], 4)
                for clients in CLIENTS:
                    used = processor_seconds(pid)
                    rate = load(url, dataset, places, clients)
                    used = processor_seconds(pid) - used
                    print(f"| {name} | ours, over HTTP | {clients} | {rate:.0f} | {1e3 * used / n:.1f} |", flush=True)


if __name__ == "__main__":
    main()
