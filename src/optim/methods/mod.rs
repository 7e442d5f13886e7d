//! The methods, a file each.

mod asam;
mod bsam;
mod nso;
mod rsam;
mod sam;
mod sgd;
mod unit;
mod usam;
mod wp;

pub use asam::{asam_ascent, asam_gradient, asam_operator};
pub use nso::{NsoSettings, PairEvidence, nso_gradient};
pub use sam::{sam_ascent, sam_gradient};
pub use sgd::sgd_gradient;
pub use wp::wp_gradient;

pub(super) use asam::Asam;
pub(super) use bsam::Bsam;
pub(super) use nso::Nso;
pub(super) use rsam::Rsam;
pub(super) use sam::Sam;
pub(super) use sgd::Sgd;
pub(super) use usam::Usam;
pub(super) use wp::Wp;
