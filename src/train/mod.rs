//! A run: one configuration, one seed, one journal. No threads and no window here.
//!
//! A [`Run`] is a function of (experiment, optimiser, seed, journal): steps consume random streams named by seed and step,
//! so that measuring or waiting between two steps changes nothing, and replaying the journal gives the same curves.

mod limits;
mod pictures;
mod prompts;
mod run;
mod start;
mod task;
mod tensors;

pub use pictures::Pictures;
pub use prompts::{Prompt, Prompts};
pub use run::{
    AverageState, BestWeights, CheckpointError, Divergence, History, HostCopy, Replay, Run, RunState, replay,
};
pub use start::StartError;
pub use task::{Prepared, Task, TaskError, Texts, targets};
pub use tensors::tensors_of;
