//! Files that other libraries wrote, with what must be found in them.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::{Path, PathBuf};

use flatscape::config::LossKind;
use flatscape::data::{Imported, Labels, Wanted, import};
use serde::Deserialize;

/// One file or folder, and what must be found in it; `tests/reference/README.md` says what the keys are.
#[derive(Deserialize)]
pub struct Case {
    pub path: String,
    pub input: Vec<usize>,
    pub outputs: usize,
    pub loss: LossKind,
    pub divide_by: f64,
    pub tolerance: f64,
    pub class_names: Vec<String>,
    pub n: usize,
    // Read as 32 bits, which they are: the JSON parser is off by the last of 64 bits at times.
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    #[serde(default)]
    pub notes: Vec<String>,
    /// The column that is chosen as the label.
    #[serde(default)]
    pub label: Option<String>,
    /// The path of the case that has the same x.
    #[serde(default)]
    like: Option<String>,
}

impl Case {
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { input: &self.input, outputs: self.outputs, loss: self.loss, text: None }
    }
}

/// All cases of a folder of `tests/reference`.
pub fn cases(folder_name: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder(folder_name).join("expected.json")).unwrap();
    let mut cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    for place in 0..cases.len() {
        if let Some(like) = &cases[place].like {
            cases[place].x = cases.iter().find(|case| case.path == *like).unwrap().x.clone();
        }
    }
    cases
}

pub fn folder(folder_name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(folder_name)
}

/// Whether what was read is what the case lists.
pub fn check(case: &Case, found: &Imported) -> Result<(), String> {
    let data = &found.data;
    if (data.len(), &data.shape) != (case.n, &case.input) {
        return Err(format!("{} examples of {:?}", data.len(), data.shape));
    }
    if found.class_names != case.class_names {
        return Err(format!("classes {:?}", found.class_names));
    }
    let told = found.notes.join("; ");
    if let Some(note) = case.notes.iter().find(|note| !told.contains(*note)) {
        return Err(format!("no note {note:?} among {told}"));
    }
    // One rounding to 32 bits is allowed, and what the decoders of JPEG may differ by.
    let far = data.x.iter().zip(&case.x).find(|(found, expected)| {
        let expected = f64::from(**expected) / case.divide_by;
        (f64::from(**found) - expected).abs() > case.tolerance / case.divide_by + 6e-8 * expected.abs()
    });
    if let Some((found, expected)) = far {
        return Err(format!("x {found}, expected {expected}/{}", case.divide_by));
    }
    let y: Vec<f32> = match (&data.y, case.loss) {
        (Labels::Classes { of, count }, LossKind::CrossEntropy) if *count == case.outputs => {
            of.iter().map(|&class| class as f32).collect()
        }
        (Labels::Values { of, outputs }, LossKind::Mse) if *outputs == case.outputs => of.clone(),
        (labels, _) => return Err(format!("{labels:?}")),
    };
    if y == case.y { Ok(()) } else { Err(format!("y {y:?}")) }
}

/// All files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Reads all cases of a folder with some of their bytes changed, and counts what failed and what was read. Nothing may
/// panic, and what is said stands in one line.
pub fn mutated(folder_name: &str) -> [usize; 2] {
    let cases = cases(folder_name);
    let mut state = 7_u64;
    // A linear congruential generator (Knuth's MMIX): the same bytes every time.
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut outcomes = [0, 0];
    for case in &cases {
        let dir = tempfile::tempdir().unwrap();
        let source = folder(folder_name).join(&case.path);
        let root = if source.is_dir() { source.clone() } else { source.parent().unwrap().to_owned() };
        let mut originals = Vec::new();
        if source.is_dir() || case.path.contains('/') {
            files(&root, &mut originals);
        } else {
            originals.push(source.clone());
        }
        let copy_of = |path: &Path| dir.path().join(path.strip_prefix(&root).unwrap());
        for path in &originals {
            std::fs::create_dir_all(copy_of(path).parent().unwrap()).unwrap();
            std::fs::copy(path, copy_of(path)).unwrap();
        }
        for _ in 0..60 {
            let path = &originals[random(originals.len())];
            let mut bytes = std::fs::read(path).unwrap();
            for _ in 0..=random(4) {
                // Headers stand at the beginning or, in archives, at the end.
                let span = bytes.len().min(if random(2) == 0 { 64 } else { bytes.len() });
                let place = if random(3) == 0 { bytes.len() - 1 - random(span) } else { random(span) };
                bytes[place] = random(256) as u8;
            }
            std::fs::write(copy_of(path), &bytes).unwrap();
            let outcome = import::<f32>(&copy_of(&source), &case.wanted());
            outcomes[usize::from(outcome.is_ok())] += 1;
            if let Err(err) = outcome {
                assert!(!err.to_string().contains('\n'), "one line: {err}");
            }
            std::fs::copy(path, copy_of(path)).unwrap();
        }
    }
    outcomes
}
