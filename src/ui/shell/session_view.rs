//! What the window finds again in a session that is opened: panes, charts and landscapes as they stood, and what the user said of
//! the runs. The engine keeps it as a text that it does not read.

use std::collections::{BTreeMap, BTreeSet};

use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

use super::dock::Dock;
use super::panes::Panes;
use crate::config::Pace;
use crate::protocol::{JobId, RunId};
use crate::ui::contract::pane::{Layout, Pane};
use crate::ui::panes::charts::ChartSettings;
use crate::ui::panes::landscape::{LandscapePlace, LandscapeSettings};
use crate::ui::panes::runs::OpenGroups;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::{Identity, RunView};
use crate::ui::state::shared::Shared;

/// What the window finds again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionView {
    layout: Layout,
    trees: BTreeMap<Layout, Tree<Pane>>,
    charts: ChartSettings,
    landscape: LandscapeSettings,
    /// Where the landscapes stand, as TOML, which keeps numbers to the last bit: slices of the past are told apart by them.
    place: String,
    knob_groups: OpenGroups,
    /// The place of the selected run.
    selected: Option<usize>,
    hidden: BTreeSet<RunId>,
    runs: Vec<RunLook>,
    /// Measurements whose runs have gone back from them.
    void: Vec<JobId>,
    pace: Option<Pace>,
}

/// What tells a run apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RunLook {
    run: RunId,
    identity: Identity,
    /// The name of the run that it came from.
    source: Option<String>,
}

impl SessionView {
    /// What is shown now.
    pub fn of(dock: &Dock, panes: &Panes, model: &Model, shared: &Shared) -> Self {
        let look = |run: &RunView| RunLook { run: run.info.run, identity: run.identity(), source: run.source.clone() };
        Self {
            layout: dock.layout,
            trees: dock.trees().clone(),
            charts: panes.charts.settings(),
            landscape: panes.landscapes.settings(),
            // A seed beyond what TOML holds leaves the landscapes where an experiment has them at first.
            place: toml::to_string(&panes.landscapes.place()).unwrap_or_default(),
            knob_groups: panes.runs.groups().clone(),
            selected: shared.selected,
            hidden: shared.hidden.clone(),
            runs: model.runs.iter().map(look).collect(),
            void: model.jobs.iter().filter(|job| job.is_void).map(|job| job.id).collect(),
            pace: Some(model.pace),
        }
    }

    /// Shows all of it. What a file has that cannot be shown is left as it is.
    pub fn show(self, dock: &mut Dock, panes: &mut Panes, model: &mut Model, shared: &mut Shared) {
        if !self.trees.is_empty() {
            *dock = Dock::new(self.layout, self.trees);
        }
        panes.charts.remember(&self.charts);
        panes.landscapes.apply(self.landscape);
        if let Ok(place) = toml::from_str::<LandscapePlace>(&self.place) {
            panes.landscapes.go_to(place);
        }
        panes.runs.restore(&self.knob_groups);
        for look in self.runs {
            if let Some(run) = model.run_mut(look.run) {
                run.take_identity(look.identity);
                run.source = look.source;
            }
        }
        model.jobs.iter_mut().filter(|job| self.void.contains(&job.id)).for_each(|job| job.is_void = true);
        shared.selected = self.selected.filter(|place| *place < model.runs.len());
        shared.hidden = self.hidden.into_iter().filter(|run| model.run(*run).is_some()).collect();
    }

    /// Whether runs wait for their measurements.
    pub const fn pace(&self) -> Option<Pace> {
        self.pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn what_is_shown_comes_back_and_a_view_of_another_release_does_no_harm() {
        let (mut panes, mut shared) = (Panes::default(), Shared::default());
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let mut dock = Dock::new(Layout::Teach, BTreeMap::from([(Layout::Teach, Layout::Teach.tree())]));
        let text = serde_json::to_string(&SessionView::of(&dock, &panes, &model, &shared)).expect("it has a text");
        let mut other = Dock::new(Layout::Explore, BTreeMap::new());
        let view: SessionView = serde_json::from_str(&text).expect("its own text");
        view.show(&mut other, &mut panes, &mut model, &mut shared);
        assert_eq!((other.layout, other.trees().len()), (dock.layout, 1));
        let odd = r#"{"selected": 7, "hidden": [3], "place": "slice = 3", "later": true}"#;
        let view: SessionView = serde_json::from_str(odd).expect("what is missing is as at first");
        view.show(&mut dock, &mut panes, &mut model, &mut shared);
        assert_eq!((dock.layout, shared.selected, shared.hidden.len()), (Layout::Teach, None, 0));
    }
}
