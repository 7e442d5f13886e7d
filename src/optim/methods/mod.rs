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

use super::method::Method;
use crate::config::OptimizerKind;

pub use asam::{asam_ascent, asam_gradient, asam_operator};
pub use nso::{NsoSettings, nso_gradient};
pub use sam::{sam_ascent, sam_gradient};
pub use sgd::sgd_gradient;
pub use wp::wp_gradient;

use asam::Asam;
use bsam::Bsam;
use nso::Nso;
use rsam::Rsam;
use sam::Sam;
use sgd::Sgd;
use usam::Usam;
use wp::Wp;

/// The method of a kind.
#[must_use]
pub const fn method(kind: OptimizerKind) -> &'static dyn Method {
    match kind {
        OptimizerKind::Sgd => &Sgd,
        OptimizerKind::Wp => &Wp,
        OptimizerKind::Sam => &Sam,
        OptimizerKind::Usam => &Usam,
        OptimizerKind::Asam => &Asam,
        OptimizerKind::Rsam => &Rsam,
        OptimizerKind::Bsam => &Bsam,
        OptimizerKind::Nso => &Nso,
    }
}
