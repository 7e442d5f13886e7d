//! The runs by name and colour: a click shows or hides one.

use egui::Ui;

use crate::protocol::RunId;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::chart::legend::{Entry, entry_ui, row_ui, sample_ui};
use crate::ui::plots::chart::paint::Pen;

const HINT: &str = "A click shows or hides this run in all charts; with Alt it shows this one alone, or all again.";

/// Draws the runs, and how streamed curvature is told from what was measured at single steps, where it is drawn with a pen.
pub fn legend_ui(ui: &mut Ui, seen: Seen<'_>, stream: Option<Pen>, asks: &mut Asks) {
    row_ui(ui, "runs", |ui| {
        for run in &seen.model.runs {
            let id = run.info.run;
            let label = format!("Show {} in charts", run.name());
            let color = run.color(Tokens::of(ui));
            let is_hidden = seen.is_hidden(id);
            let entry = Entry { name: run.name(), label: &label, color, is_shown: !is_hidden };
            if !entry_ui(ui, entry, HINT) {
                continue;
            }
            if ui.input(|input| input.modifiers.alt) {
                show_only(seen, asks, id);
            } else {
                asks.push(Ask::Hide { run: id, is_hidden: !is_hidden });
            }
        }
        if let Some(pen) = stream {
            ui.add_space(10.0);
            for (pen, words) in [(pen, "streamed"), (Pen::Marks, "measured at one step")] {
                help::term(sample_ui(ui, pen, words), Term::Streamed);
            }
        }
    });
}

/// Shows one run alone; all of them where it was alone already.
fn show_only(seen: Seen<'_>, asks: &mut Asks, id: RunId) {
    let runs = || seen.model.runs.iter().map(|run| run.info.run);
    let is_alone = runs().all(|run| seen.is_hidden(run) == (run != id));
    if is_alone {
        asks.push(Ask::ShowAll);
    } else {
        runs().for_each(|run| asks.push(Ask::Hide { run, is_hidden: run != id }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind, builtin_experiments};
    use crate::protocol::{Origin, RunInfo};
    use crate::ui::state::model::Model;
    use crate::ui::state::run_view::RunView;
    use crate::ui::state::shared::Shared;

    #[test]
    fn a_run_is_shown_alone_and_then_all_are() {
        let mut model = Model::new(builtin_experiments().into_iter().next().expect("there are experiments"));
        let info = |run| RunInfo {
            run: RunId(run),
            optimizer: OptimizerKind::Sgd,
            seed: 0,
            knobs: Knobs::default(),
            origin: Origin::Initial,
        };
        model.runs.extend([0, 1, 2].map(|run| RunView::new(info(run))));
        let asked = |hidden: &[u32]| {
            let shared = Shared { hidden: hidden.iter().copied().map(RunId).collect(), ..Shared::default() };
            let mut asks = Asks::default();
            show_only(Seen { model: &model, shared: &shared }, &mut asks, RunId(1));
            asks.take()
        };
        let alone = [0, 1, 2].map(|run| Ask::Hide { run: RunId(run), is_hidden: run != 1 });
        assert_eq!(asked(&[]), alone);
        assert_eq!(asked(&[1, 2]), alone, "one that was hidden is shown");
        assert_eq!(asked(&[0, 2]), [Ask::ShowAll]);
    }
}
