"""Writes digits.bin from scikit-learn's copy of the UCI handwritten digits: python make_digits.py

1797 records of 65 bytes: 64 pixels from 0 to 16, row by row, then the digit. It prints the sums that the test of
src/data/digits.rs checks.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
pixels = digits.data.astype(np.uint8)
assert (pixels == digits.data).all() and pixels.max() == 16
records = np.concatenate([pixels, digits.target.astype(np.uint8)[:, None]], axis=1)
assert records.shape == (1797, 65)
Path(__file__).with_name("digits.bin").write_bytes(records.tobytes())
flat = records.reshape(-1).astype(np.uint64)
print("PIXEL_SUM", int(pixels.sum(dtype=np.uint64)))
print("ORDERED_SUM", int((flat * np.arange(1, flat.size + 1, dtype=np.uint64)).sum()))
print("class counts", np.bincount(digits.target).tolist())
