//! How a comparison was asked for, for its page.

use crate::cli::session::comparison;
use crate::engine::{Asked, CompareOptions, Keeping};
use crate::export::{Rerun, command_line};

/// The command line as it was typed, and what the experiment does not say of it.
pub fn asked_for(options: &CompareOptions) -> Asked {
    let typed: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let command = command_line(std::iter::once("flatscape").chain(typed.iter().map(String::as_str)));
    let curvature = match options.curvature {
        None => "none".to_owned(),
        Some(0) => "end".to_owned(),
        Some(times) => times.to_string(),
    };
    let arguments = ["--curvature", &curvature, "--device", &options.device.to_string()].map(str::to_owned).to_vec();
    Asked { command, arguments }
}

/// The same as a page has it.
pub fn rerun_of(Asked { command, arguments }: Asked) -> Rerun {
    Rerun { command, arguments }
}

/// That of a comparison which is kept: one that was gone on with was asked for when it began.
pub fn kept_rerun(keeping: &Keeping) -> Rerun {
    let kept = comparison(&keeping.path).ok().flatten();
    rerun_of(kept.map_or_else(|| keeping.asked.clone(), |kept| kept.asked))
}
