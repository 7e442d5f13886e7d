//! The folder of a sweep: `plan.json`, and `units/NAME.toml` for each unit that is done.
//!
//! A result is TOML, which has NaN and infinity; it says which unit it is of and what made it, and is whole or not there. Beside
//! them stand `claims/NAME` while a worker is at a unit, and `failed/NAME` with the reason where it gave up.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::SweepError;
use super::plan::Plan;
use crate::session::whole::{is_whole, read_whole, write_beside, write_whole};

/// The file of the plan.
pub const PLAN_FILE: &str = "plan.json";
/// The folder of results.
const UNITS: &str = "units";
/// The folder of claims.
const CLAIMS: &str = "claims";
/// The folder of reasons.
const FAILED: &str = "failed";
/// The end of a result's name.
const RESULT: &str = ".toml";

/// A folder with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFolder {
    path: PathBuf,
}

/// What made a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The program's version.
    pub version: String,
    /// Name of the device, such as "CPU (Flex), 2 threads".
    pub device: String,
    /// The processor, where that is the device: which instructions it has may change the last digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
}

/// A result as its file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored<T> {
    /// The unit's name.
    pub unit: String,
    /// What made it.
    pub origin: Origin,
    /// What was found.
    pub found: T,
}

impl SweepFolder {
    /// Makes the folder where it is missing and writes the plan. Results that are there stay: units of the same content are
    /// not done again.
    ///
    /// # Errors
    /// [`SweepError::Planned`] where there is a plan already, unless `force` replaces it.
    pub fn create(path: &Path, plan: &Plan, force: bool) -> Result<Self, SweepError> {
        let folder = Self { path: path.to_owned() };
        let file = path.join(PLAN_FILE);
        if file.symlink_metadata().is_ok() && !force {
            return Err(SweepError::Planned(path.to_owned()));
        }
        let text = plan.to_json()?;
        for folder in [path.join(UNITS), path.join(CLAIMS)] {
            fs::create_dir_all(&folder).map_err(|err| SweepError::io(&folder, err))?;
        }
        write_beside(&file, &text).map_err(|err| SweepError::io(&file, err))?;
        Ok(folder)
    }

    /// Opens a folder and reads its plan.
    ///
    /// # Errors
    /// [`SweepError::NoPlan`].
    pub fn open(path: &Path) -> Result<(Self, Plan), SweepError> {
        let file = path.join(PLAN_FILE);
        let no_plan = |reason: String| SweepError::NoPlan { path: file.clone(), reason };
        let text = fs::read_to_string(&file).map_err(|err| no_plan(err.to_string()))?;
        let plan = Plan::from_json(&text).map_err(no_plan)?;
        Ok((Self { path: path.to_owned() }, plan))
    }

    /// Whether a folder is one of a sweep: its plan lies there, which may be of another version.
    #[must_use]
    pub fn is_there(path: &Path) -> bool {
        path.join(PLAN_FILE).is_file()
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of results.
    #[must_use]
    pub fn units_folder(&self) -> PathBuf {
        self.path.join(UNITS)
    }

    /// The folder of claims.
    #[must_use]
    pub fn claims_folder(&self) -> PathBuf {
        self.path.join(CLAIMS)
    }

    /// The folder of what failed; it is made where something does.
    #[must_use]
    pub fn failed_folder(&self) -> PathBuf {
        self.path.join(FAILED)
    }

    /// The unit whose result has this name.
    #[must_use]
    pub fn unit_of(file_name: &str) -> Option<&str> {
        file_name.strip_suffix(RESULT)
    }

    /// Says why a unit failed, for whoever watches. What cannot be said there is no further failure: the worker says it too.
    pub fn note_failure(&self, id: &str, reason: &str) {
        let folder = self.failed_folder();
        let _ = fs::create_dir_all(&folder).and_then(|()| write_beside(&folder.join(id), &format!("{reason}\n")));
    }

    /// Forgets that a unit failed: it is done again.
    pub fn forget_failure(&self, id: &str) {
        let _ = fs::remove_file(self.failed_folder().join(id));
    }

    /// Where the claim of a unit is.
    #[must_use]
    pub fn claim_path(&self, id: &str) -> PathBuf {
        self.claims_folder().join(id)
    }

    /// Where the result of a unit is.
    #[must_use]
    pub fn result_path(&self, id: &str) -> PathBuf {
        self.units_folder().join(format!("{id}{RESULT}"))
    }

    /// Whether a unit is done, by the two ends of its file.
    #[must_use]
    pub fn is_done(&self, id: &str) -> bool {
        let head = format!("unit = \"{id}\"\n");
        let begins = |path: &Path| -> std::io::Result<bool> {
            let mut found = vec![0; head.len()];
            fs::File::open(path)?.read_exact(&mut found)?;
            Ok(found == head.as_bytes())
        };
        let path = self.result_path(id);
        begins(&path).unwrap_or(false) && is_whole(&path)
    }

    /// The result of a unit; `None` where there is none that is whole and of this unit.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, id: &str) -> Option<Stored<T>> {
        let text = read_whole(&self.result_path(id))?;
        toml::from_str(&text).ok().filter(|stored: &Stored<T>| stored.unit == id)
    }

    /// Writes the result of a unit.
    ///
    /// # Errors
    /// [`SweepError::Io`]; what was there before is whole then.
    pub fn write<T: Serialize>(&self, stored: &Stored<T>) -> Result<(), SweepError> {
        let path = self.result_path(&stored.unit);
        let text = toml::to_string(stored).map_err(std::io::Error::other);
        text.and_then(|text| write_whole(&path, &text)).map_err(|err| SweepError::io(&path, err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::comparison::ComparisonPlan;
    use crate::sweep::plan::Work;
    use crate::sweep::unit::FORMAT;

    fn plan() -> Plan {
        let (experiment, optimizers, points) = (String::new(), Vec::new(), Vec::new());
        Plan {
            format: FORMAT,
            version: "1".to_owned(),
            folder: "/work".into(),
            device: "cpu".to_owned(),
            work: Work::Comparison(ComparisonPlan {
                experiment,
                optimizers,
                seeds: 1,
                curvature: None,
                weights: false,
                points,
            }),
            units: Vec::new(),
        }
    }

    fn stored(unit: &str, found: f64) -> Stored<Vec<f64>> {
        let origin = Origin { version: "1".to_owned(), device: "CPU".to_owned(), processor: None };
        Stored { unit: unit.to_owned(), origin, found: vec![found, f64::NAN, f64::INFINITY, 0.1 + 0.2] }
    }

    #[test]
    fn a_plan_comes_back_and_is_not_replaced_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/s");
        SweepFolder::create(&path, &plan(), false).unwrap();
        assert_eq!(SweepFolder::open(&path).unwrap().1, plan());
        let message = SweepFolder::create(&path, &plan(), false).unwrap_err().to_string();
        assert!(message.contains("--force"), "{message}");
        SweepFolder::create(&path, &plan(), true).unwrap();
        for (text, expected) in [
            ("", "EOF"),
            (r#"{"format": 9}"#, "format 9 and this program reads 1"),
            (r#"{"format": 1}"#, "missing field"),
        ] {
            fs::write(path.join(PLAN_FILE), text).unwrap();
            let message = SweepFolder::open(&path).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("flatscape plan"), "{message}");
        }
    }

    #[test]
    fn results_are_whole_and_of_their_unit_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let folder = SweepFolder::create(dir.path(), &plan(), false).unwrap();
        assert!(!folder.is_done("a") && folder.read::<Vec<f64>>("a").is_none());
        folder.write(&stored("a", 1.5)).unwrap();
        assert!(folder.is_done("a"));
        let again = folder.read::<Vec<f64>>("a").unwrap();
        assert_eq!(format!("{again:?}"), format!("{:?}", stored("a", 1.5)), "to the last bit, and NaN is NaN");

        fs::copy(folder.result_path("a"), folder.result_path("b")).unwrap();
        assert!(!folder.is_done("b") && folder.read::<Vec<f64>>("b").is_none(), "a file under another unit's name");
        let text = fs::read_to_string(folder.result_path("a")).unwrap();
        for cut in [0, 3, text.len() / 2, text.len() - 1] {
            fs::write(folder.result_path("a"), &text[..cut]).unwrap();
            assert!(!folder.is_done("a") && folder.read::<Vec<f64>>("a").is_none(), "cut at {cut}");
        }
        folder.write(&stored("a", 2.5)).unwrap();
        assert_eq!(folder.read::<Vec<f64>>("a").unwrap().found[0], 2.5, "it is done again");
    }
}
