#!/usr/bin/env python3
"""Resampled voxels of SimpleITK for volumes made from integers, float64, little endian.

usage: make_itk_resampled.py FOLDER        (SimpleITK 2.5.7, numpy)

itk_resampled.bin: 9 x 14 x 11 voxels (z, y, x), spacing 3.1, 0.9, 1.7 mm, the y axis turned round, onto 10 x 11 x 13 voxels that
reach beyond the volume on two sides.
itk_resampled_oblique.bin: the same voxels on a grid turned by 0.35 rad around x and then 0.2 rad around z, onto the same axes, coarser
along x and much finer along z.
In the order of NAMES: for each interpolator the target, first in float64, then as a 16 bit image (cut to integers by ITK).
"""
import math
import sys
import numpy as np
import SimpleITK as sitk

NAMES = ["NearestNeighbor", "Linear", "BSpline", "Gaussian", "LabelGaussian", "HammingWindowedSinc", "CosineWindowedSinc",
         "WelchWindowedSinc", "LanczosWindowedSinc", "BlackmanWindowedSinc"]
z, y, x = np.meshgrid(np.arange(9), np.arange(14), np.arange(11), indexing="ij")
voxels = ((z * 7919 + y * 104729 + x * 1299709 + (x * y * z) * 31) % 1009 - 300).astype(np.int16)


def resampled(direction, spacing, origin, size):
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((1.7, 0.9, 3.1))
    image.SetOrigin((-20.5, 31.25, 7.0))
    image.SetDirection(direction)
    out = b""
    for name in NAMES:
        for pixel in (sitk.sitkFloat64, sitk.sitkInt16):
            f = sitk.ResampleImageFilter()
            f.SetOutputSpacing(spacing)
            f.SetOutputOrigin(origin)
            f.SetOutputDirection(direction)
            f.SetSize(size)
            f.SetInterpolator(getattr(sitk, "sitk" + name))
            f.SetOutputPixelType(pixel)
            result = f.Execute(sitk.Cast(image, pixel))
            out += sitk.GetArrayFromImage(result).astype("<f8").tobytes()
    return out


a, b = 0.35, 0.2
ca, sa, cb, sb = math.cos(a), math.sin(a), math.cos(b), math.sin(b)
# Columns are the axes x, y, z of the grid: Rz(b) Rx(a).
turned = (cb, -sb * ca, sb * sa, sb, cb * ca, -cb * sa, 0.0, sa, ca)
folder = sys.argv[1]
with open(folder + "/itk_resampled.bin", "wb") as f:
    f.write(resampled((1, 0, 0, 0, -1, 0, 0, 0, 1), (1.25, 1.1, 2.9), (-19.0, 31.0, 6.0), (13, 11, 10)))
with open(folder + "/itk_resampled_oblique.bin", "wb") as f:
    f.write(resampled(turned, (2.3, 0.8, 1.3), (-20.0, 32.0, 8.0), (8, 12, 14)))
