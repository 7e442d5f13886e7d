//! What a picture says of the objective that it shows.

use crate::model::{Batch, Objective, Statistics};

/// An objective in words: the loss, the mean over what, weight decay, and the statistics of batch norm. `examples` names
/// the examples, such as "training examples"; their number comes from the objective.
///
/// Frozen statistics belong to the centre of a slice and not to its other points; those of the batch are computed at each
/// point. The two are different pictures, so the words say which it is.
#[must_use]
pub fn objective_words(objective: &Objective, examples: &str) -> String {
    let network = objective.network();
    let mut words = format!("{}, mean over {} {examples}", network.loss_label(), objective.num_examples());
    if objective.weight_decay() != 0.0 {
        words += &format!(", plus {}/2 times the squared norm of the weights", objective.weight_decay());
    }
    if !network.architecture().buffers.is_empty() {
        let is_frozen = |batch: &Batch| matches!(batch.statistics(), Statistics::Frozen(_));
        words += if objective.pieces().iter().all(is_frozen) {
            ", batch norm with the running statistics of the centre everywhere"
        } else {
            ", batch norm with the statistics of the examples at each point"
        };
    }
    words
}
