//! `flatscape reproduce`: everything that can be wrong is found before training; then study by study, each run kept as it ends.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};

use super::ReproduceArgs;
use super::compare::going_on::{difference_words, end};
use super::compare::rerun::{asked_for, kept_rerun};
use super::compare::{check_budget, device, show_news, tune, whole};
use super::error::{BadInput, say, tell};
use super::print::print;
use super::progress::Progress;
use super::session::comparison;
use crate::config::{Experiment, Part, Study, studies, study_of};
use crate::engine::{CompareNews, CompareOptions, CompareResult, Done, Keeping, SESSION_FILE, There, compare_keeping};
use crate::export::{
    CLAIM_FILES, FILE_NAMES, KIND_CHART, OutputDir, StudyFound, TUNING_FILE, chart_svg, claims_csv, claims_html,
    claims_json, claims_markdown, kind_charts, landscape_png, write_comparison,
};
use crate::report::arms::{PartFound, found_of_arms};
use crate::report::claims::{ClaimFound, RULE};
use crate::report::tuning::with_picked;
use crate::session::store::Writer;

const MAX_SEEDS: u64 = 1000;

/// A study that can run: its comparisons.
struct Planned {
    study: Study,
    parts: Vec<PlannedPart>,
}

/// A comparison of a study.
struct PlannedPart {
    part: Part,
    options: CompareOptions,
}

/// Runs the command.
pub fn run(args: &ReproduceArgs) -> Result<()> {
    let planned = plan(args)?;
    let dir = OutputDir::prepare(&args.out, &CLAIM_FILES, args.force).context("`--out`")?;
    let mut done = Vec::new();
    for Planned { study, parts } in planned {
        let results = parts.iter().map(|part| train(part, &dir, args.force)).collect::<Result<Vec<_>>>()?;
        done.push((study, parts, results));
    }
    let found: Vec<StudyFound<'_>> = done
        .iter()
        .map(|(study, parts, results)| {
            // What is told of settings and slices is the methods' own comparison.
            let (kind, (experiment, result)) = (&parts[0].options.kind, &results[0]);
            let parts: Vec<PartFound<'_>> = parts
                .iter()
                .zip(results)
                .map(|(planned, (_, result))| PartFound { part: &planned.part, result })
                .collect();
            let claims = study.claims(args.quick).into_iter();
            StudyFound {
                claims: claims.map(|claim| found_of_arms(study, claim, experiment.budget, &parts)).collect(),
                slices: landscape_png(experiment, result).ok().flatten(),
                study,
                kind,
                experiment,
                result,
            }
        })
        .collect();
    let [json, csv, markdown, html] = CLAIM_FILES;
    let files = [
        (json, claims_json(&found)?.into_bytes()),
        (csv, claims_csv(&found)?.into_bytes()),
        (markdown, claims_markdown(&found).into_bytes()),
        (html, claims_html(&found).into_bytes()),
    ];
    dir.write_all(&files)?;
    let claims: Vec<&ClaimFound> = found.iter().flat_map(|study| &study.claims).collect();
    let width = claims.iter().map(|claim| claim.claim.len()).max().unwrap_or(0);
    let line = |claim: &&ClaimFound| format!("{:width$}  {:13}  {}", claim.claim, claim.verdict.words(), claim.says);
    let table = claims.iter().map(line).collect::<Vec<_>>().join("\n");
    let has_others = claims.iter().any(|claim| claim.rule != RULE);
    let others = if has_others { "; rules of other claims stand with them in claims.md" } else { "" };
    print(&format!("{table}\nRule: {RULE}{others}.\nWrote {} to {}", CLAIM_FILES.join(", "), dir.path().display()))
}

/// The studies that are asked for, with everything checked.
fn plan(args: &ReproduceArgs) -> Result<Vec<Planned>> {
    let device = device(&args.device)?;
    let seeds = args.seeds.as_deref().map(|text| whole("--seeds", text, MAX_SEEDS)).transpose()?;
    let first: u32 = args.first_seed.trim().parse().map_err(|_| {
        BadInput(format!("`--first-seed` is `{}`, expected a whole number from 0 to {}", args.first_seed, u32::MAX))
    })?;
    let plan = |part: Part| {
        let study = &part.study;
        let mut experiment = study.experiment(args.quick)?;
        experiment.seed = u64::from(first);
        check_budget(&experiment, &study.methods)?;
        let tuning = tune::grids(study.tune(args.quick), &experiment, &study.methods)?;
        let options = CompareOptions {
            experiment,
            optimizers: study.methods.clone(),
            seeds: seeds.unwrap_or_else(|| study.seeds(args.quick)),
            device,
            curvature: Some(study.curvature),
            tuning,
            weights: false,
            kind: study.kind(args.quick).clone(),
            jobs: None,
            done: Done::default(),
        };
        Ok(PlannedPart { part, options })
    };
    let parts = |mut study: Study| {
        // What is asked for is run, whatever a short run would leave out.
        if study.claims(args.quick).is_empty() {
            study.quick.arms.clear();
        }
        let parts = study.parts(args.quick).into_iter().map(plan).collect::<Result<Vec<_>>>()?;
        Ok(Planned { study, parts })
    };
    selected(&args.claims)?.into_iter().map(parts).collect()
}

/// The studies of these claims, each once with all of its claims that are asked for, in their own order.
fn selected(names: &[String]) -> Result<Vec<Study>> {
    let asked = names.iter().map(|name| study_of(name)).collect::<Result<Vec<_>, _>>()?;
    if asked.is_empty() {
        return Ok(studies());
    }
    let is_asked = |study: &str, claim: &str| {
        asked.iter().any(|one| one.name == study && one.claims.iter().any(|other| other.name == claim))
    };
    let mut all = studies();
    for study in &mut all {
        let name = study.name.clone();
        study.claims.retain(|claim| is_asked(&name, &claim.name));
    }
    all.retain(|study| !study.claims.is_empty());
    Ok(all)
}

/// Trains what is not kept yet, and writes the study's own folder.
fn train(planned: &PlannedPart, dir: &OutputDir, force: bool) -> Result<(Experiment, CompareResult)> {
    let PlannedPart { part, options } = planned;
    let study = &part.study;
    let folder = dir.path().join(&study.name);
    let keeping = keeping(&folder, options, force).context("`--out`")?;
    tell(&format!("{}: {}", study.name, study.about));
    let mut progress = Progress::new();
    let mut show = |news: CompareNews| show_news(&mut progress, news, "; --quick makes it short");
    let result = compare_keeping(options, Some(&keeping), &mut show, &AtomicBool::new(false));
    progress.finish();
    let result = result?;
    if let Some(notice) = &result.notice {
        say(notice);
    }
    let experiment = with_picked(&options.experiment, &result.tuning);
    let names: Vec<&str> = FILE_NAMES.into_iter().chain([TUNING_FILE, KIND_CHART]).collect();
    // What is there is of the same settings: those of its session have been held against them.
    let own = OutputDir::prepare(&folder, &names, true).context("`--out`")?;
    let written = write_comparison(&own, &experiment, &result, &kept_rerun(&keeping));
    let written = written.map_err(|err| anyhow::anyhow!("{err}"))?;
    if let Some(chart) = kind_charts(&options.kind, &experiment, &result).first() {
        own.write_all(&[(KIND_CHART, chart_svg(chart)?.into_bytes())])?;
    }
    end(&keeping, written);
    Ok((experiment, result))
}

/// Where the runs of a study are kept: it goes on with those that are there, if they are of the same settings.
fn keeping(folder: &Path, options: &CompareOptions, force: bool) -> Result<Keeping> {
    let path = folder.join(SESSION_FILE);
    let other = match comparison(&path) {
        Ok(Some(kept)) => difference_words(&kept, options),
        Ok(None) if path.exists() => Some("the session there is of something else".to_owned()),
        Ok(None) => {
            return Ok(Keeping {
                path,
                writer: Writer::Reproduce,
                there: There::None,
                pause: Keeping::PAUSE,
                asked: asked_for(options),
            });
        }
        Err(err) if !force => return Err(err.into()),
        Err(err) => Some(err.to_string()),
    };
    let there = match other {
        None => There::GoOn,
        Some(_) if force => There::ThrowAway,
        Some(words) => {
            let expected = "expected those of these settings or none (choose another folder, or add --force)";
            let words = format!("found runs of other settings there ({words}), {expected}: {}", path.display());
            return Err(BadInput(words).into());
        }
    };
    Ok(Keeping { path, writer: Writer::Reproduce, there, pause: Keeping::PAUSE, asked: asked_for(options) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_one_study_run_once_and_in_its_order() {
        let names = ["sensing-pairs", "digits-trace", "sensing-recovers"].map(str::to_owned);
        let chosen = selected(&names).unwrap();
        let found: Vec<(&str, Vec<&str>)> = chosen
            .iter()
            .map(|study| (study.name.as_str(), study.claims.iter().map(|claim| claim.name.as_str()).collect()))
            .collect();
        assert_eq!(
            found,
            [("matrix-sensing", vec!["sensing-recovers", "sensing-pairs"]), ("digits", vec!["digits-trace"])]
        );
        assert_eq!(selected(&[]).unwrap().len(), studies().len());
        assert!(selected(&["nothing".to_owned()]).is_err());
    }
}
