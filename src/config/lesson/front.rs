//! The front matter: TOML whose every fault is told with its line.

use serde::Deserialize;
use toml::Spanned;

use super::LessonLayout;
use super::check::{Along, Check, CheckPart, Observed, Relation, Sight, Than};
use super::controls::{Control, LessonControls};
use super::text::Fault;
use crate::config::{Experiment, LossKind, OptimizerKind, StudyKind, builtin_experiment, nearest};

/// Seeds of a check at most.
const MOST_SEEDS: u64 = 1000;
/// Seeds where a check does not say how many.
const SEEDS: u64 = 5;
/// How a check names the edge of stability.
const EDGE: &str = "edge";

/// The front matter as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    about: String,
    experiment: Spanned<toml::Value>,
    #[serde(default)]
    layers: Vec<String>,
    loss: Option<LossKind>,
    #[serde(default)]
    methods: Vec<OptimizerKind>,
    #[serde(default)]
    set: Vec<Spanned<String>>,
    layout: Option<LessonLayout>,
    #[serde(default)]
    controls: ControlNames,
    check: Option<Spanned<CheckText>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ControlNames {
    shown: Vec<Spanned<String>>,
    locked: Vec<Spanned<String>>,
    only: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckText {
    seeds: Option<Spanned<u64>>,
    budget: Option<Spanned<u64>>,
    #[serde(default)]
    curvature: u64,
    #[serde(default)]
    kind: StudyKind,
    #[serde(default)]
    arms: Vec<ArmText>,
    sees: Vec<Spanned<SightText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmText {
    name: Spanned<String>,
    method: OptimizerKind,
    #[serde(default)]
    set: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SightText {
    says: String,
    measure: Observed,
    read: Along,
    of: Spanned<String>,
    relation: Relation,
    #[serde(default = "one")]
    factor: f64,
    than: Spanned<toml::Value>,
}

const fn one() -> f64 {
    1.0
}

/// What it says, checked.
pub struct Read {
    pub about: String,
    pub experiment: Experiment,
    /// Whether its network is another one than that of the experiment that it is made of.
    pub has_network: bool,
    pub layout: Option<LessonLayout>,
    pub controls: LessonControls,
    pub check: Option<Check>,
}

/// Where in a text something stands.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn of<T>(&self, at: &Spanned<T>) -> usize {
        line_of(self.0, at.span().start)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Reads front matter that stands on the lines that it has in its file.
pub fn read(text: &str) -> Result<Read, Fault> {
    let front: Front = toml::from_str(text).map_err(|err| {
        let line = err.span().map_or(2, |span| line_of(text, span.start).max(2));
        let message = err.message().replace('\n', " ");
        let is_told = message.contains("expected");
        let more = if is_told { "" } else { ", expected the front matter of a lesson as docs/lessons.md has it" };
        (line, format!("{message}{more}"))
    })?;
    let place = Place(text);
    if front.about.trim().is_empty() {
        return Err((2, "`about` is empty, expected one sentence about the lesson".to_owned()));
    }
    let experiment = experiment(&place, &front)?;
    let controls = controls(&place, &front.controls, &experiment)?;
    let has_network = front.has_network();
    let check = front.check.map(|check| read_check(&place, check, &experiment)).transpose()?;
    Ok(Read { has_network, about: front.about, experiment, layout: front.layout, controls, check })
}

impl Front {
    /// Whether the network is another one than the experiment's.
    const fn has_network(&self) -> bool {
        !self.layers.is_empty() || self.loss.is_some()
    }
}

/// The experiment with all that the lesson changes of it.
fn experiment(place: &Place<'_>, front: &Front) -> Result<Experiment, Fault> {
    let line = place.of(&front.experiment);
    let at = |err: &dyn std::fmt::Display| (line, format!("`experiment`: {err}"));
    let mut experiment = match front.experiment.get_ref() {
        toml::Value::String(name) => builtin_experiment(name).map_err(|err| at(&err))?,
        value @ toml::Value::Table(_) => {
            let read: Experiment = value.clone().try_into().map_err(|err: toml::de::Error| at(&err.message()))?;
            read.validate().map_err(|err| at(&err))?;
            read
        }
        _ => {
            return Err((
                line,
                "expected `experiment` to be the name of an experiment, or the table of one".to_owned(),
            ));
        }
    };
    if front.has_network() {
        // The experiment's own words are of another network.
        experiment.about.clone_from(&front.about);
    }
    if let Some(loss) = front.loss {
        experiment.model.loss = loss;
        experiment.model.validate().map_err(|err| (line, format!("`loss`: {err}")))?;
    }
    if !front.layers.is_empty() {
        experiment.model.layers = front.layers.iter().map(|layer| layer.as_str().into()).collect();
        experiment.model.validate().map_err(|err| (line, format!("`layers`: {err}")))?;
    }
    if !front.methods.is_empty() {
        experiment.optimizers.retain(|kind, _| front.methods.contains(kind));
        for &kind in &front.methods {
            experiment.optimizers.entry(kind).or_default();
        }
    }
    assign(place, &mut experiment, &front.set)?;
    experiment.validate().map_err(|err| at(&err))?;
    Ok(experiment)
}

fn assign(place: &Place<'_>, experiment: &mut Experiment, set: &[Spanned<String>]) -> Result<(), Fault> {
    for one in set {
        let text = one.get_ref();
        experiment.assign(text).map_err(|err| (place.of(one), format!("`{text}`: {err}")))?;
    }
    Ok(())
}

fn controls(place: &Place<'_>, names: &ControlNames, experiment: &Experiment) -> Result<LessonControls, Fault> {
    let read = |name: &Spanned<String>| {
        let control = Control::parse(name.get_ref()).map_err(|err| (place.of(name), err.to_string()))?;
        match control.fault(experiment) {
            Some(fault) => Err((place.of(name), fault)),
            None => Ok(control),
        }
    };
    let shown = names.shown.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut locked = Vec::new();
    for name in &names.locked {
        let control = read(name)?;
        if !matches!(control, Control::Knob(..)) {
            let message =
                format!("`{}` cannot be locked, expected a knob; what is not shown is not there", name.get_ref());
            return Err((place.of(name), message));
        }
        locked.push(control);
    }
    Ok(LessonControls { shown, locked, only: names.only })
}

/// Reads a check of an experiment.
fn read_check(place: &Place<'_>, check: Spanned<CheckText>, experiment: &Experiment) -> Result<Check, Fault> {
    let line = place.of(&check);
    let text = check.into_inner();
    let mut own = experiment.clone();
    if let Some(budget) = &text.budget {
        own.budget = *budget.get_ref();
        own.validate().map_err(|err| (place.of(budget), err.to_string()))?;
    }
    let seeds = text.seeds.as_ref().map_or(SEEDS, |seeds| *seeds.get_ref());
    if !(2..=MOST_SEEDS).contains(&seeds) {
        let line = text.seeds.as_ref().map_or(line, |seeds| place.of(seeds));
        return Err((line, format!("`seeds` is {seeds}, expected a whole number from 2 to {MOST_SEEDS}")));
    }
    if let Some(fault) = text.kind.fault() {
        return Err((line, format!("`kind`: {fault}")));
    }
    let parts = parts(place, &text, own)?;
    let mut check = Check { seeds, curvature: text.curvature, kind: text.kind, parts, sights: Vec::new() };
    if text.sees.is_empty() {
        return Err((line, "nothing is to be seen, expected at least one `[[check.sees]]`".to_owned()));
    }
    for sight in text.sees {
        let sight = read_sight(place, sight, &check)?;
        check.sights.push(sight);
    }
    // What nothing is read of need not be trained.
    let used = |name: &str| {
        check.sights.iter().any(|one| one.of == name || matches!(&one.than, Than::Arm(arm) if arm == name))
    };
    let mut parts = check.parts.clone();
    parts[0].arms.retain(|(name, _)| used(name));
    parts.retain(|part| !part.arms.is_empty());
    Ok(Check { parts, ..check })
}

/// The comparison of the lesson's methods, and one for each arm.
fn parts(place: &Place<'_>, text: &CheckText, own: Experiment) -> Result<Vec<CheckPart>, Fault> {
    let methods = own.optimizers.keys().map(|kind| (kind.key().to_owned(), *kind)).collect();
    let mut parts = vec![CheckPart { experiment: own.clone(), arms: methods }];
    for arm in &text.arms {
        let name = arm.name.get_ref();
        let is_taken =
            OptimizerKind::parse(name).is_ok() || name == EDGE || parts.iter().any(|part| part.arms[0].0 == *name);
        if is_taken || name.trim().is_empty() {
            let message =
                format!("the arm `{name}` cannot have this name, expected one that no method and no other arm has");
            return Err((place.of(&arm.name), message));
        }
        let mut experiment = own.clone();
        experiment.optimizers.entry(arm.method).or_default();
        experiment.optimizers.retain(|kind, _| *kind == arm.method);
        assign(place, &mut experiment, &arm.set)?;
        parts.push(CheckPart { experiment, arms: vec![(name.clone(), arm.method)] });
    }
    Ok(parts)
}

/// Reads one thing to be seen; `check` has its arms.
fn read_sight(place: &Place<'_>, sight: Spanned<SightText>, check: &Check) -> Result<Sight, Fault> {
    let line = place.of(&sight);
    let SightText { says, measure, read, of, relation, factor, than } = sight.into_inner();
    let (of_line, of) = (place.of(&of), of.into_inner());
    let names = || check.parts.iter().flat_map(|part| part.arms.iter().map(|(name, _)| name.as_str()));
    let unknown = |line: usize, name: &str| (line, format!("unknown arm `{name}`; {}", nearest(name, names())));
    let Some((experiment, method)) = check.arm(&of) else { return Err(unknown(of_line, &of)) };
    let than_line = place.of(&than);
    let than = match than.into_inner() {
        toml::Value::String(edge) if edge == EDGE => {
            let knobs = experiment.knobs(method).map_err(|err| (than_line, err.to_string()))?;
            let edge = knobs.edge_of_stability(method, knobs.learning_rate);
            Than::Edge(edge.ok_or_else(|| {
                (than_line, format!("`{of}` has no edge of stability, expected a method that has one"))
            })?)
        }
        toml::Value::String(arm) if check.arm(&arm).is_some() => Than::Arm(arm),
        toml::Value::String(arm) => return Err(unknown(than_line, &arm)),
        toml::Value::Float(value) => Than::Value(value),
        toml::Value::Integer(value) => Than::Value(value as f64),
        _ => return Err((than_line, "expected `than` to be an arm, a number or \"edge\"".to_owned())),
    };
    let sight = Sight { says, measure, read, of, relation, factor, than };
    match fault(&sight, check) {
        Some(fault) => Err((line, fault.to_owned())),
        None => Ok(sight),
    }
}

/// What does not go together in one thing to be seen.
fn fault(sight: &Sight, check: &Check) -> Option<&'static str> {
    let is_along = check.curvature > 0;
    let is_pairs = matches!(check.kind, StudyKind::Pairs(_));
    let is_arm = matches!(sight.than, Than::Arm(_));
    if sight.says.trim().is_empty() {
        Some("`says` is empty, expected what is seen, in one sentence")
    } else if !(sight.factor > 0.0 && sight.factor.is_finite()) {
        Some("expected a `factor` above 0")
    } else if matches!(sight.than, Than::Value(value) if !value.is_finite()) {
        Some("expected `than` to be a finite number")
    } else if sight.measure == Observed::PairRatio && !(is_pairs && sight.read == Along::End) {
        Some("`pair-ratio` is measured at the end of a check with `[check.kind.pairs]`, expected both")
    } else if sight.read == Along::EqualLoss && !(is_along && is_arm) {
        Some(
            "`equal-loss` compares two arms by curvature along the way, expected `than` to be an arm and `curvature` of at least 1",
        )
    } else if matches!(sight.read, Along::Start | Along::Greatest) && sight.measure.is_curvature() && !is_along {
        Some("curvature is read along the way, expected `curvature` of at least 1")
    } else if matches!(sight.than, Than::Edge(_)) && sight.measure != Observed::LambdaMax {
        Some("the edge is one of `lambda-max`, expected that as the `measure`")
    } else if sight.read == Along::EqualLoss && !sight.measure.is_read_at_equal_loss() {
        Some(
            "expected a `measure` that is read at equal training loss: test-loss, test-accuracy, gap, trace or lambda-max",
        )
    } else {
        None
    }
}
