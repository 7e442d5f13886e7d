//! Which knobs go with a network and its examples.

use crate::config::{AverageKind, ConfigError, KnobId, Knobs, LossKind, OptimizerKind};
use crate::model::{Chain, Network, Shape};

/// What knobs have to go with.
pub(super) struct Limits<'a> {
    pub network: &'a Network,
    /// Gradient evaluations of a run.
    pub budget: u64,
    pub train_size: usize,
    /// Height and width of the examples, where they are pictures.
    pub pictures: Option<[usize; 2]>,
}

impl Limits<'_> {
    /// Checks the knobs of a method.
    ///
    /// # Errors
    /// The first that does not go, with what was expected.
    pub fn check(&self, optimizer: OptimizerKind, knobs: &Knobs) -> Result<(), ConfigError> {
        self.check_batch(knobs)?;
        self.check_examples(knobs)?;
        self.check_crop(knobs)?;
        self.check_average(optimizer, knobs)
    }

    /// Batches all have one size, so none is shorter at the end of an epoch. A single value has the variance 0: the norm would
    /// give its bias whatever the value is, and PyTorch refuses it too.
    fn check_batch(&self, knobs: &Knobs) -> Result<(), ConfigError> {
        let examples = self.train_size;
        let (batch, lone) = (knobs.batch.min(examples), self.network.architecture().needs_two_examples());
        match lone.filter(|_| batch < 2) {
            None => Ok(()),
            Some(norm) => Err(ConfigError::OutOfRange {
                name: if examples < 2 { "data.train_size".to_owned() } else { KnobId::Batch.spec().key.to_owned() },
                value: batch.to_string(),
                expected: format!(
                    "at least 2: in training the batch norm `{norm}` needs more than one value a channel, and each example \
                     gives it one"
                ),
            }),
        }
    }

    /// Augmentation needs pictures; mixtures need numbers and one target an example, smoothing needs classes.
    fn check_examples(&self, knobs: &Knobs) -> Result<(), ConfigError> {
        let loss = self.network.loss();
        let is_on = |id: &KnobId| knobs.value(*id) != 0.0;
        let wrong = |id: KnobId, expected: &str| {
            let off = if id == KnobId::Flip { "false" } else { "0" };
            let (key, value) = (id.spec().key, knobs.value(id));
            let value = if id == KnobId::Flip { "true".to_owned() } else { value.to_string() };
            Err(ConfigError::out_of_range(key, value, format!("{off}: {expected}")))
        };
        if let Some(id) = KnobId::ALL.into_iter().find(|id| id.is_of_images() && is_on(id))
            && self.pictures.is_none()
        {
            return wrong(id, &self.no_pictures());
        }
        let has_shares = matches!(loss, LossKind::CrossEntropy | LossKind::Mse);
        if is_on(&KnobId::Mixup) && !has_shares {
            return wrong(KnobId::Mixup, "tokens and pairs cannot be mixed");
        }
        if is_on(&KnobId::LabelSmoothing) && !matches!(loss, LossKind::CrossEntropy | LossKind::TokenCrossEntropy) {
            return wrong(KnobId::LabelSmoothing, "only classes can be smoothed");
        }
        Ok(())
    }

    /// Why there are no pictures: data that are some reach a model of features as rows of numbers.
    fn no_pictures(&self) -> String {
        match &self.network.architecture().chains[..] {
            [Chain { input: Shape::Features(features), .. }] => {
                format!(
                    "the model takes {features} features, and only images, [channels, height, width], are augmented"
                )
            }
            _ => "the examples are no images".to_owned(),
        }
    }

    /// A picture that is moved by more than half of its side is mostly blank.
    fn check_crop(&self, knobs: &Knobs) -> Result<(), ConfigError> {
        let Some([height, width]) = self.pictures else { return Ok(()) };
        let most = height.min(width) / 2;
        if knobs.crop <= most {
            return Ok(());
        }
        let expected = format!("at most {most}, half of the shorter side of the {height}×{width} images");
        Err(ConfigError::out_of_range(KnobId::Crop.spec().key, knobs.crop.to_string(), expected))
    }

    /// The mean over ends of epochs needs one between its start and the end of the budget.
    fn check_average(&self, optimizer: OptimizerKind, knobs: &Knobs) -> Result<(), ConfigError> {
        if knobs.average != AverageKind::Swa {
            return Ok(());
        }
        let cost = knobs.gradient_evaluations(optimizer);
        let steps = self.budget / cost;
        let epoch = self.train_size.div_ceil(knobs.batch.clamp(1, self.train_size.max(1))).max(1) as u64;
        let last = steps / epoch * epoch;
        let reached = (last * cost) as f64 / self.budget as f64;
        if last > 0 && reached >= knobs.average_start {
            return Ok(());
        }
        let ends = if last == 0 {
            format!("the first epoch of {epoch} steps ends after the budget's {steps}")
        } else {
            format!("the last epoch within the budget ends at {reached:.3} of it")
        };
        Err(ConfigError::out_of_range(
            KnobId::AverageStart.spec().key,
            knobs.average_start.to_string(),
            format!("a share before the end of an epoch: swa averages there, and {ends}"),
        ))
    }
}
