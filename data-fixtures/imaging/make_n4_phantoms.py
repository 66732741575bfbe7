#!/usr/bin/env python3
"""What SimpleITK's N4 leaves of known bias fields: n4_phantoms.csv.

usage: make_n4_phantoms.py OUT.csv      (SimpleITK 2.5.7, numpy; about a CPU minute)

Each phantom is a limb made from formulas (tests/n4_phantoms.rs writes the same formulas in Rust): skin and fat, muscle, bone, an
oval mass, under a smooth field whose logarithm is a polynomial or a coil-like falloff, with Rician noise from a counter-based generator, rounded
to whole numbers. `voxel_sum` tells whether both made the same voxels. `cv_before` and `cv_simpleitk` are the coefficient of variation, within the body, of
the true field and of true over estimated field. Four levels of 50 iterations, defaults of SimpleITK, one thread.
"""
import sys
import time
import numpy as np
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
SHAPE = (24, 96, 96)
SPACING = (4.0, 1.5, 1.5)
# name, fat, muscle, mass, kind of field, strength, noise, shrink
PHANTOMS = [
    ("t1-weak", 900.0, 400.0, 350.0, "poly", 0.1, 8.0, 2),
    ("t1-strong", 900.0, 400.0, 350.0, "poly", 0.4, 8.0, 2),
    ("t1-coil", 900.0, 400.0, 350.0, "coil", 0.5, 8.0, 2),
    ("t2fs-weak", 130.0, 400.0, 900.0, "poly", 0.1, 8.0, 2),
    ("t2fs-strong", 130.0, 400.0, 900.0, "poly", 0.4, 8.0, 2),
    ("t2fs-coil", 130.0, 400.0, 900.0, "coil", 0.5, 8.0, 2),
    ("t2fs-noisy", 130.0, 400.0, 900.0, "poly", 0.25, 40.0, 2),
    ("t1-shrink4", 900.0, 400.0, 350.0, "coil", 0.3, 8.0, 4),
]


def splitmix(x):
    """The mixing step of splitmix64 on an array of counters."""
    with np.errstate(over="ignore"):
        x = (x + np.uint64(0x9E3779B97F4A7C15))
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def normal(n, stream):
    """Sum of twelve uniforms less six: the same bits in any language."""
    total = np.zeros(n)
    for k in range(12):
        counters = np.arange(n, dtype=np.uint64) + np.uint64((stream * 12 + k) << 40)
        total += (splitmix(counters) >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))
    return total - 6.0


def phantom(fat, muscle, mass, kind, strength, noise, stream):
    n = SHAPE
    z, y, x = (2.0 * np.arange(m) / (m - 1.0) - 1.0 for m in n)
    z, y, x = np.meshgrid(z, y, x, indexing="ij")
    if kind == "poly":
        log_field = strength * (0.8 * x - 0.5 * y * y + 0.4 * x * y + 0.2 * z)
    else:
        log_field = -strength * ((x - 0.7) * (x - 0.7) + (y + 0.4) * (y + 0.4) + 0.3 * z * z)
    r = np.sqrt(x * x + y * y)
    signal = np.zeros(n)
    signal[r <= 0.92] = fat
    signal[r <= 0.75] = muscle
    signal[(x + 0.3) ** 2 + (y - 0.1) ** 2 <= 0.15 ** 2] = 60.0
    signal[((x - 0.25) / 0.3) ** 2 + ((y + 0.15) / 0.25) ** 2 + (z / 0.6) ** 2 <= 1.0] = mass
    total = int(np.prod(n))
    a = signal * np.exp(log_field) + noise * normal(total, 2 * stream).reshape(n)
    b = noise * normal(total, 2 * stream + 1).reshape(n)
    return np.rint(np.sqrt(a * a + b * b)), r <= 0.92, log_field


def variation(log_ratio, body):
    ratio = np.exp(log_ratio[body])
    return ratio.std(ddof=1) / ratio.mean()


with open(sys.argv[1], "w") as out:
    out.write("name,fat,muscle,mass,kind,strength,noise,shrink,voxel_sum,cv_before,cv_simpleitk,iterations\n")
    for stream, (name, fat, muscle, mass, kind, strength, noise, shrink) in enumerate(PHANTOMS):
        voxels, body, log_field = phantom(fat, muscle, mass, kind, strength, noise, stream)
        image = sitk.GetImageFromArray(voxels.astype(np.float32))
        mask = sitk.GetImageFromArray(body.astype(np.uint8))
        for i in (image, mask):
            i.SetSpacing(SPACING[::-1])
        n4 = sitk.N4BiasFieldCorrectionImageFilter()
        n4.SetMaximumNumberOfIterations([50] * 4)
        levels = {}
        n4.AddCommand(sitk.sitkIterationEvent, lambda: levels.update({n4.GetCurrentLevel(): n4.GetElapsedIterations()}))
        started = time.process_time()
        n4.Execute(sitk.Shrink(image, [shrink] * 3), sitk.Shrink(mask, [shrink] * 3))
        seconds = time.process_time() - started
        found = sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)).astype(np.float64)
        before, after = variation(log_field, body), variation(log_field - found, body)
        iterations = " ".join(str(levels[k]) for k in sorted(levels))
        row = [name, fat, muscle, mass, kind, strength, noise, shrink, int(voxels.sum()), f"{before:.6f}", f"{after:.6f}", iterations]
        out.write(",".join(map(str, row)) + "\n")
        print(*row, f"{seconds:.1f} CPU s")
