//! Names of files as tools write them, and whose they are.

use super::*;

const WANTED: [&str; 4] = ["0.weight", "0.bias", "2.0.weight", "2.0.bias"];

fn placed(names: &[&str]) -> Placed {
    Placed::new("", names, &Wanted::new(WANTED.map(|name| vec![name]).to_vec(), []))
}

fn wrapped(wrap: impl Fn(&str) -> String) -> Vec<String> {
    WANTED.iter().map(|name| wrap(name)).collect()
}

fn lead(prefix: &str) -> Vec<String> {
    wrapped(|name| format!("{prefix}{name}"))
}

#[test]
fn every_usual_wrapper_comes_off_in_any_order_and_within_a_name() {
    let inside = |word: &str| wrapped(|name| name.replacen("0.", &format!("0.{word}."), 1));
    let cases = [
        lead("module."),
        lead("module._orig_mod."),
        lead("_orig_mod.module."),
        lead("state_dict.model._fsdp_wrapped_module."),
        lead("ema_model.module.module."),
        lead("my_network_7."),
        lead("trainer.my_net.module."),
        inside("_checkpoint_wrapped_module"),
        inside("_orig_mod"),
        wrapped(|name| {
            format!("module.{}", name.replacen("0.", "0._fsdp_wrapped_module._checkpoint_wrapped_module.", 1))
        }),
        wrapped(|name| format!("model.module_{name}")),
    ];
    for names in cases {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let placed = placed(&names);
        for wanted in WANTED {
            assert_eq!(placed.found.get(wanted).map(Vec::len), Some(1), "{wanted}: {names:?}");
        }
        assert!(placed.unknown.is_empty() && placed.ambiguity(&WANTED).is_none(), "{names:?}");
        assert!(!placed.notes().is_empty(), "{names:?}");
    }
    assert!(placed(&WANTED).notes().is_empty());
}

#[test]
fn two_copies_are_one_too_many() {
    let both = |first: &str, second: &str| [lead(first), lead(second)].concat();
    for (names, parts) in [
        (both("", "module."), ["`0.weight`", "`module.0.weight`"]),
        (both("model.", "ema."), ["`model.0.weight`", "`ema.0.weight`"]),
        (both("module.", "ema_model.module."), ["`module.0.weight`", "`ema_model.module.0.weight`"]),
    ] {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let problem = placed(&names).ambiguity(&WANTED).unwrap();
        assert!(parts.iter().all(|part| problem.contains(part)) && problem.contains("3 more"), "{problem}");
    }
    // Halves of two copies make no whole.
    let halves = ["student.0.weight", "student.0.bias", "teacher.2.0.weight", "teacher.2.0.bias"];
    let problem = placed(&halves).ambiguity(&WANTED).unwrap();
    assert!(problem.contains("`student.0.weight` and `teacher.2.0.weight`"), "{problem}");
    // A whole tensor beside its parts: either may be the later one.
    let problem = placed(&["0.weight", "0.weight_g", "0.weight_v"]).ambiguity(&WANTED).unwrap();
    assert!(problem.contains("`0.weight` and as `0.weight_g`"), "{problem}");
}

#[test]
fn parts_of_a_parametrised_tensor_are_known_by_their_names() {
    let names = [
        "module.0.parametrizations.weight.original0",
        "module.0.parametrizations.weight.0._u",
        "module.2.0.bias_mask",
        "module.9.weight_g",
    ];
    let placed = placed(&names);
    let roles: Vec<&Role> = placed.found["0.weight"].iter().map(|source| &source.role).collect();
    assert_eq!(roles, [&Role::Parametrised("original0".to_owned()), &Role::Parametrised("0._u".to_owned())]);
    assert_eq!(placed.found["2.0.bias"][0].role, Role::Ending("mask"));
    assert_eq!(placed.unknown, ["module.9.weight_g"]);
}

#[test]
fn a_prefix_under_which_not_everything_is_there_stays() {
    let placed = placed(&["fc.0.weight", "fc.0.bias"]);
    assert!(placed.found.is_empty() && placed.notes().is_empty());
    assert_eq!(placed.unknown.len(), 2);
}
#[test]
fn a_word_that_the_state_dict_of_a_module_inside_lacks_is_put_before_it() {
    let wanted = || Wanted::new(vec![vec!["transformer.wte.weight", "lm_head.weight"], vec!["transformer.h.0.b"]], []);
    let placed = Placed::new("", &["wte.weight", "h.0.b"], &wanted());
    assert!(placed.is_complete(&wanted()) && placed.unknown.is_empty());
    assert_eq!(placed.notes(), ["`transformer.` is put before the names, which lack it"]);
    assert!(!Placed::new("", &["wte.weight"], &wanted()).is_complete(&wanted()));
    // One of two tied names will do.
    assert!(Placed::new("", &["lm_head.weight", "transformer.h.0.b"], &wanted()).is_complete(&wanted()));
    let layers = Wanted::new(vec![vec!["0.weight"]], []);
    assert!(!Placed::new("", &["weight"], &layers).is_complete(&layers), "a layer is no wrapper");
}
