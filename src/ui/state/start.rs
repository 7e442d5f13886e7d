//! What a start does to the tensors of a model: which begin anew, which stay, and what the file has for the others.

use std::collections::BTreeMap;
use std::path::Path;

use super::blocks::module;
use crate::config::{ConfigError, Experiment, ModelConfig, StartConfig, fitting};
use crate::engine::{TensorLine, TypedModel, describe_model, fit_weights};
use crate::ui::kit::{format, path};

/// The tensors of a file of weights: their names there and their shapes.
pub type FileTensors = BTreeMap<String, Vec<usize>>;

/// Which tensors of a model begin anew and which stay, in the order of the model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StartReading {
    /// Those that begin with random weights.
    pub fresh: Vec<bool>,
    /// Those that are not trained.
    pub frozen: Vec<bool>,
}

impl StartReading {
    /// What the patterns say of these tensors.
    ///
    /// # Errors
    /// One sentence: a pattern that fits nothing, with the nearest name, that nothing is left to train, or a tensor that is to
    /// begin anew and to stay.
    pub fn of(fresh: &[String], frozen: &[String], tensors: &[TensorLine]) -> Result<Self, String> {
        let names: Vec<Vec<&str>> =
            tensors.iter().map(|tensor| tensor.names.iter().map(String::as_str).collect()).collect();
        let read = |setting, patterns: &[String], names: &[Vec<&str>]| {
            fitting(setting, patterns, names).map_err(|err| match err {
                ConfigError::UnknownName { name, nearest, .. } => no_tensor(setting, &name, &nearest),
                other => format!("{other}."),
            })
        };
        // Running statistics can begin anew too.
        let statistics: Vec<String> = tensors.iter().flat_map(statistics).collect();
        let more = statistics.iter().map(|name| vec![name.as_str()]);
        let with_statistics: Vec<Vec<&str>> = names.iter().cloned().chain(more).collect();
        let mut is_fresh = read("fresh", fresh, &with_statistics)?;
        is_fresh.truncate(tensors.len());
        let reading = Self { fresh: is_fresh, frozen: read("frozen", frozen, &names)? };
        if !tensors.is_empty() && reading.frozen.iter().all(|&is_frozen| is_frozen) {
            return Err("Every tensor is frozen, so nothing is left to train: leave at least one out.".to_owned());
        }
        let mut flags = reading.fresh.iter().zip(&reading.frozen);
        if let Some(both) = flags.position(|(is_fresh, is_frozen)| *is_fresh && *is_frozen) {
            let name = tensors[both].name();
            return Err(format!("`{name}` is both fresh and frozen: what stays is read from the file. Choose one."));
        }
        Ok(reading)
    }

    /// What begins anew and what stays, each in a line.
    #[must_use]
    pub fn words(&self, tensors: &[TensorLine]) -> Vec<String> {
        let sum = |flags: &[bool]| {
            let chosen = || tensors.iter().zip(flags).filter(|(_, is_chosen)| **is_chosen);
            (chosen().count(), chosen().map(|(tensor, _)| tensor.parameters()).sum::<usize>())
        };
        let all: usize = tensors.iter().map(TensorLine::parameters).sum();
        let mut words = Vec::new();
        let (count, parameters) = sum(&self.fresh);
        if count > 0 {
            words.push(format!("fresh: {}, {}", counted(count, "tensor"), counted(parameters, "parameter")));
        }
        let (count, parameters) = sum(&self.frozen);
        if count > 0 {
            let left = format::grouped((all - parameters) as u64);
            let all = format::grouped(all as u64);
            words.push(format!("frozen: {}; D becomes {left} of {all}", counted(count, "tensor")));
        }
        words
    }

    /// Whether a file has all that does not begin anew; what is done to its tensors on the way, a sentence each.
    ///
    /// # Errors
    /// One sentence: what it lacks, or has in another shape.
    pub fn fit_file(
        &self,
        tensors: &[TensorLine],
        file: &FileTensors,
        model: &ModelConfig,
    ) -> Result<Vec<String>, String> {
        let needed: Vec<&TensorLine> =
            tensors.iter().zip(&self.fresh).filter(|(_, is_fresh)| !**is_fresh).map(|(tensor, _)| tensor).collect();
        if needed.is_empty() {
            return Ok(Vec::new());
        }
        if let Some((tensor, found)) =
            needed.iter().find_map(|tensor| Some((tensor, other_shape(tensor, file, model)?)))
        {
            return Err(format!(
                "`{}` is {} in the file, {} in this model: let it begin anew, or take the model of the file.",
                tensor.name(),
                sides(found),
                sides(&tensor.shape)
            ));
        }
        let names: Vec<String> = file.keys().cloned().collect();
        let needed: Vec<String> = needed.iter().map(|tensor| tensor.name().to_owned()).collect();
        fit_weights(&names, &needed, model)
    }
}

/// The pattern of the last block of a model, where the file has it in another shape and everything else as it is: what another
/// number of classes makes new.
#[must_use]
pub fn new_head(tensors: &[TensorLine], file: &FileTensors, model: &ModelConfig) -> Option<String> {
    let last = tensors.last()?.name();
    let block = module(last);
    let mut other = tensors.iter().filter(|tensor| other_shape(tensor, file, model).is_some()).peekable();
    other.peek()?;
    let is_head = other.all(|tensor| module(tensor.name()) == block);
    let is_alone = tensors.iter().filter(|tensor| module(tensor.name()) == block).count() == 1;
    is_head.then(|| if is_alone { last.to_owned() } else { format!("{block}.*") })
}

/// Takes the start out of an experiment whose model has no such tensors, or nothing to train beside them; a sentence says so.
pub fn drop_unfit(experiment: &mut Experiment) -> Option<String> {
    let start = experiment.start.as_ref()?;
    let tensors = describe_model(&TypedModel::from(&experiment.model)).tensors;
    let problem = StartReading::of(&start.fresh, &start.frozen, &tensors).err().filter(|_| !tensors.is_empty())?;
    let words = dropped(&start.weights, &problem);
    experiment.start = None;
    Some(words)
}

/// That the runs do not start from a file, and why.
#[must_use]
pub fn dropped(weights: &Path, problem: &str) -> String {
    format!("They begin at random weights, not at those of {}. {problem}", path::name(weights))
}

/// Where all runs of an experiment start, in a few words.
#[must_use]
pub fn start_words(start: Option<&StartConfig>) -> String {
    start.map_or_else(|| "random weights of the seed".to_owned(), |start| path::name(&start.weights))
}

/// The shape that the file has a tensor in, where that is another one: under its own name, or under that of the checkpoint
/// whose names the model has.
fn other_shape<'f>(tensor: &TensorLine, file: &'f FileTensors, model: &ModelConfig) -> Option<&'f [usize]> {
    // What a checkpoint has transposed is marked behind its name.
    let theirs = |name: &String| model.names.get(name).map(|theirs| theirs.trim_end_matches([' ', 'ᵀ']));
    let found = tensor
        .names
        .iter()
        .find_map(|name| theirs(name).and_then(|theirs| file.get(theirs)).or_else(|| file.get(name)))?;
    // It may be transposed, and a single number may be stored as a list of one.
    let sides = |shape: &[usize]| {
        let mut sides: Vec<usize> = shape.iter().copied().filter(|&side| side != 1).collect();
        sides.sort_unstable();
        sides
    };
    (sides(found) != sides(&tensor.shape)).then_some(found)
}

/// Names of the running statistics that the module of a tensor may have: batch norm's, whose weight has one side.
fn statistics(tensor: &TensorLine) -> Vec<String> {
    let module = tensor.name().strip_suffix(".weight").filter(|_| tensor.shape.len() == 1);
    let of = |module: &str| ["running_mean", "running_var"].map(|name| format!("{module}.{name}")).to_vec();
    module.map(of).unwrap_or_default()
}

fn no_tensor(setting: &str, pattern: &str, nearest: &str) -> String {
    // A network may have hundreds of names.
    let nearest = nearest.split(" (valid: ").next().unwrap_or_default();
    let end = if nearest.ends_with('?') { "" } else { "." };
    format!("No tensor fits the {setting} pattern `{pattern}`; {nearest}{end}")
}

fn counted(count: usize, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {noun}{end}", format::grouped(count as u64))
}

fn sides(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a number".to_owned();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossKind;

    fn model(classes: usize) -> ModelConfig {
        let last = format!("linear {classes}");
        ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 8", "tanh", "linear 4", "tanh", last.as_str()])
    }

    fn tensors(classes: usize) -> Vec<TensorLine> {
        describe_model(&TypedModel::from(&model(classes))).tensors
    }

    fn file(classes: usize) -> FileTensors {
        tensors(classes).into_iter().map(|tensor| (tensor.name().to_owned(), tensor.shape)).collect()
    }

    fn read(fresh: &[&str], frozen: &[&str]) -> Result<StartReading, String> {
        let [fresh, frozen] =
            [fresh, frozen].map(|patterns| patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>());
        StartReading::of(&fresh, &frozen, &tensors(3))
    }

    #[test]
    fn what_begins_anew_and_what_stays_is_counted() {
        // 24 of the first layer, 36 of the second, 15 of the last.
        let reading = read(&["4.*"], &["0.*", "2.bias"]).unwrap();
        let expected = ["fresh: 2 tensors, 15 parameters", "frozen: 3 tensors; D becomes 47 of 75"];
        assert_eq!(reading.words(&tensors(3)), expected);
        assert_eq!(read(&[], &[]).unwrap().words(&tensors(3)), Vec::<String>::new());
        assert_eq!(read(&["4.bias"], &[]).unwrap().words(&tensors(3)), ["fresh: 1 tensor, 3 parameters"]);
    }

    #[test]
    fn patterns_that_cannot_be_are_told() {
        let problem = read(&["4.wieght"], &[]).unwrap_err();
        assert_eq!(problem, "No tensor fits the fresh pattern `4.wieght`; did you mean `4.weight`?");
        let problem = read(&[], &["conv*"]).unwrap_err();
        assert!(
            problem.starts_with("No tensor fits the frozen pattern `conv*`; expected one of 0.weight, "),
            "{problem}"
        );
        assert!(read(&[], &["*"]).unwrap_err().starts_with("Every tensor is frozen"));
        assert!(read(&["4.*"], &["*.bias"]).unwrap_err().starts_with("`4.bias` is both fresh and frozen"));
        let norm = [TensorLine { names: vec!["1.weight".to_owned()], shape: vec![3] }];
        let reading = StartReading::of(&["1.running_*".to_owned()], &[], &norm).unwrap();
        assert_eq!(reading.fresh, [false]);
    }

    #[test]
    fn another_number_of_classes_makes_the_last_block_new() {
        let (tensors, file) = (tensors(3), file(7));
        assert_eq!(new_head(&tensors, &file, &model(3)).as_deref(), Some("4.*"));
        assert_eq!(new_head(&tensors, &super::tests::file(3), &model(3)), None);
        let problem = read(&[], &[]).unwrap().fit_file(&tensors, &file, &model(3)).unwrap_err();
        assert!(
            problem.starts_with("`4.weight` is 7×4 in the file, 3×4 in this model: let it begin anew"),
            "{problem}"
        );
        assert_eq!(read(&["4.*"], &[]).unwrap().fit_file(&tensors, &file, &model(3)), Ok(Vec::new()));
        let named = ModelConfig { names: [("4.weight".to_owned(), "head.weight ᵀ".to_owned())].into(), ..model(3) };
        let theirs = |shape: [usize; 2]| FileTensors::from([("head.weight".to_owned(), shape.to_vec())]);
        assert_eq!(new_head(&tensors, &theirs([4, 7]), &named).as_deref(), Some("4.*"));
        assert_eq!(new_head(&tensors, &theirs([4, 3]), &named), None, "it is transposed");
        let mut other = file.clone();
        other.insert("0.weight".to_owned(), vec![9, 2]);
        assert_eq!(new_head(&tensors, &other, &model(3)), None, "the body is another one");
        other.remove("2.bias");
        let problem = read(&["0.*", "4.*"], &[]).unwrap().fit_file(&tensors, &other, &model(3)).unwrap_err();
        assert!(problem.starts_with("1 of the 2 tensors of the present model are not in it"), "{problem}");
    }

    #[test]
    fn a_start_whose_tensors_are_gone_is_dropped_with_a_word() {
        let mut experiment = crate::config::builtin_experiment("moons-mlp").unwrap();
        let start = |fresh: &str| StartConfig {
            weights: "/a/glyphs.safetensors".into(),
            fresh: vec![fresh.to_owned()],
            ..StartConfig::default()
        };
        experiment.start = Some(start("4.*"));
        assert_eq!(drop_unfit(&mut experiment), None);
        experiment.start = Some(start("9.*"));
        let words = drop_unfit(&mut experiment).unwrap();
        assert!(words.contains("random weights, not at those of glyphs.safetensors. No tensor fits"), "{words}");
        assert_eq!((experiment.start, start_words(None).as_str()), (None, "random weights of the seed"));
    }
}
