"""Values of pyradiomics for regions on which features have little to say. Writes degenerate.json beside itself.

Image and regions are made from formulas, which tests/degenerate_oracle.rs of dlr-radiomics repeats.
usage: python make_degenerate.py   (needs pyradiomics; numbers that are not finite are written as text)
"""
import json
import math
import os

import numpy as np
import radiomics
import SimpleITK as sitk
from radiomics import featureextractor

radiomics.setVerbosity(60)
SHAPE = (6, 7, 8)
SPACING = (1.0, 1.5, 2.0)  # x, y, z
Z, Y, X = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
TEXTURE = ((Z * 31 + Y * 17 + X * 53) % 200).astype(np.float64)


def box(z, y, x):
    m = np.zeros(SHAPE, np.uint8)
    m[z[0] : z[1], y[0] : y[1], x[0] : x[1]] = 1
    return m


def voxels(*at):
    m = np.zeros(SHAPE, np.uint8)
    for v in at:
        m[v] = 1
    return m


REGIONS = {
    "one_voxel": voxels((2, 3, 3)),
    "one_voxel_in_the_corner": voxels((0, 0, 0)),
    "two_voxels_touching": voxels((2, 3, 3), (2, 3, 4)),
    "two_voxels_diagonal": voxels((2, 3, 3), (3, 4, 4)),
    "two_voxels_apart": voxels((0, 0, 0), (5, 6, 7)),
    "three_voxels": voxels((2, 3, 3), (2, 3, 4), (3, 3, 3)),
    "five_voxels": voxels((2, 3, 3), (2, 3, 4), (3, 3, 3), (3, 4, 3), (4, 4, 3)),
    "a_row": box((2, 3), (3, 4), (1, 7)),
    "one_slice": box((2, 3), (1, 6), (2, 7)),
    "one_sagittal_slice": box((1, 5), (1, 6), (4, 5)),
    "edge_z0": box((0, 2), (2, 5), (2, 6)),
    "edge_z1": box((4, 6), (2, 5), (2, 6)),
    "edge_y0": box((2, 4), (0, 3), (2, 6)),
    "edge_y1": box((2, 4), (4, 7), (2, 6)),
    "edge_x0": box((2, 4), (2, 5), (0, 3)),
    "edge_x1": box((2, 4), (2, 5), (5, 8)),
    "whole_image": box((0, 6), (0, 7), (0, 8)),
    "disconnected": box((0, 2), (0, 3), (0, 3)) | box((4, 6), (4, 7), (5, 8)),
}
IMAGES = {"texture": TEXTURE, "flat": np.full(SHAPE, 100.0), "two_levels": (X % 2) * 30.0}
SETTINGS = {"3d": {}, "2d": {"force2D": True}}


def volume(a):
    i = sitk.GetImageFromArray(a)
    i.SetSpacing(SPACING)
    return i


def number(v):
    v = float(v)
    return v if math.isfinite(v) else str(v)


def main():
    out = {}
    for s, setting in SETTINGS.items():
        for i, image in IMAGES.items():
            for r, mask in REGIONS.items():
                ex = featureextractor.RadiomicsFeatureExtractor(
                    binWidth=25, minimumROIDimensions=1, minimumROISize=None, additionalInfo=False, **setting
                )
                ex.enableAllFeatures()
                if not setting:
                    ex.enabledFeatures.pop("shape2D", None)
                elif mask.any(axis=(1, 2)).sum() != 1:
                    ex.enabledFeatures.pop("shape2D", None)
                try:
                    found = ex.execute(volume(image), volume(mask), label=1)
                    values = {k: number(v) for k, v in found.items() if not k.startswith("diagnostics")}
                except Exception as e:  # the reason is kept: it is what a user of pyradiomics sees
                    values = {"error": f"{type(e).__name__}: {e}"}
                out[f"{s} {i} {r}"] = values
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "degenerate.json"), "w") as f:
        json.dump(out, f, indent=0, separators=(",", ":"))
        f.write("\n")


main()
