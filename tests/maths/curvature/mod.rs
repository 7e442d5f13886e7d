//! Lanczos, traces, densities, sharpness, the bound and noise against the dense Hessian.

mod sharpness;
mod spectrum;
mod streamed;
mod traces;

use flatscape::curvature::{DenseHessian, DenseSpectrum};
use flatscape::model::Compute;

use crate::common::{NetworkCase, Point};

/// The largest eigenvalue in size.
fn radius(case: &NetworkCase) -> f64 {
    case.eigenvalues.iter().fold(0.0, |radius: f64, value| radius.max(value.abs()))
}

fn dense(point: &Point, compute: &Compute) -> DenseSpectrum {
    let objective = point.objective(compute);
    let mut hessian = DenseHessian::new(point.weights(compute)).expect("small");
    while !hessian.advance(&objective) {}
    hessian.result().expect("complete").clone()
}
