//! The window on a graphics device that is lost: another window goes on with the same application.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use flatscape::engine::link;
use flatscape::protocol::Event;
use flatscape::ui::{App, Pace};

use crate::adapter;
use crate::canned::{RUNS, experiment, grid, started};

/// The window as eframe draws it, kept for another one.
struct Shared(Rc<RefCell<App>>);

impl eframe::App for Shared {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.0.borrow_mut().logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.0.borrow_mut().ui(ui, frame);
    }
}

/// Off the centre, path and iso-lines, the colours run from violet in the bowl to yellow at its rim.
fn assert_landscape_is_drawn<S: eframe::App>(harness: &mut Harness<'_, S>) {
    harness.run_steps(3);
    let rect = harness.get_by_label("Landscape of NSO").rect();
    let picture = harness.render().expect("a device that draws");
    let scale = harness.ctx.pixels_per_point();
    let at = |share: egui::Vec2| {
        let place = (rect.min + share * rect.size()) * scale;
        picture.get_pixel(place.x as u32, place.y as u32).0
    };
    let (bowl, rim) = (at(egui::vec2(0.53, 0.56)), at(egui::vec2(0.98, 0.97)));
    assert!(bowl[0] < 110 && bowl[2] > 60, "{bowl:?}");
    assert!(rim[0] > 150 && rim[1] > 150, "{rim:?}");
}

#[test]
fn the_whole_window_can_be_drawn_and_goes_on_with_another_device() {
    if adapter::device().is_none() {
        return;
    }
    let builder = || Harness::builder().with_size([1000.0, 700.0]).wgpu();
    let (link, mut engine) = link(Arc::new(|| {}));
    let app = Rc::new(RefCell::new(None));
    let made = Rc::clone(&app);
    let mut harness = builder().build_eframe(move |creation| {
        let app = Rc::new(RefCell::new(App::new(creation, link, experiment(), Pace::default())));
        *made.borrow_mut() = Some(Rc::clone(&app));
        Shared(app)
    });
    engine.outbox.push(started());
    for (run, optimizer) in RUNS {
        engine.slots.put_grid(grid(run, optimizer, 33));
    }
    assert!(engine.outbox.flush());
    assert_landscape_is_drawn(&mut harness);

    // Device, context, textures and fonts of the first window are gone.
    drop(harness);
    let app = app.take().unwrap();
    let mut harness = builder().build_eframe(move |creation| {
        app.borrow_mut().move_to(creation);
        Shared(app)
    });
    assert_landscape_is_drawn(&mut harness);
    assert!(harness.query_all_by_label_contains("The graphics device was lost.").next().is_some());
    assert!(harness.query_all_by_label_contains("; the runs went on.").next().is_some());
    // The engine knows nothing of it.
    engine.outbox.push(Event::Playing(true));
    assert!(engine.outbox.flush());
    harness.run_steps(2);
    assert!(harness.query_by_role_and_label(Role::Button, "Pause").is_some());
}

#[test]
fn a_window_that_comes_to_a_screen_of_another_scale_draws_on() {
    if adapter::device().is_none() {
        return;
    }
    let (link, mut engine) = link(Arc::new(|| {}));
    let builder = Harness::builder().with_size([1000.0, 700.0]).wgpu();
    let mut harness = builder.build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
    engine.outbox.push(started());
    for (run, optimizer) in RUNS {
        engine.slots.put_grid(grid(run, optimizer, 33));
    }
    assert!(engine.outbox.flush());
    for scale in [1.0, 2.0, 1.25, 0.75, 1.0] {
        let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
        viewport.native_pixels_per_point = Some(scale);
        harness.run_steps(2);
        assert_eq!(harness.ctx.pixels_per_point(), scale);
        assert_landscape_is_drawn(&mut harness);
        // Between two screens it may have no height for a moment.
        harness.set_size(egui::vec2(1000.0, 0.0));
        harness.run_steps(2);
        harness.set_size(egui::vec2(1000.0, 700.0));
    }
}

#[test]
fn another_window_says_of_the_runs_what_is_true() {
    if adapter::device().is_none() {
        return;
    }
    let builder = || Harness::builder().with_size([1000.0, 700.0]).wgpu();
    let (link, engine) = link(Arc::new(|| {}));
    let app = Rc::new(RefCell::new(None));
    let made = Rc::clone(&app);
    let harness = builder().build_eframe(move |creation| {
        let app = Rc::new(RefCell::new(App::new(creation, link, experiment(), Pace::default())));
        *made.borrow_mut() = Some(Rc::clone(&app));
        Shared(app)
    });
    drop((harness, engine));
    let app = app.take().unwrap();
    let mut harness = builder().build_eframe(move |creation| {
        app.borrow_mut().move_to(creation);
        Shared(app)
    });
    harness.run_steps(2);
    assert!(harness.query_all_by_label_contains("; the engine has stopped.").next().is_some());
    assert!(harness.query_all_by_label_contains("the runs went on").next().is_none());
}
