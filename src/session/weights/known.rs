//! Which model that comes with the program a file belongs to.

use crate::data::arrays::ArrayFile;

use super::names::{Placed, Wanted};
use super::reading::KnownModel;

/// Of so many tensors of a model one may be missing: tied ones, or those of a head.
const MOST_MISSING: usize = 10;

/// A file's fit to a model.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether every tensor that is there has the model's shape.
    has_sizes: bool,
    /// How many are there.
    num_found: usize,
}

/// The hint at the model whose names a file has, the one whose sizes it has too before others.
pub(super) fn known_hint(
    file: &mut ArrayFile,
    names: &[String],
    models: impl Iterator<Item = KnownModel>,
) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fits = models.filter_map(|model| Some((fit(file, &names, &model)?, model.name)));
    // Among equals the first in the list.
    let best = fits.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(fit, name)| {
        if fit.has_sizes {
            format!("these are the tensors of `{name}`: give that name as the model, or the file that `flatscape models {name}` prints")
        } else {
            format!("these are named as those of `{name}`, in other sizes: `flatscape models {name}` prints its file, with options for them")
        }
    })
}

/// `None` where too few of the model's tensors are there, or too many others.
fn fit(file: &mut ArrayFile, names: &[&str], model: &KnownModel) -> Option<Fit> {
    let each = model.tensors.iter().map(|(name, _)| vec![name.as_str()]).collect();
    let placed = Placed::new("", names, &Wanted::new(each, []));
    let (total, num_found) = (model.tensors.len(), placed.found.len());
    let is_like =
        num_found > 0 && (total - num_found) * MOST_MISSING <= total && placed.unknown.len() * 2 <= names.len();
    let has_size = |file: &mut ArrayFile, name: &str, shape: &[usize]| {
        let Some([source]) = placed.found.get(name).map(Vec::as_slice) else { return true };
        let info = file.info(&source.name).ok().flatten();
        info.is_some_and(|info| info.shape == shape)
    };
    is_like.then(|| Fit { has_sizes: model.tensors.iter().all(|(name, shape)| has_size(file, name, shape)), num_found })
}
