//! What the network at a place of a slice says: of the examples of the preview, or over the plane of two features.

use burn::tensor::Tensor;

use crate::config::LossKind;
use crate::engine::look::Cut;
use crate::engine::pairs;
use crate::landscape::linear_axis;
use crate::model::{Batch, Statistics, to_host};
use crate::protocol::{Predicted, Prediction, RunId, SaidToken, WrittenText};
use crate::train::{Prompt, Task, Texts};

/// Cells a side of the surface over two features.
const SIDE: usize = 64;
/// What the surface shows beyond the data, as a share of their extent.
const MARGIN: f64 = 0.1;
/// Questions that are written on.
const QUESTIONS: usize = 6;

/// The inputs that predictions are made of, on the device.
pub(super) struct Probe {
    /// Coordinates of the cells along both features.
    axes: Option<[Vec<f32>; 2]>,
    /// In pieces whose pass fits the memory.
    batches: Vec<Batch>,
}

impl Probe {
    /// The cells of a plane, or the examples of the preview.
    pub fn new(task: &Task) -> Self {
        let axes = task.bounds.map(|bounds| bounds.map(axis));
        let inputs: Vec<f32> = match &axes {
            Some([x, y]) => y.iter().flat_map(|&y| x.iter().flat_map(move |&x| [x, y])).collect(),
            None => match &task.texts {
                Some(texts) => texts.x.clone(),
                None => task.preview.rows.iter().flat_map(|row| row.x.iter().copied()).collect(),
            },
        };
        let piece = task.network.architecture().input_len() * task.network.examples_per_pass();
        let batch = |piece: &[f32]| task.network.unlabelled(piece, &task.compute);
        Self { axes, batches: inputs.chunks(piece).map(batch).collect() }
    }

    /// The answer at a place of a slice.
    pub fn predict(&self, run: RunId, cut: &Cut, place: [f64; 2]) -> Prediction {
        let from = &cut.center.run;
        let task = from.task();
        let weights = cut.weights(place);
        let (loss, accuracy) = cut.objective.evaluate(weights.clone());
        Prediction {
            run,
            step: from.steps(),
            place,
            loss,
            accuracy: if task.is_classification { accuracy } else { f64::NAN },
            what: self.outputs(task, &weights, from.statistics()),
        }
    }

    fn outputs(&self, task: &Task, weights: &Tensor<2>, statistics: Option<&Tensor<2>>) -> Predicted {
        let batches = self.batches.iter().map(|batch| match statistics {
            Some(running) => batch.clone().with_statistics(Statistics::Frozen(running.clone())),
            None => batch.clone(),
        });
        if task.network.loss() == LossKind::Contrastive {
            return Predicted::Pairs(pairs::nearest(&pairs::features(&task.network, weights, batches)));
        }
        let outputs = batches.map(|batch| to_host(task.network.outputs(weights, &batch)));
        let width = task.network.architecture().outputs;
        if let (LossKind::TokenCrossEntropy, Some(texts)) = (task.network.loss(), &task.texts) {
            let all: Vec<f64> = outputs.flatten().collect();
            let written = written(task, texts, weights, statistics);
            return Predicted::Texts { said: said(&all, width, texts), written };
        }
        let (mut class, mut confidence) = (Vec::new(), Vec::new());
        for outputs in outputs {
            for outputs in outputs.chunks_exact(width) {
                if task.is_classification {
                    let (index, share) = likeliest(outputs, task.network.loss());
                    class.push(place(index));
                    confidence.push(share);
                } else {
                    confidence.push(outputs[0] as f32);
                }
            }
        }
        match self.axes.clone() {
            Some([x, y]) => Predicted::Surface { x, y, class, confidence },
            None => Predicted::Examples { class, confidence },
        }
    }
}

/// What stands at each target that counts, from outputs `[n·T, width]`.
fn said(outputs: &[f64], width: usize, texts: &Texts) -> Vec<Vec<SaidToken>> {
    let word = |token: u32| texts.facts.tokenizer.decode(&[token]);
    let tokens = texts.facts.tokens;
    let examples = outputs.chunks_exact(width * tokens).zip(texts.targets.chunks_exact(tokens));
    let token = |(outputs, &wanted): (&[f64], &i32)| {
        let wanted = u32::try_from(wanted).ok()?;
        let (index, confidence) = likeliest(outputs, LossKind::TokenCrossEntropy);
        Some(SaidToken { said: word(index as u32), wanted: word(wanted), confidence })
    };
    examples.map(|(outputs, targets)| outputs.chunks_exact(width).zip(targets).filter_map(token).collect()).collect()
}

/// What the network writes on its own behind the first questions of the test set.
fn written(task: &Task, texts: &Texts, weights: &Tensor<2>, statistics: Option<&Tensor<2>>) -> Vec<WrittenText> {
    let Some(prompts) = &task.prompts else { return Vec::new() };
    let first = &prompts.of[..prompts.of.len().min(QUESTIONS)];
    let questions: Vec<&[i32]> = first.iter().map(|prompt| &prompt.question[..]).collect();
    let statistics = statistics.cloned().map_or(Statistics::Batch, Statistics::Frozen);
    let written = task.network.written(weights, &questions, prompts.signs.end, &statistics, &task.compute);
    let text = |tokens: &[i32]| {
        let tokens: Vec<u32> = tokens.iter().filter_map(|&token| u32::try_from(token).ok()).collect();
        texts.facts.tokenizer.decode(&tokens)
    };
    let told = |(prompt, written): (&Prompt, Vec<i32>)| WrittenText {
        question: text(&prompt.question),
        written: text(&written),
        wanted: text(&prompt.completion),
        is_right: prompts.is_right(prompt, &written),
    };
    first.iter().zip(written).map(told).collect()
}

/// The likeliest class and its probability: that of the softmax, or where outputs are compared with one-hot rows the output
/// itself, kept within 0 and 1. NaN where an output is not finite.
fn likeliest(outputs: &[f64], loss: LossKind) -> (usize, f32) {
    let (mut index, mut greatest) = (0, f64::NEG_INFINITY);
    for (class, &output) in outputs.iter().enumerate() {
        if output > greatest {
            (index, greatest) = (class, output);
        }
    }
    let share = match loss {
        _ if !outputs.iter().all(|output| output.is_finite()) => f64::NAN,
        LossKind::CrossEntropy | LossKind::TokenCrossEntropy | LossKind::Contrastive => {
            1.0 / outputs.iter().map(|output| (output - greatest).exp()).sum::<f64>()
        }
        LossKind::Mse => greatest.clamp(0.0, 1.0),
    };
    (index, share as f32)
}

/// A place as it crosses the link.
fn place(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Coordinates from a margin below the least value to a margin above the greatest.
fn axis([least, greatest]: [f32; 2]) -> Vec<f32> {
    let (least, greatest) = (f64::from(least), f64::from(greatest));
    // Data without an extent still have a picture.
    let margin = if greatest > least { MARGIN * (greatest - least) } else { 1.0 };
    linear_axis(least - margin, greatest + margin, SIDE).into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_class_has_the_softmax_or_the_output_as_its_share() {
        let (class, share) = likeliest(&[0.0, 3.0_f64.ln(), 0.0], LossKind::CrossEntropy);
        assert_eq!(class, 1);
        assert!((share - 0.6).abs() < 1e-6, "{share}");
        assert_eq!(likeliest(&[1.3, 0.2], LossKind::Mse), (0, 1.0));
        assert!(likeliest(&[f64::NAN, 1.0], LossKind::CrossEntropy).1.is_nan());
        assert_eq!(likeliest(&[1000.0, -1000.0], LossKind::CrossEntropy), (0, 1.0));
    }

    #[test]
    fn the_axis_has_a_margin_on_both_sides() {
        let axis = axis([-1.0, 1.0]);
        assert_eq!((axis.len(), axis[0], axis[63]), (64, -1.2, 1.2));
    }
}
