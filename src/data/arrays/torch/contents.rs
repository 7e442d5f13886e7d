//! What was saved, without its numbers: which keys have tensors behind them, and which objects are none that can be read.

use std::collections::{BTreeSet, HashSet};

use pytorch_reader::PickleValue;

use super::super::one_line;

/// What a tensor is called among what was saved.
const TENSOR: &str = "torch.Tensor";
/// Where objects come from that are only numbers or names: devices, types, sizes, NumPy's numbers, large integers.
const HARMLESS: [&str; 5] = ["torch", "numpy", "collections", "int", "_codecs"];

/// What was saved.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Keys of the outermost dictionary that have dictionaries or lists with tensors behind them, sorted.
    pub keys: Vec<String>,
    /// Tensors in all.
    pub num_tensors: usize,
    /// What Python would have to call or import for what is left out, sorted.
    pub objects: Vec<String>,
}

impl Contents {
    /// Looks at all that was saved.
    ///
    /// # Errors
    /// Where two tensors have one name.
    pub fn of(saved: PickleValue) -> Result<Self, String> {
        let mut found = Found::default();
        let mut keys = BTreeSet::new();
        if let PickleValue::Dict(entries) = saved {
            for (key, value) in entries {
                let is_nested = !matches!(value, PickleValue::Unsupported(_));
                let before = found.num_tensors;
                found.add(&key, value)?;
                if is_nested && found.num_tensors > before {
                    keys.insert(key);
                }
            }
        }
        let objects = found.objects.into_iter().filter(|name| !is_harmless(name)).collect();
        Ok(Self { keys: keys.into_iter().collect(), num_tensors: found.num_tensors, objects })
    }
}

fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name.split('.').next().unwrap_or(name))
}

#[derive(Debug, Default)]
struct Found {
    names: HashSet<String>,
    num_tensors: usize,
    objects: BTreeSet<String>,
}

impl Found {
    /// Adds what stands under a name; the reader nests at most a thousand levels.
    fn add(&mut self, name: &str, value: PickleValue) -> Result<(), String> {
        match value {
            PickleValue::Unsupported(kind) if kind == TENSOR => {
                self.num_tensors += 1;
                if !self.names.insert(name.to_owned()) {
                    return Err(format!("`{}` is there twice, expected each tensor once", one_line(name)));
                }
            }
            PickleValue::Unsupported(kind) => _ = self.objects.insert(kind),
            PickleValue::List(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    self.add(&format!("{name}.{index}"), item)?;
                }
            }
            PickleValue::Dict(entries) => {
                for (key, item) in entries {
                    self.add(&format!("{name}.{key}"), item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
