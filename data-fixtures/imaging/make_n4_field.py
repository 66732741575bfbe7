#!/usr/bin/env python3
"""Log bias field of SimpleITK's N4 on the fat-suppressed T2 series of STS_001, thinned: n4_t2fs.f32, little endian.

usage: make_n4_field.py T2FS.nii.gz BODY.u8 OUT      (SimpleITK 2.5.7, numpy)

BODY is the body mask of dlr-imaging, one byte per voxel, so that both estimate within the same voxels. Shrink factor 4, four levels
of 50 iterations, the rest default. Every third slice and every fourth row and column is kept. 21 CPU seconds.
"""
import sys
import numpy as np
import SimpleITK as sitk

image = sitk.Cast(sitk.ReadImage(sys.argv[1]), sitk.sitkFloat32)
body = sitk.GetImageFromArray(np.fromfile(sys.argv[2], np.uint8).reshape(image.GetSize()[::-1]))
body.CopyInformation(image)
n4 = sitk.N4BiasFieldCorrectionImageFilter()
n4.SetMaximumNumberOfIterations([50] * 4)
n4.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(body, [4] * 3))
field = sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image))
field[::3, ::4, ::4].astype("<f4").tofile(sys.argv[3])
