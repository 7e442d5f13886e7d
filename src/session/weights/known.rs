//! Which built-in model a file belongs to.

use std::collections::BTreeMap;

use crate::config::builtin_model_of;
use crate::data::arrays::ArrayFile;

use super::names::WRAPPERS;

/// The hint at the built-in model whose tensors a file has.
pub(super) fn known_hint(file: &mut ArrayFile, names: &[String]) -> Option<String> {
    let mut shapes = BTreeMap::new();
    for name in names {
        shapes.insert(name.as_str(), file.info(name).ok().flatten()?.shape);
    }
    let wrappers = WRAPPERS.iter().map(|word| format!("{word}."));
    let model = std::iter::once(String::new()).chain(wrappers).find_map(|wrapper| {
        let own = |(name, shape): (&&str, &Vec<usize>)| Some((name.strip_prefix(&wrapper)?.to_owned(), shape.clone()));
        builtin_model_of(&shapes.iter().map(own).collect::<Option<BTreeMap<_, _>>>()?)
    })?;
    Some(if model.contains(' ') {
        format!("these are the tensors of a built-in model: `flatscape models {model}` prints its file")
    } else {
        format!(
            "these are the tensors of `{model}`: give that name as the model, or the file that `flatscape models {model}` prints"
        )
    })
}
