//! Tensors that stay as they are, as what the layers read: constants of every arithmetic.

use std::sync::Arc;

use super::Network;
use crate::config::ConfigError;
use crate::model::architecture::Role;
use crate::model::compute::{Compute, Number};
use crate::model::leaf::{Leaf, Tensorlike};

impl Network {
    /// The same where some tensors stay as they are: see [`Architecture::with_frozen`](crate::model::Architecture::with_frozen).
    /// It makes no pass before [`Self::holding`] says at which numbers.
    ///
    /// # Errors
    /// A pattern that fits no tensor that is trained, and patterns that leave none.
    pub fn with_frozen(self, patterns: &[String]) -> Result<Self, ConfigError> {
        Ok(Self { architecture: self.architecture.with_frozen(patterns)?, frozen: None, ..self })
    }

    /// The same with its frozen tensors at these numbers, in the order of
    /// [`Architecture::frozen`](crate::model::Architecture::frozen).
    ///
    /// # Panics
    /// Where there are more or fewer numbers than the frozen tensors have.
    #[must_use]
    pub fn holding<T: Number>(&self, values: &[T], compute: &Compute) -> Self {
        let mut network = self.clone();
        let size = network.architecture.num_frozen();
        assert_eq!(values.len(), size, "one number for each of the frozen tensors");
        network.architecture.held = Arc::new(values.iter().map(|value| value.to_f64() as f32).collect());
        network.frozen = (size > 0).then(|| compute.tensor_of(values.to_vec(), [1, size]));
        network
    }

    /// One leaf for each tensor that the layers read: a tied one several times, with one place on the tape.
    pub(in crate::model) fn used<L: Tensorlike>(&self, trained: &[L]) -> Vec<L> {
        let frozen: Vec<L> = self
            .architecture
            .frozen
            .iter()
            .map(|tensor| {
                let held = self.frozen.as_ref().expect("a network that makes a pass holds its frozen tensors");
                trained[0].constant(Leaf::cut(held, tensor))
            })
            .collect();
        let leaf = |role: &Role| match *role {
            Role::Trained(place) => trained[place].clone(),
            Role::Frozen(place) => frozen[place].clone(),
        };
        self.architecture.uses.iter().map(leaf).collect()
    }
}
