//! The same work, compiled for each kind of processor.

use pulp::{Simd, WithSimd};

/// One call of a kernel, compiled for the processor's vectors.
pub(super) struct Call<F>(pub F);

/// What is compiled for the vectors of each kind of processor.
pub(super) trait Task {
    /// Does it.
    fn run<S: Simd>(self, simd: S);
}

impl<F: Task> WithSimd for Call<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(simd);
    }
}
