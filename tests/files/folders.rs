//! Folders, archives and pictures as they lie on people's disks: read as Pillow, NumPy and torchvision read them, with a note
//! for everything that was chosen, converted or left out, or refused in a sentence that says what to do.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write as _;
use std::path::Path;

use flatscape::config::LossKind;
use flatscape::data::{DataFormat, Wanted, import, recognise};

use crate::reference;

#[test]
fn folders_and_archives_are_read_as_they_were_meant() {
    let cases = reference::cases("folders");
    assert!(cases.len() >= 26, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let path = reference::folder("folders").join(&case.path);
        let outcome = import(&path, &case.wanted()).map_err(|err| err.to_string());
        if let Err(problem) = outcome.and_then(|found| reference::check(case, &found)) {
            failures.push(format!("{} {:?}: {problem}", case.path, case.input));
        }
        // Without a model as well, as the window looks at them.
        match import::<f64>(&path, &Wanted::ANY) {
            Ok(found) if found.data.len() == case.n => {}
            outcome => {
                failures.push(format!("{} without a model: {:?}", case.path, outcome.map(|found| found.data.len())));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn broken_bytes_in_folders_and_archives_never_make_it_panic() {
    let [failed, read] = reference::mutated("folders");
    assert!(failed > 100 && read > 100, "{failed} failed and {read} were read");
}

fn file(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A PNG of 2×2 pixels.
fn picture(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::GrayImage::from_pixel(2, 2, image::Luma([200])).save(path).unwrap();
}

const WANTED: Wanted<'_> = Wanted { input: &[1, 2, 2], outputs: 2, loss: LossKind::CrossEntropy, text: None };

fn message(path: &Path) -> String {
    let message = import::<f32>(path, &WANTED).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

fn says(root: &Path, path: &str, words: &str) {
    let message = message(&root.join(path));
    assert!(message.contains(words), "{path}: {message}");
}

/// A picture of a cat and one of a dog in each part of a folder.
fn all_of(root: &Path, top: &str, parts: &[&str]) {
    for part in parts {
        for class in ["cat", "dog"] {
            picture(&root.join(format!("{top}/{part}/{class}/0.png")));
        }
    }
}

#[test]
fn parts_of_a_split_are_told_from_classes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let has = |path: &str, words: &str| says(root, path, words);
    for (top, parts, best) in [
        ("s", &["train", "test"][..], "train"),
        ("t", &["Test", "Training", "Valid"], "Training"),
        ("u", &["val"], "val"),
        ("v", &["dev", "eval"], "dev"),
    ] {
        all_of(root, top, parts);
        has(top, &format!("try {}: ", root.join(top).join(best).display()));
        assert_eq!(import::<f32>(&root.join(top).join(best), &WANTED).unwrap().class_names, ["cat", "dog"]);
    }
    // What systems and tools leave behind is neither a part nor a class.
    for name in ["__MACOSX", "@eaDir", ".ipynb_checkpoints", "lost+found", "$RECYCLE.BIN", "System Volume Information"]
    {
        file(&root.join("s").join(name).join("._0.png"), b"x");
        file(&root.join("s/train").join(name).join("._0.png"), b"x");
    }
    for name in ["Thumbs.db", "desktop.ini", ".DS_Store", "._0.png"] {
        file(&root.join("s/train").join(name), b"x");
        file(&root.join("s/train/cat").join(name), b"x");
    }
    has("s", "`test` and `train`, the parts of a split and no classes");
    let found = import::<f32>(&root.join("s/train"), &WANTED).unwrap();
    assert_eq!((found.class_names.as_slice(), found.data.len()), (&["cat".to_owned(), "dog".to_owned()][..], 2));
    let notes = found.notes.join("; ");
    assert!(notes.contains("are no classes and were left out") && notes.contains("`$RECYCLE.BIN`"), "{notes}");
    assert!(!notes.contains("Thumbs") && !notes.contains("desktop"), "{notes}");
    // An empty class is named.
    std::fs::create_dir(root.join("s/test/bird")).unwrap();
    has("s/test", "no image in the sub-folder `bird`, expected at least one");
    file(&root.join("s/test/bird/a.webp"), b"x");
    has("s/test", "no image in the sub-folder `bird`, only `a.webp`, expected at least one");
}

#[test]
fn folders_that_hold_no_classes_say_which_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let has = |path: &str, words: &str| says(root, path, words);
    // One level more, and parts without classes.
    all_of(root, "w/data", &["train", "test"]);
    has("w", &format!("try {}: ", root.join("w/data/train").display()));
    all_of(root, "x", &["pets"]);
    has(
        "x",
        &format!(
            "`pets`, with 2 folders in it, expected the folder with one sub-folder of images for each class; try {}",
            root.join("x/pets").display()
        ),
    );
    picture(&root.join("y/train/0.png"));
    picture(&root.join("y/test/0.png"));
    has("y", "`test` and `train`, the parts of a split, without folders of classes in them");
    picture(&root.join("z/0.png"));
    has("z", "a folder without sub-folders, with 1 image in it");
    file(&root.join("tables/a.csv"), b"1,2,0\n");
    has("tables", "a folder without sub-folders, with `a.csv` in it");
    all_of(root, "inside", &["cat", "dog"]);
    std::fs::rename(root.join("inside/cat/cat"), root.join("inside/cat/train")).unwrap();
    std::fs::rename(root.join("inside/cat/dog"), root.join("inside/cat/test")).unwrap();
    has("inside", "`test` and `train` within the class `cat`");
    // Somebody sorts vehicles.
    picture(&root.join("vehicles/bus/0.png"));
    picture(&root.join("vehicles/train/0.png"));
    assert_eq!(import::<f32>(&root.join("vehicles"), &WANTED).unwrap().class_names, ["bus", "train"]);
}

#[cfg(unix)]
#[test]
fn folders_within_classes_and_links_are_followed_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for path in ["cat/0.png", "cat/black/1.png", "cat/black/old/2.png", "dog/0.png"] {
        picture(&root.join(path));
    }
    picture(&root.join("beside.png"));
    std::os::unix::fs::symlink(root.join("cat"), root.join("cat/black/loop")).unwrap();
    std::os::unix::fs::symlink(root.join("nowhere"), root.join("dog/gone.png")).unwrap();
    let found = import::<f32>(root, &WANTED).unwrap();
    assert_eq!(found.data.len(), 4);
    let notes = found.notes.join("; ");
    assert!(notes.contains("2 images lie in sub-folders of a class and belong to it"), "{notes}");
    assert!(notes.contains("1 image beside the folders of classes was left out"), "{notes}");
}

#[test]
fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p/a/0.png");
    picture(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    // Width and height of the PNG's header, whose checksum is set right below.
    bytes[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let sum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    picture(&dir.path().join("p/b/0.png"));
    let message = message(&dir.path().join("p"));
    assert!(message.contains("`a/0.png` says that it has 30000×30000 pixels, in "), "{message}");
    // The model's input decides where a file could hold as many.
    picture(&path);
    let wanted = Wanted { input: &[1, 3, 3], ..WANTED };
    let message = import::<f32>(&dir.path().join("p"), &wanted).unwrap_err().to_string();
    assert!(message.contains("`a/0.png` as an example of x has the shape [1, 2, 2], expected [1, 3, 3]"), "{message}");
}

/// The checksum of PNG and gzip.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

fn idx(shape: &[u8], code: u8, bytes: &[u8]) -> Vec<u8> {
    let sides = shape.iter().flat_map(|&side| [0, 0, 0, side]);
    [0, 0, code, shape.len() as u8].into_iter().chain(sides).chain(bytes.iter().copied()).collect()
}

#[test]
fn idx_that_is_wrong_is_told_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let set = |folder: &str, prefix: &str, images: &[u8], labels: &[u8]| {
        file(&root.join(folder).join(format!("{prefix}train-images-idx3-ubyte")), images);
        file(&root.join(folder).join(format!("{prefix}train-labels-idx1-ubyte")), labels);
    };
    let (images, labels) = (idx(&[2, 2, 2], 8, &[7; 8]), idx(&[2], 8, &[0, 1]));
    set("two", "emnist-letters-", &images, &labels);
    set("two", "emnist-digits-", &images, &labels);
    set("roots/MNIST/raw", "", &images, &labels);
    set("roots/KMNIST/raw", "", &images, &labels);
    set("short", "", &images[..20], &labels);
    set("counts", "", &images, &idx(&[3], 8, &[0, 1, 0]));
    set("type", "", &idx(&[2, 2, 2], 0x0a, &[7; 8]), &labels);
    set("huge", "", &[&[0, 0, 8, 3][..], &[0xff; 12]].concat(), &labels);
    for (folder, words) in [
        ("two", "2 data sets in one folder: `emnist-digits-train-images-idx3-ubyte` and `emnist-letters-"),
        ("roots", "2 data sets, in `KMNIST/raw` and `MNIST/raw`, expected one of them; try "),
        ("short", "train-images-idx3-ubyte is truncated: it has 4 bytes of data, expected 8"),
        ("counts", "2 images and 3 labels in "),
        ("type", "holds numbers of type 0x0a"),
        ("huge", "4294967295 images and 2 labels"),
    ] {
        let message = message(&root.join(folder));
        assert!(message.contains(words), "{folder}: {message}");
    }
    // A compressed file that ends early.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&images).unwrap();
    let packed = packed.finish().unwrap();
    set("gz", "", &packed[..packed.len() - 12], &labels);
    assert!(
        message(&root.join("gz")).contains("train-images-idx3-ubyte is truncated"),
        "{}",
        message(&root.join("gz"))
    );
}

#[test]
fn archives_that_are_wrong_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(reference::folder("folders").join("cifar-10-binary.tar.gz")).unwrap();
    let zip = std::fs::read(reference::folder("folders").join("pictures.zip")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"1,2,0\n2,1,1\n").unwrap();
    for (name, bytes, words) in [
        ("a.tar.gz", &whole[..whole.len() / 2], "an archive that is truncated or broken"),
        ("a.tar", b"", "an archive without folders, expected one sub-folder"),
        ("b.tar", b"words", "an archive that is truncated or broken"),
        ("a.zip", &zip[..zip.len() - 30], "an archive that is truncated or broken"),
        ("long.tar", &long_name(), "a name of 8589934591 bytes"),
        ("a.csv.gz", &packed.finish().unwrap()[..], "found a compressed text"),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(message(&path).contains(words), "{name}: {}", message(&path));
    }
}

/// The header of a tar archive's member that promises a name of 8 GiB.
fn long_name() -> Vec<u8> {
    let mut header = vec![0; 512];
    header[124..136].copy_from_slice(b"77777777777\0");
    header[156] = b'L';
    header[257..265].copy_from_slice(b"ustar  \0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// A zip archive of empty files with these names.
fn zip_of(path: &Path, names: &[&str]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for name in names {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn files_of_other_kinds_are_called_by_their_name() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8], &str); 18] = [
        ("b.pt", b"PK\x03\x04", "safetensors.torch.save_file"),
        ("a.feather", b"ARROW1\0\0", "a columnar table, expected"),
        ("a", b"ARROW1\0\0", "to_parquet"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file, expected"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "scipy.io.loadmat"),
        ("a.json", b"[{\"x\": 1}]", "found JSON, expected"),
        ("a.txt", b" {\"x\": 1}", "found JSON, expected"),
        ("a.ipynb", b"{\"cells\": []}", "a Jupyter notebook"),
        ("a.pdf", b"%PDF-1.7", "a PDF document"),
        ("a.npy", b"\x93NUMPY\x01\x00", "a single NumPy array"),
        ("a.pkl", b"\x80\x04N.", "a Python pickle, which is never opened because it may run code"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "a single picture"),
        ("a.csv", b"<!DOCTYPE html><html>", "a web page"),
        ("a.npz", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00", "an archive of a kind that is not opened"),
        ("a.arff", b"@relation iris\n", "an ARFF table"),
        ("a.onnx", &[8, 7, 18, 200, 0], "an ONNX model"),
    ];
    for (name, bytes, words) in cases {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(message(&path).contains(words), "{name}: {}", message(&path));
        assert_eq!(recognise(&path).unwrap_err().to_string(), message(&path));
    }
    for (name, names, words) in [
        ("a.xlsx", &["[Content_Types].xml", "xl/workbook.xml"][..], "a spreadsheet"),
        ("b.zip", &["[Content_Types].xml", "xl/workbook.xml"], "a spreadsheet"),
        ("a.docx", &["[Content_Types].xml", "word/document.xml"], "a document"),
        ("a.ods", &["mimetype", "content.xml"], "a spreadsheet"),
        ("a.pt", &["archive/data.pkl", "archive/data/0"], "safetensors.torch.save_file"),
        ("a.keras", &["config.json", "model.weights.h5"], "a Keras model"),
        ("c.zip", &["train.csv"], "an archive without folders, with `train.csv` in it, expected one sub-folder"),
    ] {
        let path = dir.path().join(name);
        zip_of(&path, names);
        assert!(message(&path).contains(words), "{name}: {}", message(&path));
    }
    let arrays = dir.path().join("arrays");
    std::fs::write(&arrays, b"\x80\x02\0\0\0\0\0\0{\"x\"").unwrap();
    assert_eq!(recognise(&arrays), Ok(DataFormat::Arrays));
    let known = [("pictures.zip", DataFormat::Archive), ("cifar-10-binary.tar.gz", DataFormat::Archive)];
    let folders =
        [("torchvision", DataFormat::Idx), ("cifar-100-python", DataFormat::Cifar), ("modes", DataFormat::Images)];
    for (name, format) in known.into_iter().chain(folders) {
        assert_eq!(recognise(&reference::folder("folders").join(name)), Ok(format), "{name}");
    }
}
