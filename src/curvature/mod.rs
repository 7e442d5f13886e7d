//! Curvature at one row of weights: traces, eigenvalues, densities, the dense Hessian, sharpness, and the bound's terms.
//!
//! All of it is of the Hessian H = ∇²L itself, and not of its Gauss–Newton part unless that is named: H may be indefinite, and its trace near zero
//! with large eigenvalues of both signs, so that a trace is never to be read without the ends of the spectrum. L is what the
//! [`Objective`](crate::model::Objective) states, over all trainable parameters, the set that noise acts on too. With a
//! relu the second derivative at its kink is taken as 0: a finite radius (noise, a slice) sees kinks that H does not.
//!
//! Each measurement is a job in units: one call of `advance` is one unit of work, so that the engine stays responsive, and
//! what is known so far can be read at any time. While a run trains, [`StreamedTrace`] and [`StreamedEnds`] follow it with a few
//! units a figure.

mod bound;
mod chain;
mod dense;
mod density;
mod examples;
mod gauss_newton;
mod krylov;
mod lanczos;
mod layers;
mod learning;
mod parabola;
mod sharpness;
mod streamed;
mod subsets;
mod trace;
mod vectors;

pub use bound::{Bound, BoundReport, GreatestTrace};
pub use dense::{DENSE_LIMIT, DenseError, DenseHessian, DenseSpectrum};
pub use density::{Density, DensityCurve, Node, SpectralDensity};
pub use examples::{ExampleCurvatures, ExampleFigures};
pub use gauss_newton::{GaussNewton, GaussNewtonReport, TopPair};
pub use krylov::{Krylov, RitzValues};
pub use lanczos::{Lanczos, RitzPair, Spectrum, SpectrumEnds, held_for};
pub use layers::LayerTraces;
pub use learning::{LearningCoefficient, LearningReport, Sampling};
pub use parabola::{StepEnd, StepFit};
pub use sharpness::{Sharpness, SharpnessKind, SharpnessReport};
pub use streamed::{Drifted, StreamedEnds, StreamedTrace};
pub use subsets::{SubsetCheck, SubsetReport};
pub use trace::TraceEstimate;
