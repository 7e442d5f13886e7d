//! `flatscape gather --watch`: what lands, fails and is claimed, until every unit has a result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::cli::progress::Progress;
use crate::number::count;
use crate::sweep::folder::SweepFolder;
use crate::sweep::index::list_words;
use crate::sweep::plan::Plan;
use crate::sweep::watch::{Change, Standing, Watch};

/// It looks so often.
const POLL: Duration = Duration::from_secs(1);
/// Units that are told one by one at most of one look.
const MOST_SINGLE: usize = 3;

/// Watches the units of a plan until all have results.
///
/// # Errors
/// Where the folder cannot be read at first; later it is tried again.
pub fn until_done(folder: &SweepFolder, plan: &Arc<Plan>) -> Result<()> {
    let mut watch = Watch::new(folder.clone(), Arc::clone(plan));
    let mut changes = looked(&mut watch).with_context(|| format!("cannot read {}", folder.path().display()))?;
    let (mut progress, mut is_away) = (Progress::new(), false);
    progress.say(&summary(watch.standings()));
    // What was done before is in that line.
    changes.retain(|change| change.standing != Standing::Done);
    loop {
        lines(plan, &changes).iter().for_each(|line| progress.say(line));
        let standings = watch.standings();
        let done = standings.iter().filter(|standing| **standing == Standing::Done).count();
        if done == standings.len() {
            progress.finish();
            return Ok(());
        }
        progress.show_units(done, standings.len(), || summary(standings));
        std::thread::sleep(POLL);
        // A folder over a network may be away for a while.
        changes = match looked(&mut watch) {
            Ok(changes) => {
                is_away = false;
                changes
            }
            Err(err) => {
                if !std::mem::replace(&mut is_away, true) {
                    progress.say(&format!("cannot read {} ({err}), trying again", folder.path().display()));
                }
                Vec::new()
            }
        };
    }
}

/// All that has changed since the last look.
fn looked(watch: &mut Watch) -> std::io::Result<Vec<Change>> {
    let mut changes = watch.look(Instant::now())?;
    changes.extend(watch.take(usize::MAX));
    Ok(changes)
}

/// How many units stand how.
fn summary(standings: &[Standing]) -> String {
    let number = |is_it: fn(&Standing) -> bool| standings.iter().filter(|standing| is_it(standing)).count();
    let done = number(|standing| *standing == Standing::Done);
    let mut words = vec![format!("{} of {} units done", count(done as u64), count(standings.len() as u64))];
    let others: [(usize, &str); 3] = [
        (number(|standing| matches!(standing, Standing::Running { .. })), "running"),
        (number(|standing| matches!(standing, Standing::Stopped { .. })), "without their worker"),
        (number(|standing| matches!(standing, Standing::Failed { .. })), "failed"),
    ];
    let others = others.into_iter().filter(|(number, _)| *number > 0);
    words.extend(others.map(|(number, name)| format!("{} {name}", count(number as u64))));
    words.join(", ")
}

/// A line for each change, or one for all of a kind where there are many.
fn lines(plan: &Plan, changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    let kinds: [fn(&Standing) -> bool; 4] = [
        |standing| matches!(standing, Standing::Running { .. }),
        |standing| matches!(standing, Standing::Stopped { .. }),
        |standing| matches!(standing, Standing::Failed { .. }),
        |standing| *standing == Standing::Done,
    ];
    for is_it in kinds {
        let of_kind: Vec<&Change> = changes.iter().filter(|change| is_it(&change.standing)).collect();
        match of_kind.as_slice() {
            [] => {}
            [first, .., last] if of_kind.len() > MOST_SINGLE => {
                let mut units: Vec<usize> = of_kind.iter().map(|change| change.unit).collect();
                units.sort_unstable();
                let what = many_words(&last.standing);
                let (numbers, words) = (list_words(&units), plan.words(&plan.units[first.unit]));
                lines.push(format!("{} units {what}: {numbers} ({words}, …)", count(units.len() as u64)));
            }
            few => lines.extend(few.iter().map(|change| line(plan, change))),
        }
    }
    lines
}

/// What has become of one unit.
fn line(plan: &Plan, change: &Change) -> String {
    let what = match &change.standing {
        Standing::Waiting => "waits".to_owned(),
        Standing::Running { worker } if worker.is_empty() => "a worker is at it".to_owned(),
        Standing::Running { worker } => format!("{worker} is at it"),
        Standing::Stopped { worker } => format!("its worker is gone ({worker})"),
        Standing::Failed { reason } => format!("failed: {reason}"),
        Standing::Done => "done".to_owned(),
    };
    let unit = &plan.units[change.unit];
    format!("Unit {} of {}, {}: {what}", unit.i, plan.units.len(), plan.words(unit))
}

/// What has become of many units.
const fn many_words(standing: &Standing) -> &'static str {
    match standing {
        Standing::Waiting => "wait",
        Standing::Running { .. } => "are begun",
        Standing::Stopped { .. } => "have lost their workers",
        Standing::Failed { .. } => "failed",
        Standing::Done => "are done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OptimizerKind;
    use crate::sweep::analysis::AnalysisPlan;
    use crate::sweep::plan::Work;
    use crate::sweep::unit::{FORMAT, Unit, UnitKind};

    fn plan(count: usize) -> Plan {
        let kind = |i: usize| UnitKind::Run { point: 0, optimizer: OptimizerKind::Sgd, seed: i as u64 };
        Plan {
            format: FORMAT,
            version: "1".to_owned(),
            folder: "/".into(),
            device: "cpu".to_owned(),
            work: Work::Analysis(AnalysisPlan { arguments: Vec::new(), files: std::collections::BTreeMap::new() }),
            units: (0..count).map(|i| Unit { i, id: i.to_string(), kind: kind(i) }).collect(),
        }
    }

    #[test]
    fn few_changes_have_a_line_each_and_many_of_a_kind_have_one() {
        let plan = plan(12);
        let worker = || "anna, process 7".to_owned();
        let mut changes = vec![
            Change { unit: 2, standing: Standing::Failed { reason: "no such file: a.csv".to_owned() } },
            Change { unit: 4, standing: Standing::Running { worker: worker() } },
            Change { unit: 5, standing: Standing::Waiting },
        ];
        changes.extend([0, 1, 7, 8, 9].map(|unit| Change { unit, standing: Standing::Done }));
        assert_eq!(
            lines(&plan, &changes),
            [
                "Unit 4 of 12, SGD, seed 4: anna, process 7 is at it",
                "Unit 2 of 12, SGD, seed 2: failed: no such file: a.csv",
                "5 units are done: 0,1,7-9 (SGD, seed 0, …)",
            ]
        );
        let mut standings = vec![Standing::Waiting; 12];
        changes.into_iter().for_each(|change| standings[change.unit] = change.standing);
        assert_eq!(summary(&standings), "5 of 12 units done, 1 running, 1 failed");
    }
}
