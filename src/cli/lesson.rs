//! `flatscape lesson` and `flatscape lessons`: lessons printed, listed, and checked without a window.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Result, anyhow};
use serde::Serialize;

use super::compare::{check_budget, device, show_news};
use super::error::{BadInput, say};
use super::list::json;
use super::print::print;
use super::progress::Progress;
use super::{LessonArgs, ListArgs};
use crate::config::{Check, CheckPart, DeviceChoice, Lesson, builtin_lesson, builtin_lessons};
use crate::engine::{CompareNews, CompareOptions, CompareResult, Done, FileKind, compare, recognise};
use crate::report::claims::{RULE, Verdict};
use crate::report::lessons::{PartRun, SightFound, sights_found};

const MAX_SEEDS: u64 = 1000;

/// What scripts may want to know of a lesson.
#[derive(Serialize)]
struct LessonInfo<'a> {
    lesson: &'a str,
    title: &'a str,
    about: &'a str,
    experiment: &'a str,
    steps: Vec<&'a str>,
    controls: Vec<String>,
    locked: Vec<String>,
    seeds: Option<u64>,
    seen: Vec<&'a str>,
}

impl<'a> LessonInfo<'a> {
    fn new(lesson: &'a Lesson) -> Self {
        let names = |all: &[crate::config::Control]| all.iter().map(|control| control.key()).collect();
        let sights = lesson.check.iter().flat_map(|check| &check.sights);
        Self {
            lesson: &lesson.name,
            title: &lesson.title,
            about: &lesson.about,
            experiment: &lesson.experiment.name,
            steps: lesson.steps.iter().map(|step| step.title.as_str()).collect(),
            controls: names(&lesson.controls.shown),
            locked: names(&lesson.controls.locked),
            seeds: lesson.check.as_ref().map(|check| check.seeds),
            seen: sights.map(|sight| sight.says.as_str()).collect(),
        }
    }
}

/// Lists the lessons that come with the program.
pub fn list(args: ListArgs) -> Result<()> {
    let all = builtin_lessons();
    if args.json {
        return json(&all.iter().map(LessonInfo::new).collect::<Vec<_>>());
    }
    let width = all.iter().map(|lesson| lesson.name.len()).max().unwrap_or(0);
    let line = |lesson: &Lesson| {
        let Lesson { name, title, about, experiment, .. } = lesson;
        format!("{name:width$}  {title}. {about} With {}.", experiment.name)
    };
    print(&all.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Prints a lesson, or checks it.
pub fn run(args: &LessonArgs) -> Result<()> {
    let (lesson, text) = load(&args.lesson)?;
    if !args.check {
        return print(text.as_deref().map_or_else(|| about(&lesson), str::to_owned).trim_end());
    }
    let Some(check) = &lesson.check else {
        let words =
            format!("{} has no `[check]`, expected one that says what is to be seen (docs/lessons.md)", lesson.name);
        return Err(BadInput(words).into());
    };
    let seeds = args.seeds.as_deref().map(seeds).transpose()?.unwrap_or(check.seeds);
    let device = device(&args.device)?;
    for part in &check.parts {
        check_budget(&part.experiment, &part.arms.iter().map(|(_, method)| *method).collect::<Vec<_>>())?;
    }
    let results = check.parts.iter().map(|part| train(part, check, seeds, device)).collect::<Result<Vec<_>>>()?;
    let runs: Vec<PartRun<'_>> =
        check.parts.iter().zip(&results).map(|(part, result)| PartRun { part, result }).collect();
    tell(&lesson, seeds, &sights_found(check, &runs))
}

/// A lesson by its name with its text, or from a file where the word looks like a path.
fn load(word: &str) -> Result<(Lesson, Option<String>)> {
    let path = Path::new(word);
    let looks_like_path =
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md")) || path.components().count() > 1;
    if !looks_like_path {
        let (lesson, text) = builtin_lesson(word)?;
        return Ok((lesson.clone(), Some(text.to_owned())));
    }
    match recognise(path).map_err(|problem| BadInput(problem.trim_end_matches('.').to_owned()))? {
        FileKind::Lesson(lesson) => Ok((*lesson, None)),
        _ => Err(BadInput(format!("this is no lesson, expected Markdown with front matter (.md): {word}")).into()),
    }
}

fn about(lesson: &Lesson) -> String {
    let steps = lesson.steps.len();
    let sights = lesson.check.as_ref().map_or(0, |check| check.sights.len());
    let of = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let check = if sights == 0 { "no check".to_owned() } else { format!("{} to be seen", of(sights, "thing")) };
    format!("{}: {} {}, {check}, with {}.", lesson.title, lesson.about, of(steps, "step"), lesson.experiment.title)
}

/// Reads `--seeds`: one seed has no spread to hold a difference against.
fn seeds(text: &str) -> Result<u64> {
    let number = text.trim().parse().ok().filter(|seeds| (2..=MAX_SEEDS).contains(seeds));
    Ok(number
        .ok_or_else(|| BadInput(format!("`--seeds` is `{text}`, expected a whole number from 2 to {MAX_SEEDS}")))?)
}

/// Trains one comparison of a check.
fn train(part: &CheckPart, check: &Check, seeds: u64, device: DeviceChoice) -> Result<CompareResult> {
    let options = CompareOptions {
        experiment: part.experiment.clone(),
        optimizers: part.arms.iter().map(|(_, method)| *method).collect(),
        seeds,
        device,
        curvature: Some(check.curvature),
        tuning: Vec::new(),
        weights: false,
        kind: check.kind.clone(),
        jobs: None,
        done: Done::default(),
    };
    let mut progress = Progress::new();
    let mut show = |news: CompareNews| show_news(&mut progress, news, "");
    let result = compare(&options, &mut show, &AtomicBool::new(false));
    progress.finish();
    let result = result?;
    if let Some(notice) = &result.notice {
        say(notice);
    }
    Ok(result)
}

/// Prints what is seen; an error where something is not.
fn tell(lesson: &Lesson, seeds: u64, found: &[SightFound]) -> Result<()> {
    let word = |verdict: Verdict| if verdict == Verdict::Holds { "seen" } else { "not seen" };
    let line = |one: &SightFound| format!("{:8}  {} {}.", word(one.verdict), one.says, one.figures);
    let lines: Vec<String> = found.iter().map(line).collect();
    print(&format!("{}, {seeds} seeds\n{}\nRule: {RULE}.", lesson.title, lines.join("\n")))?;
    match found.iter().find(|one| one.verdict != Verdict::Holds) {
        None => Ok(()),
        Some(one) => {
            let says = one.says.trim_end_matches('.');
            Err(anyhow!(
                "what the lesson {} says is not seen over {seeds} seeds: {says} ({})",
                lesson.name,
                one.figures
            ))
        }
    }
}
