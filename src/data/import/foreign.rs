//! Files of other kinds that people have at hand: what they are, and the way from there to data that are read.

use std::path::Path;

use super::Problem;

/// A kind of file that is not read as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What it is, with its article.
    what: &'static str,
    /// The way out, as the end of a sentence; empty where there is none to tell.
    way: &'static str,
}

const PICTURE: Foreign =
    Foreign { what: "a single picture", way: "give the folder with one sub-folder of images for each class" };
const PICKLE: Foreign = Foreign {
    what: "a Python pickle, which is never opened because it may run code",
    way: "numpy.savez(\"d.npz\", x=…, y=…) keeps its arrays",
};
const TORCH: Foreign = Foreign {
    what: "a Python pickle, which is never opened because it may run code",
    way: "safetensors.torch.save_file keeps its tensors",
};
const ARRAY: Foreign = Foreign {
    what: "a single NumPy array",
    way: "numpy.savez(\"d.npz\", x=…, y=…) keeps inputs and labels in one file",
};
const HDF5: Foreign = Foreign {
    what: "an HDF5 file",
    way: "numpy.savez(\"d.npz\", x=file[\"…\"][:], y=file[\"…\"][:]) keeps its arrays",
};
const MATLAB: Foreign = Foreign { what: "a MATLAB file", way: "scipy.io.loadmat and numpy.savez turn it into NPZ" };
const COLUMNS: Foreign = Foreign {
    what: "a columnar table",
    way: "pandas.read_feather(…).to_parquet(\"d.parquet\") makes a Parquet file of it",
};
const SHEET: Foreign = Foreign { what: "a spreadsheet", way: "save its sheet as CSV" };
const JSON: Foreign =
    Foreign { what: "JSON", way: "pandas.read_json(…).to_csv(\"d.csv\", index=False) makes a CSV file of it" };
const NOTEBOOK: Foreign =
    Foreign { what: "a Jupyter notebook, which is Python code", way: "give the file that it writes" };
const PYTHON: Foreign = Foreign { what: "Python code", way: "give the file that it writes" };
const WEB_PAGE: Foreign =
    Foreign { what: "a web page", way: "the download may have given an error instead of the file" };
const POINTER: Foreign =
    Foreign { what: "a pointer of Git LFS, not the file itself", way: "`git lfs pull` fetches it" };
const PACKED: Foreign =
    Foreign { what: "an archive of a kind that is not opened", way: "unpack it and give the folder or file" };
const PACKED_TABLE: Foreign = Foreign { what: "a compressed text", way: "unpack it (gunzip) and give the file" };
const DOCUMENT: Foreign = Foreign { what: "a document", way: "" };
const PDF: Foreign = Foreign { what: "a PDF document", way: "" };
const ONNX: Foreign = Foreign { what: "an ONNX model", way: "" };
const KERAS: Foreign = Foreign { what: "a Keras model", way: "" };
const GGUF: Foreign = Foreign { what: "a GGUF model", way: "" };
const DATABASE: Foreign = Foreign { what: "a database", way: "export its table as CSV" };
const RECORDS: Foreign =
    Foreign { what: "a file of TensorFlow records", way: "numpy.savez(\"d.npz\", x=…, y=…) keeps its arrays" };
const SOUND: Foreign = Foreign { what: "a sound or a film", way: "" };
const STATISTICS: Foreign = Foreign { what: "a file of another statistics program", way: "export it as CSV" };
const ARFF: Foreign = Foreign { what: "an ARFF table", way: "remove its lines that begin with @ and call it .csv" };

impl Foreign {
    /// Whether it is what stands in for a file that was not fetched, whatever that is called.
    pub(super) fn is_stand_in(self) -> bool {
        self == POINTER || self == WEB_PAGE
    }

    /// The refusal.
    pub(super) const fn problem(self) -> Problem {
        Problem::Foreign { what: self.what, way: self.way }
    }
}

/// By the first bytes of a file that is no text.
pub(super) fn by_bytes(start: &[u8]) -> Option<Foreign> {
    let begins = |with: &[u8]| start.starts_with(with);
    let any = |all: &[&[u8]]| all.iter().any(|with| begins(with));
    Some(match start {
        [0x80, 2..=5, ..] => PICKLE,
        _ if begins(b"\x93NUMPY") => ARRAY,
        _ if begins(b"\x89HDF\r\n\x1a\n") => HDF5,
        _ if begins(b"MATLAB 5.0") => MATLAB,
        _ if any(&[b"ARROW1", b"FEA1", b"ORC", b"Obj\x01"]) => COLUMNS,
        _ if begins(b"%PDF") => PDF,
        _ if begins(b"GGUF") => GGUF,
        _ if begins(b"SQLite format 3\0") => DATABASE,
        _ if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => SHEET,
        _ if begins(b"RIFF") && start.get(8..12) == Some(b"WEBP") => PICTURE,
        _ if any(&[b"RIFF", b"ID3", b"OggS", b"fLaC"]) || start.get(4..8) == Some(b"ftyp") => SOUND,
        _ if any(&[b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"]) => PICTURE,
        _ if begins(b"BM") && start.get(6..10) == Some(&[0; 4]) => PICTURE,
        _ if any(&[b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd", b"Rar!"]) => PACKED,
        _ => return None,
    })
}

/// By the first letters of a text that is no table whatever it is called.
pub(super) fn by_text(start: &[u8]) -> Option<Foreign> {
    let text = String::from_utf8_lossy(&start[..start.len().min(400)]);
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    Some(match text.as_str() {
        text if text.starts_with("version https://git-lfs") => POINTER,
        text if text.starts_with("<!doctype html") || text.starts_with("<html") => WEB_PAGE,
        text if text.starts_with("@relation") => ARFF,
        text if text.starts_with('{') && text.contains("\"cells\"") => NOTEBOOK,
        text if text.starts_with('{') || text.starts_with("[{") || text.starts_with("[[") => JSON,
        text if text.starts_with("<?xml") || text.starts_with("<svg") => DOCUMENT,
        _ => return None,
    })
}

/// By what a file is called.
pub(super) fn by_name(path: &Path) -> Option<Foreign> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "png" | "jpg" | "jpeg" | "bmp" | "gif" | "webp" | "svg" | "tif" | "tiff" | "heic" | "avif" => PICTURE,
        "pt" | "pth" | "ckpt" => TORCH,
        "pkl" | "pickle" | "joblib" => PICKLE,
        "onnx" => ONNX,
        "keras" => KERAS,
        "gguf" => GGUF,
        "h5" | "hdf5" => HDF5,
        "npy" => ARRAY,
        "mat" => MATLAB,
        "arrow" | "feather" | "orc" | "avro" => COLUMNS,
        "xlsx" | "xls" | "xlsm" | "ods" | "numbers" => SHEET,
        "json" => JSON,
        "ipynb" => NOTEBOOK,
        "py" => PYTHON,
        "pdf" => PDF,
        "md" | "doc" | "docx" | "odt" | "xml" | "rtf" => DOCUMENT,
        "html" | "htm" => WEB_PAGE,
        "tfrecord" | "tfrecords" => RECORDS,
        "sqlite" | "sqlite3" | "db" => DATABASE,
        "wav" | "mp3" | "ogg" | "flac" | "mp4" | "avi" | "mov" | "mkv" => SOUND,
        "rds" | "rda" | "rdata" | "sav" | "dta" | "sas7bdat" => STATISTICS,
        "arff" => ARFF,
        "7z" | "rar" | "xz" | "bz2" | "zst" | "lz4" => PACKED,
        _ => return None,
    })
}

/// By the names in a zip archive, which many programs use for files of their own.
pub(super) fn by_names_in_zip(names: &[String]) -> Option<Foreign> {
    let has = |part: &str| names.iter().any(|name| name.starts_with(part));
    let ends = |part: &str| names.iter().any(|name| name.ends_with(part));
    Some(match () {
        () if has("[Content_Types].xml") && has("xl/") => SHEET,
        () if has("[Content_Types].xml") || has("word/") => DOCUMENT,
        () if has("mimetype") && has("content.xml") => SHEET,
        () if ends("data.pkl") => TORCH,
        () if ends("model.weights.h5") => KERAS,
        () if has("META-INF/") => PACKED,
        () => return None,
    })
}

/// A text that is compressed, such as a `.csv.gz`.
pub(super) const fn compressed_text() -> Foreign {
    PACKED_TABLE
}
