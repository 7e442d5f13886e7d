//! Which landscapes are shown: one for each run, or two runs and their difference.

use super::difference::Difference;
use super::picture::PictureId;
use crate::protocol::RunId;
use crate::ui::contract::seen::Seen;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// The place of the difference; those of runs count from 0.
const DIFFERENCE: u32 = 1 << 15;

/// What one landscape shows.
#[derive(Debug, Clone, Copy)]
pub struct Landscape<'a> {
    /// Its place among all landscapes.
    pub index: u32,
    /// Its picture.
    pub id: PictureId,
    /// The run; of a difference, the first.
    pub run: &'a RunView,
    /// The run that is taken away.
    pub minus: Option<&'a RunView>,
    /// Everything else.
    pub model: &'a Model,
}

impl Landscape<'_> {
    /// The name of its picture.
    #[must_use]
    pub fn label(&self) -> String {
        match self.minus {
            Some(minus) => format!("Difference of {} and {}", self.run.name(), minus.name()),
            None => format!("Landscape of {}", self.run.name()),
        }
    }
}

/// The landscapes that are shown, in order.
#[must_use]
pub fn shown<'a>(seen: Seen<'a>, difference: Option<Difference>) -> Vec<Landscape<'a>> {
    let model = seen.model;
    let of_run = |(index, run): (usize, &'a RunView)| Landscape {
        index: index as u32,
        id: PictureId::Run(run.info.run),
        run,
        minus: None,
        model,
    };
    let find = |id: RunId| model.runs.iter().enumerate().find(|(_, run)| run.info.run == id);
    if let Some(chosen) = difference
        && let (Some(a), Some(b)) = (find(chosen.a), find(chosen.b))
    {
        let third = Landscape { index: DIFFERENCE, id: PictureId::Difference, run: a.1, minus: Some(b.1), model };
        return vec![of_run(a), of_run(b), third];
    }
    model.runs.iter().enumerate().filter(|(_, run)| !seen.is_hidden(run.info.run)).map(of_run).collect()
}
