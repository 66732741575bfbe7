#!/usr/bin/env python3
"""Fingerprints of the image and mask that pyradiomics has after resampling: pyradiomics_resampled.csv.

usage: make_pyradiomics_resampled.py PYRADIOMICS_DATA OUT.csv     (pyradiomics-bhklab 3.1.4, SimpleITK 2.5.7, numpy)

For brain1 and breast1, five spacings (x, y, z; 0 keeps an axis), every interpolator, label 1, padding 5: as a 16 bit image (whole numbers, cut by ITK) and
as a float64 image. `size` is x, y, z; `voxels` a 64 bit FNV-1a hash of the 16 bit voxels, or for float64 the sum over voxels of value times
(index mod 97 + 1) in array order; `mask` the FNV-1a hash of the mask, one byte per voxel.
"""
import logging
import sys
import numpy as np
import SimpleITK as sitk
from radiomics import imageoperations, setVerbosity

setVerbosity(logging.ERROR)
INTERPOLATORS = ["sitkNearestNeighbor", "sitkLinear", "sitkBSpline", "sitkGaussian", "sitkLabelGaussian", "sitkHammingWindowedSinc",
                 "sitkCosineWindowedSinc", "sitkWelchWindowedSinc", "sitkLanczosWindowedSinc", "sitkBlackmanWindowedSinc"]
SPACINGS = [(1, 1, 1), (2, 2, 2), (3, 3, 3), (1.3, 1.3, 0), (0, 0.7, 2.5)]


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


with open(sys.argv[2], "w") as out:
    out.write("case,spacing,interpolator,pixel,size,voxels,mask,sum\n")
    for case in ("brain1", "breast1"):
        image = sitk.ReadImage(f"{sys.argv[1]}/{case}_image.nrrd")
        mask = sitk.ReadImage(f"{sys.argv[1]}/{case}_label.nrrd")
        for spacing in SPACINGS:
            for interpolator in INTERPOLATORS:
                for pixel, kind in (("int16", sitk.sitkInt16), ("float64", sitk.sitkFloat64)):
                    new, region = imageoperations.resampleImage(
                        sitk.Cast(image, kind), mask, resampledPixelSpacing=list(spacing), interpolator=interpolator, label=1, padDistance=5)
                    voxels = sitk.GetArrayFromImage(new)
                    inside = (sitk.GetArrayFromImage(region) == 1).astype(np.uint8)
                    if pixel == "int16":
                        fingerprint = fnv(voxels.astype("<i2").tobytes())
                    else:
                        flat = voxels.astype(np.float64).ravel()
                        fingerprint = repr(float(np.sum(flat * (np.arange(flat.size) % 97 + 1))))
                    size = " ".join(map(str, new.GetSize()))
                    total = repr(float(voxels.astype(np.float64).sum()))
                    spaced = " ".join(map(str, spacing))
                    out.write(f"{case},{spaced},{interpolator},{pixel},{size},{fingerprint},{fnv(inside.tobytes())},{total}\n")
