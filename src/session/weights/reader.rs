//! One file of weights: each tensor is found, put together and checked, and everything that is wrong is kept.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::data::arrays::{ArrayFile, Info};
use crate::model::Parameter;

use super::error::WeightsError;
use super::findings::Findings;
use super::names::{Placed, Source, common_prefixes};
use super::parts::{Part, Recipe};

/// Counters that tools keep beside the weights, which nothing here reads, and what they are.
const COUNTERS: [(&str, &str); 12] = [
    ("num_batches_tracked", "a count of batches"),
    ("n_averaged", "a count of averaged models"),
    ("total_ops", "a count of operations"),
    ("total_params", "a count of parameters"),
    ("num_updates", "a count of updates"),
    ("updates", "a count of updates"),
    ("decay", "the decay of an average"),
    ("initted", "whether an average has begun"),
    ("step", "a count of steps"),
    ("global_step", "a count of steps"),
    ("iteration", "a count of steps"),
    ("epoch", "a count of epochs"),
];

/// What a file is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Weights, which parts can make.
    State,
    /// Directions, which are to be there as they are.
    Directions,
}

/// What a counter counts, where the name is that of one.
pub(super) fn counted(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next()?;
    COUNTERS.iter().find(|(counter, _)| *counter == last).map(|(_, what)| *what)
}

/// Names of tensors by the recipe that makes them.
#[derive(Debug, Default)]
pub(super) struct Made(BTreeMap<Recipe, Vec<String>>);

impl Made {
    pub fn push(&mut self, recipe: Recipe, name: &str) {
        if recipe != Recipe::Whole {
            self.0.entry(recipe).or_default().push(name.to_owned());
        }
    }

    pub fn notes(self) -> Vec<String> {
        self.0
            .into_iter()
            .map(|(recipe, names)| format!("{} {} computed as {}", listed(&names), is_or_are(&names), recipe.words()))
            .collect()
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
pub(super) struct Reader {
    file: ArrayFile,
    kind: Kind,
    /// Names that nothing has asked for yet, counters not among them.
    names: Vec<String>,
    findings: Findings,
    notes: Vec<String>,
    made: Made,
}

impl Reader {
    pub fn open(path: &Path, kind: Kind) -> Result<Self, WeightsError> {
        let mut file = ArrayFile::open(path)?;
        let mut names = Vec::new();
        let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for name in file.names() {
            match counted(&name) {
                Some(what) if file.info(&name)?.is_some_and(|info| info.elements().is_some_and(|count| count <= 1)) => {
                    left_out.entry(what).or_default().push(name);
                }
                _ => names.push(name),
            }
        }
        let notes =
            left_out.iter().map(|(what, names)| format!("{} {} left out: {what}", listed(names), is_or_are(names)));
        Ok(Self { notes: notes.collect(), file, kind, names, findings: Findings::default(), made: Made::default() })
    }

    /// One row for each group of tensors, named `prefix + name`. Tensors of `ignored` may be there too.
    pub fn rows<const N: usize>(
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
            // No part has more numbers than the tensor, and what a file holds beyond is not read.
            let info = self.file.info(&part)?;
            if let Some(info) = info.filter(|info| info.elements().is_none_or(|count| count > parameter.len().max(1))) {
                let Info { shape, .. } = info;
                self.findings.misshapen.push(format!("`{part}` {shape:?}, expected {:?}", parameter.shape));
                continue;
            }
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
    pub fn finish(mut self, buffers: &[Parameter]) -> Result<Vec<String>, WeightsError> {
        for name in std::mem::take(&mut self.names) {
            let shape = self.file.info(&name)?.map(|info| format!(" {:?}", info.shape)).unwrap_or_default();
            self.findings.unexpected.push(format!("`{name}`{shape}"));
        }
        let is_buffer =
            |missing: &String| buffers.iter().any(|buffer| missing.starts_with(&format!("`{}`", buffer.name)));
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
    prefixes
        .iter()
        .find(fits)
        .map(|prefix| format!("all names begin with `{prefix}`; save the state dict of the module inside, without it"))
}
