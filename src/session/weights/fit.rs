//! Whether a state dict fits a model as far as the names of its tensors tell: for whoever has to choose, before any number is
//! read.

use std::collections::BTreeSet;

use crate::config::ModelConfig;

use super::choice::{Choice, Unclear, choose};
use super::leftovers::counted;
use super::names::Wanted;
use super::parts::Recipe;
use super::reader::Made;
use super::table::Table;

/// Whether a state dict with tensors of these `names` has all `tensors` of a model, as far as names tell, by the model's
/// table of names and its ties: what would be done to them on the way.
///
/// # Errors
/// What stands against it, in one sentence.
pub fn fit_names(names: &[String], tensors: &[String], model: &ModelConfig) -> Result<Vec<String>, String> {
    let sentence = |problem: String| format!("{}.", capital(&problem));
    let each = called(tensors, model).map_err(sentence)?;
    let each: Vec<Vec<&str>> = each.iter().map(|names| names.iter().map(String::as_str).collect()).collect();
    let wanted = Wanted::new(each.clone(), []);
    let placed = chosen(names, &wanted).map_err(|unclear| in_window(&unclear))?.placed;
    let found =
        |names: &Vec<&'_ str>| names.iter().find_map(|name| Some(((*name).to_owned(), placed.found.get(*name)?)));
    let missing = each.iter().filter(|names| found(names).is_none()).count();
    if missing > 0 {
        return Err(format!(
            "{missing} of the {} tensors of the present model are not in it: open the model that it belongs to first.",
            tensors.len()
        ));
    }
    if let Some(problem) = placed.ambiguity(&wanted.firsts()) {
        return Err(sentence(problem));
    }
    let mut notes = placed.notes();
    let mut made = Made::default();
    for (tensor, sources) in each.iter().filter_map(found) {
        let (recipe, _) = Recipe::of(&tensor, sources).map_err(sentence)?;
        made.push(recipe, &tensor);
    }
    notes.extend(made.notes());
    Ok(notes)
}

/// The keys under each of which a checkpoint with these names has all `tensors` of a model, where nobody but the user knows
/// which is meant; empty where the choice is clear, or where there is none.
#[must_use]
pub fn fit_keys(names: &[String], tensors: &[String], model: &ModelConfig) -> Vec<String> {
    let Ok(each) = called(tensors, model) else { return Vec::new() };
    let wanted = Wanted::new(each.iter().map(|names| names.iter().map(String::as_str).collect()).collect(), []);
    match chosen(names, &wanted) {
        Err(Unclear::Several(keys)) => keys,
        _ => Vec::new(),
    }
}

/// What a file calls the tensors of a model, each with all names that it may have there.
fn called(tensors: &[String], model: &ModelConfig) -> Result<Vec<Vec<String>>, String> {
    let of = |tensor: &'_ String| model.tied.iter().find(|list| list.first() == Some(tensor));
    let all: Vec<Vec<&str>> = tensors
        .iter()
        .map(|tensor| {
            of(tensor).map_or_else(|| vec![tensor.as_str()], |list| list.iter().map(String::as_str).collect())
        })
        .collect();
    // Running statistics may have rows too, and are not among the tensors.
    let rows = model.names.iter().filter(|(ours, _)| all.iter().flatten().any(|name| name == ours));
    let rows = rows.map(|(ours, theirs)| (ours.clone(), theirs.clone())).collect();
    let table = Table::new(&rows, &all)?;
    let called = |names: &Vec<&'_ str>| names.iter().map(|name| table.called(name).name.to_owned()).collect::<Vec<_>>();
    Ok(all.iter().map(called).collect())
}

/// Where the names belong, counters left out.
fn chosen(names: &[String], wanted: &Wanted<'_>) -> Result<Choice, Unclear> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).filter(|name| counted(name).is_none()).collect();
    names.sort_unstable();
    // Only the file itself knows where its dictionaries end.
    let keys: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    choose(&names, &keys.into_iter().collect::<Vec<_>>(), None, wanted)
}

/// What is unclear, for those who choose by a list.
fn in_window(unclear: &Unclear) -> String {
    match unclear {
        Unclear::Several(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("The weights could be those under {}: choose one of these keys.", keys.join(" or "))
        }
        missing @ Unclear::Missing { .. } => format!("{}.", capital(&missing.words("start.key="))),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossKind;

    #[test]
    fn keys_are_offered_where_two_would_do_and_nowhere_else() {
        let model = ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 2"]);
        let tensors = ["0.weight", "0.bias"].map(str::to_owned);
        let names = |prefixes: &[&str]| -> Vec<String> {
            prefixes.iter().flat_map(|prefix| tensors.iter().map(move |name| format!("{prefix}{name}"))).collect()
        };
        let two = names(&["model.", "ema.module."]);
        assert_eq!(fit_keys(&two, &tensors, &model), ["ema.module", "model"]);
        assert_eq!(
            fit_names(&two, &tensors, &model).unwrap_err(),
            "The weights could be those under `ema.module` or `model`: choose one of these keys."
        );
        for clear in [&names(&[""]), &names(&["model."]), &names(&["other."])[..1].to_vec()] {
            assert!(fit_keys(clear, &tensors, &model).is_empty(), "{clear:?}");
        }
    }
}
