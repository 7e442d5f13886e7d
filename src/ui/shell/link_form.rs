//! The link to an experiment: as text to copy, and as a code that a camera reads.

use egui::{Color32, Rect, Role, Sense, Ui, pos2, vec2};
use qrcode::{EcLevel, QrCode};

use crate::ui::kit::widgets;

/// Modules of white around a code, as readers want it.
const MARGIN: usize = 4;
/// The side of the code in points, where there is room for it.
const SIDE: f32 = 360.0;

const ABOUT: &str = "It carries the experiment and its knobs, and nothing of what was trained. Whoever has Flatscape opens it by a click, \
                     by “Open a file…”, or with `flatscape 'LINK'`.";

/// A link and its code.
#[derive(Debug, Default)]
pub struct LinkForm {
    link: String,
    /// Dark modules by rows, and how many there are in one; none where the link is too long for a code.
    code: Option<(Vec<bool>, usize)>,
}

impl LinkForm {
    /// Makes the code of a link.
    pub fn new(link: String) -> Self {
        let code = QrCode::with_error_correction_level(link.as_bytes(), EcLevel::L).ok();
        let code = code.map(|code| {
            let side = code.width();
            (code.into_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect(), side)
        });
        Self { link, code }
    }
}

/// Draws the link and its code. True when it is to be closed.
pub fn link_ui(ui: &mut Ui, form: &LinkForm, is_new: bool) -> bool {
    let text = ui.add(egui::Label::new(egui::RichText::new(&form.link).monospace()).wrap().selectable(true));
    widgets::name(&text, Role::Label, &form.link);
    let mut is_closed = false;
    ui.horizontal(|ui| {
        let copy = ui.button("Copy the link");
        if is_new {
            copy.request_focus();
        }
        if copy.clicked() {
            ui.ctx().copy_text(form.link.clone());
        }
        is_closed = ui.button("Close").clicked();
    });
    ui.add_space(6.0);
    if let Some((modules, side)) = &form.code {
        code_ui(ui, modules, *side);
    }
    ui.add_space(6.0);
    widgets::small_weak_ui(ui, ABOUT);
    is_closed
}

/// Draws a code: dark on white in every theme, as readers want it.
fn code_ui(ui: &mut Ui, modules: &[bool], side: usize) {
    let whole = side + 2 * MARGIN;
    // Modules of whole pixels are read from farther away.
    let pixel = 1.0 / ui.pixels_per_point();
    let module = ((SIDE.min(ui.available_width()) / whole as f32) / pixel).floor().max(1.0) * pixel;
    let (rect, response) = ui.allocate_exact_size(vec2(1.0, 1.0) * (whole as f32 * module), Sense::hover());
    widgets::name(&response, Role::Image, "The link as a code");
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, Color32::WHITE);
    for (place, _) in modules.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
        let [x, y] = [place % side, place / side].map(|place| (place + MARGIN) as f32 * module);
        let corner = pos2(rect.left() + x, rect.top() + y);
        painter.rect_filled(Rect::from_min_size(corner, vec2(module, module)), 0.0, Color32::BLACK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MOST_CHARACTERS;

    #[test]
    fn every_link_has_a_code_with_its_three_corners() {
        for length in [30, 200, MOST_CHARACTERS] {
            let form = LinkForm::new("a".repeat(length));
            let (modules, side) = form.code.expect("a code");
            assert_eq!(modules.len(), side * side);
            let is_dark = |x: usize, y: usize| modules[y * side + x];
            for [x, y] in [[0, 0], [side - 7, 0], [0, side - 7]] {
                // A dark ring, a white one, and a dark square of three modules.
                assert!((0..7).all(|at| is_dark(x + at, y) && is_dark(x, y + at)), "{length}");
                assert!((1..6).all(|at| !is_dark(x + at, y + 1)) && is_dark(x + 3, y + 3), "{length}");
            }
        }
    }
}
