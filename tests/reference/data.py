"""Small data files of all formats, written by the libraries that users have.

    pip install pillow
    python data.py              (otherwise the environment of generate.py)

Writes data/ and in it expected.json, which says what stands in each file; README.md describes its keys.
"""

import csv
import gzip
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch
from PIL import Image

HERE = Path(__file__).parent / "data"
WORDS = ["setosa", "versicolor", "virginica"]


def entry(path, x, y, outputs, **more):
    """What an importer must find: x in the file's own units, row major, which `divide_by` brings to the program's."""
    kind = {"loss": "cross-entropy" if np.asarray(y).ndim == 1 else "mse", "divide_by": 1, "tolerance": 0.0, "class_names": []}
    x, y = np.asarray(x), np.asarray(y)
    return {"path": path, "input": list(x.shape[1:]), "outputs": outputs} | kind | more | {
        "n": len(x), "x": x.reshape(-1).tolist(), "y": y.reshape(-1).tolist()}


def arrays(rng):
    """NPZ and safetensors, of several types of numbers and orders in memory."""
    x, y = rng.standard_normal([6, 3]).astype(np.float32), np.array([0, 1, 2, 2, 1, 0])
    maps, few = rng.standard_normal([4, 2, 3, 5]), np.array([1, 0, 1, 1], dtype=np.int32)
    pixels = rng.integers(0, 256, [4, 1, 5, 6], dtype=np.uint8)
    values = rng.standard_normal([6, 2]).astype(np.float32)
    np.savez(HERE / "savez.npz", x=x, y=y)
    np.savez_compressed(HERE / "savez_compressed.npz", x=maps, y=few)
    np.savez_compressed(HERE / "fortran.npz", x=np.asfortranarray(maps), y=few)
    np.savez(HERE / "big_endian.npz", x=x.astype(">f8"), y=y.astype(">i2"))
    np.savez(HERE / "bytes.npz", x=pixels, y=few.astype(np.uint8))
    np.savez(HERE / "values.npz", x=x, y=values)
    safetensors.numpy.save_file({"x": x, "y": y}, HERE / "numpy.safetensors")
    safetensors.numpy.save_file({"x": x, "y": values}, HERE / "values.safetensors")
    tensors = {"y": torch.tensor(few, dtype=torch.int64), "x": torch.tensor(maps, dtype=torch.float32)}
    safetensors.torch.save_file(tensors, HERE / "torch.safetensors", metadata={"made by": "data.py"})
    single = maps.astype(np.float32)
    return [
        entry("savez.npz", x, y, 3), entry("savez_compressed.npz", single, few, 2), entry("fortran.npz", single, few, 2),
        entry("big_endian.npz", x, y, 3), entry("bytes.npz", pixels, few, 2), entry("values.npz", x, values, 2),
        entry("numpy.safetensors", x, y, 3), entry("values.safetensors", x, values, 2),
        entry("torch.safetensors", single, few, 2),
    ]


def idx(rng):
    """MNIST's format, plain and compressed; the images are not square."""
    pixels, y = rng.integers(0, 256, [4, 5, 6], dtype=np.uint8), np.array([3, 0, 9, 3], dtype=np.uint8)
    for folder, compress in [("idx", lambda raw: raw), ("idx-gz", lambda raw: gzip.compress(raw, mtime=0))]:
        (HERE / folder).mkdir()
        ending = ".gz" if folder == "idx-gz" else ""
        for name, array in [("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", y)]:
            raw = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape) + array.tobytes()
            (HERE / folder / (name + ending)).write_bytes(compress(raw))
    return [entry(path, pixels[:, None], y, 10, divide_by=255)
            for path in ["idx/train-images-idx3-ubyte", "idx", "idx-gz/train-images-idx3-ubyte.gz"]]


def cifar(rng):
    """Four records of CIFAR-10: a label, then 1 024 bytes each of red, green and blue."""
    y = np.array([6, 9, 0, 4], dtype=np.uint8)
    pixels = rng.integers(0, 256, [4, 3, 32, 32], dtype=np.uint8)
    np.concatenate([y[:, None], pixels.reshape(4, -1)], axis=1).tofile(HERE / "data_batch_1.bin")
    return [entry("data_batch_1.bin", pixels, y, 10, divide_by=255)]


def tables(rng):
    """CSV with and without a header, with words for classes, and with semicolons."""
    x, y = rng.standard_normal([5, 3]).astype(np.float32), np.array([2, 0, 1, 1, 0])
    rows = [[*(repr(float(value)) for value in row), int(label)] for row, label in zip(x, y)]
    with open(HERE / "header.csv", "w", newline="") as file:
        csv.writer(file).writerows([["width", "height", "petal, length", "y"], *rows])
    np.savetxt(HERE / "plain.csv", np.column_stack([x, y]), delimiter=",")
    with open(HERE / "words.csv", "w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows([[*map(float, row), WORDS[label]] for row, label in zip(x, y)])
    with open(HERE / "label_first.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["label", "a", "b", "c"], *([row[3], *row[:3]] for row in rows)])
    return [entry("header.csv", x, y, 3), entry("plain.csv", x, y, 3), entry("words.csv", x, y, 3, class_names=WORDS),
            entry("label_first.csv", x, y, 3)]


def pictures(rng):
    """Two classes of two 8x8 pictures: PNG, without loss, and JPEG, whose decoders differ by a step or two."""
    ramp = np.linspace(40, 210, 8)
    entries = []
    for folder, ending, tolerance in [("png", "png", 0.0), ("jpeg", "jpg", 2.5)]:
        x = []
        for name in ("cat", "dog"):
            (HERE / folder / name).mkdir(parents=True)
            for index in range(2):
                smooth = np.stack([ramp[:, None] + 0 * ramp, ramp + 0 * ramp[:, None], ramp[::-1, None] + ramp - 125], 2)
                picture = np.clip(smooth + 10 * rng.standard_normal(3), 0, 255).astype(np.uint8)
                path = HERE / folder / name / f"{index}.{ending}"
                # Without subsampling, whose inverse decoders do in different ways.
                Image.fromarray(picture).save(path, **({} if ending == "png" else {"quality": 95, "subsampling": 0}))
                x.append(np.asarray(Image.open(path)).transpose(2, 0, 1))
        entries.append(entry(folder, np.stack(x), [0, 0, 1, 1], 2, divide_by=255, tolerance=tolerance,
                             class_names=["cat", "dog"]))
    (HERE / "grey" / "a").mkdir(parents=True)
    (HERE / "grey" / "b").mkdir()
    grey = rng.integers(0, 256, [2, 1, 8, 8], dtype=np.uint8)
    for name, picture in zip("ab", grey):
        Image.fromarray(picture[0]).save(HERE / "grey" / name / "only.png")
    return [*entries, entry("grey", grey, [0, 1], 2, divide_by=255, class_names=["a", "b"])]


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    rng = np.random.default_rng(9)
    entries = [item for write in (arrays, idx, cifar, tables, pictures) for item in write(rng)]
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in entries) + "\n]\n")
    for item in entries:
        assert (HERE / item["path"]).exists()
        print(item["path"], item["n"], item["input"], item["loss"])


if __name__ == "__main__":
    main()
