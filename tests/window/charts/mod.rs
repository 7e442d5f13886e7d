//! The charts of the window: what they show, how they move, what they export.

mod axes;
mod edge;
mod evaluated;
mod measured;
mod points;
mod readings;
mod streamed;

use egui::accesskit::Role;
use egui::{Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::fixture::{Window, sized};

const SIZE: [f32; 2] = [1700.0, 900.0];

/// A window whose three runs have done 100 steps.
fn trained() -> Window {
    sized(SIZE).trained()
}

/// A window whose three runs have not begun.
fn empty() -> Window {
    sized(SIZE).started()
}

/// What a user does to a chart.
impl Window {
    /// A place in a chart, as shares of its width and height.
    fn place(&self, chart: &str, x: f32, y: f32) -> Pos2 {
        let rect = self.harness.get_by_label(&format!("Chart of {chart}")).rect();
        pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height())
    }

    fn hover(&mut self, chart: &str, x: f32) {
        self.harness.hover_at(pos2(5.0, 5.0));
        self.harness.run_steps(2);
        let place = self.place(chart, x, 0.5);
        self.harness.hover_at(place);
        self.harness.run_steps(8);
    }

    /// The step that the reading over a chart names.
    fn step_under(&mut self, chart: &str, x: f32) -> f64 {
        self.hover(chart, x);
        let nodes = self.harness.query_all_by_label_contains("step ");
        let texts: Vec<String> = nodes.filter_map(|node| node.accesskit_node().value()).collect();
        let step = texts.iter().find_map(|text| text.strip_prefix("step ")?.replace('\u{a0}', "").parse().ok());
        step.unwrap_or_else(|| panic!("no step among {texts:?}"))
    }

    fn drag_chart(&mut self, from: Pos2, to: Pos2, button: PointerButton) {
        let press = |pos, pressed| egui::Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
        self.harness.hover_at(from);
        self.harness.run_steps(1);
        self.harness.event(press(from, true));
        self.harness.run_steps(1);
        for share in [0.3, 0.7, 1.0] {
            self.harness.hover_at(from + share * (to - from));
            self.harness.run_steps(1);
        }
        self.harness.event(press(to, false));
        self.harness.run_steps(3);
    }

    fn choose_axis(&mut self, axis: &str) {
        self.click_on(Role::ComboBox, "Horizontal axis");
        self.click(axis);
    }
}
