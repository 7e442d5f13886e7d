//! Knobs that change images, where a model does not take any.

use crate::config::{KnobId, ModelConfig};
use crate::engine::input_words;
use crate::ui::state::run_view::RunView;

/// Why runs cannot go over to a model, in a sentence: their knobs change images, and it takes something else.
pub fn images_needed(runs: &[RunView], model: &ModelConfig) -> Option<String> {
    if model.towers.is_none() && model.input.shape().len() == 3 {
        return None;
    }
    let (run, knob) = runs.iter().find_map(|run| {
        let is_on = |knob: &KnobId| knob.is_of_images() && run.knobs.value(*knob) != 0.0;
        Some((run, KnobId::ALL.into_iter().find(is_on)?))
    })?;
    let taken = match &model.towers {
        Some(_) => "images with their texts".to_owned(),
        None => input_words(&model.input),
    };
    let (name, label) = (run.name(), knob.spec().label);
    Some(format!("{name} has “{label}” turned on, which needs images, and the model takes {taken}: turn it off first."))
}
