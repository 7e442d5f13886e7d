//! Tensors that begin anew, whatever a file has of them: those of a new head.

use std::collections::BTreeMap;

use crate::config::fits;
use crate::model::{Initial, Parameter};

use super::reading::Reading;
use super::table::Table;

/// Which tensors of the model begin anew.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    patterns: Vec<String>,
    /// Modules all of whose tensors do, as files call them.
    modules: Vec<String>,
}

impl Fresh {
    /// By the patterns of a reading.
    pub fn new(reading: Reading<'_>, table: &Table) -> Self {
        let mut fresh = Self { patterns: reading.fresh.unwrap_or_default().to_vec(), modules: Vec::new() };
        let architecture = reading.architecture;
        let mut modules: BTreeMap<&str, bool> = BTreeMap::new();
        for tensor in architecture.parameters.iter().chain(&architecture.frozen).chain(&architecture.buffers) {
            for name in tensor.names() {
                if let Some((module, _)) = table.called(name).name.rsplit_once('.') {
                    *modules.entry(module).or_insert(true) &= fresh.has(tensor);
                }
            }
        }
        let modules = modules.into_iter().filter(|(_, is_whole)| *is_whole);
        fresh.modules = modules.map(|(module, _)| format!("{module}.")).collect();
        fresh
    }

    /// Whether this tensor of the model does.
    pub fn has(&self, tensor: &Parameter) -> bool {
        tensor.names().iter().any(|name| self.patterns.iter().any(|pattern| fits(pattern, name)))
    }

    /// Whether a name of the file, without what stands before all names, is of what is made anew: an old head may have had
    /// more tensors than the new one has.
    pub fn has_leftover(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern, name))
            || self.modules.iter().any(|module| name.starts_with(module.as_str()))
    }
}

/// What stands in a row in the place of a tensor that is not read: what running statistics begin as.
pub(super) fn unread(tensor: &Parameter) -> Vec<f64> {
    vec![if tensor.initial == Initial::One { 1.0 } else { 0.0 }; tensor.len()]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{WeightsError, read_directions, read_state, weights_file};
    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::data::arrays::write_safetensors;
    use crate::model::Architecture;

    fn architecture(outputs: usize) -> Architecture {
        let layers = ["linear 3".to_owned(), "batchnorm".to_owned(), "tanh".to_owned(), format!("linear {outputs}")];
        Architecture::new(&ModelConfig::new(&[2], LossKind::CrossEntropy, layers)).unwrap()
    }

    /// Its tensors, filled with 1, 2, 3, …, each list by itself.
    fn file(architecture: &Architecture) -> tempfile::NamedTempFile {
        let numbers = |len: usize| (1..=len).map(|i| i as f32).collect::<Vec<_>>();
        let (weights, buffers) = (numbers(architecture.num_parameters()), numbers(architecture.num_buffers()));
        written(&weights_file(architecture, &weights, &buffers))
    }

    fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    fn patterns(of: &[&str]) -> Vec<String> {
        of.iter().map(|&pattern| pattern.to_owned()).collect()
    }

    #[test]
    fn what_begins_anew_may_have_another_shape_or_be_missing() {
        let (old, new) = (file(&architecture(5)), architecture(2));
        let fresh = patterns(&["3.*"]);
        let reading = Reading { fresh: Some(&fresh), ..Reading::from(&new) };
        let state = read_state(old.path(), reading).unwrap().value;
        // 6 + 3 + 3 + 3 numbers are those of the file.
        let (body, head) = state.weights.split_at(15);
        assert_eq!(body, (1..=15).map(f64::from).collect::<Vec<_>>());
        assert_eq!(head.len(), new.num_parameters() - 15);
        assert_eq!(state.buffers, (1..=6).map(f64::from).collect::<Vec<_>>());
        let refused = read_state(old.path(), &new).unwrap_err().to_string();
        assert!(refused.contains("of another shape: `3.weight` [5, 3], expected [2, 3]"), "{refused}");
        let fresh = patterns(&["3.weight"]);
        let refused = read_state(old.path(), Reading { fresh: Some(&fresh), ..reading }).unwrap_err().to_string();
        assert!(
            refused.contains("`3.bias` [5], expected [2] (name what is to begin anew in `start.fresh`)"),
            "{refused}"
        );
    }

    #[test]
    fn statistics_that_begin_anew_are_0_and_1() {
        let architecture = architecture(2);
        let fresh = patterns(&["1.running_*"]);
        let reading = Reading { fresh: Some(&fresh), ..Reading::from(&architecture) };
        let state = read_state(file(&architecture).path(), reading).unwrap().value;
        assert_eq!(state.buffers, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn leftovers_of_a_module_that_begins_anew_are_left_out_and_others_are_not() {
        let architecture = architecture(2);
        let names = [("3.weight", "fc.weight"), ("3.bias", "fc.bias")];
        let names = names.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).into();
        let body = architecture.parameters.iter().filter(|tensor| !tensor.name.starts_with("3."));
        let body: Vec<_> = body.chain(&architecture.buffers).map(|t| (t.name.clone(), t.shape.clone())).collect();
        let read = |others: &[&str], fresh: &[&str]| {
            let others = others.iter().map(|name| ((*name).to_owned(), vec![1]));
            let tensors: Vec<_> = body.iter().cloned().chain(others).collect();
            let ones = [1.0; 9];
            let bytes = write_safetensors(
                tensors.iter().map(|(name, shape)| (name.as_str(), shape.clone(), &ones[..shape.iter().product()])),
            );
            let fresh = patterns(fresh);
            let reading = Reading { names: Some(&names), fresh: Some(&fresh), ..Reading::from(&architecture) };
            read_state(written(&bytes).path(), reading).map(|read| read.notes).map_err(|err| err.to_string())
        };
        let notes = read(&["fc.0.scale", "3.old"], &["3.*"]).unwrap();
        assert_eq!(notes, ["`3.old` and `fc.0.scale` are left out: of what begins anew"]);
        // Not all of the module does.
        let refused = read(&["fc.weight", "fc.bias", "fc.scale"], &["3.weight"]).unwrap_err();
        assert!(refused.contains("unexpected: `fc.scale` [1]"), "{refused}");
        let refused = read(&["4.weight"], &["3.*"]).unwrap_err();
        assert!(refused.contains("unexpected: `4.weight` [1]"), "{refused}");
    }

    /// The network whose first layer stays as it is, at 1, 2, 3, ….
    fn frozen() -> Architecture {
        let mut frozen = architecture(2).with_frozen(&patterns(&["0.*"])).unwrap();
        frozen.held = Arc::new((1..=9).map(|i| i as f32).collect());
        frozen
    }

    #[test]
    fn frozen_tensors_are_written_and_have_to_be_the_same_where_they_are_read() {
        let (whole, frozen) = (architecture(2), frozen());
        let trained: Vec<f32> = (0..frozen.num_parameters()).map(|i| 0.5 + i as f32).collect();
        let own = written(&weights_file(&frozen, &trained, &[1.0; 6]));
        let state = read_state(own.path(), &whole).unwrap().value;
        assert_eq!(state.weights[..9], (1..=9).map(f64::from).collect::<Vec<_>>());
        assert_eq!(state.weights[9..], trained.iter().map(|&w| f64::from(w)).collect::<Vec<_>>());
        let read = read_state(own.path(), &frozen).unwrap().value;
        assert_eq!(read.weights, state.weights[9..], "its own are the trained ones");

        let mut alone = frozen.clone();
        (alone.frozen, alone.held) = (Vec::new(), Arc::default());
        let without = written(&weights_file(&alone, &trained, &[1.0; 6]));
        assert_eq!(read_state(without.path(), &frozen).unwrap().value.weights, read.weights, "they may be missing");

        let mut weights: Vec<f32> = (1..=whole.num_parameters()).map(|i| i as f32).collect();
        weights[7] += 0.25;
        let moved = written(&weights_file(&whole, &weights, &[1.0; 6]));
        let err = read_state(moved.path(), &frozen).unwrap_err();
        assert!(matches!(err, WeightsError::Mismatch { .. }));
        let message = err.to_string();
        assert!(message.contains("frozen here, with other numbers there: `0.bias` (by up to 2.500e-1)"), "{message}");
    }

    #[test]
    fn no_direction_leads_along_a_frozen_tensor() {
        let (whole, frozen) = (architecture(2), frozen());
        let read = |first: f32| {
            let tensors = whole.parameters.iter();
            let of = |t: &Parameter| vec![if t.name.starts_with("0.") { first } else { 1.0 }; t.len()];
            let tensors: Vec<_> = tensors
                .flat_map(|t| ["x.", "y."].map(|prefix| (format!("{prefix}{}", t.name), t.shape.clone(), of(t))))
                .collect();
            let bytes =
                write_safetensors(tensors.iter().map(|(name, shape, of)| (name.as_str(), shape.clone(), &of[..])));
            read_directions(written(&bytes).path(), &frozen).map(|read| read.value).map_err(|err| err.to_string())
        };
        let [x, _] = read(0.0).unwrap();
        assert_eq!(x, vec![1.0; frozen.num_parameters()]);
        let refused = read(0.5).unwrap_err();
        assert!(refused.contains("`x.0.weight` (by up to 5.000e-1)"), "{refused}");
    }
}
