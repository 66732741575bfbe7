#!/usr/bin/env python3
"""Log bias fields of SimpleITK's N4 on the fat-suppressed T2 series of STS_001, thinned: n4_t2fs.f32, little endian.

usage: make_n4_field.py T2FS.nii.gz OUT      (SimpleITK 2.5.7, numpy)

Once for each mask of voxels above 14 (99 % of this crop of a limb), 60 (62 %) and 100 (29 %), so that both estimate within the same voxels.
Shrink factor 4, four levels of 50 iterations, the rest default. Every fourth slice and every sixth row and column is kept. 28 CPU seconds.
"""
import sys
import numpy as np
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image = sitk.Cast(sitk.ReadImage(sys.argv[1]), sitk.sitkFloat32)
with open(sys.argv[2], "wb") as out:
    for threshold in (14, 60, 100):
        mask = sitk.Cast(image > threshold, sitk.sitkUInt8)
        n4 = sitk.N4BiasFieldCorrectionImageFilter()
        n4.SetMaximumNumberOfIterations([50] * 4)
        n4.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(mask, [4] * 3))
        field = sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image))
        out.write(field[::4, ::6, ::6].astype("<f4").tobytes())
