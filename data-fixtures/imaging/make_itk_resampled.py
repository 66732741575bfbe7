#!/usr/bin/env python3
"""Resampled voxels of SimpleITK for a volume made from integers: itk_resampled.bin, float64, little endian.

usage: make_itk_resampled.py OUT        (SimpleITK 2.5.7, numpy)

The volume has 9 x 14 x 11 voxels (z, y, x), spacing 3.1, 0.9, 1.7 mm, the y axis turned round. In the order of NAMES: for
each interpolator the target of 10 x 11 x 13 voxels, first in float64, then as a 16 bit image (cut to integers by ITK).
The target reaches beyond the volume on two sides.
"""
import sys
import numpy as np
import SimpleITK as sitk

NAMES = ["NearestNeighbor", "Linear", "BSpline", "Gaussian", "LabelGaussian", "HammingWindowedSinc", "CosineWindowedSinc",
         "WelchWindowedSinc", "LanczosWindowedSinc", "BlackmanWindowedSinc"]
z, y, x = np.meshgrid(np.arange(9), np.arange(14), np.arange(11), indexing="ij")
voxels = ((z * 7919 + y * 104729 + x * 1299709 + (x * y * z) * 31) % 1009 - 300).astype(np.int16)
image = sitk.GetImageFromArray(voxels)
image.SetSpacing((1.7, 0.9, 3.1))
image.SetOrigin((-20.5, 31.25, 7.0))
image.SetDirection((1, 0, 0, 0, -1, 0, 0, 0, 1))
out = b""
for name in NAMES:
    for pixel in (sitk.sitkFloat64, sitk.sitkInt16):
        f = sitk.ResampleImageFilter()
        f.SetOutputSpacing((1.25, 1.1, 2.9))
        f.SetOutputOrigin((-19.0, 31.0, 6.0))
        f.SetOutputDirection(image.GetDirection())
        f.SetSize((13, 11, 10))
        f.SetInterpolator(getattr(sitk, "sitk" + name))
        f.SetOutputPixelType(pixel)
        result = f.Execute(sitk.Cast(image, pixel))
        out += sitk.GetArrayFromImage(result).astype("<f8").tobytes()
open(sys.argv[1], "wb").write(out)
