//! Circles between files, and between the parts of a folder.

use super::super::circles::{Circle, circles, file_circles, folder_circles};
use super::{lines, tree};

#[test]
fn two_files_that_name_each_other() {
    let tree = tree(&[
        ("lib.rs", "pub mod a;\npub mod b;\npub mod c;\n"),
        ("a.rs", "//! A.\n\nuse crate::b::Y;\n\npub struct X(Y);\n"),
        ("b.rs", "pub struct Y;\n\nfn f(x: &super::a::X) {}\nfn g(x: &super::a::X) {}\n"),
        ("c.rs", "use crate::a::X;\nuse crate::b::Y;\n"),
    ]);
    let expected = ["circle of 2 files", "src/a.rs:3 names `Y` of src/b.rs", "src/b.rs:3 names `X` of src/a.rs"];
    assert_eq!(lines(&file_circles(&tree)), expected);
}

#[test]
fn three_files_through_a_re_export_by_the_shortest_way() {
    let tree = tree(&[
        ("ui/mod.rs", "mod charts;\nmod dock;\nmod long;\nmod view;\n"),
        ("ui/charts/mod.rs", "mod tab;\npub use self::tab::Tab as ChartTab;\n"),
        ("ui/charts/tab.rs", "use super::super::dock::Dock;\npub enum Tab { A }\n"),
        ("ui/dock.rs", "\nuse super::view::View;\nuse super::long::Long;\npub struct Dock;\n"),
        ("ui/long.rs", "use super::view::View;\npub struct Long;\n"),
        (
            "ui/view.rs",
            "use super::{\n    charts::{\n        ChartTab,\n    },\n};\npub struct View { tab: ChartTab }\n",
        ),
    ]);
    assert_eq!(
        lines(&file_circles(&tree)),
        [
            "circle of 3 files, the shortest among 4 that lead to each other",
            "src/ui/charts/tab.rs:1 names `Dock` of src/ui/dock.rs",
            "src/ui/dock.rs:2 names `View` of src/ui/view.rs",
            "src/ui/view.rs:3 names `Tab` of src/ui/charts/tab.rs",
        ]
    );
    assert_eq!(
        lines(&folder_circles(&tree)),
        [
            "circle of 3 children of src/ui, charts → dock → view, the shortest among 4 that lead to each other",
            "src/ui/charts/tab.rs:1 names `Dock` of src/ui/dock.rs",
            "src/ui/dock.rs:2 names `View` of src/ui/view.rs",
            "src/ui/view.rs:3 names `Tab` of src/ui/charts/tab.rs",
        ]
    );
}

#[test]
fn each_knot_of_files_has_its_own_circle() {
    let tree = tree(&[
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::{a::A, c::C}; pub struct B;"),
        ("c.rs", "use crate::d::D; pub struct C;"),
        ("d.rs", "pub struct D; fn f() -> crate::c::C {}"),
    ]);
    let found = file_circles(&tree);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("src/b.rs:1 names `A` of src/a.rs"), "{found:#?}");
    assert!(found[1].contains("src/d.rs:1 names `C` of src/c.rs"), "{found:#?}");
}

#[test]
fn a_module_and_its_children_are_one_room() {
    let allowed = tree(&[
        ("lib.rs", "pub mod a;\npub mod b;\n"),
        ("a/mod.rs", "mod x;\nuse self::x::X;\npub struct A(X);\n"),
        ("a/x.rs", "use super::A;\npub struct X;\n"),
        ("b.rs", "mod y;\nuse y::Y;\npub struct B(Y);\n"),
        ("b/y.rs", "use super::B;\npub struct Y;\n"),
    ]);
    assert_eq!(lines(&file_circles(&allowed)), [""; 0]);
    assert_eq!(lines(&folder_circles(&allowed)), [""; 0]);
    // What goes through the room goes in a circle between folders.
    let through = tree(&[
        ("a/mod.rs", "mod x;\npub use self::x::X;\npub struct A;\n"),
        ("a/x.rs", "use crate::b::B;\npub struct X;\n"),
        ("b.rs", "use crate::a::A;\npub struct B;\n"),
    ]);
    assert_eq!(lines(&file_circles(&through)), [""; 0]);
    assert_eq!(lines(&folder_circles(&through))[0], "circle of 2 children of src, a → b");
    // Its grandchildren are another room.
    let forbidden = tree(&[
        ("a/mod.rs", "mod x;\npub use x::y::Y;\npub struct A;\n"),
        ("a/x/mod.rs", "pub mod y;\n"),
        ("a/x/y.rs", "use super::super::A;\npub struct Y(A);\n"),
    ]);
    let expected =
        ["circle of 2 files", "src/a/mod.rs:2 names `Y` of src/a/x/y.rs", "src/a/x/y.rs:1 names `A` of src/a/mod.rs"];
    assert_eq!(lines(&file_circles(&forbidden)), expected);
}

#[test]
fn two_folders_can_go_in_a_circle_where_no_files_do() {
    let tree = tree(&[
        ("ui/charts/mod.rs", "mod line;\nmod text;\n"),
        ("ui/charts/line.rs", "use super::super::dock::saved::Saved;\n"),
        ("ui/charts/text.rs", "pub fn words() {}\n"),
        ("ui/dock.rs", "pub mod saved;\nmod tab;\n"),
        ("ui/dock/saved.rs", "pub struct Saved;\n"),
        ("ui/dock/tab.rs", "\n\nfn f() { crate::ui::charts::text::words(); }\n"),
        ("ui/theme.rs", "pub struct Theme;\n"),
    ]);
    assert_eq!(lines(&file_circles(&tree)), [""; 0]);
    assert_eq!(
        lines(&folder_circles(&tree)),
        [
            "circle of 2 children of src/ui, charts → dock",
            "src/ui/charts/line.rs:1 names `Saved` of src/ui/dock/saved.rs",
            "src/ui/dock/tab.rs:3 names `words` of src/ui/charts/text.rs",
        ]
    );
}

#[test]
fn the_folders_of_the_crate_are_children_of_its_root() {
    let tree = tree(&[
        ("lib.rs", "pub mod export;\npub mod report;\n"),
        ("main.rs", "use flatscape::report;\nfn main() { report::words(); }\n"),
        ("export/mod.rs", "mod a;\npub mod b;\n"),
        ("export/a.rs", "use crate::report::words;\n"),
        ("export/b.rs", "pub struct B;\n"),
        ("report/mod.rs", "use flatscape::export::b as other;\npub fn words() -> other::B {}\n"),
    ]);
    assert_eq!(
        lines(&folder_circles(&tree)),
        [
            "circle of 2 children of src, export → report",
            "src/export/a.rs:1 names `words` of src/report/mod.rs",
            "src/report/mod.rs:2 names `B` of src/export/b.rs",
        ]
    );
}

#[test]
fn the_shortest_way_round_is_found() {
    let circle = |nodes: &[usize], knot| Circle { nodes: nodes.to_vec(), knot };
    assert_eq!(circles(&[(0, 1), (1, 2), (0, 2)]), []);
    assert_eq!(circles(&[(0, 1), (1, 2), (2, 3), (3, 0), (2, 0)]), [circle(&[0, 1, 2], 4)]);
    assert_eq!(circles(&[(5, 4), (4, 5), (1, 2), (2, 1), (2, 4)]), [circle(&[1, 2], 2), circle(&[4, 5], 2)]);
    // A way that leads into a circle is not of it.
    assert_eq!(circles(&[(0, 1), (1, 2), (2, 1), (2, 3)]), [circle(&[1, 2], 2)]);
}
