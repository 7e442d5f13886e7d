"""Folders and archives as people have them: images of all modes, IDX under its usual names, CIFAR's pickles.

    pip install numpy pillow
    python folders.py

Writes folders/ and in it expected.json, with the keys of data/expected.json `notes`: words that the notes must have, and
`like`: the path of the entry that has the same x.
"""

import gzip
import io
import json
import pickle
import shutil
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent / "folders"
TEN = "airplane automobile bird cat deer dog frog horse ship truck".split()


def entry(path, x, y, outputs, **more):
    """What an importer must find: x as the program has it, row major, unless `divide_by` says otherwise."""
    x, y = np.asarray(x), np.asarray(y)
    # The same numbers are listed once.
    numbers = {"like": more["like"], "x": []} if "like" in more else {"x": x.reshape(-1).tolist()}
    return {"path": path, "input": list(x.shape[1:]), "outputs": outputs, "loss": "cross-entropy", "divide_by": 1,
            "tolerance": 0.0, "class_names": [], "notes": []} | more | numbers | {
        "n": len(x), "y": y.reshape(-1).tolist()}


def channels(picture):
    """A picture of Pillow as [channels, height, width]."""
    array = np.asarray(picture)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def png_of_16_bits(values):
    """A PNG of red, green and blue in 16 bits each, which Pillow cannot write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def modes(rng):
    """One picture of every mode, as Pillow makes grey and colour of it; 16 bits by the same weights, divided by 65535."""
    colour = rng.integers(0, 256, [4, 5, 3], dtype=np.uint8)
    alpha = rng.integers(0, 256, [4, 5], dtype=np.uint8)
    grey = rng.integers(0, 256, [4, 5], dtype=np.uint8)
    rgb = Image.fromarray(colour)
    palette = rgb.quantize(7)
    pictures = {
        "bits": ("png", Image.fromarray(grey).convert("1"), {}),
        "bmp": ("bmp", rgb, {}),
        "gif": ("gif", palette, {"save_all": True, "append_images": [Image.fromarray(colour[::-1].copy()).quantize(7)]}),
        "grey": ("png", Image.fromarray(grey), {}),
        "grey-alpha": ("png", Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), {}),
        "palette": ("png", palette, {"bits": 4}),
        "palette-clear": ("png", palette, {"transparency": 2}),
        "rgb": ("png", rgb, {}),
        "rgba": ("png", Image.merge("RGBA", [*rgb.split(), Image.fromarray(alpha)]), {}),
    }
    in_grey, in_colour = [], []
    for name, (ending, picture, how) in pictures.items():
        folder = HERE / "modes" / name
        folder.mkdir(parents=True)
        picture.save(folder / f"only.{ending}", **how)
        read = Image.open(folder / f"only.{ending}")
        in_grey.append(channels(read.convert("L")) / 255)
        in_colour.append(channels(read.convert("RGB")) / 255)
    # Pillow's `I;16` is clipped by convert, so these go by the formula.
    deep_grey, deep = rng.integers(0, 65536, [4, 5]), rng.integers(0, 65536, [4, 5, 3])
    for name, raw in [("u-16-bits", None), ("v-16-bits", png_of_16_bits(deep))]:
        (HERE / "modes" / name).mkdir()
        if raw is None:
            Image.fromarray(deep_grey.astype(np.uint16)).save(HERE / "modes" / name / "only.png")
        else:
            (HERE / "modes" / name / "only.png").write_bytes(raw)
    in_grey += [deep_grey[None] / 65535, ((deep @ np.array([19595, 38470, 7471]) + 0x8000) >> 16)[None] / 65535]
    in_colour += [np.repeat(deep_grey[None], 3, 0) / 65535, deep.transpose(2, 0, 1) / 65535]
    # Pillow scales what is not written up to 255.
    (HERE / "modes" / "x-pgm").mkdir()
    (HERE / "modes" / "x-pgm" / "only.pgm").write_bytes(b"P5\n5 4\n15\n" + bytes(range(16)) + bytes([3, 1, 15, 0]))
    read = Image.open(HERE / "modes" / "x-pgm" / "only.pgm")
    in_grey.append(channels(read.convert("L")) / 255)
    in_colour.append(channels(read.convert("RGB")) / 255)
    names = sorted(path.name for path in (HERE / "modes").iterdir())
    assert names == [*pictures, "u-16-bits", "v-16-bits", "x-pgm"]
    known = {"class_names": names}
    of_16 = "2 images have 16 bits"
    clear = "the transparency of 3 images was dropped"
    return [
        entry("modes", np.stack(in_grey), range(len(names)), len(names), notes=["7 colour images were made grey by Rec. 601", clear, of_16], **known),
        entry("modes", np.stack(in_colour), range(len(names)), len(names), notes=["5 grey images were given three equal", clear, of_16], **known),
    ]


def jpegs():
    """JPEG in colour, grey and CMYK (decoders differ by a step or two); one has a rotation in its EXIF, which is not applied."""
    ramp = np.linspace(40, 210, 16)
    smooth = np.stack([ramp[:, None] + 0 * ramp[:8], ramp[:8] + 0 * ramp[:, None], ramp[::-1, None] / 2 + ramp[:8] / 2], 2)
    rgb = Image.fromarray(smooth.astype(np.uint8))
    rotated = Image.Exif()
    rotated[0x0112] = 6
    in_grey, in_colour = [], []
    for name, picture, how in [("cmyk", rgb.convert("CMYK"), {}), ("grey", rgb.convert("L"), {}), ("rotated", rgb, {"exif": rotated})]:
        (HERE / "jpegs" / name).mkdir(parents=True)
        path = HERE / "jpegs" / name / "only.jpg"
        picture.save(path, quality=95, **({"subsampling": 0} if name == "rotated" else {}), **how)
        in_grey.append(channels(Image.open(path).convert("L")))
        in_colour.append(channels(Image.open(path).convert("RGB")))
    more = {"divide_by": 255, "tolerance": 3.0, "class_names": ["cmyk", "grey", "rotated"]}
    return [entry("jpegs", np.stack(x), [0, 1, 2], 3, **more) for x in (in_grey, in_colour)]


def idx_bytes(array, code=0x08):
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + array.tobytes()


def idx(rng):
    """IDX under the names that it is published under, and with all types of numbers."""
    pixels, y = rng.integers(0, 256, [6, 3, 2], dtype=np.uint8), np.array([1, 4, 2, 4, 3, 1], dtype=np.uint8)
    files = {
        "emnist/emnist-letters-train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(pixels), mtime=0),
        "emnist/emnist-letters-train-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(y), mtime=0),
        "emnist/emnist-letters-test-images-idx3-ubyte.gz": gzip.compress(idx_bytes(pixels[:1]), mtime=0),
        "emnist/emnist-letters-test-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(y[:1]), mtime=0),
        "emnist/emnist-letters-mapping.txt": b"1 65 97\n",
        "torchvision/MNIST/raw/train-images-idx3-ubyte": idx_bytes(pixels),
        "torchvision/MNIST/raw/train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(pixels), mtime=0),
        "torchvision/MNIST/raw/train-labels-idx1-ubyte": idx_bytes(y),
        "torchvision/MNIST/raw/t10k-images-idx3-ubyte": idx_bytes(pixels[:2]),
        "torchvision/MNIST/raw/t10k-labels-idx1-ubyte": idx_bytes(y[:2]),
        "dots/train-images.idx3-ubyte": idx_bytes(pixels),
        "dots/train-labels.idx1-ubyte": idx_bytes(y),
        "qmnist/qmnist-train-images-idx3-ubyte": idx_bytes(pixels),
        "qmnist/qmnist-train-labels-idx2-int": idx_bytes(np.stack([y, *[np.arange(6)] * 7], 1).astype(">i4"), 0x0C),
    }
    others = {}
    for code, kind in [(0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]:
        others[kind] = (rng.standard_normal([6, 3, 2]) * 50).astype(kind)
        files[f"types/{kind[1:]}-images-idx3-ubyte"] = idx_bytes(others[kind], code)
        files[f"types/{kind[1:]}-labels-idx1-ubyte"] = idx_bytes(y.astype(kind), code)
    for name, raw in files.items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_bytes(raw)
    of = lambda path, *notes: entry(path, pixels[:, None], y, 5, divide_by=255, notes=notes)
    return [
        of("emnist", "`emnist-letters-test-images-idx3-ubyte.gz` and their labels were left out", "stored transposed"),
        of("torchvision", "the data are those of `MNIST/raw`", "lie side by side", "`t10k-images-idx3-ubyte` and their labels"),
        of("torchvision/MNIST", "the data are those of `raw`"),
        of("dots"),
        of("dots/train-labels.idx1-ubyte"),
        of("qmnist", "QMNIST's labels have 8 columns"),
        *[entry(f"types/{kind[1:]}-images-idx3-ubyte", x[:, None].astype(np.float32), y, 5, notes=["taken as they are"])
          for kind, x in others.items()],
    ]


def pack(path, files, format=tarfile.PAX_FORMAT):
    """The files of an archive, always in the same bytes."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in files:
                archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), raw, zipfile.ZIP_DEFLATED)
        return
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=format) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path.write_bytes(gzip.compress(raw.getvalue(), mtime=0) if path.suffix == ".gz" else raw.getvalue())


def cifar(rng):
    """CIFAR as it is published: pickles of protocol 2 (and of later ones), binaries, and archives of both."""
    y, coarse = np.array([6, 9, 4]), np.array([11, 0, 19])
    # Smooth, so that the files stay small; with bytes of 128 and more, which Python 3 writes for Python 2 as letters.
    pixels = (np.arange(3072, dtype=np.uint16) * np.array([[1], [7], [3]]) // 16 % 256).astype(np.uint8)
    x = pixels.reshape(3, 3, 32, 32)
    binary = lambda rows: np.concatenate([y[rows, None].astype(np.uint8), pixels[rows]], 1).tobytes()
    batch = lambda rows, protocol: pickle.dumps({b"batch_label": b"training batch 1 of 5", b"labels": y[rows].tolist(), b"data": pixels[rows],
                                                 b"filenames": [b"a.png"] * len(y[rows])}, protocol)
    meta = pickle.dumps({b"num_cases_per_batch": 10000, b"label_names": [name.encode() for name in TEN], b"num_vis": 3072}, 2)
    fine = np.array([49, 99, 0])
    hundred = pickle.dumps({b"fine_labels": fine.tolist(), b"coarse_labels": coarse.tolist(), b"data": pixels}, 2)
    names = [f"class {i}" for i in range(100)]
    hundred_meta = pickle.dumps({b"fine_label_names": [name.encode() for name in names],
                                 b"coarse_label_names": [f"group {i}".encode() for i in range(20)]}, 2)
    files = {
        "cifar-10-batches-py/data_batch_1": batch(slice(0, 2), 2),
        "cifar-10-batches-py/data_batch_2": batch(slice(2, 3), 2),
        "cifar-10-batches-py/test_batch": batch(slice(0, 1), 2),
        "cifar-10-batches-py/batches.meta": meta,
        "later/data_batch_1": batch(slice(0, 2), 4),
        "later/data_batch_2": batch(slice(2, 3), 3),
        "cifar-100-python/train": hundred,
        "cifar-100-python/test": hundred,
        "cifar-100-python/meta": hundred_meta,
        "cifar-100-binary/train.bin": np.concatenate([np.stack([coarse, fine], 1).astype(np.uint8), pixels], 1).tobytes(),
        "cifar-100-binary/test.bin": bytes(3074),
        "cifar-100-binary/fine_label_names.txt": "".join(f"{name}\n" for name in names).encode(),
    }
    for name, raw in files.items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_bytes(raw)
    bins = [("cifar-10-batches-bin/batches.meta.txt", ("\n".join(TEN) + "\n\n").encode()),
            ("cifar-10-batches-bin/data_batch_2.bin", binary(slice(2, 3))),
            ("cifar-10-batches-bin/data_batch_1.bin", binary(slice(0, 2))),
            ("cifar-10-batches-bin/test_batch.bin", binary(slice(0, 1)))]
    pack(HERE / "cifar-10-binary.tar.gz", bins)
    pack(HERE / "cifar-10-python.tar.gz", [item for item in files.items() if item[0].startswith("cifar-10-")])
    pack(HERE / "cifar.zip", bins)
    first = "cifar-10-batches-py"
    like = lambda path: {} if path == first else {"like": first}
    of = lambda path, y, outputs, *notes, **more: entry(path, x, y, outputs, divide_by=255, notes=notes, **more, **like(path))
    left = lambda name: f"`{name}` was left out"
    return [
        of(first, y, 10, left("test_batch"), "`data_batch_1` and `data_batch_2`", class_names=TEN),
        of("cifar-10-binary.tar.gz", y, 10, left("test_batch.bin"), "the data are those of `cifar-10-batches-bin`", class_names=TEN),
        of("cifar-10-python.tar.gz", y, 10, left("test_batch"), class_names=TEN),
        of("cifar.zip", y, 10, left("test_batch.bin"), class_names=TEN),
        of("later", y, 10),
        of("cifar-100-python", fine, 100, left("test"), class_names=names),
        of("cifar-100-python/train", coarse, 20, "coarse labels are taken", class_names=[f"group {i}" for i in range(20)]),
        of("cifar-100-binary", fine, 100, left("test.bin"), class_names=names),
    ]


def archives():
    """Images by class in archives, with what a Mac and a split leave in them."""
    pictures, x = [], []
    for index, name in enumerate(["a", "b"]):
        pixels = np.full([2, 3], 40 + 100 * index, np.uint8)
        raw = io.BytesIO()
        Image.fromarray(pixels).save(raw, "png")
        pictures.append((f"s/train/{name}/0.png", raw.getvalue()))
        pictures.append((f"s/test/{name}/0.png", raw.getvalue()))
        x.append(pixels[None])
    pictures.append(("__MACOSX/s/train/a/._0.png", b"x"))
    pack(HERE / "pictures.zip", pictures)
    pack(HERE / "pictures.tar", [(name.removeprefix("s/train/"), raw) for name, raw in pictures if name.startswith("s/train")])
    # Names of more than 100 letters stand in members of their own, which GNU and POSIX write differently.
    long = [(f"{'long' * 40}/{name.removeprefix('s/train/')}", raw) for name, raw in pictures if name.startswith("s/train")]
    pack(HERE / "long-pax.tar", long)
    pack(HERE / "long-gnu.tar.gz", long, tarfile.GNU_FORMAT)
    mnist = [(f"gzip/train-{what}-ubyte.gz", gzip.compress(idx_bytes(array), mtime=0))
             for what, array in [("images-idx3", np.stack(x)[:, 0]), ("labels-idx1", np.array([0, 1], np.uint8))]]
    pack(HERE / "mnist.zip", mnist)
    more = {"divide_by": 255, "class_names": ["a", "b"]}
    return [entry("pictures.zip", np.stack(x), [0, 1], 2, notes=["the images are those of `s/train`"], **more),
            entry("pictures.tar", np.stack(x), [0, 1], 2, **more),
            *[entry(path, np.stack(x), [0, 1], 2, notes=["one sub-folder, `longlong"], **more) for path in ("long-pax.tar", "long-gnu.tar.gz")],
            entry("mnist.zip", np.stack(x), [0, 1], 2, divide_by=255, notes=["the data are those of `gzip`"])]


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    rng = np.random.default_rng(12)
    entries = [*modes(rng), *jpegs(), *idx(rng), *cifar(rng), *archives()]
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(item) for item in entries) + "\n]\n")
    for item in entries:
        assert (HERE / item["path"]).exists()
        print(item["path"], item["n"], item["input"])


if __name__ == "__main__":
    main()
