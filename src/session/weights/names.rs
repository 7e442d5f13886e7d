//! Whose tensors a file's names are: wrappers around a model are taken off, and parts of a parametrised tensor found.
//!
//! Tools put words before the names of a model or into them: `module.` (data parallel, averaged), `_orig_mod.` (compiled),
//! `model.`, `ema.`, and so on. A name is the tensor that it is without some of these words, as few as will do. What all
//! names begin with comes off too where nothing fits with it. Whatever is taken off is told; where two names lead to one
//! tensor there are two copies, and which of them is meant only the user knows.

use std::collections::{BTreeMap, HashMap, HashSet};

/// Words that tools put around a model or its modules.
const WRAPPERS: &[&str] = &[
    // PyTorch: data parallel, averaged, compiled, sharded, checkpointed.
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_fpw_module",
    "_checkpoint_wrapped_module",
    // Opacus, Lightning Fabric, skorch, adapters.
    "_module",
    "_forward_module",
    "_original_module",
    "module_",
    "base_layer",
    "base_model",
    // The attribute of a training module, or the key of a checkpoint.
    "model",
    "_model",
    "net",
    "_net",
    "network",
    "student",
    "teacher",
    "state",
    "state_dict",
    "model_state",
    "model_state_dict",
    // Averaged copies.
    "ema",
    "ema_model",
    "model_ema",
    "module_ema",
    "state_dict_ema",
    "online_model",
    "averaged_model",
    "average_model",
    "avg_model",
    "swa_model",
    "shadow",
];

/// Wrappers of one name that are tried apart from each other; with more of them all come off.
const MOST_WRAPPERS: usize = 8;

/// How a tensor of a file serves one of the model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// It is it.
    Whole,
    /// A part of a parametrisation of `torch.nn.utils.parametrize`, by its key after the tensor's name, such as
    /// `original0`.
    Parametrised(String),
    /// A part under the tensor's name with an ending, as older PyTorch and pruning write it: `g`, `v`, `orig`, `u`, `mask`.
    Ending(&'static str),
}

const ENDINGS: [&str; 5] = ["g", "v", "orig", "u", "mask"];

/// One tensor of the file that belongs to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its name in the file.
    pub name: String,
    /// What it is to the model's tensor.
    pub role: Role,
    /// The words that were taken off before the name proper, in order.
    leading: Vec<String>,
    /// Those taken off within it.
    inner: Vec<String>,
}

/// Where all names of a file belong.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// The tensors of the file for each wanted name that has any.
    pub found: HashMap<String, Vec<Source>>,
    /// Names that belong nowhere.
    pub unknown: Vec<String>,
    /// What all names begin with that was taken off though it is no usual wrapper.
    prefix: Option<String>,
}

impl Placed {
    /// Places `names` among the names that are `wanted`.
    pub fn new(names: &[&str], wanted: &[&str]) -> Self {
        let wanted: &HashSet<&str> = &wanted.iter().copied().collect();
        let plain = Self::below("", names, wanted);
        if !plain.found.is_empty() {
            return plain;
        }
        // Prefixes from short to long, of which the first will do under which every tensor is found.
        let fitting = common_prefixes(names)
            .into_iter()
            .map(|prefix| (prefix, Self::below(prefix, names, wanted)))
            .find(|(_, placed)| wanted.iter().all(|name| placed.found.contains_key(*name)));
        match fitting {
            Some((prefix, placed)) => Self { prefix: Some(prefix.to_owned()), ..placed },
            None => plain,
        }
    }

    fn below(prefix: &str, names: &[&str], wanted: &HashSet<&str>) -> Self {
        let mut placed = Self::default();
        for name in names {
            match name.strip_prefix(prefix).and_then(|rest| place(name, rest, wanted)) {
                Some((wanted, source)) => placed.found.entry(wanted).or_default().push(source),
                None => placed.unknown.push((*name).to_owned()),
            }
        }
        placed
    }

    /// Two names for one tensor, or tensors of two copies of the model, in words.
    pub fn ambiguity(&self, wanted: &[&str]) -> Option<String> {
        let way_out = "expected one copy of the model: save the state dict that you mean alone";
        let twice: Vec<(&str, [&Source; 2])> =
            wanted.iter().filter_map(|name| Some((*name, clash(self.found.get(*name)?)?))).collect();
        if let Some((name, [first, second])) = twice.first() {
            let likewise = match twice.len() - 1 {
                0 => String::new(),
                others => format!(" ({others} more likewise)"),
            };
            return Some(format!(
                "`{name}` is there as `{}` and as `{}`{likewise}, {way_out}",
                first.name, second.name
            ));
        }
        let mut all = wanted.iter().filter_map(|name| self.found.get(*name)).flatten();
        let first = all.next()?;
        let other = all.find(|source| source.leading != first.leading)?;
        Some(format!("`{}` and `{}` stand under different prefixes, {way_out}", first.name, other.name))
    }

    /// What was taken off, a line for each word.
    pub fn notes(&self) -> Vec<String> {
        let mut all: Vec<&Source> = self.found.values().flatten().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut off: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for source in &all {
            let mut words: Vec<&str> = source.leading.iter().chain(&source.inner).map(String::as_str).collect();
            words.sort_unstable();
            words.dedup();
            words.into_iter().for_each(|word| off.entry(word).or_default().push(&source.name));
        }
        let prefix = self.prefix.iter().map(|prefix| format!("`{prefix}` before every name is stripped"));
        let words = off.into_iter().map(|(word, names)| {
            let count = names.len();
            let noun = if count == 1 { "name" } else { "names" };
            format!("`{word}` is stripped from {count} {noun}, such as `{}`", names[0])
        });
        prefix.chain(words).collect()
    }
}

/// Two sources of one tensor that are not parts of one whole.
fn clash(sources: &[Source]) -> Option<[&Source; 2]> {
    let twice = sources.iter().enumerate().find_map(|(index, source)| {
        let other = sources[..index].iter().find(|other| other.role == source.role)?;
        Some([other, source])
    });
    twice.or_else(|| {
        let whole = sources.iter().find(|source| source.role == Role::Whole)?;
        let part = sources.iter().find(|source| source.role != Role::Whole)?;
        Some([whole, part])
    })
}

/// The wanted name that `rest`, a name of the file without its prefix, is with the fewest wrappers taken off.
fn place(name: &str, rest: &str, wanted: &HashSet<&str>) -> Option<(String, Source)> {
    let words: Vec<&str> = rest.split('.').collect();
    let wrappers: Vec<usize> = (0..words.len()).filter(|&index| WRAPPERS.contains(&words[index])).collect();
    let mut choices: Vec<u32> =
        if wrappers.len() > MOST_WRAPPERS { vec![0, u32::MAX] } else { (0..1 << wrappers.len()).collect() };
    choices.sort_by_key(|choice| choice.count_ones());
    choices.into_iter().find_map(|choice| {
        let is_off = |index: usize| {
            wrappers
                .iter()
                .position(|&at| at == index)
                .is_some_and(|bit| choice.checked_shr(bit as u32).unwrap_or(1) & 1 == 1)
        };
        let kept: Vec<usize> = (0..words.len()).filter(|&index| !is_off(index)).collect();
        let (wanted, role, renumbered) = role(&kept.iter().map(|&index| words[index]).collect::<Vec<_>>(), wanted)?;
        let first = kept.first().copied().unwrap_or(0);
        let off = |range: std::ops::Range<usize>| {
            range.filter(|&index| is_off(index)).map(|index| format!("{}.", words[index]))
        };
        let inner = off(first..words.len()).chain(renumbered.then(|| "module_".to_owned())).collect();
        Some((wanted, Source { name: name.to_owned(), role, leading: off(0..first).collect(), inner }))
    })
}

/// What a name is to one of the wanted, as it stands or with PyTorch Geometric's `module_3` for `3`; whether it was the latter.
fn role(words: &[&str], wanted: &HashSet<&str>) -> Option<(String, Role, bool)> {
    let as_it_is = role_of(words, wanted);
    as_it_is.map(|(name, role)| (name, role, false)).or_else(|| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = |word: &'_ str| word.strip_prefix("module_").filter(|rest| is_number(rest)).map(str::to_owned);
        let numbered: Vec<String> =
            words.iter().map(|word| number(word).unwrap_or_else(|| (*word).to_owned())).collect();
        let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
        role_of(&numbered, wanted).map(|(name, role)| (name, role, true))
    })
}

fn role_of(words: &[&str], wanted: &HashSet<&str>) -> Option<(String, Role)> {
    let is_wanted = |name: &String| wanted.contains(name.as_str());
    let name = words.join(".");
    if is_wanted(&name) {
        return Some((name, Role::Whole));
    }
    if let Some(at) = words.iter().position(|word| *word == "parametrizations").filter(|at| at + 2 < words.len()) {
        let base = [&words[..at], &words[at + 1..at + 2]].concat().join(".");
        return is_wanted(&base).then(|| (base, Role::Parametrised(words[at + 2..].join("."))));
    }
    ENDINGS.into_iter().find_map(|ending| {
        let base = name.strip_suffix(ending)?.strip_suffix('_')?.to_owned();
        is_wanted(&base).then_some((base, Role::Ending(ending)))
    })
}

/// What all names begin with up to one of their dots, from short to long; without the shortest, which is nothing.
pub(super) fn common_prefixes<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let Some(first) = names.first() else { return Vec::new() };
    let ends = first.match_indices('.').map(|(dot, _)| &first[..=dot]);
    ends.take_while(|prefix| names.iter().all(|name| name.starts_with(prefix))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: [&str; 4] = ["0.weight", "0.bias", "2.0.weight", "2.0.bias"];

    fn placed(names: &[&str]) -> Placed {
        Placed::new(names, &WANTED)
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
}
