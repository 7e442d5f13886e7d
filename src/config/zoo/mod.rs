//! Built-in models: families of networks whose sizes may be chosen, with the names that published checkpoints give their
//! parameters.
//!
//! A family is a file: a pure function from [`ModelSizes`] to a [`ModelConfig`](super::ModelConfig). [`catalogue`] lists what is
//! offered, [`text`] writes model files, [`guess`] tells whose checkpoint a file is.

mod catalogue;
mod chain;
mod clip;
mod gpt2;
mod guess;
mod resnet;
mod sizes;
mod text;
mod vit;

pub use catalogue::{BuiltinModel, builtin_model, zoo};
pub use guess::builtin_model_of;
pub use sizes::{InputSize, ModelSizes};
pub use text::model_text;
