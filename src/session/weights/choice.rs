//! Which tensors of a file are the model's: a checkpoint may hold optimizer states, averages and more beside the weights, each
//! under a key of its own.
//!
//! The dictionary is the one in which every tensor of the model is found. Where two would do, only the user knows which is
//! meant. Files without such keys hold a state dict and nothing else: there, whatever is left over does not fit.

use std::collections::BTreeSet;

use super::names::{Placed, Wanted};

/// Words of a key at most, such as `ema.module.net`.
const MOST_WORDS: usize = 4;

/// The tensors that were chosen.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Where they belong.
    pub placed: Placed,
    /// Names of the others, which are left out.
    pub beside: Vec<String>,
    /// What was chosen, for a note; nothing where there was no choice.
    pub key: Option<String>,
}

/// Why nothing can be chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    /// What lies under each of these keys would do; at least two.
    Several(Vec<String>),
    /// There is no tensor under the key that was given, but under these.
    Missing {
        /// The key.
        key: String,
        /// The first words of all names, some of them.
        found: Vec<String>,
    },
}

impl Unclear {
    /// What is wrong, in one sentence without its full stop. `setting` is what gives the key, as it is written before it.
    pub fn words(&self, setting: &str) -> String {
        match self {
            Self::Several(keys) => {
                let [first, second] = [0, 1].map(|place| keys.get(place).map_or("", String::as_str));
                let more = keys.len().saturating_sub(2);
                let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
                format!(
                    "the weights could be those under `{first}` or those under `{second}`{more}, expected \
                     `{setting}{first}` or `{setting}{second}`, or a file with one of them alone"
                )
            }
            Self::Missing { key, found } => {
                let found: Vec<String> = found.iter().map(|key| format!("`{key}`")).collect();
                let expected = if found.is_empty() {
                    "no key at all".to_owned()
                } else {
                    format!("one such as {}", found.join(", "))
                };
                let setting = setting.trim_end_matches([' ', '=']);
                format!("`{setting}` is `{key}`, under which there is no tensor, expected {expected}")
            }
        }
    }
}

/// Chooses among `names`; those under one of the `keys` lie in a dictionary of their own. A key that the user gave decides.
pub(super) fn choose(
    names: &[&str],
    keys: &[&str],
    given: Option<&str>,
    wanted: &Wanted<'_>,
) -> Result<Choice, Unclear> {
    if let Some(key) = given {
        let choice = under(key, names, wanted);
        return if choice.beside.len() < names.len() { Ok(choice) } else { Err(missing(key, names)) };
    }
    let placed = Placed::new("", names, wanted);
    if placed.is_complete(wanted) && placed.ambiguity(&wanted.firsts()).is_none() {
        let beside = beside(names, keys, &placed);
        return Ok(Choice { placed, beside, key: None });
    }
    let complete = complete(names, keys, wanted);
    match &complete[..] {
        [] => Ok(Choice { placed, ..Choice::default() }),
        [only] => {
            let choice = under(only, names, wanted);
            let others: Vec<&str> = choice.beside.iter().map(String::as_str).collect();
            // A copy beside it makes two.
            let is_alone = !Placed::new("", &others, wanted).is_complete(wanted);
            Ok(if is_alone { choice } else { Choice { placed, ..Choice::default() } })
        }
        _ => Err(Unclear::Several(complete)),
    }
}

fn is_under(name: &str, key: &str) -> bool {
    name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
}

/// The choice of what lies under a key.
fn under(key: &str, names: &[&str], wanted: &Wanted<'_>) -> Choice {
    let (inside, outside): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| is_under(name, key));
    let placed = Placed::new(&format!("{key}."), &inside, wanted);
    let beside = outside.into_iter().map(str::to_owned).collect();
    Choice { placed, beside, key: Some(key.to_owned()) }
}

fn missing(key: &str, names: &[&str]) -> Unclear {
    let mut keys: Vec<&str> = names.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    keys.sort_unstable();
    keys.dedup();
    Unclear::Missing { key: key.to_owned(), found: keys.into_iter().take(8).map(str::to_owned).collect() }
}

/// What lies in other dictionaries than the tensors that were found.
fn beside(names: &[&str], keys: &[&str], placed: &Placed) -> Vec<String> {
    let owner = |name: &str| keys.iter().copied().find(|key| is_under(name, key));
    let owners: BTreeSet<Option<&str>> = placed.found.values().flatten().map(|source| owner(&source.name)).collect();
    let mut owners = owners.into_iter();
    let home = match (owners.next(), owners.next()) {
        // Where their key is a word of their names, as of a whole module that was saved, it is no dictionary beside others.
        (Some(Some(key)), None) if placed.is_stripped(key) => Some(key),
        (Some(None), None) => None,
        _ => return Vec::new(),
    };
    names.iter().filter(|name| owner(name) != home).map(|name| (*name).to_owned()).collect()
}

/// The innermost keys under which every tensor of the model is.
fn complete(names: &[&str], keys: &[&str], wanted: &Wanted<'_>) -> Vec<String> {
    let mut prefixes: BTreeSet<&str> = BTreeSet::new();
    for name in names.iter().filter(|name| keys.iter().any(|key| is_under(name, key))) {
        prefixes.extend(name.match_indices('.').take(MOST_WORDS).map(|(dot, _)| &name[..dot]));
    }
    let is_complete = |key: &&str| {
        let inside: Vec<&str> = names.iter().copied().filter(|name| is_under(name, key)).collect();
        let is_enough = inside.len() >= wanted.len();
        let placed = if is_enough { Placed::new(&format!("{key}."), &inside, wanted) } else { Placed::default() };
        is_enough
            && !placed.lacks_a_word()
            && placed.is_complete(wanted)
            && placed.ambiguity(&wanted.firsts()).is_none()
    };
    let complete: Vec<&str> = prefixes.into_iter().filter(is_complete).collect();
    let is_innermost = |key: &&&str| !complete.iter().any(|other| is_under(other, key));
    complete.iter().filter(is_innermost).map(|key| (*key).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENSORS: [&str; 2] = ["0.weight", "0.bias"];

    fn wanted() -> Wanted<'static> {
        Wanted::new(TENSORS.map(|name| vec![name]).to_vec(), [])
    }

    fn with(prefixes: &[&str]) -> Vec<String> {
        prefixes.iter().flat_map(|prefix| TENSORS.map(|name| format!("{prefix}{name}"))).collect()
    }

    fn choice(names: &[String], keys: &[&str], given: Option<&str>) -> Result<Choice, Unclear> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        choose(&names, keys, given, &wanted())
    }

    #[test]
    fn the_dictionary_with_every_tensor_is_taken_whatever_its_key_is() {
        for key in ["state_dict", "model", "my_key"] {
            let mut names = with(&[&format!("{key}.")]);
            names.extend(["optimizer.state.0.exp_avg".to_owned(), "mean".to_owned()]);
            let choice = choice(&names, &[key, "optimizer"], None).unwrap();
            assert!(choice.placed.is_complete(&wanted()), "{key}");
            assert_eq!(choice.beside, ["optimizer.state.0.exp_avg", "mean"], "{key}");
        }
    }

    #[test]
    fn of_a_state_dict_alone_nothing_is_left_out() {
        let mut names = with(&[""]);
        names.push("7.weight".to_owned());
        let flat = choice(&names, &[], None).unwrap();
        assert_eq!((flat.beside.len(), &flat.placed.unknown[..]), (0, &["7.weight".to_owned()][..]));
        // A whole module that was saved: each of its layers is a dictionary.
        let module = choice(&names, &["0", "7"], None).unwrap();
        assert_eq!((module.beside.len(), &module.placed.unknown[..]), (0, &["7.weight".to_owned()][..]));
    }

    #[test]
    fn two_that_would_do_are_asked_for_and_a_key_decides() {
        let names = with(&["model.", "ema.module."]);
        let keys = ["ema", "model"];
        let unclear = choice(&names, &keys, None).unwrap_err();
        assert_eq!(unclear, Unclear::Several(vec!["ema.module".to_owned(), "model".to_owned()]));
        let problem = unclear.words("--weights-key ");
        assert!(problem.contains("`--weights-key ema.module` or `--weights-key model`"), "{problem}");
        let chosen = choice(&names, &keys, Some("ema")).unwrap();
        assert!(chosen.placed.is_complete(&wanted()) && chosen.beside.len() == 2);
        assert_eq!(
            choice(&names, &keys, Some("net")).unwrap_err().words("start.key="),
            "`start.key` is `net`, under which there is no tensor, expected one such as `ema`, `model`"
        );
    }
}
