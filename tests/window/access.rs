//! The window without a mouse: everything that the Tab key reaches has a name, panes and dialogs work by keys.

use std::collections::BTreeSet;

use egui::accesskit::{Action, Role};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};
use flatscape::protocol::Event;

use crate::canned::CHARTS;
use crate::fixture::{SIZE, Window, sized};

/// What can have the keyboard and has no name, with its place in the tree of names.
fn nameless(window: &Window) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node());
    let is_focusable = |node: &AccessKitNode<'_>| node.data().supports_action(Action::Focus);
    nodes
        .filter(|node| is_focusable(node) && node.role() != Role::Window)
        .filter(|node| node.label().is_none_or(|label| label.trim().is_empty()))
        .filter(|node| !(node.role() == Role::Label && node.value().is_some()))
        .map(|node| {
            let mut above = Vec::new();
            let mut parent = node.parent();
            while let Some(one) = parent {
                above.extend(one.label().or(one.value()));
                parent = one.parent();
            }
            format!("{:?} at {:?} in {above:?}", node.role(), node.bounding_box())
        })
        .collect()
}

fn assert_named(window: &mut Window, stage: &str, failures: &mut BTreeSet<String>) {
    window.harness.run_steps(3);
    failures.extend(nameless(window).into_iter().map(|found| format!("{stage}: {found}")));
}

const PANES: [&str; 9] = ["Runs", "Model", "Data", "Landscapes", "Charts", "Compare", "Measure", "Guide", "Notices"];
#[test]
fn all_that_can_have_the_keyboard_has_a_name_in_every_layout_and_pane() {
    let mut failures = BTreeSet::new();
    let mut window = sized([1600.0, 1000.0]).drawn().trained();
    window.tell([Event::Warning("A notice that is shown".to_owned())]);
    for layout in ["layout explore", "layout compare", "layout teach"] {
        window.find(layout);
        assert_named(&mut window, layout, &mut failures);
        for surface in [Key::Num3, Key::Num2] {
            window.press(surface);
            assert_named(&mut window, layout, &mut failures);
        }
    }
    window.find("layout explore");
    for pane in PANES {
        window.find(&format!("{pane} pane"));
        if !window.shows_pane(pane) {
            window.find(&format!("{pane} pane"));
        }
        assert!(window.shows_pane(pane), "{pane}");
        assert_named(&mut window, pane, &mut failures);
    }
    for chart in CHARTS {
        let is_own = |window: &Window| window.shows_pane(chart);
        window.find(&format!("chart {chart} as a pane"));
        assert!(is_own(&window), "{chart}");
        assert_named(&mut window, chart, &mut failures);
        window.find(&format!("chart {chart} as a pane"));
        assert!(!is_own(&window), "{chart}");
    }
    assert!(failures.is_empty(), "{} without a name:\n{}", failures.len(), Vec::from_iter(failures).join("\n"));
}

#[test]
fn all_that_can_have_the_keyboard_has_a_name_in_every_dialog() {
    let mut failures = BTreeSet::new();
    let mut window = sized(SIZE).drawn().trained();
    for dialog in [
        "keyboard shortcuts",
        "about flatscape",
        "save the landscapes",
        "save the window",
        "open a file",
        "branch from a step",
        "rewind",
        "rename the run",
        "remove the run",
        "tour",
    ] {
        window.find(dialog);
        assert_named(&mut window, dialog, &mut failures);
        window.press(Key::Escape);
    }
    window.chord(Modifiers::COMMAND, Key::K);
    assert_named(&mut window, "the palette", &mut failures);
    window.press(Key::Escape);
    for button in ["Menu", "Add run", "Presets"] {
        let found = window
            .harness
            .query_all_by_role(Role::Button)
            .find(|node| node.accesskit_node().label().is_some_and(|label| label.contains(button)));
        found.unwrap_or_else(|| panic!("no {button}")).click();
        assert_named(&mut window, button, &mut failures);
        window.press(Key::Escape);
    }
    assert!(failures.is_empty(), "{} without a name:\n{}", failures.len(), Vec::from_iter(failures).join("\n"));
}

#[test]
fn the_tab_key_goes_through_the_whole_window_and_back_to_its_start() {
    let mut window = sized(SIZE).drawn().trained();
    let mut names = Vec::new();
    for _ in 0..400 {
        window.press(Key::Tab);
        let name = window.focused().unwrap_or_default();
        if names.first() == Some(&name) {
            break;
        }
        names.push(name);
    }
    assert!(names.len() < 400, "it does not come back");
    assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");
    for expected in
        ["Menu", "Pause", "Landscapes", "Landscape of NSO", "Noise σ", "Boundary between Runs and Landscapes"]
    {
        let expected = if expected == "Pause" { "Play" } else { expected };
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
    }
}

#[test]
fn dialogs_take_the_keyboard_and_give_it_back() {
    let mut window = sized(SIZE).drawn().trained();
    for (keys, first) in [
        ((Modifiers::NONE, Key::Questionmark), "Close Keyboard shortcuts"),
        ((Modifiers::COMMAND, Key::S), "Save the figure…"),
        ((Modifiers::COMMAND, Key::K), "Command"),
    ] {
        window.focus(Role::Button, "Landscapes");
        window.chord(keys.0, keys.1);
        assert_eq!(window.focused().as_deref(), Some(first));
        for _ in 0..12 {
            window.press(Key::Tab);
            assert_ne!(window.focused().as_deref(), Some("Landscapes"), "{first} holds the keyboard");
        }
        window.press(Key::Escape);
        window.harness.run_steps(2);
        assert_eq!(window.focused().as_deref(), Some("Landscapes"), "after {first}");
    }
}

/// The place of a pane, by its tab.
fn left_of(window: &Window, tab: &str) -> f32 {
    window.rect(Role::Button, tab).left()
}

#[test]
fn panes_are_resized_and_moved_by_commands() {
    let mut window = sized(SIZE).drawn().trained();
    let before = left_of(&window, "Landscapes");
    window.focus(Role::Button, "Runs");
    window.find("make the pane wider");
    let wider = left_of(&window, "Landscapes");
    assert!(wider > before + 20.0, "{before} {wider}");
    window.find("make the pane narrower");
    assert!((left_of(&window, "Landscapes") - before).abs() < 2.0);
    window.find("make the pane taller");
    assert!(window.shows("Runs cannot become taller"));
    // The charts join the landscapes, and come away again.
    window.focus(Role::Button, "Charts");
    window.find("move the pane up");
    let [charts, landscapes] = ["Charts", "Landscapes"].map(|tab| window.rect(Role::Button, tab).top());
    assert_eq!(charts, landscapes);
    window.find("move the pane down");
    let charts = window.rect(Role::Button, "Charts").top();
    assert!(charts > landscapes + 200.0);
    window.find("move the pane down");
    assert!(window.shows("stands at this side already"));
}

#[test]
fn a_boundary_moves_by_the_arrows() {
    let mut window = sized(SIZE).drawn().trained();
    let before = left_of(&window, "Landscapes");
    window.focus(Role::Splitter, "Boundary between Runs and Landscapes");
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    let after = left_of(&window, "Landscapes");
    assert!((after - before - 48.0).abs() < 4.0, "{before} {after}");
    assert_eq!(window.focused().as_deref(), Some("Boundary between Runs and Landscapes"));
}

#[test]
fn tabs_turn_in_the_group_that_has_the_keyboard_and_groups_follow_each_other() {
    let mut window = sized(SIZE).drawn().trained();
    // The pointer is elsewhere, which makes no difference.
    window.harness.hover_at(egui::pos2(900.0, 650.0));
    window.focus(Role::Button, "Runs");
    window.chord(Modifiers::CTRL, Key::Tab);
    assert!(window.shows_pane("Model"));
    assert_eq!(window.focused().as_deref(), Some("Model"));
    window.chord(Modifiers::CTRL | Modifiers::SHIFT, Key::Tab);
    assert!(window.shows_pane("Runs"));
    let mut order = Vec::new();
    for _ in 0..3 {
        window.press(Key::F6);
        order.push(window.focused().unwrap_or_default());
    }
    assert_eq!(order, ["Landscapes", "Charts", "Runs"]);
}
