//! A slice for tests.

use std::sync::Arc;

use crate::protocol::{LossGrid, RunId, SliceCaption, SliceView};

/// A flat slice of a step.
pub fn slice(step: u64) -> Arc<LossGrid> {
    Arc::new(LossGrid {
        run: RunId(0),
        step,
        x: vec![-1.0, 0.0, 1.0],
        y: vec![-1.0, 0.0, 1.0],
        loss: vec![1.0; 9],
        masked: 0,
        center_loss: 1.0,
        path: Vec::new(),
        caption: SliceCaption {
            objective: String::new(),
            directions: String::new(),
            seed: None,
            angle_degrees: 90.0,
            norms: [1.0; 2],
        },
        ascent: None,
        noise_radius: None,
        samples: Vec::new(),
        average: None,
        accuracy: None,
        position: None,
        others: Vec::new(),
        view: SliceView::default(),
        generation: 0,
    })
}
