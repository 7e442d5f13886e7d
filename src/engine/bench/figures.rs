//! What is timed.

/// A figure of a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// One step of SGD.
    SgdStep,
    /// One step of SAM.
    SamStep,
    /// One step of NSO with 1 pair.
    NsoStepK1,
    /// … with 4 pairs.
    NsoStepK4,
    /// … with 16 pairs.
    NsoStepK16,
    /// A slice of 51×51 points.
    Slice51,
    /// A Hutchinson trace from 64 Rademacher probes.
    Trace64,
    /// 20 Hessian-vector products of a Lanczos solve.
    TopEig20,
}

impl Figure {
    /// All of them, in the order in which they are timed.
    pub const ALL: [Self; 8] = [
        Self::SgdStep,
        Self::SamStep,
        Self::NsoStepK1,
        Self::NsoStepK4,
        Self::NsoStepK16,
        Self::Slice51,
        Self::Trace64,
        Self::TopEig20,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SgdStep => "sgd_step",
            Self::SamStep => "sam_step",
            Self::NsoStepK1 => "nso_step_k1",
            Self::NsoStepK4 => "nso_step_k4",
            Self::NsoStepK16 => "nso_step_k16",
            Self::Slice51 => "slice_51x51",
            Self::Trace64 => "trace_64",
            Self::TopEig20 => "top_eig_20",
        }
    }

    /// Runs that are timed at most, as many as the peers' scripts take.
    pub(super) const fn runs(self) -> usize {
        match self {
            Self::SgdStep | Self::SamStep => 50,
            Self::NsoStepK1 | Self::NsoStepK4 | Self::NsoStepK16 => 20,
            Self::Slice51 => 3,
            Self::Trace64 | Self::TopEig20 => 5,
        }
    }

    /// Its work in forward passes over all examples at one row of weights.
    ///
    /// A backward pass counts as two, since each product has the gradients of its two factors (Kaplan et al. 2020, section
    /// 2.1). A jet needs three products along each direction, ẋw, xẇ and ẋẇ: that of a group's sum and that of the value are not
    /// counted. A Hessian-vector product is the reverse of a dual pass, whose products are three.
    #[must_use]
    pub const fn forward_passes(self) -> u64 {
        const STEP: u64 = 3;
        const JET: u64 = 3;
        const HESSIAN_PRODUCT: u64 = 9;
        match self {
            Self::SgdStep => STEP,
            Self::SamStep => 2 * STEP,
            // And the loss at the clean weights.
            Self::NsoStepK1 => 2 * STEP + 1,
            Self::NsoStepK4 => 8 * STEP + 1,
            Self::NsoStepK16 => 32 * STEP + 1,
            Self::Slice51 => 51 * 51,
            Self::Trace64 => 64 * JET,
            Self::TopEig20 => 20 * HESSIAN_PRODUCT,
        }
    }
}
