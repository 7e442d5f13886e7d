//! The tensors of a network, as methods and base steps ask for them.

use crate::model::{Architecture, Compute, Parameter};
use crate::optim::{TensorSpan, Tensors};

/// Those of a network on a device.
#[must_use]
pub fn tensors_of(architecture: &Architecture, compute: &Compute) -> Tensors {
    let mask =
        |counts: fn(&Parameter) -> bool| compute.tensor(architecture.mask(counts), [1, architecture.num_parameters()]);
    let span = |parameter: &Parameter| TensorSpan {
        range: parameter.range(),
        rows: if parameter.shape.len() > 1 { parameter.shape[0] } else { 1 },
    };
    Tensors {
        spans: architecture.parameters.iter().map(span).collect(),
        is_weight: mask(Parameter::is_named_weight),
        is_matrix: mask(|parameter| parameter.shape.len() > 1),
    }
}
