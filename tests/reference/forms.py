"""Data files in the forms in which people save them, written by NumPy: forms/ and in it expected.json.

    pip install numpy
    python forms.py

README.md describes the keys.
"""

import json
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "forms"
RNG = np.random.default_rng(12)
X = RNG.standard_normal([6, 2]).astype(np.float32)
Y = np.array([0, 1, 2, 2, 1, 0])
WORDS = np.array(["cat", "ant", "dog", "dog", "ant", "cat"])
CASES = []


def case(name, arrays, x=X, y=None, words=(), names=(), **more):
    """One file; without `y` it must be refused, with `words` in the sentence, else told in the notes."""
    np.savez_compressed(HERE / f"{name}.npz", **arrays)
    wanted = {"input": list(np.shape(x)[1:]), "outputs": 3, "loss": "cross-entropy"} | more
    read = None if y is None else {"x": np.asarray(x, float).reshape(-1).tolist(), "y": np.asarray(y, float).reshape(-1).tolist()}
    CASES.append({"path": f"{name}.npz", "read": read, "words": list(words), "names": list(names)} | wanted)


def labels():
    in_order = np.unique(WORDS, return_inverse=True)
    case("text", {"x": X, "y": WORDS}, y=in_order[1], names=in_order[0].tolist(), words=["`y` holds text", "ant = 0, cat = 1, dog = 2"])
    case("bytes", {"x": X, "y": WORDS.astype("S")}, y=in_order[1], names=in_order[0].tolist(), words=["ant = 0, cat = 1, dog = 2"])
    case("big-text", {"x": X, "y": WORDS.astype(">U5")}, y=in_order[1], names=in_order[0].tolist(), words=["ant = 0, cat = 1, dog = 2"])
    case("digits-as-text", {"x": X, "y": Y.astype(str)}, y=Y, words=["whole numbers as text"])
    case("column", {"x": X, "y": Y[:, None]}, y=Y, words=["`y` has the shape [6, 1], taken as [6]"])
    case("floats", {"x": X, "y": Y.astype(float)}, y=Y, words=["`y` holds whole numbers as F64, taken as classes"])
    for kind in ["u1", "f4", "?"]:
        name = f"one-hot-{np.dtype(kind).name}"
        case(name, {"x": X, "y": np.eye(3)[Y].astype(kind)}, y=Y, words=["`y` has one-hot rows of 3, taken as classes 0 to 2"])
    case("flags", {"x": X, "y": Y > 0}, y=Y > 0, words=["`y` holds truth values, taken as 0 and 1"])
    case("flags-mse", {"x": X, "y": Y > 0}, y=Y > 0, words=["`y` holds truth values, taken as 0 and 1"], loss="mse", outputs=1)
    case("whole-mse", {"x": X, "y": Y[:, None]}, y=Y, loss="mse", outputs=1)
    case("soft", {"x": X, "y": np.full([6, 3], 1 / 3)}, words=["`y` has the shape [6, 3], and its row 0", "expected [6], one class"])
    case("fractions", {"x": X, "y": Y + 0.5}, words=["row 0 (counted from 0) of `y` has the label 0.5"])
    case("wide", {"x": X, "y": np.eye(4)[Y]}, words=["`y` has the shape [6, 4], expected [6]", "one-hot rows [6, 3]"])


def examples():
    pictures = RNG.standard_normal([6, 3, 6, 5])
    case("channels-last", {"x": pictures.transpose(0, 2, 3, 1), "y": Y}, x=pictures, y=Y, words=["`x` has its channels last"])
    case("flat", {"x": pictures.reshape(6, -1), "y": Y}, x=pictures, y=Y, words=["one axis, taken as [3, 6, 5]"])
    case("no-channel", {"x": pictures[:, 0], "y": Y}, x=pictures[:, :1], y=Y, words=["the shape [6, 5], taken as [1, 6, 5]"])
    case("ones", {"x": X[:, :, None], "y": Y}, y=Y, words=["the shape [2, 1], taken as [2]"])
    case("first-one", {"x": X[None], "y": Y}, y=Y, words=["a first axis of 1, left out"])
    case("single", {"x": X[:, 0], "y": Y}, x=X[:, :1], y=Y, words=["no axis of its own, taken as [1]"])
    pixels = RNG.integers(0, 256, [6, 2]).astype(np.uint8)
    told = f"`x` holds whole numbers (U8) from {pixels.min()} to {pixels.max()}, taken as they are"
    case("pixels", {"x": pixels, "y": Y}, x=pixels, y=Y, words=[told])
    case("x-flags", {"x": X > 0, "y": Y}, x=X > 0, y=Y, words=["`x` holds truth values"])
    case("turned", {"x": pictures.transpose(0, 2, 3, 1), "y": Y}, x=pictures.reshape(6, -1), words=["its last axis seems to be the channels"])


def names():
    case("sklearn", {"data": X, "target": Y}, y=Y, words=["`data` is taken for x and `target` for y"])
    case("keras", {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y}, y=Y, words=["`x_train` is taken for x", "`x_test`, `y_test` are left out"])
    case("nameless", {"arr_0": X, "arr_1": Y}, y=Y, words=["`arr_0` is taken for x and `arr_1` for y"])
    case("two-pairs", {"images": X, "labels": Y, "data": X}, words=["may be examples and labels", "expected one pair"])


def foreign():
    days = np.datetime64("2026-01-01") + np.arange(6)
    fields = np.zeros(6, dtype=[("a", "f4"), ("b", "i8")])
    arrays = [("objects", WORDS.astype(object), "Python objects"), ("dates", days, "dates"), ("times", days - days[0], "lengths of time"),
              ("complex", Y + 1j, "complex numbers"), ("records", fields, "records (a structured array)"), ("raw", np.zeros(6, "V2"), "raw bytes (void)"),
              ("long", Y.astype(np.longdouble), "floats of more than 64 bits")]
    for name, array, word in arrays:
        case(f"y-{name}", {"x": X, "y": array}, words=[f"`y` holds {word}, expected classes as whole numbers or words: "])
        case(f"x-{name}", {"x": np.stack([array, array], 1), "y": Y}, words=[f"`x` holds {word}, expected numbers: "])
    case("x-text", {"x": np.array([["1", "2"]] * 6), "y": Y}, words=["`x` holds text, expected numbers: save `x.astype(float)`"])
    case("y-text-mse", {"x": X, "y": WORDS}, words=["`y` holds text, expected numbers"], loss="mse", outputs=1)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for group in [labels, examples, names, foreign]:
        group()
    (HERE / "expected.json").write_text(json.dumps(CASES, indent=None, separators=(", ", ": ")).replace("}, {\"path", "},\n{\"path") + "\n")


main()
