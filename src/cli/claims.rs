//! `flatscape claims`: what `reproduce` can hold against runs.

use serde::Serialize;

use super::ListArgs;
use super::list::json;
use super::print::print;
use crate::config::{Measure, ReadAt, Study, studies};

/// What scripts may want to know of a claim.
#[derive(Serialize)]
struct ClaimInfo<'a> {
    claim: &'a str,
    says: &'a str,
    source: &'a str,
    study: &'a str,
    experiment: &'a str,
    measure: Measure,
    read: ReadAt,
    order: Vec<String>,
    methods: Vec<String>,
    seeds: u64,
    not_shown: &'a str,
}

/// Lists the claims by their studies.
pub fn run(args: ListArgs) -> anyhow::Result<()> {
    let studies = studies();
    if args.json {
        let all = studies.iter().flat_map(|study| {
            study.claims.iter().map(|claim| ClaimInfo {
                claim: &claim.name,
                says: &claim.says,
                source: &claim.source,
                study: &study.name,
                experiment: &study.experiment,
                measure: claim.measure,
                read: claim.read,
                order: claim.arms(),
                methods: arms(study),
                seeds: study.seeds,
                not_shown: &claim.not_shown,
            })
        });
        return json(&all.collect::<Vec<_>>());
    }
    let width = studies.iter().flat_map(|study| &study.claims).map(|claim| claim.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for study in &studies {
        let methods = arms(study);
        lines.push(format!("{}: {}. {} seeds of {}.", study.name, study.title, study.seeds, methods.join(", ")));
        for claim in &study.claims {
            let (measure, read) = (claim.measure.label(), claim.read);
            lines.push(format!("  {:width$}  {} By {measure}, {read}.", claim.name, claim.says));
        }
    }
    print(&lines.join("\n"))
}

/// The methods and variants of a study.
fn arms(study: &Study) -> Vec<String> {
    study.parts(false).into_iter().flat_map(|part| part.arms).collect()
}
