//! One file of weights: each tensor is found, put together and checked, and everything that is wrong is kept.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use crate::data::arrays::{ArrayFile, Info};
use crate::model::Parameter;

use super::choice::{Choice, Unclear, choose};
use super::error::WeightsError;
use super::findings::Findings;
use super::fresh::{Fresh, unread};
use super::known::known_hint;
use super::leftovers::{counted, is_made_again, is_or_are, listed};
use super::names::{Placed, Source, Wanted, common_prefixes};
use super::parts::{Part, Recipe};
use super::reading::Reading;
use super::table::{Called, Table, is_same_but_for_ones, shape_in_file, transposed};

/// What a file is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Weights, which parts can make.
    State,
    /// Directions, which are to be there as they are.
    Directions,
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

/// A tensor of the model, and what it is called in the file: several names where it is tied.
struct Sought<'p> {
    parameter: &'p Parameter,
    names: Vec<Theirs>,
}

/// One name in the file.
struct Theirs {
    name: String,
    is_transposed: bool,
}

impl Theirs {
    fn called(&self) -> Called<'_> {
        Called { name: &self.name, is_transposed: self.is_transposed }
    }
}

/// A file that is being read.
pub(super) struct Reader<'a> {
    file: ArrayFile,
    kind: Kind,
    reading: Reading<'a>,
    table: Table,
    fresh: Fresh,
    /// Names that nothing has asked for yet, counters not among them.
    names: Vec<String>,
    counters: Vec<String>,
    /// Names that stand for another one of the file.
    shared: BTreeMap<String, String>,
    findings: Findings,
    notes: Vec<String>,
    made: Made,
}

impl<'a> Reader<'a> {
    pub fn open(path: &Path, kind: Kind, reading: Reading<'a>) -> Result<Self, WeightsError> {
        let table = table(reading).map_err(|problem| WeightsError::Names { problem })?;
        let mut file = ArrayFile::open_weights(path)?;
        let (mut names, mut counters) = (Vec::new(), Vec::new());
        for name in file.names() {
            let is_counter = counted(&name).is_some()
                && file.info(&name)?.is_some_and(|info| info.elements().is_some_and(|count| count <= 1));
            if is_counter { &mut counters } else { &mut names }.push(name);
        }
        let (notes, shared) = (file.notes().to_vec(), file.shared());
        let (findings, made, fresh) = (Findings::new(reading.precision), Made::default(), Fresh::new(reading, &table));
        Ok(Self { file, kind, reading, table, fresh, names, counters, shared, findings, notes, made })
    }

    /// One row for each group of tensors, named `prefix + name`. Tensors of `ignored` may be there too, and so may frozen ones.
    pub fn rows<const N: usize>(
        &mut self,
        prefix: &str,
        groups: [&[Parameter]; N],
        ignored: &[Parameter],
    ) -> Result<[Vec<f64>; N], WeightsError> {
        let sought = groups.map(|parameters| self.sought(parameters));
        let (frozen, ignored) = (self.sought(&self.reading.architecture.frozen), self.sought(ignored));
        let (fresh, read): (Vec<_>, Vec<_>) =
            sought.iter().flatten().partition(|tensor| self.fresh.has(tensor.parameter));
        let theirs =
            |sought: &&'_ Sought<'_>| sought.names.iter().map(|theirs| theirs.name.clone()).collect::<Vec<_>>();
        let each: Vec<Vec<String>> = read.iter().map(theirs).collect();
        let each = each.iter().map(|names| names.iter().map(String::as_str).collect()).collect();
        let others = frozen.iter().chain(&ignored).chain(fresh).flat_map(|tensor| &tensor.names);
        let wanted = Wanted::new(each, others.map(|theirs| theirs.name.as_str()));
        let names = std::mem::take(&mut self.names);
        let Choice { placed, beside, key } = self.choose(prefix, &names, &wanted)?;
        self.tell(prefix, &placed, &beside, key.as_deref());
        let mut rows = [const { Vec::new() }; N];
        for (row, tensors) in rows.iter_mut().zip(&sought) {
            for tensor in tensors {
                let is_read = !self.fresh.has(tensor.parameter);
                let values = is_read.then(|| self.parameter(prefix, tensor, &placed));
                row.extend(values.unwrap_or_else(|| Ok(unread(tensor.parameter)))?);
            }
        }
        self.hold_frozen(prefix, &frozen, &placed)?;
        // What lies in other dictionaries is told, and nothing is wrong with it.
        let beside: HashSet<&str> = beside.iter().map(String::as_str).collect();
        let unknown = placed.unknown.iter().map(String::as_str).filter(|name| !beside.contains(name));
        let unknown: HashSet<&str> = unknown.collect();
        let is_left = |name: &String| name.strip_prefix(prefix).is_none_or(|rest| unknown.contains(rest));
        let left = names.into_iter().filter(is_left);
        let (old, left): (Vec<String>, _) = left.partition(|name| self.fresh.has_leftover(&placed.proper(name)));
        self.names = left;
        if !old.is_empty() {
            let (names, verb) = (listed(&old), is_or_are(&old));
            self.notes.push(format!("{names} {verb} left out: of what begins anew"));
        }
        Ok(rows)
    }

    /// Holds what the file has of frozen tensors against them. No direction leads along them.
    fn hold_frozen(&mut self, prefix: &str, frozen: &[Sought<'_>], placed: &Placed) -> Result<(), WeightsError> {
        let held = &self.reading.architecture.held;
        let is_there = |tensor: &&Sought<'_>| tensor.names.iter().any(|theirs| placed.found.contains_key(&theirs.name));
        for tensor in frozen.iter().filter(is_there) {
            let zeros = vec![0.0; tensor.parameter.len()];
            let held = match self.kind {
                Kind::State => held.get(tensor.parameter.range()),
                Kind::Directions => Some(&zeros[..]),
            };
            if let Some(held) = held {
                let values = self.parameter(prefix, tensor, placed)?;
                self.findings.check_held(&format!("{prefix}{}", tensor.names[0].name), &values, held);
            }
        }
        Ok(())
    }

    fn sought<'p>(&self, parameters: &'p [Parameter]) -> Vec<Sought<'p>> {
        let theirs = |ours: &str| {
            let Called { name, is_transposed } = self.table.called(ours);
            Theirs { name: name.to_owned(), is_transposed }
        };
        let names = |parameter: &Parameter| parameter.names().into_iter().map(theirs).collect();
        parameters.iter().map(|parameter| Sought { parameter, names: names(parameter) }).collect()
    }

    /// Where the names under a prefix belong; an error where that is not clear.
    fn choose(&mut self, prefix: &str, names: &[String], wanted: &Wanted<'_>) -> Result<Choice, WeightsError> {
        let stands_for = self.shared.keys().filter(|_| prefix.is_empty()).map(String::as_str);
        let own: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(prefix)).chain(stands_for).collect();
        let unclear = |problem| WeightsError::Ambiguous { path: self.file.path().to_owned(), problem };
        let choice = if prefix.is_empty() {
            let keys: Vec<&str> = self.file.nested_keys().iter().map(String::as_str).collect();
            let told = |why: Unclear| unclear(why.words(self.reading.key_setting));
            choose(&own, &keys, self.reading.key, wanted).map_err(told)?
        } else {
            Choice { placed: Placed::new("", &own, wanted), ..Choice::default() }
        };
        if let Some(problem) = choice.placed.ambiguity(&wanted.firsts()) {
            return Err(unclear(problem));
        }
        self.findings.hint = self.findings.hint.take().or_else(|| hint(&own, &wanted.firsts(), &choice.placed));
        Ok(choice)
    }

    /// Notes what is left out, what was chosen and what was done to the names.
    fn tell(&mut self, prefix: &str, placed: &Placed, beside: &[String], key: Option<&str>) {
        let word = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let words: BTreeSet<String> = beside.iter().map(|name| word(name)).collect();
        let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut num_beside = beside.len();
        for counter in std::mem::take(&mut self.counters) {
            match counted(&counter) {
                Some(what) if !words.contains(&word(&counter)) => left_out.entry(what).or_default().push(counter),
                _ => num_beside += 1,
            }
        }
        let counters =
            left_out.iter().map(|(what, names)| format!("{} {} left out: {what}", listed(names), is_or_are(names)));
        self.notes.extend(counters);
        self.notes.extend(key.map(|key| format!("the weights are those under `{key}`")));
        if !beside.is_empty() {
            let words: Vec<String> = words.into_iter().collect();
            let noun = if num_beside == 1 { "tensor" } else { "tensors" };
            let (names, verb) = (listed(&words), is_or_are(&words));
            self.notes.push(format!("{names} {verb} left out: {num_beside} {noun} beside the weights"));
        }
        self.notes.extend(placed.notes().into_iter().map(|note| match prefix {
            "" => note,
            _ => format!("under `{prefix}` {note}"),
        }));
    }

    /// The numbers of one tensor of the model. Where the file has it under several names they have to be the same.
    fn parameter(&mut self, prefix: &str, sought: &Sought<'_>, placed: &Placed) -> Result<Vec<f64>, WeightsError> {
        let mut first: Option<(String, Vec<f64>)> = None;
        for theirs in &sought.names {
            let Some(sources) = placed.found.get(&theirs.name) else { continue };
            let stored = self.stored(&sources[0].name);
            if first.as_ref().is_some_and(|(name, _)| *name == stored) {
                continue;
            }
            let values = self.tensor(prefix, sought.parameter, theirs.called(), sources)?;
            match &first {
                None => first = Some((stored, values)),
                Some((name, before)) => self.findings.check_same((name, before), (&stored, &values)),
            }
        }
        if let Some((_, values)) = first {
            return Ok(values);
        }
        let Parameter { name, shape, .. } = sought.parameter;
        let theirs = &sought.names[0];
        let expected = shape_in_file(shape, theirs.called()).unwrap_or_else(|_| shape.clone());
        let ours = if theirs.name == *name { String::new() } else { format!(" (`{name}` of the model)") };
        self.findings.missing.push(format!("`{prefix}{}` {expected:?}{ours}", theirs.name));
        Ok(Vec::new())
    }

    /// The name under which the file holds a tensor.
    fn stored(&self, name: &str) -> String {
        self.shared.get(name).map_or(name, String::as_str).to_owned()
    }

    /// The numbers of one tensor as the model has it; none where something is wrong with it.
    fn tensor(
        &mut self,
        prefix: &str,
        parameter: &Parameter,
        called: Called<'_>,
        sources: &[Source],
    ) -> Result<Vec<f64>, WeightsError> {
        let name = format!("{prefix}{}", called.name);
        let (recipe, names) = match Recipe::of(called.name, sources) {
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
        let made = match shape_in_file(&parameter.shape, called) {
            Ok(shape) => {
                let names: Vec<String> = names.iter().map(|name| format!("{prefix}{}", self.stored(name))).collect();
                let parts = self.parts(&names, recipe, &shape, parameter)?;
                if parts.len() < names.len() {
                    return Ok(Vec::new());
                }
                let is_half = parts.iter().any(|part| part.is_half);
                recipe.make(&parts, &shape).map(|values| (values, shape, is_half))
            }
            Err(problem) => Err(problem),
        };
        match made {
            Ok((values, shape, is_half)) => {
                self.findings.check_finite(&name, &values, is_half);
                self.made.push(recipe, &name);
                Ok(if called.is_transposed { transposed(&values, shape[1]) } else { values })
            }
            Err(problem) => {
                let of = if called.is_transposed {
                    format!(", the transpose of ours, {:?}", parameter.shape)
                } else {
                    String::new()
                };
                self.findings.misshapen.push(format!("{problem}{of}"));
                Ok(Vec::new())
            }
        }
    }

    /// What the file holds under the names of a tensor that has this shape there; fewer where something is wrong with it.
    fn parts(
        &mut self,
        names: &[String],
        recipe: Recipe,
        shape: &[usize],
        parameter: &Parameter,
    ) -> Result<Vec<Part>, WeightsError> {
        let mut parts: Vec<Part> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            // No part has more numbers than the tensor, and what a file holds beyond is not read.
            let info = self.file.info(name)?;
            if let Some(info) = info.filter(|info| info.elements().is_none_or(|count| count > parameter.len().max(1))) {
                let Info { shape: found, .. } = info;
                self.findings.misshapen.push(format!("`{name}` {found:?}, expected {shape:?}"));
                continue;
            }
            if let Some(array) = self.file.array(name)? {
                let is_mask = recipe == Recipe::Pruned && index == 1;
                let part = self.findings.part(name, &array, is_mask);
                parts.extend(part.map(|part| match recipe {
                    Recipe::Whole if is_same_but_for_ones(&part.shape, shape) => Part { shape: shape.to_vec(), ..part },
                    _ => part,
                }));
            }
        }
        Ok(parts)
    }

    /// The notes, where everything fits. Without the `buffers` there is another way to measure.
    pub fn finish(mut self, buffers: &[Parameter]) -> Result<Vec<String>, WeightsError> {
        let mut made_again = Vec::new();
        let names = std::mem::take(&mut self.names);
        for name in names {
            let info = self.file.info(&name)?;
            if info.as_ref().is_some_and(|info| is_made_again(&name, info)) {
                made_again.push(name);
                continue;
            }
            let shape = info.map(|info| format!(" {:?}", info.shape)).unwrap_or_default();
            self.findings.unexpected.push(format!("`{name}`{shape}"));
        }
        let Findings { missing, unexpected, misshapen, .. } = &self.findings;
        let num_lacking = missing.len() + misshapen.len();
        let is_start = self.reading.fresh.is_some();
        if is_start && num_lacking > 0 && missing.len() < self.reading.architecture.parameters.len() {
            self.findings.hint = Some("name what is to begin anew in `start.fresh`".to_owned());
        } else if self.kind == Kind::State && num_lacking + unexpected.len() > 0 {
            let all = self.file.names();
            self.findings.hint = known_hint(&mut self.file, &all).or(self.findings.hint.take());
        }
        let theirs: Vec<String> =
            buffers.iter().map(|buffer| format!("`{}`", self.table.called(&buffer.name).name)).collect();
        let is_buffer = |missing: &String| theirs.iter().any(|name| missing.starts_with(name));
        if !is_start && !self.findings.missing.is_empty() && self.findings.missing.iter().all(is_buffer) {
            let without = "without running statistics only `--statistics batch` can measure it";
            self.findings.hint = self.findings.hint.take().or_else(|| Some(without.to_owned()));
        }
        let path = self.file.path().to_owned();
        self.findings.finish(&path)?;
        self.notes.extend(self.made.notes());
        if !made_again.is_empty() {
            let (names, verb) = (listed(&made_again), is_or_are(&made_again));
            self.notes.push(format!("{names} {verb} left out: masks and positions, which the model makes itself"));
        }
        Ok(self.notes)
    }
}

/// The table of names, held against the model.
fn table(reading: Reading<'_>) -> Result<Table, String> {
    let Some(names) = reading.names else { return Ok(Table::default()) };
    let architecture = reading.architecture;
    let tensors = architecture.parameters.iter().chain(&architecture.frozen).chain(&architecture.buffers);
    Table::new(names, &tensors.map(Parameter::names).collect::<Vec<_>>())
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
