//! Windows of every size: nothing is cut off or covered.

use egui::accesskit::Role;
use egui::{Key, Rect, Theme, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::KnobId;
use flatscape::protocol::{Command, Event};

use crate::fixture::{SIZE, Window, sized};

/// Everything that can be used in the upper bar, with its place.
fn bar_controls(window: &Window) -> Vec<(String, Rect)> {
    let roles = [Role::Button, Role::ComboBox, Role::Slider];
    let nodes = roles.into_iter().flat_map(|role| window.harness.query_all_by_role(role));
    let named = nodes.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()));
    named.filter(|(_, rect)| rect.center().y < 38.0).collect()
}

#[test]
fn nothing_in_the_bar_is_clipped_or_covered_at_any_width() {
    let mut window = sized(SIZE).drawn().trained();
    for zoom in [1.0, 1.25, 1.6, 2.0] {
        window.harness.ctx.set_zoom_factor(zoom);
        // The frame in which the zoom changes keeps its size in pixels.
        window.harness.run_steps(2);
        for width in [300.0, 420.0, 500.0, 640.0, 800.0, 900.0, 1024.0, 1130.0, 1280.0, 1440.0, 1920.0, 3840.0] {
            let size = Vec2::new(width, 800.0);
            window.harness.set_size(size / zoom);
            window.harness.run_steps(3);
            let screen = Rect::from_min_size(egui::Pos2::ZERO, size / zoom);
            let controls = bar_controls(&window);
            let least = match width / zoom {
                ..400.0 => 2,
                400.0..560.0 => 7,
                _ => 10,
            };
            assert!(controls.len() >= least, "{width} at {zoom}: {controls:?}");
            for name in ["Menu", "Play"] {
                assert!(controls.iter().any(|(label, _)| label == name), "{name}, {width} at {zoom}: {controls:?}");
            }
            for (index, (label, rect)) in controls.iter().enumerate() {
                assert!(screen.expand(0.5).contains_rect(*rect), "{width} at {zoom}: {label} {rect:?}");
                for (other, place) in &controls[index + 1..] {
                    let shared = rect.shrink(1.0).intersect(place.shrink(1.0));
                    assert!(!shared.is_positive(), "{width} at {zoom}: {label} and {other}");
                }
            }
        }
    }
}

#[test]
fn a_narrow_bar_has_layouts_and_the_share_of_time_behind_buttons() {
    let mut window = sized([700.0, 600.0]).drawn().trained();
    window.click("Train or look");
    window.set("Share of time to look", 0.25);
    assert!(matches!(window.commands()[..], [Command::SetLookShare(share)] if (share - 0.25).abs() < 0.01));
    window.press(Key::Escape);
    window.click("Layout");
    window.click("Teach");
    assert!(window.shows_pane("Guide"));
}

#[test]
fn where_no_pane_can_be_used_a_sentence_helps() {
    for (size, zoom, is_small) in
        [([300.0, 200.0], 1.0, true), ([640.0, 420.0], 1.0, false), ([1024.0, 640.0], 1.6, false)]
    {
        let mut window = sized(size).themed(Theme::Light).drawn().trained();
        window.harness.ctx.set_zoom_factor(zoom);
        window.harness.run_steps(2);
        window.harness.set_size(Vec2::from(size) / zoom);
        window.harness.run_steps(3);
        assert_eq!(window.shows("Make the window larger"), is_small, "{size:?} at {zoom}");
        assert_eq!(window.shows("Landscape of SGD"), !is_small, "{size:?} at {zoom}");
    }
}

#[test]
fn tabs_are_not_covered_by_what_stands_beside_them() {
    let mut window = sized([1024.0, 640.0]).drawn().trained();
    window.press(Key::N);
    window.harness.ctx.set_zoom_factor(1.6);
    window.harness.run_steps(4);
    let rect = |name: &str| window.rect(Role::Button, name);
    let settings = rect("Landscape settings");
    for tab in ["Landscapes", "Compare"] {
        assert!(rect(tab).right() <= settings.left() + 0.5, "{tab}: {} {settings}", rect(tab));
    }
}

#[test]
fn the_status_line_leaves_out_what_has_no_room() {
    let mut window = sized(SIZE).drawn().trained();
    window.tell([Event::Device { name: "CPU (Flex), 2 threads".to_owned(), notice: None }]);
    window
        .tell([Event::Warning("Something that takes much room to be said, so that the rest must give way".to_owned())]);
    for width in [1440.0, 1000.0, 700.0, 450.0] {
        window.harness.set_size(Vec2::new(width, 800.0));
        window.harness.run_steps(3);
        let words = ["paused", "gradient evaluations", "slice of step", "parameters"];
        let shown = words.iter().filter(|words| window.shows(words)).count();
        let rects: Vec<Rect> = window
            .harness
            .query_all_by_role(Role::Label)
            // The name of a knob may lie below the end of its column, where nobody sees it.
            .filter(|node| {
                let words = node.accesskit_node().value().unwrap_or_default();
                !KnobId::ALL.iter().any(|knob| knob.spec().label == words)
            })
            .map(|node| node.rect())
            .filter(|rect| rect.center().y > 774.0 && rect.bottom() <= 800.0)
            .collect();
        let (least, least_shown) = if width > 1200.0 { (6, 4) } else { (2, 1) };
        assert!(rects.len() >= least && shown >= least_shown, "{width}: {shown} {rects:?}");
        for (index, rect) in rects.iter().enumerate() {
            assert!(rect.right() <= width + 0.5, "{width}: {rect:?}");
            let others = &rects[index + 1..];
            assert!(others.iter().all(|other| !rect.shrink(1.0).intersects(other.shrink(1.0))), "{width}: {rects:?}");
        }
    }
}

#[test]
fn no_size_is_too_small_and_none_too_large() {
    for size in [[300.0, 200.0], [640.0, 420.0], [1024.0, 640.0], [3840.0, 2160.0]] {
        let mut window = sized(size).themed(Theme::Light).drawn().trained();
        for layout in ["layout compare", "layout teach", "layout explore"] {
            window.find(layout);
            for key in [Key::M, Key::N, Key::C, Key::F1, Key::Num3, Key::Num2] {
                window.press(key);
            }
        }
        window.find("reset the layout");
        assert!(window.shows_pane("Landscapes"), "{size:?}");
    }
}

#[test]
fn windows_over_many_screens_and_of_no_height_are_laid_out() {
    let mut window = sized(SIZE).trained();
    for size in [[9000.0, 600.0], [32767.0, 900.0], [1440.0, 1.0], [1440.0, 0.0], [1.0, 900.0], [0.0, 0.0]] {
        window.harness.set_size(Vec2::from(size));
        window.harness.run_steps(3);
        window.press(Key::Num3);
        window.press(Key::Num2);
    }
    window.harness.set_size(Vec2::from(SIZE));
    window.harness.run_steps(3);
    assert!(window.shows_pane("Landscapes") && window.shows("Landscape of NSO"));
}
