//! Whether what is drawn goes into a figure, in which nothing can be pressed, and whether that is for paper.

use egui::{Context, Id, Ui};

/// Stands in the memory of a context that draws figures.
#[derive(Clone)]
struct IsFigure;

/// Marks a context as one that draws figures.
pub fn draws_figures(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(Id::NULL, IsFigure));
}

/// Whether this is drawn for a figure: what only asks to be pressed is left out then.
#[must_use]
pub fn is_figure(ui: &Ui) -> bool {
    ui.data(|data| data.get_temp::<IsFigure>(Id::NULL)).is_some()
}

/// Stands in the memory of a context that draws for paper.
#[derive(Clone)]
struct IsPaper;

/// Marks a context as one that draws figures for paper.
pub fn draws_for_paper(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(Id::NULL, IsPaper));
}

/// Whether this is drawn for paper: what can be lines is no picture then.
#[must_use]
pub fn is_on_paper(ui: &Ui) -> bool {
    ui.data(|data| data.get_temp::<IsPaper>(Id::NULL)).is_some()
}
