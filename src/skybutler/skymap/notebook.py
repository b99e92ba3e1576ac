"""Sky maps, tracts and patches as HTML for notebooks, with a drawing of the grid of patches.  Needs no plotting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skybutler.notebook import facts

if TYPE_CHECKING:
    from skybutler.skymap.patch import PatchInfo
    from skybutler.skymap.sky_map import SkyMap
    from skybutler.skymap.tract import TractInfo

__all__ = ["patch_html", "sky_map_html", "tract_html"]

_SIDE: Final = 260.0  # of a drawing
_MOST_DRAWN: Final = 40  # patches along a side, beyond which lines would be all there is to see


def sky_map_html(sky_map: SkyMap) -> str:
    """The configuration of a map and its size."""
    config = sky_map.to_config()
    rows = {"tracts": f"{len(sky_map):,}", **{k: v for k, v in config.items() if k != "kind"}}
    return facts({**rows, "SHA-1": sky_map.sha1.hex()}.items(), f"Sky map of kind {sky_map.kind}")


def tract_html(tract: TractInfo) -> str:
    """Where a tract is and how large, beside its patches."""
    (ra, dec), (width, height) = tract.center, tract.bbox.dimensions
    scale = tract.wcs.pixel_scale / 3600.0
    rows = {
        "centre": f"{ra:.6f}°, {dec:+.6f}° (ICRS)",
        "pixels": f"{width:,} x {height:,} of {tract.wcs.pixel_scale:g}″ ({tract.wcs.projection.code})",
        "size": f"{width * scale:.3f}° x {height * scale:.3f}°",
        "area": f"{tract.outer_area:.4f} deg², {tract.inner_area:.4f} of its own",
        "patches": f"{tract.num_patches.x} x {tract.num_patches.y}, {tract.patch_inner_dimensions[0]} x "
        f"{tract.patch_inner_dimensions[1]} pixels and {tract.patch_border} around",
    }
    return facts(rows.items(), f"Tract {tract.tract_id}", _grid(tract))


def patch_html(patch: PatchInfo) -> str:
    """Where a patch is."""
    ra, dec = patch.wcs.pixel_to_sky(*patch.inner_bbox.center)
    rows = {
        "tract": patch.tract_id,
        "index": f"({patch.index.x}, {patch.index.y})",
        "centre": f"{ra:.6f}°, {dec:+.6f}° (ICRS)",
        "inner box": patch.inner_bbox,
        "outer box": patch.outer_bbox,
        "area": f"{patch.outer_area:.5f} deg², {patch.inner_area:.5f} of its own",
    }
    if patch.num_cells.x:
        rows["cells"] = f"{patch.num_cells.x} x {patch.num_cells.y}"
    return facts(rows.items(), f"Patch {patch.sequential_index}")


def _grid(tract: TractInfo) -> str:
    """Patches with their numbers as SVG, the first at the lower left."""
    nx, ny = tract.num_patches
    if max(nx, ny) > _MOST_DRAWN:
        return ""
    cell = _SIDE / max(nx, ny)
    boxes = "".join(
        f"<rect x='{x * cell:.1f}' y='{(ny - 1 - y) * cell:.1f}' width='{cell:.1f}' height='{cell:.1f}' fill='#f1f4f6' "
        f"stroke='#1f6f8b'/><text x='{(x + 0.5) * cell:.1f}' y='{(ny - 0.5 - y) * cell:.1f}' "
        f"font-size='{min(cell * 0.4, 12):.1f}' text-anchor='middle' dominant-baseline='central'>{x + nx * y}</text>"
        for y in range(ny)
        for x in range(nx)
    )
    return f"<svg width='{nx * cell:.0f}' height='{ny * cell:.0f}' role='img'>{boxes}</svg>"
