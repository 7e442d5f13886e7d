//! Whether what is drawn goes into a figure.

/// Whether this is drawn for a figure, in which nothing can be pressed: what only asks to be pressed is left out then.
#[must_use]
pub fn is_figure(ui: &Ui) -> bool {
    ui.data(|data| data.get_temp::<IsFigure>(Id::NULL)).is_some()
}
