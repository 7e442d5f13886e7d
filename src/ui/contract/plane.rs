//! The kinds of planes that slices are cut along.

use crate::protocol::LivePlane;
use crate::ui::kit::help::Term;

/// The kinds of planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaneKind {
    /// Two random directions.
    Random,
    /// Through three runs.
    Minima,
    /// Along the steepest curvatures.
    Eigenvectors,
    /// Along the path.
    PathPca,
}

impl PlaneKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Random, Self::Minima, Self::Eigenvectors, Self::PathPca];

    /// The kind of a plane.
    #[must_use]
    pub const fn of(plane: &LivePlane) -> Self {
        match plane {
            LivePlane::Random { .. } => Self::Random,
            LivePlane::Minima(_) => Self::Minima,
            LivePlane::Eigenvectors(_) => Self::Eigenvectors,
            LivePlane::PathPca(_) => Self::PathPca,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Random => "Same directions",
            Self::Minima => "Three minima",
            Self::Eigenvectors => "Eigenvectors",
            Self::PathPca => "Path PCA",
        }
    }

    /// What explains it.
    #[must_use]
    pub const fn term(self) -> Term {
        match self {
            Self::Random => Term::Directions,
            Self::Minima => Term::MinimaPlane,
            Self::Eigenvectors => Term::EigenvectorPlane,
            Self::PathPca => Term::PcaPlane,
        }
    }

    /// What it is, in a sentence.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Random => {
                "Two random directions, the same vectors for all runs; each slice is centred at its own run."
            }
            Self::Minima => "The plane through the weights of the first three runs that are shown, as they are now.",
            Self::Eigenvectors => "The eigenvectors of the two largest eigenvalues of the selected run's Hessian.",
            Self::PathPca => "The two directions in which the path of the selected run varies most.",
        }
    }
}
