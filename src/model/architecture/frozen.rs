//! Tensors that stay as they are: they are no parameters, and layers read them as constants.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{ConfigError, fitting};

use super::Architecture;
use super::parameter::{Parameter, Role};

impl Architecture {
    /// The same where the tensors that one of the patterns fits, under any of their names, stay as they are.
    ///
    /// # Errors
    /// A pattern that fits no tensor that is trained, and patterns that leave none.
    pub fn with_frozen(mut self, patterns: &[String]) -> Result<Self, ConfigError> {
        let names: Vec<Vec<&str>> = self.parameters.iter().map(Parameter::names).collect();
        let is_frozen = fitting("pattern in `start.frozen`", patterns, &names)?;
        if is_frozen.iter().all(|&is_frozen| is_frozen) {
            return Err(ConfigError::out_of_range(
                "start.frozen",
                format!("{}, which fits all {} tensors", patterns.join(", "), is_frozen.len()),
                "patterns that leave at least one to be trained",
            ));
        }
        let all = std::mem::take(&mut self.parameters);
        let (mut trained, mut frozen) = (Row::default(), Row { len: self.num_frozen(), tensors: self.frozen });
        let roles: Vec<Role> = all
            .into_iter()
            .zip(is_frozen)
            .map(
                |(tensor, is_frozen)| {
                    if is_frozen { Role::Frozen(frozen.push(tensor)) } else { Role::Trained(trained.push(tensor)) }
                },
            )
            .collect();
        for role in &mut self.uses {
            if let Role::Trained(place) = *role {
                *role = roles[place];
            }
        }
        (self.parameters, self.frozen, self.held) = (trained.tensors, frozen.tensors, Arc::default());
        Ok(self)
    }

    /// The numbers of all tensors, as `whole` has them in a row, as two rows: those of the tensors that are trained, and those
    /// of the frozen ones.
    ///
    /// # Panics
    /// Where `whole` is another network, or the row is not as long as all its tensors.
    #[must_use]
    pub fn parted<T: Copy>(&self, whole: &Self, row: &[T]) -> [Vec<T>; 2] {
        let places: HashMap<&str, &Parameter> =
            whole.parameters.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let of = |tensor: &Parameter| row[places[tensor.name.as_str()].range()].iter().copied();
        [&self.parameters, &self.frozen].map(|tensors| tensors.iter().flat_map(of).collect())
    }
}

/// Tensors one after the other.
#[derive(Default)]
struct Row {
    tensors: Vec<Parameter>,
    len: usize,
}

impl Row {
    /// Puts a tensor behind the others, and says at which place of the list.
    fn push(&mut self, tensor: Parameter) -> usize {
        let tensor = Parameter { offset: self.len, ..tensor };
        self.len += tensor.len();
        self.tensors.push(tensor);
        self.tensors.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, ModelConfig};

    fn patterns(of: &[&str]) -> Vec<String> {
        of.iter().map(|&pattern| pattern.to_owned()).collect()
    }

    fn whole() -> Architecture {
        let layers = ["linear 3", "tanh", "linear 3", "tanh", "linear 3"];
        let mut model = ModelConfig::new(&[3], LossKind::CrossEntropy, layers);
        model.tied = vec![vec!["0.weight".to_owned(), "4.weight".to_owned()]];
        Architecture::new(&model).unwrap()
    }

    fn places(tensors: &[Parameter]) -> Vec<(&str, usize)> {
        tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.offset)).collect()
    }

    #[test]
    fn frozen_tensors_have_a_row_of_their_own() {
        let architecture = whole().with_frozen(&patterns(&["2.*", "0.bias"])).unwrap();
        assert_eq!(places(&architecture.parameters), [("0.weight", 0), ("4.bias", 9)]);
        assert_eq!(places(&architecture.frozen), [("0.bias", 0), ("2.weight", 3), ("2.bias", 12)]);
        assert_eq!((architecture.num_parameters(), architecture.num_frozen()), (12, 15));
        let expected =
            [Role::Trained(0), Role::Frozen(0), Role::Frozen(1), Role::Frozen(2), Role::Trained(0), Role::Trained(1)];
        assert_eq!(architecture.uses, expected);
        let row: Vec<usize> = (0..27).collect();
        let [trained, frozen] = architecture.parted(&whole(), &row);
        assert_eq!(trained, (0..9).chain(24..27).collect::<Vec<_>>());
        assert_eq!(frozen, (9..24).collect::<Vec<_>>());
    }

    #[test]
    fn a_tied_tensor_is_frozen_under_any_of_its_names() {
        let architecture = whole().with_frozen(&patterns(&["4.w*"])).unwrap();
        assert_eq!(places(&architecture.frozen), [("0.weight", 0)]);
        assert_eq!((architecture.uses[0], architecture.uses[4]), (Role::Frozen(0), Role::Frozen(0)));
        assert_eq!(whole().with_frozen(&[]).unwrap(), whole());
    }

    #[test]
    fn patterns_that_fit_nothing_or_everything_are_told() {
        let message = |of: &[&str]| whole().with_frozen(&patterns(of)).unwrap_err().to_string();
        let nothing = message(&["0.wieght"]);
        assert!(
            nothing.starts_with("unknown pattern in `start.frozen` `0.wieght`; did you mean `0.weight`"),
            "{nothing}"
        );
        let everything = message(&["*.weight", "*.bias"]);
        assert_eq!(
            everything,
            "`start.frozen` is *.weight, *.bias, which fits all 5 tensors, expected patterns that leave at least one to be \
             trained"
        );
    }
}
