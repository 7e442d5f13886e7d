//! The tour of the first start.

/// The tour, and where it is.
#[derive(Debug, Default)]
pub struct Tour {
    step: Option<usize>,
}

impl Tour {
    /// Begins at the first step.
    pub fn start(&mut self) {
        self.step = Some(0);
    }
}
