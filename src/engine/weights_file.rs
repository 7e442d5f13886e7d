//! Files of weights: that of a run, and what one holds, for whoever has to choose among it.

use std::collections::BTreeMap;
use std::path::Path;

use super::describe::sentence;
use crate::data::arrays::{ArrayError, ArrayFile};
use crate::model::to_host_f32;
use crate::session::weights::weights_file;
use crate::train::Run;

/// The file of a run's weights where it stands, with batch norm's statistics and the frozen tensors.
pub(super) fn file_of(run: &Run) -> Vec<u8> {
    let statistics = run.statistics().cloned().map(to_host_f32).unwrap_or_default();
    weights_file(run.task().network.architecture(), &run.weights_on_host(), &statistics)
}

/// The tensors of a file of weights by their names there, with their shapes. Their numbers are not read.
///
/// # Errors
/// One sentence: what the file is and what was expected.
pub fn tensor_shapes(path: &Path) -> Result<BTreeMap<String, Vec<usize>>, String> {
    let read = || -> Result<_, ArrayError> {
        let mut file = ArrayFile::open_weights(path)?;
        let mut shapes = BTreeMap::new();
        for name in file.names() {
            if let Some(info) = file.info(&name)? {
                shapes.insert(name, info.shape);
            }
        }
        Ok(shapes)
    };
    read().map_err(|err| sentence(&err.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::arrays::write_safetensors;

    #[test]
    fn names_and_shapes_are_read_without_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        let tensors = [("0.weight", vec![2, 3], &[0.0; 6][..]), ("0.bias", vec![2], &[0.0; 2][..])];
        std::fs::write(&path, write_safetensors(tensors)).unwrap();
        let shapes: Vec<_> = tensor_shapes(&path).unwrap().into_iter().collect();
        assert_eq!(shapes, [("0.bias".to_owned(), vec![2]), ("0.weight".to_owned(), vec![2, 3])]);
        std::fs::write(&path, b"no tensors at all").unwrap();
        let problem = tensor_shapes(&path).unwrap_err();
        assert!(problem.ends_with("w.safetensors."), "{problem}");
    }
}
