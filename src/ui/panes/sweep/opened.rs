//! The sweep that is open: its folder as it is followed, and how it is looked at.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use egui::Context;

use super::columns::Column;
use super::means::{Means, Quantity, trace_chart};
use super::units::{Kind, Units};
use crate::protocol::FoundChart;
use crate::report::results::RunResult;
use crate::sweep::follow::{FollowedSweep, SweepNews};
use crate::sweep::landed::{Landed, LandedRun};
use crate::sweep::plan::{Plan, Work};
use crate::sweep::unit::UnitKind;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::state::notices::Level;
use crate::ui::state::swept_run::SweptRun;

/// News that are taken in one frame at most.
const MOST_NEWS: usize = 4;

/// How the units are looked at.
#[derive(Debug)]
pub struct Look {
    /// The column that rows are sorted by.
    pub sort: Column,
    /// From great to small.
    pub is_descending: bool,
    /// Only units that stand so.
    pub kind: Option<Kind>,
    /// The unit that was chosen.
    pub selected: Option<usize>,
    /// What the chart shows.
    pub quantity: Quantity,
}

/// What was made of the units for one look at them.
#[derive(Debug)]
struct Made<K, T> {
    key: K,
    value: T,
}

/// What the order of the rows depends on: changes of units and the look.
type OrderKey = (u64, Column, bool, Option<Kind>);
/// What the chart depends on: changes of units and the look.
type ChartKey = (u64, Quantity, Option<usize>);

/// A sweep that is open.
#[derive(Debug)]
pub struct Opened {
    pub path: PathBuf,
    pub plan: Option<Arc<Plan>>,
    pub units: Units,
    pub look: Look,
    /// Why nothing can be read now.
    pub problem: Option<String>,
    /// Results that are still to be read.
    pub left: usize,
    followed: FollowedSweep,
    /// The window to be woken: it may be another one after its device was lost.
    window: Arc<Mutex<Context>>,
    means: Means,
    order: Option<Made<OrderKey, Arc<[usize]>>>,
    chart: Option<Made<ChartKey, Option<FoundChart>>>,
}

impl Opened {
    /// Follows a folder.
    pub fn new(path: &Path, ctx: &Context) -> Self {
        let window = Arc::new(Mutex::new(ctx.clone()));
        let woken = Arc::clone(&window);
        let wake = move || {
            if let Ok(ctx) = woken.lock() {
                ctx.request_repaint();
            }
        };
        Self {
            path: path.to_owned(),
            plan: None,
            units: Units::default(),
            look: Look {
                sort: Column::Unit,
                is_descending: false,
                kind: None,
                selected: None,
                quantity: Quantity::default(),
            },
            problem: None,
            left: 0,
            followed: FollowedSweep::start(path, wake),
            window,
            means: Means::default(),
            order: None,
            chart: None,
        }
    }

    /// Takes what was told since the last frame, and not more than a frame has time for.
    pub fn take_news(&mut self, ctx: &Context, asks: &mut Asks) {
        if let Ok(mut window) = self.window.lock() {
            window.clone_from(ctx);
        }
        for _ in 0..MOST_NEWS {
            let Some(news) = self.followed.poll() else { return };
            self.take(news, asks);
        }
        ctx.request_repaint();
    }

    fn take(&mut self, news: SweepNews, asks: &mut Asks) {
        match news {
            SweepNews::Planned(plan) => {
                self.units = Units::new(plan.units.len());
                self.means = Means::new(&plan);
                (self.order, self.chart, self.problem) = (None, None, None);
                self.look.selected = None;
                self.plan = Some(plan);
            }
            SweepNews::Changed { units, left } => {
                self.left = left;
                for news in units {
                    let unit = news.change.unit;
                    let before = self.units.take(news);
                    let now = self.units.rows().get(unit).and_then(|row| row.landed.as_ref());
                    self.means.take(unit, before.as_ref(), now);
                }
            }
            SweepNews::Problem(problem) => self.problem = problem,
            SweepNews::Whole { result: Err(problem), .. } => asks.say(Level::Warning, format!("{problem}.")),
            SweepNews::Whole { unit, result: Ok(result) } => match self.swept(unit, *result) {
                Ok(swept) => asks.push(Ask::OpenSwept(Box::new(swept))),
                Err(problem) => asks.say(Level::Warning, problem),
            },
        }
    }

    /// A unit's run with its experiment.
    fn swept(&self, number: usize, result: RunResult) -> Result<SweptRun, String> {
        let of = |plan: &Arc<Plan>| -> Option<(Arc<Plan>, (usize, _, u64))> {
            let UnitKind::Run { point, optimizer, seed } = plan.units.get(number)?.kind else { return None };
            Some((Arc::clone(plan), (point, optimizer, seed)))
        };
        let found = self.plan.as_ref().and_then(of);
        let (plan, run) = found.ok_or_else(|| format!("Unit {number} is no run of the plan any more."))?;
        let Work::Comparison(comparison) = &plan.work else {
            return Err(format!("Unit {number} is a piece of a measurement and no run."));
        };
        let one = comparison.run(run, &plan.folder).map_err(|err| format!("Unit {number} cannot be opened: {err}."))?;
        Ok(SweptRun { name: plan.words(&plan.units[number]), experiment: one.experiment, result })
    }

    /// Asks for the whole result of a unit, which is opened when it has been read.
    pub fn open_run(&self, unit: usize, asks: &mut Asks) {
        if !self.followed.ask(unit) {
            asks.say(Level::Warning, "The folder of the sweep is being read: try again in a moment.");
        }
    }

    /// What a unit found, where it is a run that is done.
    pub fn run(&self, unit: usize) -> Option<&LandedRun> {
        match self.units.rows().get(unit)?.landed.as_ref()? {
            Landed::Run(run) => Some(run),
            Landed::Piece(_) => None,
        }
    }

    /// The units in the order of the table.
    pub fn order(&mut self) -> Arc<[usize]> {
        let Look { sort, is_descending, kind, .. } = self.look;
        let key = (self.units.generation(), sort, is_descending, kind);
        if let Some(made) = self.order.as_ref().filter(|made| made.key == key) {
            return Arc::clone(&made.value);
        }
        let is_wanted = |row: &super::units::Row| kind.is_none_or(|kind| Kind::of(&row.standing) == kind);
        let value: Arc<[usize]> = sort.order(self.units.rows(), is_descending, is_wanted).into();
        self.order = Some(Made { key, value: Arc::clone(&value) });
        value
    }

    /// The chart, where there is something to be drawn.
    pub fn chart(&mut self) -> Option<&FoundChart> {
        let key = (self.units.generation(), self.look.quantity, self.look.selected);
        if self.chart.as_ref().is_none_or(|made| made.key != key) {
            let value = self.make_chart();
            self.chart = Some(Made { key, value });
        }
        self.chart.as_ref()?.value.as_ref()
    }

    fn make_chart(&self) -> Option<FoundChart> {
        let plan = self.plan.as_ref()?;
        if matches!(plan.work, Work::Analysis(_)) {
            return trace_chart(self.units.rows());
        }
        let selected = self.look.selected.and_then(|unit| Some((plan.units.get(unit)?, self.run(unit)?)));
        Some(self.means.chart(self.look.quantity, selected))
    }
}
