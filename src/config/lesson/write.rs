//! A lesson as it is written: what a window shows, for somebody to put words to.

use super::text::{FENCE, QUESTIONS, SEEN};
use super::{Control, LessonLayout};
use crate::config::{Experiment, settings_of};

/// The text of a lesson that opens an experiment, in a layout, with these controls. It can be read as it is; the words are to be
/// written.
///
/// # Panics
/// Never: every field of an experiment has a TOML form.
#[must_use]
pub fn lesson_text(title: &str, experiment: &Experiment, layout: LessonLayout, shown: &[Control]) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let list = |all: &[String]| format!("[{}]", all.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "));
    let (lines, table) = experiment_lines(experiment);
    let shown: Vec<String> = shown.iter().map(|control| control.key()).collect();
    let layout = toml::Value::try_from(layout).expect("a layout has a TOML form");
    format!(
        "{FENCE}
about = \"One sentence: what this lesson is about.\"
{lines}layout = {layout}

[controls]
shown = {}
locked = []
{table}
# [check] and [[check.sees]] say what is to be seen, so that `flatscape lesson FILE --check` can tell whether it is:
# docs/lessons.md has an example.
{FENCE}
# {}

What is this about? One short paragraph.

## The first step

What to do. A link acts on the window: [Play](flatscape:command/play).

## The second step

What to look at.

## {QUESTIONS}

- Something to think about.

## {SEEN}

What should be seen.
",
        list(&shown),
        title.replace(['\n', '#'], " ").trim()
    )
}

/// How the front matter names an experiment: by its name and its settings, or as a table that stands after all else.
fn experiment_lines(experiment: &Experiment) -> (String, String) {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    if let Some((name, settings)) =
        settings_of(experiment).filter(|(name, settings)| is_made(name, settings, experiment))
    {
        let (methods, settings): (Vec<_>, Vec<_>) = settings.into_iter().partition(|one| one.starts_with("methods="));
        let methods = methods.iter().filter_map(|one| one.strip_prefix("methods=")).map(|names| {
            let names: Vec<String> = names.split(',').map(text).collect();
            format!("methods = [{}]\n", names.join(", "))
        });
        let settings = settings.iter().map(|one| format!("    {},\n", text(one))).collect::<String>();
        let set = if settings.is_empty() { String::new() } else { format!("set = [\n{settings}]\n") };
        return (format!("experiment = {}\n{}{set}", text(&name), methods.collect::<String>()), String::new());
    }
    let table = toml::Table::from_iter([(
        "experiment".to_owned(),
        toml::Value::try_from(experiment).expect("every field of an experiment has a TOML form"),
    )]);
    (String::new(), format!("\n{}", toml::to_string(&table).expect("a table has a TOML form")))
}

/// Whether the settings of a lesson make just this experiment.
fn is_made(name: &str, settings: &[String], experiment: &Experiment) -> bool {
    let Ok(mut made) = crate::config::builtin_experiment(name) else { return false };
    let mut methods = experiment.optimizers.clone();
    methods.values_mut().for_each(std::collections::BTreeMap::clear);
    made.optimizers.retain(|kind, _| methods.contains_key(kind));
    for (kind, none) in methods {
        made.optimizers.entry(kind).or_insert(none);
    }
    let settings = settings.iter().filter(|one| !one.starts_with("methods="));
    let is_taken = settings.map(|one| made.assign(one)).all(|done| done.is_ok());
    let knobs = |of: &Experiment| of.optimizers.keys().map(|kind| (*kind, of.knobs(*kind).ok())).collect::<Vec<_>>();
    is_taken
        && made.data == experiment.data
        && made.model == experiment.model
        && made.start == experiment.start
        && knobs(&made) == knobs(experiment)
        && (made.budget, made.seed, made.keep) == (experiment.budget, experiment.seed, experiment.keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Lesson, builtin_experiment};

    fn back(experiment: &Experiment) -> Lesson {
        let shown = ["play", "nso.sigma"].map(|name| Control::parse(name).unwrap());
        let text = lesson_text("A \"lesson\"\n# of mine", experiment, LessonLayout::Teach, &shown);
        Lesson::read("mine.md", &text).unwrap_or_else(|err| panic!("{err}\n{text}"))
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.optimizers.remove(&crate::config::OptimizerKind::Sam);
        for setting in ["nso.sigma=0.2", "budget=600", "data.label_noise=0.1"] {
            experiment.assign(setting).unwrap();
        }
        let lesson = back(&experiment);
        assert_eq!(
            lesson.experiment.knobs(crate::config::OptimizerKind::Nso),
            experiment.knobs(crate::config::OptimizerKind::Nso)
        );
        assert_eq!((lesson.experiment.budget, &lesson.experiment.data), (600, &experiment.data));
        assert!(lesson.experiment.optimizers.keys().eq(experiment.optimizers.keys()));
        assert_eq!((lesson.name.as_str(), lesson.layout), ("mine", Some(LessonLayout::Teach)));
        assert_eq!(lesson.controls.shown.len(), 2);
        assert_eq!((lesson.steps.len(), lesson.check), (2, None));
    }

    #[test]
    fn an_experiment_of_ones_own_stands_whole_in_its_lesson() {
        let mut own = builtin_experiment("digits-mlp").unwrap();
        own.name = "mine".to_owned();
        own.model.layers.remove(0);
        own.model.layers.insert(0, "linear 32".into());
        own.model.layers[2] = "linear 64".into();
        let lesson = back(&own);
        assert_eq!(lesson.experiment, own);
    }
}
