//! What is looked at: a run as it was, and the plane that slices are cut along.

use std::sync::Arc;

use crate::landscape::Plane;
use crate::model::to_host;
use crate::train::Run;

/// The plane that slices are cut along; a newer one has a greater generation.
#[derive(Debug)]
pub(in crate::engine) struct CutPlane {
    pub plane: Plane,
    pub generation: u64,
}

/// A run as it was, with its weights on the host.
#[derive(Debug)]
pub(in crate::engine) struct Point {
    pub run: Run,
    pub host: Vec<f64>,
}

impl Point {
    pub fn of(run: &Run) -> Arc<Self> {
        Arc::new(Self { run: run.snapshot(), host: to_host(run.weights().clone()) })
    }
}
