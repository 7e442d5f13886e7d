//! Weights and directions as files: safetensors or NPZ in, safetensors out, under PyTorch's names.
//!
//! A file fits when it has exactly the parameters of the model, by name and shape. Wrappers in the names are taken off
//! ([`names`]), tensors that are stored in parts are put together ([`parts`]), counters are left out; all of it is told in
//! notes. Whatever does not fit is reported whole, in one message: users mend a list at once, and a name at a time never.

mod findings;
mod names;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::data::arrays::{ArrayError, ArrayFile, write_safetensors};
use crate::model::{Architecture, Parameter};

use findings::Findings;
use names::{Placed, Source, common_prefixes};
use parts::{Part, Recipe};

/// Counters that tools keep beside the weights, which nothing here reads, and what they count.
const COUNTERS: [(&str, &str); 12] = [
    ("num_batches_tracked", "batches"),
    ("n_averaged", "averaged models"),
    ("total_ops", "operations"),
    ("total_params", "parameters"),
    ("num_updates", "updates of an average"),
    ("updates", "updates of an average"),
    ("decay", "the decay of an average"),
    ("initted", "whether an average has begun"),
    ("step", "steps"),
    ("global_step", "steps"),
    ("iteration", "steps"),
    ("epoch", "epochs"),
];

/// Why a file of weights does not fit. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// It cannot be read.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// Its tensors are not those of the model.
    #[error("the tensors do not fit the model: {problems}{}: {}", in_brackets(.hint.as_deref()), .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// All that is missing, unexpected, misshapen or of another type.
        problems: String,
        /// What may help.
        hint: Option<String>,
    },
    /// Several tensors could be one of the model's.
    #[error("{problem}: {}", .path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// Which ones, and what was expected.
        problem: String,
    },
    /// Tensors are stored by a parametrisation that is not known.
    #[error("{problem}: {}", .path.display())]
    Parametrised {
        /// The file.
        path: PathBuf,
        /// Which ones, and the way out.
        problem: String,
    },
    /// NaN or infinity.
    #[error("{tensors}, expected finite numbers: {}", .path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Each such tensor with the count.
        tensors: String,
    },
    /// A direction without length.
    #[error("the direction `{name}` is zero in every tensor, expected one with a length: {}", .path.display())]
    Zero {
        /// The file.
        path: PathBuf,
        /// `x` or `y`.
        name: &'static str,
    },
}

fn in_brackets(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!(" ({hint})"))
}

/// What a file holds, and what was done to it on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// What it holds.
    pub value: T,
    /// What was stripped from names, left out, or put together of parts: a sentence each, without its full stop.
    pub notes: Vec<String>,
}

/// What a state dict holds of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelState {
    /// One row of weights `[D]`, in the order of [`Architecture::parameters`].
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, in the order of [`Architecture::buffers`]; empty without batch norm.
    pub buffers: Vec<f64>,
}

/// Reads weights and batch norm's running statistics.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_state(path: &Path, architecture: &Architecture) -> Result<Read<ModelState>, WeightsError> {
    let mut reader = Reader::open(path, Kind::State)?;
    let [weights, buffers] = reader.rows("", [&architecture.parameters, &architecture.buffers], &[])?;
    let notes = reader.finish(&architecture.buffers)?;
    let negative: Vec<String> = architecture
        .buffers
        .iter()
        .filter(|buffer| buffer.name.ends_with("running_var") && buffers[buffer.range()].iter().any(|x| *x < 0.0))
        .map(|buffer| format!("`{}` has negative variances", buffer.name))
        .collect();
    if !negative.is_empty() {
        return Err(WeightsError::NotFinite { path: path.to_owned(), tensors: negative.join(", ") });
    }
    Ok(Read { value: ModelState { weights, buffers }, notes })
}

/// Reads one row of weights `[D]`, in the order of [`Architecture::parameters`]; running statistics may be there and are
/// not read.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_weights(path: &Path, architecture: &Architecture) -> Result<Read<Vec<f64>>, WeightsError> {
    read_row(path, architecture, Kind::State)
}

/// Reads one direction in weight space `[D]`, named as weights are. It has to hold the tensors themselves: what is no sum,
/// such as g·v/‖v‖, is no direction.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_direction(path: &Path, architecture: &Architecture) -> Result<Read<Vec<f64>>, WeightsError> {
    read_row(path, architecture, Kind::Directions)
}

fn read_row(path: &Path, architecture: &Architecture, kind: Kind) -> Result<Read<Vec<f64>>, WeightsError> {
    let mut reader = Reader::open(path, kind)?;
    let [value] = reader.rows("", [&architecture.parameters], &architecture.buffers)?;
    Ok(Read { value, notes: reader.finish(&[])? })
}

/// Reads two directions, `x.NAME` and `y.NAME` for every parameter, as rows `[D]`.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit, or the direction that is zero.
pub fn read_directions(path: &Path, architecture: &Architecture) -> Result<Read<[Vec<f64>; 2]>, WeightsError> {
    let mut reader = Reader::open(path, Kind::Directions)?;
    let [x] = reader.rows("x.", [&architecture.parameters], &[])?;
    let [y] = reader.rows("y.", [&architecture.parameters], &[])?;
    let notes = reader.finish(&[])?;
    for (name, direction) in [("x", &x), ("y", &y)] {
        if direction.iter().all(|value| *value == 0.0) {
            return Err(WeightsError::Zero { path: path.to_owned(), name });
        }
    }
    Ok(Read { value: [x, y], notes })
}

/// Whether a state dict with tensors of these `names` has all of the model's `tensors`, as far as names tell: what would
/// be done to them on the way.
///
/// # Errors
/// What stands against it, in one sentence.
pub fn fit_names(names: &[String], tensors: &[String]) -> Result<Vec<String>, String> {
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| counted(name).is_none()).collect();
    let tensors: Vec<&str> = tensors.iter().map(String::as_str).collect();
    let placed = Placed::new(&names, &tensors);
    let missing = tensors.iter().filter(|tensor| !placed.found.contains_key(**tensor)).count();
    if missing > 0 {
        return Err(format!(
            "{missing} of the {} tensors of the present model are not in it: open the model that it belongs to first.",
            tensors.len()
        ));
    }
    if let Some(problem) = placed.ambiguity(&tensors) {
        return Err(format!("{}.", capital(&problem)));
    }
    let mut notes = placed.notes();
    let mut made = Made::default();
    for tensor in tensors {
        let (recipe, _) = Recipe::of(tensor, &placed.found[tensor]).map_err(|problem| format!("{}.", capital(&problem)))?;
        made.push(recipe, tensor);
    }
    notes.extend(made.notes());
    Ok(notes)
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The file of one row of weights with batch norm's running statistics, as safetensors with PyTorch's names.
///
/// # Panics
/// When `weights` or `buffers` have another length than those of the model.
#[must_use]
pub fn weights_file(architecture: &Architecture, weights: &[f32], buffers: &[f32]) -> Vec<u8> {
    assert_eq!(weights.len(), architecture.num_parameters(), "one number a parameter");
    assert_eq!(buffers.len(), architecture.num_buffers(), "one number a running statistic");
    let parameters = architecture.parameters.iter().map(|p| (p, &weights[p.range()]));
    let statistics = architecture.buffers.iter().map(|p| (p, &buffers[p.range()]));
    write_safetensors(parameters.chain(statistics).map(|(p, values)| (p.name.as_str(), p.shape.clone(), values)))
}

/// What a file is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Weights, which parts can make.
    State,
    /// Directions, which are to be there as they are.
    Directions,
}

/// What a counter counts, where the name is that of one.
fn counted(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next()?;
    COUNTERS.iter().find(|(counter, _)| *counter == last).map(|(_, what)| *what)
}

/// Names of tensors by the recipe that makes them.
#[derive(Debug, Default)]
struct Made(BTreeMap<Recipe, Vec<String>>);

impl Made {
    fn push(&mut self, recipe: Recipe, name: &str) {
        if recipe != Recipe::Whole {
            self.0.entry(recipe).or_default().push(name.to_owned());
        }
    }

    fn notes(self) -> Vec<String> {
        self.0.into_iter().map(|(recipe, names)| format!("{} {} computed as {}", listed(&names), is_or_are(&names), recipe.words())).collect()
    }
}

/// The first of some names, and how many more.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first, second] => format!("`{first}` and `{second}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
    }
}

const fn is_or_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

/// A file that is being read.
struct Reader {
    file: ArrayFile,
    kind: Kind,
    /// Names that nothing has asked for yet, counters not among them.
    names: Vec<String>,
    findings: Findings,
    notes: Vec<String>,
    made: Made,
}

impl Reader {
    fn open(path: &Path, kind: Kind) -> Result<Self, WeightsError> {
        let mut file = ArrayFile::open(path)?;
        let mut names = Vec::new();
        let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for name in file.names() {
            match counted(&name) {
                Some(what) if file.array(&name)?.is_some_and(|array| array.shape.iter().product::<usize>() <= 1) => {
                    left_out.entry(what).or_default().push(name);
                }
                _ => names.push(name),
            }
        }
        let notes = left_out.iter().map(|(what, names)| format!("{} {} left out: {what}", listed(names), is_or_are(names)));
        Ok(Self { notes: notes.collect(), file, kind, names, findings: Findings::default(), made: Made::default() })
    }

    /// One row for each group of tensors, named `prefix + name`. Tensors of `ignored` may be there too.
    fn rows<const N: usize>(
        &mut self,
        prefix: &str,
        groups: [&[Parameter]; N],
        ignored: &[Parameter],
    ) -> Result<[Vec<f64>; N], WeightsError> {
        let names = std::mem::take(&mut self.names);
        let own: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(prefix)).collect();
        let wanted: Vec<&str> =
            groups.iter().copied().flatten().chain(ignored).map(|parameter| parameter.name.as_str()).collect();
        let placed = Placed::new(&own, &wanted);
        if let Some(problem) = placed.ambiguity(&wanted) {
            return Err(WeightsError::Ambiguous { path: self.file.path().to_owned(), problem });
        }
        self.findings.hint = self.findings.hint.take().or_else(|| hint(&own, &wanted, &placed));
        self.notes.extend(placed.notes().into_iter().map(|note| match prefix {
            "" => note,
            _ => format!("under `{prefix}` {note}"),
        }));
        let mut rows = [const { Vec::new() }; N];
        for (row, parameters) in rows.iter_mut().zip(groups) {
            for parameter in parameters {
                match placed.found.get(&parameter.name) {
                    None => self.findings.missing.push(format!("`{prefix}{}` {:?}", parameter.name, parameter.shape)),
                    Some(sources) => row.extend(self.tensor(prefix, parameter, sources)?),
                }
            }
        }
        let unknown: HashSet<&str> = placed.unknown.iter().map(String::as_str).collect();
        let is_left = |name: &String| name.strip_prefix(prefix).is_none_or(|rest| unknown.contains(rest));
        self.names = names.into_iter().filter(is_left).collect();
        Ok(rows)
    }

    /// The numbers of one tensor; none where something is wrong with it.
    fn tensor(&mut self, prefix: &str, parameter: &Parameter, sources: &[Source]) -> Result<Vec<f64>, WeightsError> {
        let name = format!("{prefix}{}", parameter.name);
        let (recipe, names) = match Recipe::of(&parameter.name, sources) {
            Ok((recipe, _)) if recipe != Recipe::Whole && self.kind == Kind::Directions => {
                self.findings.parametrised.push(format!(
                    "`{name}` is stored in parts (`{prefix}{}`), of which no direction can be made; expected the tensor itself",
                    sources[0].name
                ));
                return Ok(Vec::new());
            }
            Ok(recipe) => recipe,
            Err(problem) => {
                self.findings.parametrised.push(problem);
                return Ok(Vec::new());
            }
        };
        let mut parts: Vec<Part> = Vec::new();
        for (index, part) in names.iter().enumerate() {
            let part = format!("{prefix}{part}");
            if let Some(array) = self.file.array(&part)? {
                let is_mask = recipe == Recipe::Pruned && index == 1;
                parts.extend(self.findings.part(&part, &array, is_mask));
            }
        }
        if parts.len() < names.len() {
            return Ok(Vec::new());
        }
        match recipe.make(&parts, &parameter.shape) {
            Ok(values) => {
                self.findings.check_finite(&name, &values);
                self.made.push(recipe, &name);
                Ok(values)
            }
            Err(problem) => {
                self.findings.misshapen.push(problem);
                Ok(Vec::new())
            }
        }
    }

    /// The notes, where everything fits. Without the `buffers` there is another way to measure.
    fn finish(mut self, buffers: &[Parameter]) -> Result<Vec<String>, WeightsError> {
        for name in std::mem::take(&mut self.names) {
            let shape = self.file.array(&name)?.map(|array| format!(" {:?}", array.shape)).unwrap_or_default();
            self.findings.unexpected.push(format!("`{name}`{shape}"));
        }
        let is_buffer = |missing: &String| buffers.iter().any(|buffer| missing.starts_with(&format!("`{}`", buffer.name)));
        if !self.findings.missing.is_empty() && self.findings.missing.iter().all(is_buffer) {
            let without = "without running statistics only `--statistics batch` can measure it";
            self.findings.hint = self.findings.hint.take().or_else(|| Some(without.to_owned()));
        }
        let path = self.file.path().to_owned();
        self.findings.finish(&path)?;
        self.notes.extend(self.made.notes());
        Ok(self.notes)
    }
}

/// What may help where names do not fit.
fn hint(names: &[&str], wanted: &[&str], placed: &Placed) -> Option<String> {
    if names.iter().any(|name| name.contains("flat_param")) {
        return Some("these are FSDP's flat parameters: save the full state dict".to_owned());
    }
    let fits = |prefix: &&&str| wanted.iter().any(|wanted| names.contains(&format!("{prefix}{wanted}").as_str()));
    let prefixes = if placed.found.is_empty() { common_prefixes(names) } else { Vec::new() };
    prefixes.iter().find(fits).map(|prefix| {
        format!("all names begin with `{prefix}`; save the state dict of the module inside, without it")
    })
}
