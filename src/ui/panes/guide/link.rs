//! Links of the lessons: `flatscape:experiment/moons-mlp`, `…command/layout-compare`, `…pane/measure`, `…term/trace`,
//! `…knob/nso/sigma/0.16`.

use crate::config::{KnobId, OptimizerKind, builtin_experiments};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::kit::help::Term;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// What links that act on the window begin with.
pub const SCHEME: &str = "flatscape:";

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Does a command.
    Do(UiCommand),
    /// Brings a pane to the front.
    Show(Pane),
    /// Explains a term.
    Explain(Term),
    /// Turns a knob of the run of an optimiser.
    Turn(OptimizerKind, KnobId, f64),
}

/// Reads a link; `None` for one that leads nowhere.
#[must_use]
pub fn parse(link: &str) -> Option<Target> {
    let (kind, rest) = link.strip_prefix(SCHEME)?.split_once('/')?;
    match kind {
        "experiment" => {
            let index = builtin_experiments().iter().position(|experiment| experiment.name == rest)?;
            Some(Target::Do(UiCommand::Experiment(index)))
        }
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
        Some(Target::Do(command)) => asks.run(command),
        Some(Target::Show(pane)) => asks.push(Ask::Show(pane)),
        Some(Target::Explain(term)) => return Some(term),
        Some(Target::Turn(optimizer, knob, value)) => {
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
        None => asks.say(Level::Warning, format!("The link {link} leads nowhere.")),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::contract::pane::Layout;

    #[test]
    fn links_are_read_and_nonsense_is_not() {
        assert_eq!(parse("flatscape:command/layout-compare"), Some(Target::Do(UiCommand::Layout(Layout::Compare))));
        assert_eq!(parse("flatscape:pane/measure"), Some(Target::Show(Pane::Measure)));
        assert_eq!(parse("flatscape:term/even-part"), Some(Target::Explain(Term::EvenPart)));
        let turn = Target::Turn(OptimizerKind::Nso, KnobId::Sigma, 0.16);
        assert_eq!(parse("flatscape:knob/nso/sigma/0.16"), Some(turn));
        for nonsense in
            ["", "flatscape:", "flatscape:pane/x", "flatscape:knob/nso/sigma", "https://example.org/term/trace"]
        {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
