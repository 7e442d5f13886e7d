"""Parquet files as Hugging Face's `datasets`, pandas and pyarrow write them, and some that must be refused.

    pip install datasets pyarrow pillow numpy
    python parquet.py

Writes parquet/ and in it expected.json (the keys of folders/expected.json) and refused.json: for each file the words of the
sentence and, where it is needed, the model's input.
"""

import io
import json
import shutil
import tempfile
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = Path(__file__).parent / "parquet"


def entry(path, x, y, outputs, **more):
    """What an importer must find: x in the file's own units, row major, which `divide_by` brings to the program's."""
    x, y = np.asarray(x), np.asarray(y)
    return {"path": path, "input": list(x.shape[1:]), "outputs": outputs, "loss": "cross-entropy", "divide_by": 1, "tolerance": 0.0,
            "class_names": [], "notes": []} | more | {"n": len(x), "x": x.reshape(-1).tolist(), "y": y.reshape(-1).tolist()}


def png(pixels):
    raw = io.BytesIO()
    Image.fromarray(pixels).save(raw, "png")
    return raw.getvalue()


def features(**names):
    """The metadata of `datasets` for columns of classes."""
    labels = {name: {"names": classes, "_type": "ClassLabel"} for name, classes in names.items()}
    return {"huggingface": json.dumps({"info": {"features": labels}})}


def save(path, columns, metadata=None, **how):
    """A table of columns. Each file is kept small: without statistics, and without the schema that metadata come with."""
    table = pa.table(columns)
    if metadata:
        table = table.replace_schema_metadata(metadata)
    (HERE / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, HERE / path, write_statistics=False, store_schema=metadata is not None, **how)


def hugging_face(path, columns, kinds):
    """A set as `datasets` writes it; its cache stays outside."""
    (HERE / path).parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(columns, features=datasets.Features(kinds)).to_parquet(HERE / path)


def images(rng):
    """Image sets: by `datasets`; as bytes alone; in shards, with a test part; CIFAR-100's two labels."""
    colour = rng.integers(0, 256, [6, 3, 4, 3], dtype=np.uint8)
    y, names = np.array([2, 0, 1, 1, 0, 2]), ["dog", "cat", "bird"]
    label = datasets.ClassLabel(names=names)
    pictures = [{"bytes": png(pixels), "path": f"{i}.png"} for i, pixels in enumerate(colour)]
    hugging_face("images.parquet", {"image": pictures, "label": y.tolist()}, {"image": datasets.Image(), "label": label})
    grey = rng.integers(0, 256, [5, 3, 4], dtype=np.uint8)
    y_grey, known = np.array([0, 1, 1, 0, 1]), features(label=["off", "on"])
    for name, rows in [("train-00000-of-00002", slice(0, 3)), ("train-00001-of-00002", slice(3, 5)), ("test-00000-of-00001", slice(0, 2))]:
        columns = {"image": [{"bytes": png(pixels), "path": None} for pixels in grey[rows]], "label": y_grey[rows]}
        save(f"shards/{name}.parquet", columns, known, compression="snappy")
    # Bytes alone, a label that is words, and a column that is no part of it; groups of two rows.
    save("bytes.parquet", {"img": [png(pixels) for pixels in grey], "art": ["on" if on else "off" for on in y_grey], "id": np.arange(5)},
         compression="zstd", row_group_size=2)
    both = {"img": [png(pixels) for pixels in colour], "fine_label": y, "coarse_label": y // 2}
    save("two-labels.parquet", both, features(fine_label=names, coarse_label=["pet", "wild"]))
    mixed = [png(grey[0]), png(grey[1]), png(colour[0])]
    save("mixed.parquet", {"image": mixed, "label": [0, 1, 1]})
    of_grey = grey[:, None]
    in_colour = colour.transpose(0, 3, 1, 2)
    as_grey = np.stack([np.asarray(Image.fromarray(pixels).convert("L")) for pixels in colour])[:, None]
    three = np.concatenate([np.repeat(of_grey[:2], 3, 1), in_colour[:1]])
    more = {"divide_by": 255}
    shown = "classes as the file names them: dog = 0, cat = 1, bird = 2"
    return [
        entry("images.parquet", in_colour, y, 3, class_names=names, notes=["the label is column 2 (`label`)", shown], **more),
        entry("images.parquet", as_grey, y, 3, class_names=names, notes=["6 colour images were made grey by Rec. 601"], **more),
        entry("shards", of_grey, y_grey, 2, class_names=["off", "on"],
              notes=["the training files are taken; `test-00000-of-00001.parquet` was left out"], **more),
        entry("shards/train-00001-of-00002.parquet", of_grey, y_grey, 2, class_names=["off", "on"],
              notes=["`train-00001-of-00002.parquet` is one of 2 files of a set, and all are read"], **more),
        entry("shards/test-00000-of-00001.parquet", of_grey[:2], y_grey[:2], 2, class_names=["off", "on"], **more),
        entry("mixed.parquet", three, [0, 1, 1], 2, notes=["2 grey images were given three equal channels"], **more),
    ], [("bytes.parquet", of_grey, y_grey, ["off", "on"], "id"), ("two-labels.parquet", in_colour, y, names, "fine_label")]


def lists(rng):
    """Pixels as lists of lists: `Array2D` and `Array3D` of `datasets`, and channels last."""
    pixels, y = rng.integers(0, 200, [4, 3, 5]), np.array([0, 1, 1, 0])
    hugging_face("array2d.parquet", {"pixels": pixels.tolist(), "label": y.tolist()},
                 {"pixels": datasets.Array2D([3, 5], "uint8"), "label": datasets.ClassLabel(names=["a", "b"])})
    maps = rng.standard_normal([4, 2, 3, 5]).astype(np.float32)
    hugging_face("array3d.parquet", {"maps": maps.tolist(), "digit": y.tolist()},
                 {"maps": datasets.Array3D([2, 3, 5], "float32"), "digit": datasets.Value("int8")})
    last = rng.standard_normal([4, 2, 5, 3]).astype(np.float32)
    save("last.parquet", {"x": last.tolist(), "y": y}, compression="gzip", data_page_version="2.0")
    save("vectors.parquet", {"x": maps.reshape(4, -1)[:, :6].tolist(), "y": y}, compression="none")
    return [
        entry("array2d.parquet", pixels[:, None], y, 2, class_names=["a", "b"],
              notes=["an example of `pixels` has the shape [3, 5], taken as [1, 3, 5]", "`pixels` holds whole numbers (UInt8) from "]),
        entry("array3d.parquet", maps, y, 2, notes=["the label is column 2 (`digit`)"]),
        entry("last.parquet", last.transpose(0, 3, 1, 2), y, 2, notes=["`x` has its channels last"]),
        entry("vectors.parquet", maps.reshape(4, -1)[:, :6], y, 2),
    ]


def tables(rng):
    """Tables as pandas writes them: numbers of many types, an index, words as labels, numbers to predict."""
    n = 40
    a, b, on = rng.standard_normal(n), rng.integers(-5, 5, n).astype(np.int16), rng.integers(0, 2, n).astype(bool)
    small = rng.standard_normal(n).astype(np.float16)
    words = [["no", "yes", "perhaps"][i % 3] for i in range(n)]
    # pandas' `to_parquet` of a frame with an index that is no range.
    save("table.parquet", {"a": a, "class": words, "b": b, "on": on, "small": pa.array(small), "__index_level_0__": np.arange(n)[::-1].copy()},
         compression="snappy", row_group_size=16)
    x = np.stack([a, b, on, small], 1).astype(np.float32)
    y = np.array([["no", "perhaps", "yes"].index(word) for word in words])
    save("values.parquet", {"a": a, "b": b, "price": a * 3 + 1}, compression="gzip")
    values = entry("values.parquet", x[:, :2], (a * 3 + 1).astype(np.float32), 1, loss="mse", notes=["the label is column 3 (`price`)"])
    save("truths.parquet", {"a": a[:6], "b": a[6:12], "ill": on[:6]}, compression="none")
    save("whole.parquet", {"y": y.astype(np.float64), "a": a, "b": a[::-1].copy()}, compression="zstd")
    return [
        entry("table.parquet", x, y, 3, class_names=["no", "perhaps", "yes"],
              notes=["the label is column 2 (`class`)", "the index is left out: column 6 (`__index_level_0__`)",
                     "classes in alphabetical order: no = 0, perhaps = 1, yes = 2", "truth values are read as 1 and 0 in column 4 (`on`)"]),
        values,
        entry("truths.parquet", np.stack([a[:6], a[6:12]], 1).astype(np.float32), on[:6].astype(int), 2, class_names=["False", "True"],
              notes=["truth values are classes: False = 0, True = 1"]),
        entry("whole.parquet", np.stack([a, a[::-1]], 1).astype(np.float32), y, 3, notes=["are whole numbers, and taken as classes"]),
    ]


def refused(rng):
    """Files that cannot be read as data, with words of the sentence and the shape of the model's input."""
    grey = rng.integers(0, 256, [3, 2, 2], dtype=np.uint8)
    one = [png(pixels) for pixels in grey]
    y = [0, 1, 0]
    files = [
        ("text", {"text": ["a", "b", "c"], "y": y}, {}, ["neither images nor numbers beside the label `y`", "`text` holds text"]),
        ("two-images", {"a": one, "b": one, "y": y}, {}, ["2 columns of images: `a` and `b`", "expected one of them"]),
        ("null-image", {"image": [{"bytes": one[0], "path": "a"}, {"bytes": None, "path": "b"}, {"bytes": one[1], "path": "c"}], "y": y}, {},
         ["row 1 (counted from 0) is null in column 1 (`image`)", "fill it in"]),
        ("null-number", {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, None], "y": y}, {}, ["row 2 (counted from 0) is null in column 2 (`b`)"]),
        ("null-label", {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0], "y": [0, None, 1]}, {}, ["row 1 (counted from 0) is null in column 3 (`y`)"]),
        ("null-in-list", {"x": [[1.0, 2.0], [1.0, None], [1.0, 2.0]], "y": y}, {}, ["row 1 (counted from 0) is null in column 1 (`x`)"]),
        ("uneven", {"x": [[1.0, 2.0], [1.0, 2.0], [1.0]], "y": y}, {},
         ["row 2 (counted from 0) has a list of 1 in column 1 (`x`)", "expected 2", "one length"]),
        ("sizes", {"image": [*one[:2], png(np.zeros([2, 3], np.uint8))], "y": y}, {}, ["row 2 (counted from 0) has 3×2 pixels", "all images must have one size"]),
        ("no-image", {"image": [one[0], b"words", one[1]], "y": y}, {}, ["row 1 (counted from 0) is truncated or broken", "png, jpeg"]),
        ("words", {"a": [1.0, 2.0, 3.0], "name": ["a", "b", "c"], "y": y}, {}, ["column 2 (`name`) holds text", "numbers in all columns"]),
        ("dates", {"a": np.array(["2024-01-01"] * 3, "datetime64[ms]"), "b": [1.0, 2.0, 3.0], "y": y}, {}, ["column 1 (`a`) holds dates or times"]),
        ("infinite", {"a": [1.0, 2.0, 3.0], "b": [1.0, float("inf"), 3.0], "y": y}, {}, ["row 1 (counted from 0), column `b` of x is NaN, infinite"]),
        ("brotli", {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0], "y": y}, {"compression": "brotli"}, ["is compressed by Brotli", "Snappy, Zstandard, gzip or none"]),
        ("lz4", {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0], "y": y}, {"compression": "lz4"}, ["is compressed by LZ4"]),
        ("empty", {"a": pa.array([], pa.float64()), "b": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}, {}, ["the data set is empty"]),
        ("far", {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0], "y": [0, 1, 7]}, {}, ["row 2 (counted from 0) has the label 7", "0 to 1"]),
    ]
    cases = []
    for name, columns, how, words in files:
        save(f"refused/{name}.parquet", columns, **({"compression": "none"} | how))
        cases.append({"path": f"refused/{name}.parquet", "input": [1, 2, 2] if "image" in columns else [2], "words": words})
    save("refused/gap/train-00000-of-00003.parquet", {"a": [1.0], "b": [1.0], "y": [1]})
    save("refused/gap/train-00002-of-00003.parquet", {"a": [1.0], "b": [1.0], "y": [1]})
    cases.append({"path": "refused/gap", "input": [2], "words": ["2 of the 3 files of a set", "`train-00001-of-00003` is missing"]})
    save("refused/unlike/train-00000-of-00002.parquet", {"a": [1.0], "b": [1.0], "y": [1]})
    save("refused/unlike/train-00001-of-00002.parquet", {"a": [1.0], "c": [1.0], "y": [1]})
    cases.append({"path": "refused/unlike", "input": [2], "words": ["column 2 (`b`) is another one in `train-00001-of-00002.parquet`"]})
    (HERE / "refused" / "cut.parquet").write_bytes((HERE / "table.parquet").read_bytes()[:-40])
    cases.append({"path": "refused/cut.parquet", "input": [4], "words": ["a Parquet file that is truncated", "begins and ends with `PAR1`"]})
    (HERE / "refused" / "words-only.parquet").write_text("a,b,y\n1,2,0\n")
    cases.append({"path": "refused/words-only.parquet", "input": [2], "words": ["text under the name of a Parquet file", "expected a Parquet file"]})
    return cases


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    rng = np.random.default_rng(21)
    entries, chosen = images(rng)
    entries += lists(rng) + tables(rng)
    cases = refused(rng)
    # The label of these has to be chosen.
    entries += [entry(path, x, y, len(names), divide_by=255, class_names=names, label=label) for path, x, y, names, label in chosen
                if label == "fine_label"]
    entries += [entry("bytes.parquet", x, y, 2, divide_by=255, class_names=names, label="art", notes=["`id` is left out"])
                for path, x, y, names, _ in chosen if path == "bytes.parquet"]
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in entries) + "\n]\n")
    (HERE / "refused.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in cases) + "\n]\n")
    for item in entries:
        assert (HERE / item["path"]).exists()
        print(item["path"], item["n"], item["input"])


if __name__ == "__main__":
    main()
