//! Networks as functions of their weights: layers, losses, and exact derivatives for whole populations of weights.
//!
//! [`Objective`] is the entry of everything that measures: the mean loss over stated examples, its gradients, its
//! Hessian-vector products and its jets. [`Network`] does one pass over one batch. A layer is written once, over the trait in `arithmetic`.

mod architecture;
mod arithmetic;
mod attention;
mod batch;
mod composed;
mod compute;
mod contrast;
mod counts;
mod forward;
mod groups;
mod joint;
mod kernels;
mod leaf;
mod network;
mod nonlinearity;
mod objective;
mod pieces;
mod pointwise;
mod products;
mod random;
mod streams;
mod tokens;
mod window;

pub use architecture::{Architecture, Chain, Initial, Layer, LayerOutline, NormSettings, Parameter, Shape, TokenPick};
pub use attention::AttentionSettings;
pub use batch::{Batch, IGNORED, Statistics, Targets};
pub use compute::{Compute, Number, all_to_host, to_host, to_host_f32};
pub use counts::{Counts, counted};
pub use kernels::{norm, range_sums, vectorised, within_pool};
pub use network::{ExampleSeries, HessianProduct, Network};
pub use nonlinearity::Nonlinearity;
pub use objective::Objective;
pub use pieces::join;
pub use random::{Purpose, gaussian, initial_weights, mixup, rademacher, unit_noise};
pub use streams::Stream;
pub use window::{ConvWindow, Divisor, PoolWindow};
