//! Links of the lessons: `flatscape:experiment/moons-mlp`, `…command/layout-compare`, `…command/play`, `…pane/measure`, `…term/trace`,
//! `…lesson/edge`, `…knob/nso/sigma/0.16`. Those of experiments carry knobs too, and are read as if they came from elsewhere.

use crate::config::{
    Access, Experiment, KnobId, Linked, OptimizerKind, SCHEME, WindowPart, builtin_lessons, read_link,
};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::Term;
use crate::ui::state::notices::Level;

/// What a link does.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Does a command.
    Do(UiCommand),
    /// Lets the runs play, or pauses them; nothing where they do that already.
    Play(bool),
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
        "command" if rest == "play" || rest == "pause" => Some(Target::Play(rest == "play")),
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

/// Why a link cannot be followed while a class has the controls of a lesson alone.
pub fn why_not(seen: Seen<'_>, target: &Target) -> Option<String> {
    let shared = seen.shared;
    let is_there = match target {
        Target::Do(command) => command.is_there(seen),
        Target::Play(_) => shared.has(WindowPart::Play),
        Target::Open(_) => shared.has(WindowPart::Experiments),
        Target::Show(pane) => UiCommand::part_of(*pane).is_none_or(|part| shared.has(part)),
        Target::Explain(_) => true,
        Target::Turn(optimizer, knob, _) => shared.access(*optimizer, *knob) == Access::Free,
    };
    (!is_there).then(|| "This link needs what is none of the lesson's controls.".to_owned())
}

/// Asks for what a link says. Returns the term that is to be explained.
pub fn follow(seen: Seen<'_>, link: &str, asks: &mut Asks) -> Option<Term> {
    let target = match parse(link) {
        Ok(target) => target,
        Err(problem) => {
            asks.say(Level::Warning, format!("This cannot be followed: {problem}."));
            return None;
        }
    };
    if let Some(why) = why_not(seen, &target) {
        asks.say(Level::Warning, why);
        return None;
    }
    match target {
        Target::Do(command) => asks.run(command),
        Target::Play(plays) if plays == seen.model.is_playing => {
            asks.say(Level::Quiet, if plays { "The runs play already." } else { "The runs are paused already." });
        }
        Target::Play(_) => asks.run(UiCommand::PlayPause),
        Target::Open(experiment) => asks.push(Ask::Open(experiment)),
        Target::Show(pane) => asks.push(Ask::Show(pane)),
        Target::Explain(term) => return Some(term),
        Target::Turn(optimizer, knob, value) => turn(seen, (optimizer, knob, value), asks),
    }
    None
}

/// Turns a knob of the run of an optimiser, where there is one.
fn turn(seen: Seen<'_>, (optimizer, knob, value): (OptimizerKind, KnobId, f64), asks: &mut Asks) {
    let run = seen.model.runs.iter().find(|run| run.info.optimizer == optimizer && !run.is_followed());
    if let Some(run) = run.map(|run| run.info.run) {
        asks.push(Ask::Turn { run, knob, value });
    } else {
        let text = format!("There is no run of {} now. Add one, then follow the link again.", optimizer.label());
        asks.say(Level::Warning, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::ui::contract::pane::Layout;

    #[test]
    fn links_are_read_and_nonsense_is_not() {
        assert_eq!(parse("flatscape:command/layout-compare"), Ok(Target::Do(UiCommand::Layout(Layout::Compare))));
        assert_eq!(parse("flatscape:command/play"), Ok(Target::Play(true)));
        assert_eq!(parse("flatscape:command/pause"), Ok(Target::Play(false)));
        assert_eq!(parse("flatscape:command/play-or-pause"), Ok(Target::Do(UiCommand::PlayPause)));
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
