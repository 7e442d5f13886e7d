//! Names for what a consumer and the engine speak of.

/// Names a run. Ids are never used twice by one engine, so that events of a closed run can be told apart and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct RunId(pub u32);

/// Names a job. The consumer chooses it, so that it can cancel what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct JobId(pub u32);
