//! Vectors of 64-bit numbers on the host.

/// a·b.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖a‖.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Gives a vector a norm; a vector of zeros stays one.
pub(super) fn rescale(values: &mut [f64], length: f64) {
    let own = norm(values);
    if own > 0.0 {
        let scale = length / own;
        values.iter_mut().for_each(|value| *value *= scale);
    }
}
