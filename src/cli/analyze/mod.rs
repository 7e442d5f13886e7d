//! `flatscape analyze`: everything that can be wrong is found before anything is measured, then it measures, writes and
//! prints.

mod files;
mod path;
mod settings;
mod typed;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use self::path::add_path;
use self::settings::Settings;
use self::typed::{bad, unknown};
use super::error::say;
use super::models::read_model;
use super::print::print;
use super::progress::Progress;
use super::weights_told::{Told, WEIGHTS};
use super::{AnalyzeArgs, analysis_table, memory};
use crate::config::{LabelKind, Precision, nearest};
use crate::data::{Dataset, ReadChoice, Wanted, import_as, told};
use crate::engine::{AnalyzeNews, AnalyzeOptions, Forecast, PATH_EIGENVALUES, PATH_TRACES, analyze};
use crate::export::{ANALYSIS_FILES, OutputDir, write_analysis};
use crate::model::{Architecture, Number};
use crate::number::significant;
use crate::report::routes::LineReport;
use crate::session::weights::Reading;

/// Runs the command.
pub fn run(args: &AnalyzeArgs) -> Result<()> {
    memory::limit(args.max_memory.as_deref())?;
    let settings = Settings::new(args)?;
    let choice = choice(args)?;
    let (model, note) = read_model(&args.model)?;
    let architecture = Architecture::new(&model).with_context(|| format!("in {}", args.model.display()))?;
    settings.check(&architecture)?;
    let mut told = Told { lines: note.into_iter().collect(), ..Told::default() };
    let reading = Reading { names: Some(&model.names), precision: settings.precision, ..Reading::from(&architecture) };
    let own = Reading { key: args.weights_key.as_deref(), ..reading };
    let (weights, buffers) = settings.state(WEIGHTS, &args.weights, own, &mut told)?;
    let parts = settings.parts(args, reading, &weights, &mut told)?;
    let options = AnalyzeOptions {
        weights,
        buffers,
        examples: settings.examples,
        weight_decay: settings.weight_decay,
        parts,
        seed: settings.seed,
        device: settings.device,
        model,
    };
    match settings.precision {
        Precision::F32 => analyze_as::<f32>(args, &settings, choice, options, (&architecture, told)),
        Precision::F64 => analyze_as::<f64>(args, &settings, choice, options, (&architecture, told)),
    }
}

/// The rest of the command: examples are read in the precision that is computed with.
fn analyze_as<T: Number>(
    args: &AnalyzeArgs,
    settings: &Settings,
    choice: ReadChoice<'_>,
    mut options: AnalyzeOptions,
    (architecture, mut weights_told): (&Architecture, Told),
) -> Result<()> {
    let input = options.model.example_shape();
    let wanted = Wanted::by(&options.model, &input, architecture.outputs);
    let imported = import_as::<T>(&args.data, &wanted, choice).context("`--data`")?;
    check_examples(args, options.examples, imported.data.len())?;
    let examples = options.examples.unwrap_or(usize::MAX).min(imported.data.len());
    if options.buffers.is_none() {
        let lone = architecture.needs_two_examples().filter(|_| examples == 1);
        lone.map_or(Ok(()), |norm| Err(bad(&lone_example(&norm))))?;
    }
    // Reading a path may take long, so what else can be wrong is found before.
    let reading =
        Reading { names: Some(&options.model.names), precision: settings.precision, ..Reading::from(architecture) };
    add_path(args, settings, reading, &options.weights, (&mut options.parts, &mut weights_told))?;
    // The last of the checks: it is the first that leaves something behind.
    let dir = OutputDir::prepare(&args.out, &ANALYSIS_FILES, args.force).context("`--out`")?;
    told(&args.data, &imported.format, &imported.notes).for_each(|note| say(&note));
    weights_told.lines.iter().for_each(|line| say(line));
    measure_and_write(&options, &imported.data, dir, (&args.weights, weights_told.notes))
}

/// What is said where the statistics of a single example are asked for.
fn lone_example(norm: &str) -> String {
    format!(
        "`--statistics` is `batch` with 1 example, but the batch norm `{norm}` sees one value a channel of each, whose variance \
         is none; expected at least 2 examples, or `--statistics frozen`"
    )
}

fn measure_and_write<T: Number>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    dir: OutputDir,
    (weights, notes): (&Path, Vec<String>),
) -> Result<()> {
    let cancel = stop_on_ctrl_c();
    let mut progress = Progress::new();
    let mut show = |news| match news {
        AnalyzeNews::Forecast(forecast) => progress.foretell(&forecast, way_out(&forecast)),
        AnalyzeNews::Progress(now) => progress.show_part(&now),
    };
    let analyzed = analyze(options, data, &mut show, &cancel);
    progress.finish();
    let mut analysis = match analyzed {
        Ok(analysis) => analysis,
        Err(err) => {
            dir.discard();
            return Err(err.into());
        }
    };
    let of_line = analysis.report.line.as_ref().and_then(line_notice);
    analysis.notice.iter().chain(&of_line).for_each(|notice| say(notice));
    analysis.report.weights_notes = notes;
    let name = weights.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Exports count as failures even where the folder is at fault: it could be written to before.
    let written = write_analysis(&dir, &mut analysis.report, &name).map_err(|err| anyhow::anyhow!("{err}"))?;
    let files = format!("Wrote {} to {}", written.join(", "), dir.path().display());
    print(&format!("{}\n{files}", analysis_table::render(&analysis.report)))?;
    if analysis.report.interrupted {
        return Err(anyhow::anyhow!("stopped before the end; {} has what was measured until then", written[0]));
    }
    Ok(())
}

/// How the longest part is left out, where it is curvature that nobody asked for by itself.
fn way_out(forecast: &Forecast) -> &'static str {
    let is_of_path = |(part, _): &(&str, f64)| [PATH_TRACES, PATH_EIGENVALUES].contains(part);
    if forecast.part.as_ref().is_some_and(is_of_path) { "; --curvature none leaves it out" } else { "" }
}

/// What is to be said of the line: frozen statistics of one end do not belong to the other.
fn line_notice(line: &LineReport) -> Option<String> {
    let (seen, own) = (*line.loss.last()?, line.end_losses[1]);
    let is_apart = (seen - own).abs() > 1e-3 * own.abs().max(f64::MIN_POSITIVE);
    (is_apart && line.statistics.is_some()).then(|| {
        format!(
            "the line ends at loss {}, but the weights there have {} by their own running statistics of batch norm: \
             `--statistics batch` takes those of the examples at each point",
            significant(seen, 4),
            significant(own, 4)
        )
    })
}

/// What the user says of the data.
fn choice(args: &AnalyzeArgs) -> Result<ReadChoice<'_>> {
    let kind = LabelKind::ALL.into_iter().find(|kind| kind.key() == args.labels).ok_or_else(|| {
        unknown("kind of labels", &args.labels, nearest(&args.labels, LabelKind::ALL.map(LabelKind::key)))
            .context("`--labels`")
    })?;
    let header = match args.header.as_str() {
        "auto" => None,
        "true" => Some(true),
        "false" => Some(false),
        other => return Err(bad(&format!("`--header` is `{other}`, expected auto, true or false"))),
    };
    Ok(ReadChoice { kind, column: args.label_column.as_deref(), header, tokenizer: args.tokenizer.as_deref() })
}

/// A flag that the first Ctrl-C sets; the second one ends the program at once.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let set = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        say("stopping after the unit under way; press Ctrl-C again to stop at once");
    });
    // Without a handler Ctrl-C ends the program, as it does everywhere.
    if let Err(err) = set {
        say(&format!("Ctrl-C will not write what was measured ({err})"));
    }
    stop
}

/// A subset needs as many examples as it has, and a second one as many more.
fn check_examples(args: &AnalyzeArgs, examples: Option<usize>, rows: usize) -> Result<()> {
    let Some(n) = examples else { return Ok(()) };
    if n > rows {
        return Err(bad(&format!("`--examples` is `{n}`, expected at most {rows}, the examples of the data")));
    }
    if args.second_subset && 2 * n > rows {
        return Err(bad(&format!(
            "`--second-subset` needs {n} other examples, expected `--examples` of at most {}, half of the data",
            rows / 2
        )));
    }
    Ok(())
}
