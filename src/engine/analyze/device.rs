//! The device of an analysis: with `auto` the one that is faster with its network on its examples.

use std::sync::Arc;

use super::{AnalyzeOptions, statistics};
use crate::config::{DeviceChoice, Normalization, Precision};
use crate::data::Dataset;
use crate::engine::devices::headless::{Headless, open_for};
use crate::engine::devices::race::Made;
use crate::engine::devices::trial;
use crate::engine::{EngineError, OpenDevice};
use crate::landscape::Plane;
use crate::model::{Compute, Network, Number, Objective};
use crate::protocol::DeviceReport;
use crate::train::targets;

/// Points a side and half-width of the slice that is timed where none is asked for.
const SLICE: (usize, f64) = (51, 1.0);

/// Opens it, with a report where two were to choose from; 64 bits are for the CPU only.
pub(super) fn open<T: Number>(
    options: &AnalyzeOptions,
    network: &Arc<Network>,
    examples: &Dataset<T>,
) -> Result<(OpenDevice, Option<DeviceReport>), EngineError> {
    let is_double = T::PRECISION == Precision::F64;
    let (points, range) = options.parts.slice.as_ref().map_or(SLICE, |part| (part.points, part.range));
    let on = |compute: &Compute| -> Made {
        let architecture = network.architecture();
        let plane = Plane::random(architecture, &options.weights, Normalization::None, options.seed, "the weights")
            .map_err(|err| err.to_string())?;
        let objective = Objective::new(Arc::clone(network), &examples.x, targets(&examples.y), compute.clone())
            .with_statistics(statistics(options.buffers.as_ref(), compute))
            .with_weight_decay(options.weight_decay);
        let weights = compute.tensor_f64(options.weights.clone(), [1, options.weights.len()]);
        trial::gradients(objective, weights, &plane, (range, points))
    };
    let work = Headless {
        model: trial::model_text(&options.model),
        words: format!("gradients on {} examples; {points} points a side", examples.len()),
        method: None,
        on: &on,
    };
    let choice = if is_double { DeviceChoice::Cpu } else { options.device };
    let (open, report) = open_for(choice, &work).map_err(EngineError::Device)?;
    let compute = if is_double { Compute::cpu_f64() } else { open.compute };
    Ok((OpenDevice { compute, ..open }, report))
}
