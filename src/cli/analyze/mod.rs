//! `flatscape analyze`: everything that can be wrong is found before anything is measured, then it measures, writes and
//! prints.

mod files;
mod path;
pub mod pieces;
mod settings;
mod typed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use self::path::add_path;
use self::settings::Settings;
use self::typed::{bad, unknown};
use super::error::{say, tell};
use super::models::read_model;
use super::print::print;
use super::progress::Progress;
use super::weights_told::{Told, WEIGHTS};
use super::{AnalyzeArgs, analysis_table, device_words, memory};
use crate::config::{LabelKind, Precision, nearest};
use crate::data::{Dataset, ReadChoice, Wanted, import_as, told};
use crate::engine::{
    Analysis, AnalyzeNews, AnalyzeOptions, EngineError, Forecast, PATH_EIGENVALUES, PATH_TRACES, analyze_knowing,
};
use crate::export::{ANALYSIS_FILES, OutputDir, write_analysis};
use crate::model::{Architecture, Number};
use crate::number::significant;
use crate::report::pieces::PieceFound;
use crate::report::routes::LineReport;
use crate::session::weights::Reading;

/// Runs the command.
pub fn run(args: &AnalyzeArgs) -> Result<()> {
    let ready = Ready::new(args)?;
    if let Some(pieces) = &args.pieces {
        return pieces::plan(args, &ready, pieces);
    }
    // The last of the checks: it is the first that leaves something behind.
    let dir = OutputDir::prepare(&args.out, &ANALYSIS_FILES, args.force).context("`--out`")?;
    ready.lines.iter().for_each(|line| say(line));
    let cancel = stop_on_ctrl_c();
    let analysis = match ready.analyze(Vec::new(), &cancel) {
        Ok(analysis) => analysis,
        Err(err) => {
            dir.discard();
            return Err(err.into());
        }
    };
    ready.write(analysis, &dir)
}

/// What an analysis is made of, read and checked: nothing can be wrong with it any more.
pub struct Ready {
    pub options: AnalyzeOptions,
    examples: Examples,
    /// What is told of the files.
    pub lines: Vec<String>,
    /// What the report tells of the weights.
    weights_notes: Vec<String>,
    /// What the weights' file is called.
    weights_name: String,
}

/// Examples in the precision that is computed with.
enum Examples {
    F32(Dataset<f32>),
    F64(Dataset<f64>),
}

impl Ready {
    /// Reads and checks what the arguments name.
    pub fn new(args: &AnalyzeArgs) -> Result<Self> {
        memory::limit(args.max_memory.as_deref())?;
        let settings = Settings::new(args)?;
        let choice = choice(args)?;
        let (model, note) = read_model(&args.model)?;
        let architecture = Architecture::new(&model).with_context(|| format!("in {}", args.model.display()))?;
        settings.check(&architecture)?;
        let mut told = Told { lines: note.into_iter().collect(), ..Told::default() };
        let reading =
            Reading { names: Some(&model.names), precision: settings.precision, ..Reading::from(&architecture) };
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
        let rest = (&architecture, told);
        match settings.precision {
            Precision::F32 => Self::with_data(args, &settings, choice, options, rest, Examples::F32),
            Precision::F64 => Self::with_data(args, &settings, choice, options, rest, Examples::F64),
        }
    }

    /// The rest of it: examples are read in the precision that is computed with.
    fn with_data<T: Number>(
        args: &AnalyzeArgs,
        settings: &Settings,
        choice: ReadChoice<'_>,
        mut options: AnalyzeOptions,
        (architecture, mut weights_told): (&Architecture, Told),
        examples_of: fn(Dataset<T>) -> Examples,
    ) -> Result<Self> {
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
        let mut lines: Vec<String> = told(&args.data, &imported.format, &imported.notes).collect();
        lines.append(&mut weights_told.lines);
        let name = args.weights.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            options,
            examples: examples_of(imported.data),
            lines,
            weights_notes: weights_told.notes,
            weights_name: name.unwrap_or_default(),
        })
    }

    /// Measures what no piece has found.
    pub fn analyze(&self, known: Vec<PieceFound>, cancel: &AtomicBool) -> Result<Analysis, EngineError> {
        show_while(|show| match &self.examples {
            Examples::F32(data) => analyze_knowing(&self.options, data, known, show, cancel),
            Examples::F64(data) => analyze_knowing(&self.options, data, known, show, cancel),
        })
    }

    /// Writes the files of an analysis and prints its table.
    pub fn write(&self, mut analysis: Analysis, dir: &OutputDir) -> Result<()> {
        let of_line = analysis.report.line.as_ref().and_then(line_notice);
        analysis.notice.iter().chain(&of_line).for_each(|notice| say(notice));
        analysis.report.weights_notes.clone_from(&self.weights_notes);
        // Exports count as failures even where the folder is at fault: it could be written to before.
        let written =
            write_analysis(dir, &mut analysis.report, &self.weights_name).map_err(|err| anyhow::anyhow!("{err}"))?;
        let files = format!("Wrote {} to {}", written.join(", "), dir.path().display());
        print(&format!("{}\n{files}", analysis_table::render(&analysis.report)))?;
        if analysis.report.interrupted {
            return Err(anyhow::anyhow!("stopped before the end; {} has what was measured until then", written[0]));
        }
        Ok(())
    }
}

/// Shows on stderr how far a measurement is, while it goes on.
fn show_while<R>(measure: impl FnOnce(&mut dyn FnMut(AnalyzeNews)) -> R) -> R {
    let mut progress = Progress::new();
    let mut show = |news: AnalyzeNews| match news {
        AnalyzeNews::Device(report) => tell(&device_words::line(report)),
        AnalyzeNews::Forecast(forecast) => progress.foretell(&forecast, way_out(&forecast)),
        AnalyzeNews::Progress(now) => progress.show_part(&now),
    };
    let found = measure(&mut show);
    progress.finish();
    found
}

/// What is said where the statistics of a single example are asked for.
fn lone_example(norm: &str) -> String {
    format!(
        "`--statistics` is `batch` with 1 example, but the batch norm `{norm}` sees one value a channel of each, whose variance \
         is none; expected at least 2 examples, or `--statistics frozen`"
    )
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
    let (column, tokenizer) = (args.label_column.as_deref(), args.tokenizer.as_deref());
    Ok(ReadChoice { kind, column, header, tokenizer, ..ReadChoice::default() })
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
