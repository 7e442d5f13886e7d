//! Files of slices as other programs read them: NumPy opens the archive, an XML parser the image data and the SVG.
//!
//! The checks that need Python print why they do nothing where there is none with NumPy (`FLATSCAPE_PYTHON` names
//! another than `python3`).

use std::path::Path;
use std::process::Command;

use flatscape::export::{SliceFigure, SliceMark, slice_npz, slice_svg, slice_vti, slices_png};
use flatscape::protocol::{PathPoint, SliceCaption, SliceGrid};

/// A slice of a bowl with a masked corner.
fn figure() -> SliceFigure {
    let axis = |count: i32| (0..count).map(|i| f64::from(i) * 0.25 - 1.0).collect::<Vec<f64>>();
    let (x, y) = (axis(9), axis(6));
    let mut loss: Vec<f64> = y.iter().flat_map(|y| x.iter().map(move |x| 0.1 + x * x / 3.0 + y * y)).collect();
    loss[0] = f64::NAN;
    loss[8] = f64::INFINITY;
    let accuracy = Some(loss.iter().map(|loss| (-loss).exp()).collect());
    let caption = SliceCaption {
        objective: "cross-entropy, mean over 12 examples, ‖w‖ < 3 & \"more\"".to_owned(),
        directions: "random plane, filter-normalised to the weights".to_owned(),
        seed: Some(7),
        angle_degrees: 88.0,
        norms: [2.0, 3.0],
    };
    let path = (0..4).map(|i| PathPoint { step: 10 * i, x: 0.1 * i as f64, y: 0.3, loss: 0.2, distance: 1.0 / 3.0 });
    let marks = vec![
        SliceMark { name: "SGD".to_owned(), at: [-0.5, -0.5], loss: 0.3 },
        SliceMark { name: "SAM".to_owned(), at: [0.9, 0.2], loss: 0.2 },
        SliceMark { name: "outside".to_owned(), at: [9.0, 0.2], loss: 0.2 },
    ];
    let grid = SliceGrid { x, y, loss, accuracy };
    SliceFigure {
        step: Some(1200),
        seed: Some(3),
        path: path.collect(),
        marks,
        ..SliceFigure::new("<net>", grid, caption)
    }
}

/// Runs a Python program on a folder; false where there is no Python with NumPy.
fn python(folder: &Path, program: &str) -> bool {
    let python = std::env::var_os("FLATSCAPE_PYTHON").unwrap_or_else(|| "python3".into());
    let has_numpy = Command::new(&python).args(["-c", "import numpy"]).output().is_ok_and(|out| out.status.success());
    if !has_numpy {
        eprintln!("skipped: {} has no NumPy", python.display());
        return false;
    }
    let out = Command::new(&python).arg("-c").arg(program).current_dir(folder).output().expect("it ran before");
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    true
}

#[test]
fn numpy_and_xml_parsers_read_what_was_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let figure = figure();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("the folder is new");
    write("slice.npz", &slice_npz(&figure).expect("a grid"));
    write("slice.vti", slice_vti(&figure).expect("an even grid").as_bytes());
    write("slice.svg", slice_svg(&figure).expect("a grid").expect("a finite loss").as_bytes());
    python(
        folder.path(),
        r#"
import base64, json, math, struct
import xml.etree.ElementTree as xml
import numpy as np
f = np.load("slice.npz")
assert sorted(f) == ["accuracy", "loss", "metadata", "path", "x", "y"], sorted(f)
x, y = f["x"], f["y"]
assert np.array_equal(x, np.arange(9) * 0.25 - 1) and np.array_equal(y, np.arange(6) * 0.25 - 1)
expected = 0.1 + x[None] ** 2 / 3 + y[:, None] ** 2
expected[0, 0], expected[0, 8] = np.nan, np.inf
assert f["loss"].shape == (6, 9) and f["loss"].dtype == np.float64
assert np.allclose(f["loss"], expected, rtol=1e-15, equal_nan=True), f["loss"] - expected
assert f["path"].shape == (4, 5) and f["path"][2].tolist() == [20, 0.2, 0.3, 0.2, 1 / 3]
meta = json.loads(f["metadata"].item())
assert meta["objective"].endswith('‖w‖ < 3 & "more"') and meta["step"] == 1200 and meta["masked"] == 2
assert meta["x_range"] == [-1, 1] and meta["y_range"] == [-1, 0.25] and meta["center_loss"] == 0.1

root = xml.parse("slice.vti").getroot()
image = root.find("ImageData")
assert image.get("WholeExtent") == "0 8 0 5 0 0" and image.get("Spacing") == "0.25 0.25 1"
arrays = {node.get("Name"): node for node in root.iter("DataArray")}
def array(name, kind):
    block = base64.b64decode(arrays[name].text)
    (size,) = struct.unpack("<Q", block[:8])
    assert size == len(block) - 8
    return np.frombuffer(block[8:], kind)
loss, mask = array("loss", "<f8").reshape(6, 9), array("mask", "u1").reshape(6, 9)
assert np.array_equal(mask == 1, ~np.isfinite(expected))
assert np.allclose(loss[mask == 0], expected[mask == 0], rtol=1e-15) and np.isnan(loss[mask == 1]).all()
text = bytes(int(byte) for byte in arrays["metadata"].text.split())
assert text[-1] == 0 and json.loads(text[:-1]) == meta

svg = xml.parse("slice.svg").getroot()
space = "{http://www.w3.org/2000/svg}"
assert json.loads(svg.find(space + "metadata").text) == [meta]
words = " ".join(node.text.strip() for node in svg.iter(space + "text"))
for part in ["step 1 200", "seed 3", "mean over 12 examples", "filter-normalised", "−1 to 1", "SGD", "SAM", "Hatched"]:
    assert part in words, part
assert "outside" not in words
box = [float(v) for v in svg.get("viewBox").split()]
for node in svg.iter():
    for name, value in node.attrib.items():
        # The letters of an embedded picture may spell anything.
        assert name == "href" or "NaN" not in value and "inf" not in value, node.attrib
"#,
    );
}

#[test]
fn pictures_of_named_points_differ_from_those_without() {
    let figure = figure();
    let bare = SliceFigure { marks: Vec::new(), ..figure.clone() };
    let picture = |figure: &SliceFigure| slices_png("", std::slice::from_ref(figure), None).expect("a grid");
    let with = picture(&figure).expect("a finite loss");
    if let Some(folder) = std::env::var_os("FLATSCAPE_KEEP_FIGURE") {
        let folder = Path::new(&folder);
        std::fs::write(folder.join("marks.png"), &with).expect("the folder is there");
        let svg = slice_svg(&figure).expect("a grid").expect("a finite loss");
        std::fs::write(folder.join("marks.svg"), svg).expect("the folder is there");
    }
    assert_ne!(Some(with), picture(&bare));
}
