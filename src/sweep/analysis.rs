//! An analysis as units: a piece of it each, by the arguments that it was asked for with.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::canonical::{hex, id_of};
use super::error::SweepError;
use super::unit::{FORMAT, Unit, UnitKind};
use crate::report::pieces::Piece;

/// An analysis in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisPlan {
    /// The arguments of `flatscape analyze` that say what is measured.
    pub arguments: Vec<String>,
    /// The SHA-256 of each file that they name: pieces of different weights would not fit together.
    pub files: BTreeMap<String, String>,
}

impl AnalysisPlan {
    /// A plan of these arguments. Paths are from the working folder.
    ///
    /// # Errors
    /// [`SweepError::Asked`] where a file cannot be read.
    pub fn new(arguments: Vec<String>) -> Result<Self, SweepError> {
        let mut files = BTreeMap::new();
        for argument in &arguments {
            // `--weights=FILE` names one too.
            let word =
                argument.split_once('=').filter(|_| argument.starts_with("--")).map_or(&argument[..], |(_, file)| file);
            if Path::new(word).is_file() {
                files.insert(word.to_owned(), digest(word)?);
            }
        }
        Ok(Self { arguments, files })
    }

    /// Whether all files are those of the plan. Paths are from the working folder.
    ///
    /// # Errors
    /// [`SweepError::Asked`] with the first that is gone or another one.
    pub fn check_files(&self) -> Result<(), SweepError> {
        let changed = |file: &String, planned: &String| -> Result<(), SweepError> {
            if digest(file)? == *planned {
                return Ok(());
            }
            Err(SweepError::Asked(format!(
                "the file is another one than when this was planned, expected the same: {file}"
            )))
        };
        self.files.iter().try_for_each(|(file, planned)| changed(file, planned))
    }

    /// The units of the plan in their order.
    #[must_use]
    pub fn units(&self, pieces: &[Piece], folder: &Path) -> Vec<Unit> {
        let id = |piece: Piece| {
            id_of(&json!({
                "format": FORMAT,
                "kind": "piece",
                "arguments": self.arguments,
                "files": self.files,
                "folder": folder,
                "piece": piece,
            }))
        };
        let unit = |(i, &piece): (usize, &Piece)| Unit { i, id: id(piece), kind: UnitKind::Piece(piece) };
        pieces.iter().enumerate().map(unit).collect()
    }
}

/// The SHA-256 of a file.
fn digest(file: &str) -> Result<String, SweepError> {
    let read = || -> io::Result<String> {
        let (mut open, mut state, mut buffer) = (File::open(file)?, Sha256::new(), vec![0; 1 << 16]);
        loop {
            match open.read(&mut buffer)? {
                0 => return Ok(hex(&state.finalize())),
                count => state.update(&buffer[..count]),
            }
        }
    };
    read().map_err(|err| SweepError::Asked(format!("cannot read the file ({err}): {file}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::analysis::EigenReport;
    use crate::report::pieces::PieceFound;

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.npz").to_string_lossy().into_owned();
        std::fs::write(&path, "abc").unwrap();
        let arguments = ["mlp", &format!("--weights={path}"), "--data", "digits"].map(str::to_owned).to_vec();
        let plan = AnalysisPlan::new(arguments.clone()).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(plan.files, BTreeMap::from([(path.clone(), abc.to_owned())]), "the digest of FIPS 180-2");
        plan.check_files().unwrap();
        std::fs::write(&path, "abd").unwrap();
        let message = plan.check_files().unwrap_err().to_string();
        assert!(message.contains("another one") && message.contains("w.npz"), "{message}");

        let pieces = [Piece::Basics, Piece::Trace { from: 0, to: 16 }, Piece::Trace { from: 16, to: 32 }];
        let of = |plan: &AnalysisPlan| plan.units(&pieces, Path::new("/work"));
        let (before, after) = (of(&plan), of(&AnalysisPlan::new(arguments).unwrap()));
        assert!(before.iter().zip(&after).all(|(a, b)| a.id != b.id), "other weights are other units");
        assert_ne!(before[1].id, before[2].id);
        let text = serde_json::to_string(&before[1]).unwrap();
        assert!(text.contains(r#""kind":"piece","piece":"trace","from":0,"to":16"#), "{text}");
        assert_eq!(serde_json::from_str::<Unit>(&text).unwrap(), before[1]);
        assert_eq!(serde_json::from_str::<Unit>(&serde_json::to_string(&before[0]).unwrap()).unwrap(), before[0]);
    }

    #[test]
    fn what_pieces_found_comes_back_to_the_last_bit() {
        let eigen = EigenReport {
            largest: vec![1.0 / 3.0, 1e-300],
            smallest: vec![-2.0],
            residuals: vec![f64::NAN],
            products: 7,
            converged: true,
        };
        let accuracy = Some(vec![1.0, 0.1 + 0.2]);
        for found in [
            PieceFound::Basics { loss: f64::INFINITY, accuracy: None, gradient_norm: 3.0 },
            PieceFound::Eigenvalues(eigen),
            PieceFound::Trace { values: vec![0.1 + 0.2, -0.0], sizes: vec![2, 1] },
            PieceFound::LayerTraces { values: vec![vec![1.0, f64::MIN_POSITIVE], vec![f64::NAN, 2.5]] },
            PieceFound::SliceRows { loss: vec![f64::NAN, 2.0], accuracy },
            PieceFound::Density { nodes: vec![vec![[1.5, 0.25]], Vec::new()] },
        ] {
            let again: PieceFound = toml::from_str(&toml::to_string(&found).unwrap()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{found:?}"), "NaN is NaN");
        }
    }
}
