//! Paths, however they are written, lead to the file that defines what they name.

use super::super::circles::file_circles;
use super::super::graph::{edges, lost};
use super::super::index::Index;
use super::tree;

/// What `a.rs` with that text names of others, a sentence each.
fn named(source: &str) -> Vec<String> {
    let tree = tree(&[
        ("lib.rs", "pub mod a;\npub mod b;\n"),
        ("a.rs", source),
        (
            "b/mod.rs",
            "mod inner;\npub mod contour;\nmod words;\npub use inner::*;\npub use contour::contour;\npub use self::words::{text as label, Words};\nuse egui::Rect;\n",
        ),
        (
            "b/inner.rs",
            "pub enum Kind { Loss, Trace }\npub const ALL: [Kind; 2] = [];\npub fn made() -> &'static Other {}\npub(crate) mod deep { pub static DEEP: u8 = 0; }\n",
        ),
        ("b/contour.rs", "pub fn contour() {}\npub struct Contour;\n"),
        ("b/words.rs", "pub trait Words {}\npub fn text() {}\nmacro_rules! say { () => {} }\npub(crate) use say;\n"),
    ]);
    let index = Index::new(&tree);
    assert_eq!(lost(&index), [""; 0]);
    let edges = edges(&index);
    edges.iter().filter(|edge| index.files[edge.from].place == "a.rs").map(|edge| edge.words(&index)).collect()
}

#[test]
fn re_exports_and_globs_are_followed() {
    assert_eq!(named("use crate::b::{Kind, ALL};"), ["src/a.rs:1 names `ALL`, `Kind` of src/b/inner.rs"]);
    assert_eq!(named("\nuse super::b::label;"), ["src/a.rs:2 names `text` of src/b/words.rs"]);
    assert_eq!(named("use crate::b::Words as _;"), ["src/a.rs:1 names `Words` of src/b/words.rs"]);
    assert_eq!(
        named("use flatscape::b::deep;\nconst D: u8 = deep::DEEP;"),
        ["src/a.rs:2 names `DEEP` of src/b/inner.rs"]
    );
    let glob = "use crate::b::*;\n\nfn f(x: T) { x.label(); x.made::<u8>(); made(); }";
    assert_eq!(named(glob), ["src/a.rs:3 names `made` of src/b/inner.rs"]);
}

#[test]
fn names_in_scope_are_followed() {
    let brought = "use super::b;\nfn f() { b::label(); }\nfn g() -> b::Kind {}";
    let expected = ["src/a.rs:3 names `Kind` of src/b/inner.rs", "src/a.rs:2 names `text` of src/b/words.rs"];
    assert_eq!(named(brought), expected);
    let renamed = "use crate::{b as other};\nuse other::contour::{self as lines};\nfn f(x: lines::Contour) {}";
    assert_eq!(named(renamed), ["src/a.rs:3 names `Contour` of src/b/contour.rs"]);
    let in_a_body = "fn f() {\n    use super::b::contour;\n    contour::contour()\n}";
    assert_eq!(named(in_a_body), ["src/a.rs:2 names `contour` of src/b/contour.rs"]);
    let inline_module = "mod m {\n    use super::super::b::ALL;\n    pub struct M;\n}\nuse m::M;";
    assert_eq!(named(inline_module), ["src/a.rs:2 names `ALL` of src/b/inner.rs"]);
}

#[test]
fn variants_and_methods_end_at_their_type() {
    let expected = ["src/a.rs:1 names `Kind` of src/b/inner.rs"];
    assert_eq!(named("fn f() { crate::b::Kind::Loss.name() }"), expected);
    assert_eq!(named("use crate::b::Kind::{self, Loss};"), expected);
    assert_eq!(named("fn f() -> Vec<crate::b::Kind> { <crate::b::Kind as Default>::default() }"), expected);
    assert_eq!(named("fn f() { crate::b::contour() }"), ["src/a.rs:1 names `contour` of src/b/contour.rs"]);
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let tree = tree(&[
        ("a.rs", "use crate::b::{self, made};\nfn f() -> b::made::Made { made() }"),
        ("b/mod.rs", "pub mod made;\npub fn made() {}"),
        ("b/made.rs", "pub struct Made;"),
    ]);
    let index = Index::new(&tree);
    let words: Vec<String> = edges(&index).iter().map(|edge| edge.words(&index)).collect();
    assert_eq!(words, ["src/a.rs:2 names `Made` of src/b/made.rs", "src/a.rs:1 names `made` of src/b/mod.rs"]);
}

#[test]
fn what_is_not_ours_is_let_be() {
    assert_eq!(named("use std::fmt; use egui::{self, Ui}; fn f(x: egui::Rect) -> fmt::Result { Self::b() }"), [""; 0]);
    assert_eq!(named("use crate::b::Rect; use ::b::Kind; fn f<T>(b: u8) { T::made(); b.made::<u8>(); }"), [""; 0]);
    assert_eq!(named("use crate::b; fn f() -> ::b::Kind { <u8 as T>::b::Kind }"), [""; 0]);
    assert_eq!(named("// crate::b::Kind\n/// [`crate::b::Kind`]\nconst A: &str = \"crate::b::Kind\";"), [""; 0]);
    assert_eq!(named("#[cfg(test)]\nmod tests { use crate::b::Kind; }"), [""; 0]);
    let only_one = ["src/a.rs:3 names `ALL` of src/b/inner.rs"];
    assert_eq!(named("#[cfg(test)]\nuse crate::b::Kind;\nuse crate::b::ALL;"), only_one);
}

#[test]
fn files_for_tests_are_let_be() {
    let tree = tree(&[
        ("a/mod.rs", "#[cfg(test)]\nmod planted;\n#[cfg(test)]\nmod tests;\npub struct A;"),
        ("a/planted.rs", "use crate::b::B;"),
        ("a/planted/deep.rs", "use crate::b::B;"),
        ("a/tests.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
    ]);
    assert_eq!(file_circles(&tree), [""; 0]);
    assert_eq!(Index::new(&tree).files.len(), 2);
}

#[test]
fn a_path_to_nothing_is_told() {
    let tree = tree(&[
        ("lib.rs", "pub mod a;\npub mod b;\n"),
        (
            "a.rs",
            "use crate::b::{self, Kind};\n\nuse super::c::C;\nfn f() { super::b::gone(); b::method(); }\nuse b::Gone;\n",
        ),
        ("b.rs", "pub enum Kind {}\nimpl Kind { fn method() {} }\nfn g(x: *const Gone) -> &'static Gone {}\n"),
    ]);
    assert_eq!(
        lost(&Index::new(&tree)),
        [
            "src/a.rs:3: `super::c::C`: the crate has no `c`",
            "src/a.rs:4: `super::b::gone`: `b` has no `gone`",
            "src/a.rs:4: `b::method`: `b` has no `method`",
            "src/a.rs:5: `b::Gone`: `b` has no `Gone`",
        ]
    );
}
