//! The tensors of a network, as methods and base steps ask for them.

use crate::model::{Architecture, Compute, Parameter};
use crate::optim::{TensorSpan, Tensors};

/// Those of a network on a device.
#[must_use]
pub fn tensors_of(architecture: &Architecture, compute: &Compute) -> Tensors {
    let mask = |counts: &dyn Fn(&Parameter) -> bool| {
        let mut mask = vec![0.0; architecture.num_parameters()];
        for parameter in architecture.parameters.iter().filter(|parameter| counts(parameter)) {
            mask[parameter.range()].fill(1.0);
        }
        let len = mask.len();
        compute.tensor(mask, [1, len])
    };
    let span = |parameter: &Parameter| TensorSpan {
        range: parameter.range(),
        rows: if parameter.shape.len() > 1 { parameter.shape[0] } else { 1 },
    };
    Tensors {
        spans: architecture.parameters.iter().map(span).collect(),
        is_weight: mask(&|parameter| parameter.name.contains("weight")),
        is_matrix: mask(&|parameter| parameter.shape.len() > 1),
    }
}
