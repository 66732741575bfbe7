#!/usr/bin/env python3
"""Filtered images with pyradiomics, in memory and without features: CPU seconds of the filters alone.

usage: filters.py IMAGE LABEL      (pyradiomics 3.1, SimpleITK with one thread)
The inputs of case L are made by `data-fixtures/pyradiomics/reference/make_inputs.py`.
"""
import sys
import time
import SimpleITK as sitk
from radiomics import imageoperations

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image, label = sitk.ReadImage(sys.argv[1]), sitk.ReadImage(sys.argv[2])


def cpu(what, images):
    started = time.process_time()
    n = sum(1 for _ in images)
    print(f"{what}: {n} images, {time.process_time() - started:.2f} CPU s")


cpu("LoG at 1, 2, 3 mm", imageoperations.getLoGImage(image, label, sigma=[1.0, 2.0, 3.0]))
cpu("bands of coif1", imageoperations.getWaveletImage(image, label, wavelet="coif1"))
