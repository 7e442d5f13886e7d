//! Whose tensors a file's names are: wrappers around a model are taken off, and parts of a parametrised tensor found.
//!
//! Tools put words before the names of a model or into them: `module.` (data parallel, averaged), `_orig_mod.` (compiled),
//! `model.`, `ema.`, and so on. A name is the tensor that it is without some of these words, as few as will do. What all
//! names begin with comes off too where nothing fits with it. Whatever is taken off is told; where two names lead to one
//! tensor there are two copies, and which of them is meant only the user knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Words that tools put around a model or its modules.
pub(super) const WRAPPERS: &[&str] = &[
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

/// The names that are looked for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The names of each tensor that has to be there: one of them will do.
    each: Vec<Vec<&'a str>>,
    all: HashSet<&'a str>,
}

impl<'a> Wanted<'a> {
    /// `each` has to be there, under one of its names; `others` may be.
    pub fn new(each: Vec<Vec<&'a str>>, others: impl IntoIterator<Item = &'a str>) -> Self {
        let all = each.iter().flatten().copied().chain(others).collect();
        Self { each, all }
    }

    /// Tensors that have to be there.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// The first name of each of them.
    pub fn firsts(&self) -> Vec<&'a str> {
        self.each.iter().filter_map(|names| names.first().copied()).collect()
    }
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
    /// What wanted names begin with and those of the file do not.
    lacks: Option<String>,
}

impl Placed {
    /// Places `names`, which all begin with `prefix`, among the names that are wanted.
    pub fn new(prefix: &str, names: &[&str], wanted: &Wanted<'_>) -> Self {
        let plain = Self::below(prefix, names, &wanted.all);
        if plain.is_complete(wanted) {
            return plain;
        }
        // Prefixes from short to long, of which the first will do under which every tensor is found.
        let prefixes = if plain.found.is_empty() { common_prefixes(names) } else { Vec::new() };
        let fitting = prefixes
            .into_iter()
            .filter(|longer| longer.len() > prefix.len())
            .map(|prefix| Self { prefix: Some(prefix.to_owned()), ..Self::below(prefix, names, &wanted.all) })
            .find(|placed| placed.is_complete(wanted));
        fitting.or_else(|| Self::lacking(prefix, names, wanted)).unwrap_or(plain)
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

    /// As the state dict of a module inside has them: without a word that the wanted names begin with. Numbers are no such
    /// word: they are layers.
    fn lacking(prefix: &str, names: &[&str], wanted: &Wanted<'_>) -> Option<Self> {
        let words: BTreeSet<&str> =
            wanted.all.iter().filter_map(|name| name.split_once('.').map(|(word, _)| word)).collect();
        words.into_iter().filter(|word| !is_number(word)).take(MOST_WRAPPERS).find_map(|word| {
            let whole: HashMap<&str, &str> = wanted.all.iter().map(|name| (without(name, word), *name)).collect();
            let placed = Self::below(prefix, names, &whole.keys().copied().collect());
            let found = placed.found.into_iter().map(|(name, sources)| (whole[name.as_str()].to_owned(), sources));
            let placed = Self { found: found.collect(), lacks: Some(format!("{word}.")), ..placed };
            placed.is_complete(wanted).then_some(placed)
        })
    }

    /// Whether every tensor is there that has to be.
    pub fn is_complete(&self, wanted: &Wanted<'_>) -> bool {
        wanted.each.iter().all(|names| names.iter().any(|name| self.found.contains_key(*name)))
    }

    /// Whether a word was put before the names.
    pub const fn lacks_a_word(&self) -> bool {
        self.lacks.is_some()
    }

    /// Whether this, as the first word of all names that were found, was taken off.
    pub fn is_stripped(&self, word: &str) -> bool {
        let begins = |name: &String| name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'));
        let is_off = |source: &Source| source.leading.first().is_some_and(begins);
        self.prefix.as_ref().is_some_and(begins) || self.found.values().flatten().all(is_off)
    }

    /// Two names for one tensor, or tensors of two copies of the model, in words.
    pub fn ambiguity(&self, wanted: &[&str]) -> Option<String> {
        let key = |source: &Source| source.leading.concat().trim_end_matches('.').to_owned();
        let way_out = |sources: [&Source; 2]| {
            let keys = sources.map(key);
            let key = keys.iter().rev().find(|key| !key.is_empty()).map(String::as_str).unwrap_or("KEY");
            format!(
                "expected one copy of the model: save the state dict that you mean alone, or say which it is, such as \
                 `--weights-key {key}`"
            )
        };
        let twice: Vec<(&str, [&Source; 2])> =
            wanted.iter().filter_map(|name| Some((*name, clash(self.found.get(*name)?)?))).collect();
        if let Some((name, [first, second])) = twice.first() {
            let likewise = match twice.len() - 1 {
                0 => String::new(),
                others => format!(" ({others} more likewise)"),
            };
            return Some(format!(
                "`{name}` is there as `{}` and as `{}`{likewise}, {way_out}",
                first.name,
                second.name,
                way_out = way_out([first, second])
            ));
        }
        let mut all = wanted.iter().filter_map(|name| self.found.get(*name)).flatten();
        let first = all.next()?;
        let other = all.find(|source| source.leading != first.leading)?;
        let way_out = way_out([first, other]);
        Some(format!("`{}` and `{}` stand under different prefixes, {way_out}", first.name, other.name))
    }

    /// A name of the file without what stands before the names that were found, and with the word that those lack.
    pub fn proper(&self, name: &str) -> String {
        let before = self.found.iter().flat_map(|(wanted, sources)| {
            sources.iter().filter_map(move |source| source.name.strip_suffix(wanted.as_str()))
        });
        let longest = before.filter(|before| name.starts_with(before)).map(str::len).max();
        format!("{}{}", self.lacks.as_deref().unwrap_or_default(), &name[longest.unwrap_or(0)..])
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
        let lacks = self.lacks.iter().map(|word| format!("`{word}` is put before the names, which lack it"));
        prefix.chain(words).chain(lacks).collect()
    }
}

/// A name without its first word, where it is this one.
fn without<'a>(name: &'a str, word: &str) -> &'a str {
    name.strip_prefix(word).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
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
        let number = |word: &'_ str| word.strip_prefix("module_").filter(|rest| is_number(rest)).map(str::to_owned);
        let numbered: Vec<String> =
            words.iter().map(|word| number(word).unwrap_or_else(|| (*word).to_owned())).collect();
        let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
        role_of(&numbered, wanted).map(|(name, role)| (name, role, true))
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
mod tests;
