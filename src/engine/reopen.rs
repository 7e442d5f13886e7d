//! A session that is read to go on with it. What is damaged in it is left out and told; a file that cannot be read at all is
//! salvaged into another one beside it, and stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Experiment;
use crate::protocol::{LossGrid, RunId, RunRows};
use crate::session::files::{FILES_KEY, KeptFiles, first_change};
use crate::session::store::{
    Checkpoint, KeptRun, Measured, PathWeights, Provenance, Recorder, Session, StoreError, Writer, salvage,
};

use super::recording::VIEW_KEY;

/// Its runs would have to be trained again to stand where their last rows are.
const GATHERED: &str = "it was gathered from the results of a sweep, which have no weights to go on from, expected the folder of \
    the sweep, where each of its runs can be opened";

/// A run of a session with all that is kept of it.
pub(super) struct ReadRun {
    pub kept: KeptRun,
    pub rows: RunRows,
    /// Its states by ascending step.
    pub states: Vec<Checkpoint>,
    pub path: Vec<PathWeights>,
    /// Its slices by ascending step.
    pub slices: Vec<Arc<LossGrid>>,
}

impl ReadRun {
    /// Its id.
    pub const fn id(&self) -> RunId {
        self.kept.info.run
    }

    /// The step of its last row.
    pub fn last_step(&self) -> u64 {
        let state = self.states.last().map_or(0, |state| state.step);
        self.rows.steps.last().map_or(state, |row| row.step.max(state))
    }
}

/// A session as it was read.
pub(super) struct ReadSession {
    /// The file, which is another one where that had to be salvaged.
    pub path: PathBuf,
    pub provenance: Provenance,
    pub experiment: Experiment,
    /// Its runs in the order in which they are shown; removed ones are not among them.
    pub runs: Vec<ReadRun>,
    /// All runs that it ever had, removed ones too: a branch may come from one.
    pub all: Vec<KeptRun>,
    pub measured: Vec<Measured>,
    pub view: Option<String>,
    /// What is kept of the files that the experiment names, as it stands there.
    pub files: Option<String>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

impl ReadSession {
    /// Reads a session file.
    ///
    /// # Errors
    /// One sentence without its full stop: why it cannot be opened.
    pub fn read(path: &Path) -> Result<Self, String> {
        match Self::read_whole(path) {
            Err(Unread::Damaged(_)) => Self::read_salvaged(path),
            read => read.map_err(Unread::words),
        }
    }

    fn read_salvaged(path: &Path) -> Result<Self, String> {
        let saved = salvage(path).map_err(|err| err.to_string())?;
        let mut read = Self::read_whole(&saved.path).map_err(Unread::words)?;
        let missing = match saved.missing.as_slice() {
            [] => "Nothing is missing.".to_owned(),
            missing => missing.join(" "),
        };
        let (old, new) = (path.display(), saved.path.display());
        let note = format!(
            "The session file is damaged and stays as it is: {old}. What can be read of it is now in {new}. {missing}"
        );
        read.notes.insert(0, note);
        Ok(read)
    }

    fn read_whole(path: &Path) -> Result<Self, Unread> {
        let session = Session::open(path)?;
        let provenance = session.provenance()?;
        if provenance.writer == Writer::Gather {
            return Err(Unread::Other(GATHERED.to_owned()));
        }
        let Some(kept) = session.experiment()? else {
            return Err(Unread::Other("there is no experiment in it yet".to_owned()));
        };
        let experiment = Experiment::from_toml(&kept.toml);
        let experiment = experiment.map_err(|err| Unread::Other(format!("its experiment cannot be used: {err}")))?;
        let all = session.runs()?;
        let changed = first_change(&KeptFiles::of(&session)?);
        let mut notes: Vec<String> = changed.iter().map(|words| changed_words(words)).collect();
        let shown = all.iter().filter(|run| run.removed.is_none());
        let runs = shown.map(|run| read_run(&session, run.clone(), &mut notes)).collect::<Result<Vec<_>, _>>()?;
        if runs.is_empty() {
            return Err(Unread::Other("there is no run in it".to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            provenance,
            experiment,
            runs,
            all,
            measured: session.measured()?,
            view: session.text(VIEW_KEY)?,
            files: session.text(FILES_KEY)?,
            notes,
        })
    }

    /// The highest id of a run.
    pub fn last_id(&self) -> RunId {
        self.all.iter().map(|run| run.info.run).max().unwrap_or(RunId(0))
    }

    /// The highest generation of a plane that there are slices of.
    pub fn last_generation(&self) -> u64 {
        let slices = self.runs.iter().flat_map(|run| &run.slices);
        slices.map(|slice| slice.generation).max().unwrap_or(0)
    }

    /// Goes on in the same file. `None` where that cannot be, which is noted: another window writes it, or it may only be read.
    pub fn writer(&mut self) -> Option<Recorder> {
        let why = match Recorder::open(&self.path) {
            Ok(recorder) => return Some(recorder),
            Err(StoreError::InUse(_)) => "is written by another window or program".to_owned(),
            Err(StoreError::ReadOnly(_)) => "may only be read".to_owned(),
            Err(err) => format!("cannot be written ({err})"),
        };
        let path = self.path.display();
        self.notes.push(format!(
            "The session {path} {why}. What is open here is a copy of it, which goes on in a session of its own."
        ));
        None
    }
}

/// What is told where the runs would go on with other examples or other weights than they have seen.
fn changed_words(words: &str) -> String {
    format!("All is shown as it was, but Play would not go on bit for bit: {words}.")
}

fn read_run(session: &Session, kept: KeptRun, notes: &mut Vec<String>) -> Result<ReadRun, StoreError> {
    let id = kept.info.run;
    let mut num_lost = 0;
    let mut states = Vec::new();
    for entry in session.checkpoints(id)? {
        match session.checkpoint(entry.id) {
            Ok(state) => states.push(state),
            Err(_) => num_lost += 1,
        }
    }
    let mut slices = Vec::new();
    for entry in session.slices(id)? {
        match session.slice(entry.id) {
            Ok(slice) => slices.push(Arc::new(slice)),
            Err(_) => num_lost += 1,
        }
    }
    if num_lost > 0 {
        let label = kept.info.optimizer.label();
        notes.push(format!("{num_lost} states or slices of the run {label} are damaged and were left out."));
    }
    Ok(ReadRun { rows: session.rows(id)?, path: session.path_weights(id)?, kept, states, slices })
}

/// Why a session cannot be read.
enum Unread {
    /// Parts of it may still be readable.
    Damaged(StoreError),
    Other(String),
}

impl Unread {
    fn words(self) -> String {
        match self {
            Self::Damaged(err) => err.to_string(),
            Self::Other(reason) => reason,
        }
    }
}

impl From<StoreError> for Unread {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::Damaged { .. } => Self::Damaged(err),
            err => Self::Other(err.to_string()),
        }
    }
}
