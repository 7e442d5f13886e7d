//! Links that carry an experiment and its knobs: `flatscape:experiment/moons-mlp?budget=6000&nso.sigma=0.2`, or name a lesson:
//! `flatscape:lesson/edge`.
//!
//! They come from anywhere, so they are bounded: so many characters of a small alphabet, so many settings, and of these only knobs
//! and numbers. None names a file, and none asks for more examples or steps than a class would.

use super::{ConfigError, Experiment, KnobId, OptimizerKind, builtin_experiment, builtin_experiments};

/// What links begin with.
pub const SCHEME: &str = "flatscape:";
/// Characters of a link at most: what a code can carry that a projector shows.
pub const MOST_CHARACTERS: usize = 600;
/// Settings of a link at most.
const MOST_SETTINGS: usize = 40;
/// The setting that names the methods which run.
const METHODS: &str = "methods";
/// Settings that are no knobs, with the greatest value that a link may give them.
const NUMBERS: [(&str, f64); 9] = [
    ("budget", 1e7),
    ("seed", 1e9),
    ("data.train_size", 1e4),
    ("data.validation_size", 1e4),
    ("data.noise", 10.0),
    ("data.label_noise", 1.0),
    ("data.seed", 1e9),
    ("look.range", 100.0),
    ("look.resolution", 129.0),
];

/// Settings that are lists of numbers.
const LISTS: [&str; 2] = ["data.mean", "data.std"];

/// What a link leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Linked {
    /// An experiment with its knobs.
    Experiment(Box<Experiment>),
    /// A lesson that comes with the program, by its name.
    Lesson(String),
}

/// Reads a link that came from elsewhere.
///
/// # Errors
/// One sentence: what is wrong with it and what was expected.
pub fn read_link(link: &str) -> Result<Linked, String> {
    if link.len() > MOST_CHARACTERS {
        return Err(format!("the link has {} characters, expected at most {MOST_CHARACTERS}", link.len()));
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:?=&,".contains(letter);
    if !link.chars().all(is_plain) {
        return Err(format!("the link has characters that no link of Flatscape has, expected {}", example()));
    }
    let parts = link.strip_prefix(SCHEME).and_then(|rest| rest.split_once('/'));
    match parts {
        Some(("experiment", rest)) => experiment(rest).map(|experiment| Linked::Experiment(Box::new(experiment))),
        Some(("lesson", name)) if !name.is_empty() => Ok(Linked::Lesson(name.to_owned())),
        _ => Err(format!("the link `{link}` leads nowhere, expected {}", example())),
    }
}

fn example() -> String {
    format!("one such as {SCHEME}experiment/moons-mlp?nso.sigma=0.2 or {SCHEME}lesson/edge")
}

/// The experiment that a link names, with its settings.
fn experiment(rest: &str) -> Result<Experiment, String> {
    let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut experiment = builtin_experiment(name).map_err(|err| match err {
        // A link never opens a file.
        ConfigError::UnknownName { nearest, .. } => {
            let known = nearest.split(", or give").next().unwrap_or_default();
            format!("the link names the experiment `{name}`, which does not come with Flatscape; {known}")
        }
        other => other.to_string(),
    })?;
    let settings: Vec<&str> = query.split('&').filter(|setting| !setting.is_empty()).collect();
    if settings.len() > MOST_SETTINGS {
        return Err(format!("the link has {} settings, expected at most {MOST_SETTINGS}", settings.len()));
    }
    for setting in settings {
        let Some((key, value)) = setting.split_once('=') else {
            return Err(format!("the link has `{setting}`, expected a setting such as nso.sigma=0.2"));
        };
        if key == METHODS {
            set_methods(&mut experiment, value)?;
            continue;
        }
        check_key(key, value)?;
        experiment.assign(setting).map_err(|err| format!("the link has `{setting}`: {err}"))?;
    }
    Ok(experiment)
}

fn set_methods(experiment: &mut Experiment, names: &str) -> Result<(), String> {
    let parse =
        |name: &str| OptimizerKind::parse(name).map_err(|err| format!("the link has `{METHODS}={names}`: {err}"));
    let kinds = names.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    experiment.optimizers.retain(|kind, _| kinds.contains(kind));
    for kind in kinds {
        experiment.optimizers.entry(kind).or_default();
    }
    experiment.validate().map_err(|err| format!("the link has `{METHODS}={names}`: {err}"))
}

/// Whether a link may have this setting.
fn check_key(key: &str, value: &str) -> Result<(), String> {
    if let Some((_, most)) = NUMBERS.iter().find(|(name, _)| *name == key) {
        let is_small = value.parse().is_ok_and(|value: f64| (0.0..=*most).contains(&value));
        return if is_small {
            Ok(())
        } else {
            Err(format!("the link has `{key}={value}`, expected a number from 0 to {most}"))
        };
    }
    let (section, knob) = key.split_once('.').map_or(("", key), |(section, knob)| (section, knob));
    let is_section = section.is_empty() || section == "augment" || OptimizerKind::parse(section).is_ok();
    if LISTS.contains(&key) || is_section && KnobId::parse(knob).is_ok() {
        return Ok(());
    }
    let numbers = NUMBERS.map(|(name, _)| name).into_iter().chain(LISTS).collect::<Vec<_>>().join(", ");
    Err(format!(
        "the link sets `{key}`, which no link may, expected a knob such as nso.sigma, or one of {METHODS}, {numbers}"
    ))
}

/// The link that carries an experiment.
///
/// # Errors
/// Why no link can, in a sentence.
pub fn link_of(experiment: &Experiment) -> Result<String, String> {
    let cannot = || {
        format!(
            "No link can carry {}: it is not made of an experiment that comes with Flatscape and of knobs alone. Save a lesson or \
             the experiment, and send the file.",
            experiment.title
        )
    };
    let mut experiment = experiment.clone();
    // Whether runs wait for their measurements is the reader's own choice.
    if let Ok(base) = builtin_experiment(&experiment.name) {
        experiment.look.pace = base.look.pace;
    }
    let Some((name, settings)) = settings_of(&experiment) else { return Err(cannot()) };
    let query = if settings.is_empty() { String::new() } else { format!("?{}", settings.join("&")) };
    let link = format!("{SCHEME}experiment/{name}{query}");
    match read_link(&link) {
        Ok(Linked::Experiment(back)) if is_same(&back, &experiment) => Ok(link),
        _ => Err(cannot()),
    }
}

/// The name of the experiment that this one is made of, and the settings in which it differs; `None` where no settings make it.
#[must_use]
pub fn settings_of(experiment: &Experiment) -> Option<(String, Vec<String>)> {
    let base = builtin_experiments().into_iter().find(|base| base.name == experiment.name)?;
    let table = |of: &Experiment| toml::Table::try_from(of).ok();
    let (there, here) = (flat(&table(&base)?), flat(&table(experiment)?));
    let mut settings: Vec<String> = here
        .iter()
        .filter(|entry| !there.contains(entry))
        .filter_map(|(key, value)| {
            let key = key.strip_prefix("optimizers.").or_else(|| key.strip_prefix("train.")).unwrap_or(key);
            Some(format!("{key}={}", written(value)?))
        })
        .collect();
    if !base.optimizers.keys().eq(experiment.optimizers.keys()) {
        let names: Vec<&str> = experiment.optimizers.keys().map(|kind| kind.key()).collect();
        settings.push(format!("{METHODS}={}", names.join(",")));
    }
    Some((base.name, settings))
}

/// Whether two experiments train the same: a link carries neither title nor words.
fn is_same(one: &Experiment, other: &Experiment) -> bool {
    let runs = |of: &Experiment| {
        let knobs: Vec<_> = of.optimizers.keys().map(|kind| (*kind, of.knobs(*kind).ok())).collect();
        let blank = Experiment {
            title: String::new(),
            about: String::new(),
            optimizers: std::collections::BTreeMap::new(),
            train: std::collections::BTreeMap::new(),
            ..of.clone()
        };
        (blank, knobs)
    };
    runs(one) == runs(other)
}

/// The values of a table by dotted names, knobs of all methods before those of one.
fn flat(table: &toml::Table) -> Vec<(String, toml::Value)> {
    fn walk(prefix: &str, table: &toml::Table, all: &mut Vec<(String, toml::Value)>) {
        for (key, value) in table {
            let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(table) => walk(&name, table, all),
                value => all.push((name, value.clone())),
            }
        }
    }
    let mut all = Vec::new();
    walk("", table, &mut all);
    all.sort_by_key(|(key, _)| key.starts_with("optimizers."));
    all.retain(|(key, _)| !["title", "about", "name"].contains(&key.as_str()));
    all
}

/// A value as `--set` takes it.
fn written(value: &toml::Value) -> Option<String> {
    Some(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(is_on) => is_on.to_string(),
        toml::Value::Array(values) => values.iter().map(written).collect::<Option<Vec<_>>>()?.join(","),
        toml::Value::Table(_) | toml::Value::Datetime(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(link: &str) -> Experiment {
        match read_link(link) {
            Ok(Linked::Experiment(experiment)) => *experiment,
            other => panic!("{link}: {other:?}"),
        }
    }

    #[test]
    fn a_link_carries_an_experiment_and_its_knobs_there_and_back() {
        for settings in [
            &[][..],
            &["nso.sigma=0.2", "budget=6000"],
            &["learning_rate=0.1", "sgd.momentum=0", "seed=7", "data.label_noise=0.25"],
            &["nso.two_point=false", "sam.base=adam", "clip=2.5", "look.range=3", "data.std=0.1"],
        ] {
            for name in ["moons-mlp", "digits-mlp"] {
                let mut experiment = builtin_experiment(name).unwrap();
                settings.iter().for_each(|setting| experiment.assign(setting).unwrap());
                let link = link_of(&experiment).unwrap();
                assert!(link.starts_with(&format!("flatscape:experiment/{name}")), "{link}");
                assert!(is_same(&opened(&link), &experiment), "{link}");
            }
        }
    }

    #[test]
    fn methods_that_were_added_and_removed_go_along() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.optimizers.remove(&OptimizerKind::Sam);
        experiment.optimizers.entry(OptimizerKind::Wp).or_default();
        let link = link_of(&experiment).unwrap();
        assert!(link.ends_with("methods=sgd,wp,nso"), "{link}");
        assert!(is_same(&opened(&link), &experiment));
    }

    #[test]
    fn what_a_link_cannot_carry_is_said() {
        let mut own = builtin_experiment("moons-mlp").unwrap();
        own.model.layers.pop();
        assert!(link_of(&own).unwrap_err().starts_with("No link can carry Two moons, tanh MLP"));
        let mut other = builtin_experiment("moons-mlp").unwrap();
        other.name = "mine".to_owned();
        assert!(link_of(&other).is_err());
        let mut sized = builtin_experiment("moons-mlp").unwrap();
        sized.data.train_size = 1_000_000;
        assert!(link_of(&sized).is_err());
    }

    #[test]
    fn hostile_links_are_refused_with_a_sentence() {
        let long = format!("flatscape:experiment/moons-mlp?{}", "a".repeat(600));
        let many = format!("flatscape:experiment/moons-mlp?{}", ["k=1"; 41].join("&"));
        for (link, expected) in [
            ("flatscape:", "leads nowhere"),
            ("flatscape:run/rm", "leads nowhere"),
            ("flatscape://example.org/experiment/moons-mlp", "leads nowhere"),
            ("flatscape:experiment/../../etc/passwd", "does not come with Flatscape"),
            ("flatscape:experiment/mine.toml", "does not come with Flatscape"),
            ("flatscape:experiment/moons-mlp?data.path=secret", "which no link may"),
            ("flatscape:experiment/moons-mlp?data.source=file", "which no link may"),
            ("flatscape:experiment/moons-mlp?start.weights=w.pt", "which no link may"),
            ("flatscape:experiment/moons-mlp?data.tokenizer=t", "which no link may"),
            ("flatscape:experiment/moons-mlp?data.train_size=10000000", "expected a number from 0 to 10000"),
            ("flatscape:experiment/moons-mlp?budget=1e300", "expected a number from 0 to 10000000"),
            ("flatscape:experiment/moons-mlp?budget=NaN", "expected a number"),
            ("flatscape:experiment/moons-mlp?look.resolution=9999", "expected a number from 0 to 129"),
            ("flatscape:experiment/moons-mlp?nso.sigma=1e9", "`nso.sigma=1e9`"),
            ("flatscape:experiment/moons-mlp?nso.sigma", "expected a setting such as"),
            ("flatscape:experiment/moons-mlp?sgd.rho=1", "is not a setting of SGD"),
            ("flatscape:experiment/moons-mlp?methods=", "optimizer"),
            ("flatscape:experiment/moons-mlp?nso.k=1%00", "characters that no link"),
            ("flatscape:experiment/moons-mlp?k=1;rm -rf", "characters that no link"),
            ("flatscape:experiment/moons-mlp?k=\u{202e}1", "characters that no link"),
            (&long, "expected at most 600"),
            (&many, "41 settings, expected at most 40"),
        ] {
            let message = read_link(link).unwrap_err();
            assert!(message.contains(expected), "{link}: {message}");
            assert!(!message.contains('\n') && message.len() < 900, "{link}: {message}");
        }
    }
}
