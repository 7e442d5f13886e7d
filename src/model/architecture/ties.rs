//! One parameter under several names: tensors that are tied.

use crate::config::{ConfigError, nearest};

use super::parameter::Parameter;

/// Parameters without repetition, and which of them each tensor of the layers is.
pub(super) struct Tied {
    pub parameters: Vec<Parameter>,
    pub uses: Vec<usize>,
}

/// Ties tensors: all names of a list become the one that stands first in it.
///
/// # Errors
/// A name that no tensor has, one in two places, shapes that differ.
pub(super) fn tied(all: Vec<Parameter>, ties: &[Vec<String>]) -> Result<Tied, ConfigError> {
    // To which tensor each belongs; at first to itself.
    let mut owner: Vec<usize> = (0..all.len()).collect();
    let mut is_named = vec![false; all.len()];
    for list in ties {
        let [_, _, ..] = list.as_slice() else {
            return Err(wrong(format!("{list:?}"), "at least two names in each list"));
        };
        let places = list.iter().map(|name| place(&all, name)).collect::<Result<Vec<usize>, _>>()?;
        for &index in &places {
            if std::mem::replace(&mut is_named[index], true) {
                return Err(wrong(format!("a list with `{}` again", all[index].name), "each name once"));
            }
            let (first, other) = (&all[places[0]], &all[index]);
            if first.shape != other.shape {
                return Err(wrong(
                    format!("`{}` of shape {:?} with `{}` of {:?}", first.name, first.shape, other.name, other.shape),
                    "tensors of one shape",
                ));
            }
            owner[index] = places[0];
        }
    }
    Ok(without_repetition(all, &owner))
}

fn place(all: &[Parameter], name: &str) -> Result<usize, ConfigError> {
    all.iter().position(|parameter| parameter.name == name).ok_or_else(|| ConfigError::UnknownName {
        kind: "tensor in `model.tied`",
        name: name.to_owned(),
        nearest: nearest(name, all.iter().map(|parameter| parameter.name.as_str())),
    })
}

/// Each tensor's parameter stands where its first name is read first.
fn without_repetition(all: Vec<Parameter>, owner: &[usize]) -> Tied {
    let names: Vec<String> = all.iter().map(|parameter| parameter.name.clone()).collect();
    let (mut parameters, mut places) = (Vec::new(), vec![usize::MAX; all.len()]);
    let mut offset = 0;
    for (index, parameter) in all.into_iter().enumerate() {
        if owner[index] != index {
            continue;
        }
        let also = (0..names.len()).filter(|&other| other != index && owner[other] == index);
        let also = also.map(|other| names[other].clone()).collect();
        places[index] = parameters.len();
        let parameter = Parameter { offset, also, ..parameter };
        offset += parameter.len();
        parameters.push(parameter);
    }
    Tied { parameters, uses: owner.iter().map(|&owner| places[owner]).collect() }
}

fn wrong(value: String, expected: &str) -> ConfigError {
    ConfigError::out_of_range("model.tied", value, expected)
}
