//! Networks as functions of their weights: layers, losses, and exact derivatives for whole populations of weights.
//!
//! [`Network`] is the entry: [`Network::losses`], [`Network::gradients`], [`Network::hessian_product`] and
//! [`Network::curvature_sums`]. A layer is written once, over the trait in `arithmetic`.

mod architecture;
mod arithmetic;
mod compute;
mod leaf;
mod network;
mod nonlinearity;
mod pointwise;
mod products;
mod random;

pub use architecture::{Architecture, Layer, Parameter, Shape};
pub use compute::{Compute, to_host, to_host_f32};
pub use network::{Batch, HessianProduct, Network};
pub use nonlinearity::Nonlinearity;
pub use random::{Purpose, gaussian, initial_weights, rademacher};
