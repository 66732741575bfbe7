"""Voxel-wise maps of pyradiomics at some voxels of its own test cases. Writes NAME.json beside itself.

usage: python make_voxelwise.py [NAME ...]   (needs pyradiomics; numbers that are not finite are written as text)

Values are listed by the index (z, y, x) of the voxel in the image. Grid of the maps: the region's box grown by the
kernel radius, of which `start` is the first voxel.
"""
import json
import math
import os
import resource
import sys

import numpy as np
import radiomics
import SimpleITK as sitk
import yaml
from radiomics import featureextractor

radiomics.setVerbosity(60)
HERE = os.path.dirname(os.path.abspath(__file__))
EVERY = 60


def number(v):
    v = float(v)
    return v if math.isfinite(v) else str(v)


def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def main():
    for name in sys.argv[1:] or sorted(f[:-5] for f in os.listdir(HERE) if f.endswith(".yaml")):
        params = os.path.join(HERE, name + ".yaml")
        case = yaml.safe_load(open(params).readline().lstrip("# "))["case"]
        files = [os.path.join(HERE, "..", "data", f"{case}_{k}.nrrd") for k in ("image", "label")]
        ex = featureextractor.RadiomicsFeatureExtractor(params)
        t = cpu()
        found = ex.execute(*files, voxelBased=True)
        t = cpu() - t
        maps = {k: v for k, v in found.items() if isinstance(v, sitk.Image)}
        image, mask = (sitk.ReadImage(f) for f in files)
        start = None
        values = {}
        inside = np.argwhere(sitk.GetArrayFromImage(mask) == 1)
        chosen = inside[:: max(1, len(inside) // EVERY)]
        for k, m in maps.items():
            offset = image.TransformPhysicalPointToIndex(m.GetOrigin())[::-1]
            start = [int(o) for o in offset]
            a = sitk.GetArrayFromImage(m)
            shape = a.shape
            values[k] = [number(a[tuple(v - np.array(offset))]) for v in chosen]
        out = {
            "case": case,
            "start": start,
            "shape": list(shape),
            "voxels": chosen.tolist(),
            "values": values,
            "outside": number(a[0, 0, 0]),
        }
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            json.dump(out, f, separators=(",", ":"))
            f.write("\n")
        print(f"{name}: {len(maps)} maps of {len(inside)} voxels, {t:.2f} CPU seconds")


main()
