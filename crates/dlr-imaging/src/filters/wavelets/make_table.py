"""Writes table.txt beside this file: the filters of every discrete wavelet that PyWavelets has.

usage: python make_table.py          (needs PyWavelets and numpy; never run by the product or its tests)

One line per wavelet: name, the low-pass decomposition filter, and for the biorthogonal families after a `|` the
low-pass reconstruction filter. The other filters follow from these two, which is asserted here, so they are not stored:
    orthogonal:  rec_lo = reverse of dec_lo
    always:      dec_hi[k] = (-1)^(k+1) rec_lo[k],   rec_hi[k] = (-1)^k dec_lo[k]
Numbers are the shortest text that reads back as the same 64 bit float.
"""
import pathlib
import numpy as np
import pywt

lines = [
    "# Decomposition filters of the discrete wavelets, taken from PyWavelets %s by make_table.py." % pywt.__version__,
    "# PyWavelets: MIT licence, (c) 2006-2012 Filip Wasilewski, (c) 2012- The PyWavelets Developers.",
]
for name in pywt.wavelist(kind="discrete"):
    dec_lo, dec_hi, rec_lo, rec_hi = (np.array(f) for f in pywt.Wavelet(name).filter_bank)
    sign = (-1.0) ** np.arange(len(dec_lo))
    assert np.array_equal(dec_hi, -sign * rec_lo), name
    assert np.array_equal(rec_hi, sign * dec_lo), name
    text = lambda f: " ".join(repr(float(x)).removesuffix(".0") for x in f)
    orthogonal = np.array_equal(rec_lo, dec_lo[::-1])
    lines.append(f"{name} {text(dec_lo)}" + ("" if orthogonal else f" | {text(rec_lo)}"))
pathlib.Path(__file__).with_name("table.txt").write_text("\n".join(lines) + "\n")
