//! The height of the barrier between two points: how far the loss on the line between them rises above the straight line
//! between their losses.
//!
//! max over t of L(t) − ((1 − t)·L(0) + t·L(1)), with L(t) = L((1 − t)·w₀ + t·w₁). Frankle et al. 2020 (arXiv 1912.05671)
//! subtract the mean of both ends instead; where these differ, the straight line is the fairer reference (Entezari et al.
//! 2022, arXiv 2110.06296). It is 0 where the loss lies below that line, as everywhere in a convex bowl.

/// A barrier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Barrier {
    /// How high it is, at least 0; NaN where a loss on the way is NaN or infinite.
    pub height: f64,
    /// The t where it is highest, or where the first loss is NaN or infinite.
    pub at: f64,
}

/// The barrier over `losses` at the shares `t`, of which the first is 0 and the last is 1.
///
/// # Panics
/// Where there are fewer than two.
#[must_use]
pub fn barrier(t: &[f64], losses: &[f64]) -> Barrier {
    assert!(t.len() >= 2 && t.len() == losses.len(), "both ends have a loss");
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    if let Some(lost) = losses.iter().position(|loss| !loss.is_finite()) {
        return Barrier { height: f64::NAN, at: t[lost] };
    }
    let above = t.iter().zip(losses).map(|(&t, loss)| (t, loss - ((1.0 - t) * first + t * last)));
    // Both ends are on the line themselves.
    let inside = above.take(t.len() - 1).skip(1);
    let (at, height) = inside.fold((0.0, 0.0), |best, now| if now.1 > best.1 { now } else { best });
    Barrier { height, at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_is_held_against_the_straight_line() {
        let t = [0.0, 0.25, 0.5, 0.75, 1.0];
        assert_eq!(barrier(&t, &[1.0, 2.0, 3.0, 3.5, 3.0]), Barrier { height: 1.0, at: 0.5 });
        assert_eq!(barrier(&t, &[4.0, 2.25, 1.0, 0.25, 0.0]), Barrier { height: 0.0, at: 0.0 }, "a bowl has none");
        assert_eq!(barrier(&t, &[4.0, 3.0, 2.0, 1.0, 0.0]).height, 0.0, "a straight line has none");
        let lost = barrier(&t, &[1.0, 2.0, f64::INFINITY, f64::NAN, 1.0]);
        assert!(lost.height.is_nan() && lost.at == 0.5);
    }
}
