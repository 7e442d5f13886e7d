//! The training examples in the host's memory, where they are pictures and something is done to them.

use std::sync::OnceLock;

use crate::config::{DataConfig, Knobs};
use crate::data::{Augmentation, Dataset, Labels, Split, augment, blank};
use crate::model::Batch;

/// Training examples that are pictures, as augmentation takes them.
#[derive(Debug)]
pub struct Pictures {
    /// The inputs, row-major, read back from the device when a step first asks for them: where nothing is augmented there is
    /// no second copy.
    x: OnceLock<Vec<f32>>,
    y: Labels,
    /// Channels, height and width of one.
    shape: [usize; 3],
    /// The value of an empty pixel, for each channel.
    blank: Vec<f32>,
}

impl Pictures {
    /// Those of a split; `None` where examples are no pictures.
    #[must_use]
    pub fn of(config: &DataConfig, split: &Split) -> Option<Self> {
        let &[channels, height, width] = split.train.shape.as_slice() else { return None };
        let (shape, blank) = ([channels, height, width], blank(config, channels));
        Some(Self { x: OnceLock::new(), y: split.train.y.clone(), shape, blank })
    }

    /// Height and width of one.
    #[must_use]
    pub const fn sides(&self) -> [usize; 2] {
        let [_, height, width] = self.shape;
        [height, width]
    }

    /// The examples at `indices` as a step of a seed sees them. `train` holds all of them on the device.
    ///
    /// # Panics
    /// When `train` holds tokens or other examples than these.
    #[must_use]
    pub fn augmented(&self, train: &Batch, indices: &[u32], knobs: &Knobs, seed: u64, step: u64) -> Dataset {
        let all = self.x.get_or_init(|| train.numbers().expect("pictures are numbers that one chain takes"));
        let size: usize = self.shape.iter().product();
        let x = indices.iter().flat_map(|&i| &all[i as usize * size..(i as usize + 1) * size]).copied().collect();
        let mut seen = Dataset { x, shape: self.shape.to_vec(), y: self.y.select(indices) };
        augment(&mut seen.x, self.shape, &Augmentation::of(knobs), &self.blank, seed, step);
        seen
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{OptimizerKind, builtin_experiment};
    use crate::data::{Wanted, load};
    use crate::model::Compute;
    use crate::train::{Prepared, Run, Task};

    #[test]
    fn they_are_read_back_as_they_were_and_only_when_something_is_done_to_them() {
        let mut experiment = builtin_experiment("digits-cnn").unwrap();
        for setting in ["data.train_size=40", "data.test_size=20"] {
            experiment.assign(setting).unwrap();
        }
        let experiment = Arc::new(experiment);
        let prepared = Prepared::new(Arc::clone(&experiment)).unwrap();
        let task = Arc::new(prepared.task(0, Compute::cpu()));
        let input = experiment.model.example_shape();
        let split = load(&experiment.data, &Wanted::by(&experiment.model, &input, 10)).unwrap();
        let pictures = task.pictures.as_ref().unwrap();
        let mut knobs = experiment.knobs(OptimizerKind::Sgd).unwrap();
        let step = |knobs: &Knobs, task: &Arc<Task>| {
            Run::new(Arc::clone(task), OptimizerKind::Sgd, knobs.clone()).step().unwrap();
        };
        step(&knobs, &task);
        assert!(pictures.x.get().is_none(), "nothing is done to them");
        let indices = [3, 0, 39];
        let seen = pictures.augmented(&task.train, &indices, &knobs, 0, 1);
        assert_eq!(seen, split.train.select(&indices), "to the last bit, where no knob does anything");
        let fresh = Arc::new(prepared.task(0, Compute::cpu()));
        knobs.flip = true;
        step(&knobs, &fresh);
        assert_eq!(fresh.pictures.as_ref().unwrap().x.get(), Some(&split.train.x));
    }
}
