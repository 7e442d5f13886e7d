//! The landscapes in a window: what they show, and what they send.

mod average;
mod pointer;
mod settings;
mod views;

use egui::{Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use flatscape::protocol::{Command, LossGrid, SliceView};

use crate::canned::{RUNS, grid};
use crate::fixture::Window;

/// What a user does to a landscape.
impl Window {
    /// Slices of all runs at a step, changed by `change`.
    fn slices(&mut self, step: u64, change: impl Fn(&mut LossGrid)) {
        for (run, optimizer) in RUNS {
            let mut slice = grid(run, optimizer, 9);
            slice.step = step;
            change(&mut slice);
            self.engine.slots.put_grid(slice);
        }
        self.harness.run_steps(2);
    }

    /// The view that was asked for last.
    fn asked(&mut self) -> Option<SliceView> {
        let view = |command| if let Command::SetSlice(view) = command { Some(view) } else { None };
        self.commands().into_iter().rev().find_map(view)
    }

    fn settings(&mut self) {
        self.click("Landscape settings");
    }

    fn landscape(&self, name: &str) -> egui::Rect {
        self.harness.get_by_label(&format!("Landscape of {name}")).rect()
    }

    fn point(&mut self, pos: Pos2, is_down: bool) {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        self.harness.event(egui::Event::PointerButton { pos, button, pressed: is_down, modifiers });
        self.harness.run_steps(1);
    }

    fn click_at(&mut self, pos: Pos2) {
        self.harness.hover_at(pos);
        self.harness.run_steps(1);
        self.point(pos, true);
        self.point(pos, false);
        self.harness.run_steps(2);
    }

    fn drag_landscape(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.run_steps(1);
        self.point(from, true);
        for share in [0.5, 1.0] {
            self.harness.hover_at(from + share * (to - from));
            self.harness.run_steps(1);
        }
        self.point(to, false);
        self.harness.run_steps(1);
    }

    fn wheel(&mut self, pos: Pos2, notches: f32) {
        self.harness.hover_at(pos);
        self.harness.run_steps(2);
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        self.harness.run_steps(2);
    }
}

/// The view that the experiment begins with.
fn first() -> SliceView {
    SliceView { range: 2.0, resolution: 33, ..SliceView::default() }
}

/// A place in a pane, as shares of its width and height.
fn pos(rect: egui::Rect, x: f32, y: f32) -> Pos2 {
    rect.min + vec2(x * rect.width(), y * rect.height())
}
