//! What the landscapes take from the engine, once a frame and whichever panes are open: another experiment, other runs, new
//! slices, and with them the pictures and the colour scale.

use std::sync::Arc;

use super::choices::Field;
use super::difference::Difference;
use super::picture::{NO_ACCURACY, NO_PAST_ACCURACY, Picture, PictureId};
use super::places::PredictionCard;
use super::planes::first_slice;
use super::range::{is_near, range_for, runs_of};
use super::scale::{Spread, Subject, steady};
use super::state::LandscapeView;
use crate::protocol::{Command, RunId, SliceView};
use crate::render::{ContourStyle, LossScale};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::seen::Seen;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

impl LandscapeView {
    /// Takes new slices and finds the colour scale.
    pub fn collect(&mut self, seen: Seen<'_>, asks: &mut Asks) {
        if let Some(command) = self.follow(seen.model) {
            asks.send(command);
        }
        self.reopen(seen.model, asks);
        if let Some(command) = self.fit_range(seen.model) {
            asks.send(command);
        }
        self.refresh(seen.model);
        self.set_style(seen);
        self.catch_up(asks);
    }

    /// Follows the model: another experiment means the slices that it begins with, new runs a new past. Returns what the
    /// engine must be told.
    fn follow(&mut self, model: &Model) -> Option<Command> {
        let is_same = self.experiment.as_ref().is_some_and(|known| Arc::ptr_eq(known, &model.experiment));
        if !is_same {
            self.experiment = Some(Arc::clone(&model.experiment));
            self.slice = first_slice(&model.experiment);
            self.leave_minima();
            // The accuracy has to be asked for; an experiment begins without.
            self.field = Field::Loss;
            self.window = None;
            (self.fit, self.home) = (None, None);
            self.forget();
        }
        let runs = (model.generation, model.runs.len(), model.runs.last().map(|run| run.info.run));
        if self.runs != runs {
            self.runs = runs;
            self.playback.retain(|run| model.run(run).is_some());
            self.pictures.retain(|id, _| id.run().is_none_or(|run| model.run(run).is_some()));
            self.difference =
                self.difference.filter(|chosen| chosen.runs().iter().all(|run| model.run(*run).is_some()));
            self.menu = None;
            let is_without_runs = runs_of(&self.slice.plane).iter().any(|run| model.run(*run).is_none());
            if !model.runs.is_empty() && is_without_runs {
                self.slice.plane = first_slice(&model.experiment).plane;
                self.leave_minima();
                (self.fit, self.home) = (None, None);
                return Some(Command::SetSlice(self.slice));
            }
        }
        None
    }

    fn forget(&mut self) {
        self.playback.clear();
        self.pictures.clear();
        self.difference = None;
        self.menu = None;
        self.prediction = PredictionCard::default();
    }

    /// Asks for the range of a newly chosen plane, once the slices that tell it have come.
    fn fit_range(&mut self, model: &Model) -> Option<Command> {
        let fit = self.fit?;
        if self.slice.plane != *fit.plane() {
            self.fit = None;
            return None;
        }
        let reach = fit.reach(model)?;
        self.fit = None;
        let range = if reach > 0.0 { range_for(reach) } else { self.slice.range };
        if is_near(range, self.slice.range) || self.playback.shown_step().is_some() {
            self.home = Some(self.slice.range);
            return None;
        }
        self.home = Some(range);
        self.window = None;
        self.slice = SliceView { range, ..self.slice };
        Some(Command::SetSlice(self.slice))
    }

    /// Takes new slices: into the past, and on the colour scale.
    fn refresh(&mut self, model: &Model) {
        // A followed run may look back at a checkpoint, which is no end of what came after it.
        let is_new = |run: &RunView| {
            let kept = self.playback.last_step(run.info.run).filter(|_| run.is_followed());
            let is_there = |step: u64| run.evals.until(step).is_some_and(|row| row.step == step);
            !run.slice.as_ref().zip(kept).is_some_and(|(slice, kept)| slice.grid.step < kept && is_there(kept))
        };
        let slices = model.runs.iter().map(|run| (run.info.run, run.slice.as_ref().filter(|_| is_new(run))));
        let newest: Vec<_> = slices.map(|(run, slice)| (run, slice.map(|slice| &slice.grid))).collect();
        self.playback.collect(newest.into_iter(), &self.slice);
        let (field, scale) = (self.field, self.scale());
        let is_past = self.playback.shown_step().is_some();
        let absent = if is_past { NO_PAST_ACCURACY } else { NO_ACCURACY };
        for run in &model.runs {
            let id = run.info.run;
            let newest = run.slice.as_ref().map(|slice| &slice.grid);
            let shown = if is_past { self.playback.shown_slice(id) } else { newest };
            let key = PictureId::Run(id);
            match shown {
                None => {
                    self.pictures.remove(&key);
                }
                Some(grid) => {
                    let known = self.pictures.get_mut(&key);
                    if !known.is_some_and(|known| known.takes(grid, None, field, scale)) {
                        self.pictures.insert(key, Picture::new(grid, field, scale, absent));
                    }
                }
            }
        }
        self.refresh_difference();
    }

    fn refresh_difference(&mut self) {
        let pair = self.difference.and_then(|Difference { a, b }| {
            let grid = |run| self.pictures.get(&PictureId::Run(run)).map(|picture| Arc::clone(&picture.grid));
            Some((grid(a)?, grid(b)?))
        });
        let Some((a, b)) = pair else {
            self.pictures.remove(&PictureId::Difference);
            return;
        };
        let known = self.pictures.get_mut(&PictureId::Difference);
        if !known.is_some_and(|known| known.takes(&a, Some(&b), self.field, LossScale::Symmetric)) {
            let picture = Picture::of_difference(&a, &b, self.field);
            self.pictures.insert(PictureId::Difference, picture);
        }
    }

    /// Finds the scale over all slices that are shown, or over all of the past while that is shown.
    fn set_style(&mut self, seen: Seen<'_>) {
        let scale = self.scale();
        let compared = self.difference.map(|chosen| chosen.runs());
        let is_shown = |run: RunId| compared.map_or_else(|| !seen.is_hidden(run), |runs| runs.contains(&run));
        let shown = seen.model.runs.iter().map(|run| run.info.run).filter(|run| is_shown(*run));
        let pictures = shown.filter_map(|run| self.pictures.get(&PictureId::Run(run)));
        self.subject = Subject::of(pictures.clone().map(|picture| &*picture.grid));
        let now = pictures.filter_map(|picture| picture.spread).reduce(Spread::and);
        let past = self.playback.shown_step().and_then(|_| self.playback.spread(self.field, is_shown));
        let map = self.map;
        self.style = past.or(now).map(|spread| ContourStyle::on(scale, steady(scale, spread)).with_map(map));
        let of_difference = self.pictures.get(&PictureId::Difference).and_then(|picture| picture.spread);
        self.difference_style =
            of_difference.map(|spread| ContourStyle::on(LossScale::Symmetric, steady(LossScale::Symmetric, spread)));
    }
}
