//! What can be kept of one's own work: the experiment with its knobs as they are, and the weights of a run.

use std::path::absolute;

use super::App;
use crate::config::{Experiment, bundled_weights};
use crate::protocol::{Command, RunId};
use crate::ui::kit::format::file_stem;
use crate::ui::state::shared::Shared;

use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;
use crate::ui::state::restart::{self, Restart};

impl App {
    /// Asks where the experiment shall be saved, with the knobs of its runs as they are now.
    pub(super) fn save_experiment(&mut self) {
        match experiment_file(&self.model, &self.shared) {
            Ok((text, beside)) => {
                if !beside.is_empty() {
                    let names = restart::list(&beside);
                    let text = format!("An experiment has one run an optimizer, so it is saved without {names}.");
                    self.model.notices.push(Level::Warning, text);
                }
                let suggested = format!("{}.toml", file_stem(&self.model.experiment.title));
                self.files.ask_where_to_save(&suggested, text.into_bytes());
            }
            Err(problem) => {
                let text = format!("The experiment cannot be saved as it is. {problem}");
                self.model.notices.push(Level::Warning, text);
            }
        }
    }

    /// Asks the engine for the weights of the selected run.
    pub(super) fn fetch_weights(&mut self) {
        if let Some(run) = self.shared.selected_run(&self.model) {
            self.start_run = None;
            self.send(Command::FetchWeights(run));
        }
    }

    /// Asks the engine for the weights of the selected run, to start from them.
    pub(super) fn fetch_start(&mut self) {
        if let Some(run) = self.shared.selected_run(&self.model)
            && self.send(Command::FetchWeights(run))
        {
            self.start_run = Some(run);
        }
    }

    /// Takes weights that the engine has told: to start from them, or asks where they shall be saved.
    pub(super) fn take_weights(&mut self, (run, step, file): (RunId, u64, Vec<u8>)) {
        if self.start_run.take_if(|asked| *asked == run).is_some() {
            return self.start_from_run(run, step, &file);
        }
        let name = self.model.run(run).map_or("run", |run| run.name());
        self.files.ask_where_to_save(&format!("{}-step-{step}.safetensors", file_stem(name)), file);
    }
}

/// The text of the experiment, and the runs that are not in it.
pub(super) fn experiment_file(model: &Model, shared: &Shared) -> Result<(String, Vec<String>), String> {
    present_experiment(model, shared).map(|(experiment, beside)| (experiment.to_toml(), beside))
}

/// The experiment with the knobs of its runs as they are, and the runs that are not in it.
pub(super) fn present_experiment(model: &Model, shared: &Shared) -> Result<(Experiment, Vec<String>), String> {
    let mut experiment = (*model.experiment).clone();
    if let Some(path) = &mut experiment.data.path {
        // The file may be read from another folder.
        *path = absolute(&*path).map_err(|err| format!("The path of the data has no place: {err}."))?;
    }
    if let Some(start) = experiment.start.as_mut().filter(|start| bundled_weights(&start.weights).is_none()) {
        start.weights =
            absolute(&start.weights).map_err(|err| format!("The path of the weights has no place: {err}."))?;
    }
    let Restart { experiment, mut beside, ended, .. } = Restart::of(model, shared, experiment)?;
    beside.extend(ended);
    Ok((experiment, beside))
}
