//! Every layer on a GPU against PyTorch.

use crate::common::{Failures, check_layer_case, layer_cases};
use crate::device::gpu;

#[test]
fn reference_figures_on_a_gpu() {
    let Some(gpu) = gpu() else { return };
    let mut failures = Failures::new();
    for case in layer_cases() {
        check_layer_case(&case, &gpu, 1e-4, &mut failures);
    }
    failures.finish();
}
