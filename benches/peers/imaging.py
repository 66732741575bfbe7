#!/usr/bin/env python3
"""The jobs of `crates/dlr-imaging/examples/cost.rs` with SimpleITK, one thread: CPU seconds of the job alone.

usage: imaging.py cubic|linear|distance|n4 [IMAGE THRESHOLD [FIELD.f32]]      (SimpleITK 2.5.7, numpy)
With FIELD.f32, a field that `cost n4` wrote, prints the correlation of both log fields within the mask.
"""
import sys
import time
import numpy as np
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def cpu(what, job):
    started = time.process_time()
    result = job()
    print(f"{what}: {time.process_time() - started:.2f} CPU s")
    return result


job = sys.argv[1]
if job in ("cubic", "linear"):
    z, y, x = np.meshgrid(np.arange(100), np.arange(512), np.arange(512), indexing="ij")
    image = sitk.GetImageFromArray(((z * 7919 + y * 104729 + x * 13007) % 1009).astype(np.float32))
    image.SetSpacing((0.75, 0.75, 3.0))
    f = sitk.ResampleImageFilter()
    f.SetOutputSpacing((1.0, 1.0, 1.0))
    f.SetOutputOrigin((0.125, 0.125, -1.0))
    f.SetSize((384, 384, 300))
    f.SetInterpolator(sitk.sitkBSpline if job == "cubic" else sitk.sitkLinear)
    f.SetOutputPixelType(sitk.sitkFloat64)
    cpu(job, lambda: f.Execute(image))
elif job == "distance":
    z, y, x = np.meshgrid(np.arange(160) - 80.0, np.arange(320) - 150.0, np.arange(320) - 170.0, indexing="ij")
    inside = np.sqrt(z * z + y * y + x * x) < 49.0 + 4.0 * np.sin(0.2 * x) + 3.0 * np.cos(0.15 * y + 0.1 * z)
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    cpu(job, lambda: sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True))
else:
    image = sitk.Cast(sitk.ReadImage(sys.argv[2]), sitk.sitkFloat32)
    inside = sitk.GetArrayFromImage(image) > float(sys.argv[3])
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    mask.CopyInformation(image)
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([50] * 4)
    levels = {}
    n4.AddCommand(sitk.sitkIterationEvent, lambda: levels.update(
        {n4.GetCurrentLevel(): (n4.GetElapsedIterations(), n4.GetCurrentConvergenceMeasurement())}))
    cpu(f"n4, {inside.mean():.3f} of the voxels in the mask", lambda: n4.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(mask, [4] * 3)))
    print("level: (iterations, convergence)", levels)
    field = cpu("n4, the field at every voxel", lambda: sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)))
    if len(sys.argv) > 4:
        ours = np.fromfile(sys.argv[4], "<f4").reshape(field.shape)
        print("correlation of the log fields within the mask:", np.corrcoef(ours[inside], field[inside])[0, 1])
