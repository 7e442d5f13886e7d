//! Links of the lessons: `flatscape:experiment/moons-mlp`, `…command/layout-compare`, `…pane/measure`, `…term/trace`,
//! `…lesson/edge`, `…knob/nso/sigma/0.16`. Those of experiments carry knobs too, and are read as if they came from elsewhere.

use crate::config::{Experiment, KnobId, Linked, OptimizerKind, SCHEME, builtin_lessons, read_link};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::kit::help::Term;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// What a link does.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Does a command.
    Do(UiCommand),
    /// Opens an experiment.
    Open(Box<Experiment>),
    /// Brings a pane to the front.
    Show(Pane),
    /// Explains a term.
    Explain(Term),
    /// Turns a knob of the run of an optimiser.
    Turn(OptimizerKind, KnobId, f64),
}

/// Reads a link.
///
/// # Errors
/// Where it leads nowhere, in a sentence.
pub fn parse(link: &str) -> Result<Target, String> {
    acting(link).map_or_else(
        || match read_link(link)? {
            Linked::Experiment(experiment) => Ok(Target::Open(experiment)),
            Linked::Lesson(name) => {
                let place = builtin_lessons().iter().position(|lesson| lesson.name == name);
                let place =
                    place.ok_or_else(|| format!("the link {link} leads nowhere: there is no lesson of this name"))?;
                Ok(Target::Do(UiCommand::Lesson(place)))
            }
        },
        Ok,
    )
}

/// A link that only a lesson may have: it acts on what is there.
fn acting(link: &str) -> Option<Target> {
    let (kind, rest) = link.strip_prefix(SCHEME)?.split_once('/')?;
    match kind {
        "command" => UiCommand::all().into_iter().find(|command| slug(&command.spec().label) == rest).map(Target::Do),
        "pane" => Pane::ALL.into_iter().find(|pane| slug(pane.title()) == rest).map(Target::Show),
        "term" => Term::parse(rest).map(Target::Explain),
        "knob" => {
            let mut parts = rest.split('/');
            let optimizer = OptimizerKind::parse(parts.next()?).ok()?;
            let knob = KnobId::parse(parts.next()?).ok()?;
            let value = parts.next()?.parse().ok()?;
            Some(Target::Turn(optimizer, knob, value))
        }
        _ => None,
    }
}

/// A label in lower case, with hyphens between its words: "Layout Compare" is `layout-compare`.
fn slug(label: &str) -> String {
    let words = label.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Asks for what a link says. Returns the term that is to be explained.
pub fn follow(model: &Model, link: &str, asks: &mut Asks) -> Option<Term> {
    match parse(link) {
        Ok(Target::Do(command)) => asks.run(command),
        Ok(Target::Open(experiment)) => asks.push(Ask::Open(experiment)),
        Ok(Target::Show(pane)) => asks.push(Ask::Show(pane)),
        Ok(Target::Explain(term)) => return Some(term),
        Ok(Target::Turn(optimizer, knob, value)) => {
            let run = model.runs.iter().find(|run| run.info.optimizer == optimizer && !run.is_followed());
            match run.map(|run| run.info.run) {
                Some(run) => asks.push(Ask::Turn { run, knob, value }),
                None => {
                    let text =
                        format!("There is no run of {} now. Add one, then follow the link again.", optimizer.label());
                    asks.say(Level::Warning, text);
                }
            }
        }
        Err(problem) => asks.say(Level::Warning, format!("This cannot be followed: {problem}.")),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::ui::contract::pane::Layout;

    #[test]
    fn links_are_read_and_nonsense_is_not() {
        assert_eq!(parse("flatscape:command/layout-compare"), Ok(Target::Do(UiCommand::Layout(Layout::Compare))));
        assert_eq!(parse("flatscape:pane/measure"), Ok(Target::Show(Pane::Measure)));
        assert_eq!(parse("flatscape:term/even-part"), Ok(Target::Explain(Term::EvenPart)));
        let turn = Target::Turn(OptimizerKind::Nso, KnobId::Sigma, 0.16);
        assert_eq!(parse("flatscape:knob/nso/sigma/0.16"), Ok(turn));
        assert_eq!(parse("flatscape:lesson/slices"), Ok(Target::Do(UiCommand::Lesson(0))));
        let mut experiment = builtin_experiment("moons-mlp").expect("embedded");
        assert_eq!(parse("flatscape:experiment/moons-mlp"), Ok(Target::Open(Box::new(experiment.clone()))));
        experiment.assign("nso.sigma=0.2").expect("in range");
        assert_eq!(parse("flatscape:experiment/moons-mlp?nso.sigma=0.2"), Ok(Target::Open(Box::new(experiment))));
        for nonsense in [
            "",
            "flatscape:",
            "flatscape:pane/x",
            "flatscape:knob/nso/sigma",
            "flatscape:lesson/x",
            "flatscape:experiment/moons-mlp?data.path=x",
            "https://example.org/term/trace",
        ] {
            assert!(parse(nonsense).is_err(), "{nonsense}");
        }
    }
}
