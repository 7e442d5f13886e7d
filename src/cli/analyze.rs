//! `flatscape analyze`: everything that can be wrong is found before anything is measured, then it measures, writes and
//! prints.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use super::analysis_table;
use super::error::{BadInput, say};
use super::print::print;
use super::progress::Progress;
use super::weights_told::{Told, WEIGHTS};
use super::{AnalyzeArgs, compare, memory};
use crate::config::{
    ConfigError, DeviceChoice, LabelKind, ModelConfig, NoiseDistribution, Normalization, Precision, nearest,
};
use crate::curvature::DENSE_LIMIT;
use crate::data::{Dataset, ReadChoice, Wanted, import_as, told};
use crate::engine::{AnalyzeNews, AnalyzeOptions, LinePart, NoisePart, Parts, SlicePart, analyze};
use crate::export::{ANALYSIS_FILES, OutputDir, write_analysis};
use crate::model::{Architecture, Number};
use crate::session::weights::{ModelState, Reading, read_direction, read_directions, read_state, read_weights};

const MAX_COUNT: u64 = 1_000_000;
/// Lengths above it are beyond 32 bits when they are squared.
const MAX_NUMBER: f64 = 1e15;
const MAX_SLICE: u64 = 1_001;
const DEFAULT_PAIRS: u64 = 64;

/// Runs the command.
pub fn run(args: &AnalyzeArgs) -> Result<()> {
    memory::limit(args.max_memory.as_deref())?;
    let settings = Settings::new(args)?;
    let choice = choice(args)?;
    let model = read_model(&args.model)?;
    let architecture = Architecture::new(&model).with_context(|| format!("in {}", args.model.display()))?;
    settings.check(&architecture)?;
    let mut told = Told::default();
    let reading = Reading { names: Some(&model.names), precision: settings.precision, ..Reading::from(&architecture) };
    let (weights, buffers) = settings.state(args, reading, &mut told)?;
    let options = AnalyzeOptions {
        weights,
        buffers,
        examples: settings.examples,
        weight_decay: settings.weight_decay,
        parts: settings.parts(args, reading, &mut told)?,
        seed: settings.seed,
        device: settings.device,
        model,
    };
    match settings.precision {
        Precision::F32 => analyze_as::<f32>(args, choice, &options, &architecture, told),
        Precision::F64 => analyze_as::<f64>(args, choice, &options, &architecture, told),
    }
}

/// The rest of the command: examples are read in the precision that is computed with.
fn analyze_as<T: Number>(
    args: &AnalyzeArgs,
    choice: ReadChoice<'_>,
    options: &AnalyzeOptions,
    architecture: &Architecture,
    weights_told: Told,
) -> Result<()> {
    let input = options.model.example_shape();
    let wanted = Wanted { input: &input, outputs: architecture.outputs, loss: options.model.loss };
    let imported = import_as::<T>(&args.data, &wanted, choice).context("`--data`")?;
    check_examples(args, options.examples, imported.data.len())?;
    let examples = options.examples.unwrap_or(usize::MAX).min(imported.data.len());
    if options.buffers.is_none() {
        let lone = architecture.needs_two_examples().filter(|_| examples == 1);
        lone.map_or(Ok(()), |norm| Err(bad(&lone_example(&norm))))?;
    }
    // The last of the checks: it is the first that leaves something behind.
    let dir = OutputDir::prepare(&args.out, &ANALYSIS_FILES, args.force).context("`--out`")?;
    told(&args.data, &imported.format, &imported.notes).for_each(|note| say(&note));
    weights_told.lines.iter().for_each(|line| say(line));
    measure_and_write(options, &imported.data, dir, (&args.weights, weights_told.notes))
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
        AnalyzeNews::Forecast(forecast) => progress.foretell(&forecast, ""),
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
    if let Some(notice) = &analysis.notice {
        say(notice);
    }
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
    Ok(ReadChoice { kind, column: args.label_column.as_deref(), header })
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

/// Reads a model file.
fn read_model(path: &Path) -> Result<ModelConfig> {
    let text = std::fs::read_to_string(path).map_err(|err| {
        BadInput(format!("cannot read the model ({err}), expected the path of a .toml file: {}", path.display()))
    })?;
    ModelConfig::from_toml(&text).with_context(|| format!("in {}", path.display()))
}

/// The arguments that need no file, checked.
struct Settings {
    examples: Option<usize>,
    weight_decay: f64,
    /// Whether batch norm takes its running statistics.
    frozen: bool,
    trace_probes: Option<usize>,
    eigenvalues: Option<usize>,
    dense: bool,
    noise: Option<NoisePart>,
    distribution: NoiseDistribution,
    rho: Option<f64>,
    slice: Option<usize>,
    lines: Option<usize>,
    range: f64,
    normalization: Normalization,
    precision: Precision,
    seed: u64,
    device: DeviceChoice,
}

impl Settings {
    fn new(args: &AnalyzeArgs) -> Result<Self> {
        let device = compare::device(&args.device)?;
        let precision = precision(&args.precision)?;
        if precision == Precision::F64 && device == DeviceChoice::Gpu {
            return Err(bad(
                "`--precision` is `f64` and `--device` is `gpu`, expected `f32` on a GPU, which has no f64",
            ));
        }
        let distribution = distribution(&args.distribution)?;
        let sigma = args.sigma.as_deref().map(|text| number("--sigma", text, Least::Above(0.0))).transpose()?;
        let pairs = optional_count("--pairs", args.pairs.as_deref(), MAX_COUNT)?;
        needs(pairs.is_some(), sigma.is_some() || args.sweep, "--pairs", "--sigma or --sweep")?;
        let slice = optional_count("--slice", args.slice.as_deref(), MAX_SLICE)?;
        if slice == Some(1) {
            return Err(bad("`--slice` is `1`, expected at least 2: one point is the loss that every report has"));
        }
        let lines = optional_count("--lines", args.lines.as_deref(), 1_000)?;
        let drawn = slice.is_some() || lines.is_some();
        needs(args.range.is_some(), drawn, "--range", "--slice or --lines")?;
        needs(args.normalize.is_some(), drawn, "--normalize", "--slice or --lines")?;
        needs(args.directions.is_some(), slice.is_some(), "--directions", "--slice")?;
        needs(args.orthogonal, slice.is_some(), "--orthogonal", "--slice")?;
        needs(args.second_subset, args.examples.is_some(), "--second-subset", "--examples")?;
        let normalization = match &args.normalize {
            Some(key) => Normalization::parse(key).context("`--normalize`")?,
            None if args.directions.is_some() => Normalization::None,
            None => Normalization::Filter,
        };
        Ok(Self {
            examples: optional_count("--examples", args.examples.as_deref(), u64::from(u32::MAX))?,
            weight_decay: number("--weight-decay", &args.weight_decay, Least::At(0.0))?,
            frozen: frozen(&args.statistics)?,
            trace_probes: optional_count("--trace-probes", args.trace_probes.as_deref(), MAX_COUNT)?,
            eigenvalues: optional_count("--eigenvalues", args.eigenvalues.as_deref(), MAX_COUNT)?,
            dense: args.dense,
            noise: sigma.map(|sigma| NoisePart { sigma, pairs: pairs.unwrap_or(DEFAULT_PAIRS as usize), distribution }),
            distribution,
            rho: args.rho.as_deref().map(|text| number("--rho", text, Least::At(0.0))).transpose()?,
            slice,
            lines,
            range: args.range.as_deref().map_or(Ok(1.0), |text| number("--range", text, Least::Above(0.0)))?,
            normalization,
            precision,
            seed: args.seed.trim().parse().map_err(|_| {
                BadInput(format!("`--seed` is `{}`, expected a whole number from 0 to {}", args.seed, u64::MAX))
            })?,
            device,
        })
    }

    /// What only the model can tell.
    fn check(&self, architecture: &Architecture) -> Result<()> {
        let parameters = architecture.num_parameters();
        if let Some(k) = self.eigenvalues.filter(|k| *k > parameters) {
            return Err(bad(&format!(
                "`--eigenvalues` is `{k}`, expected at most {parameters}, the parameters of the model"
            )));
        }
        if self.dense && parameters > DENSE_LIMIT {
            return Err(bad(&format!(
                "`--dense` with {parameters} parameters, expected at most {DENSE_LIMIT} (`--eigenvalues` and `--density` \
                 have no limit)"
            )));
        }
        Ok(())
    }

    /// Reads the weights, and batch norm's running statistics where they are what counts.
    fn state(&self, args: &AnalyzeArgs, reading: Reading<'_>, told: &mut Told) -> Result<(Vec<f64>, Option<Vec<f64>>)> {
        let path = &args.weights;
        let reading = Reading { key: args.weights_key.as_deref(), ..reading };
        if self.frozen {
            let read = read_state(path, reading).context(WEIGHTS)?;
            let ModelState { weights, buffers } = told.take(WEIGHTS, path, read);
            return Ok((weights, Some(buffers)));
        }
        let read = read_weights(path, reading).context(WEIGHTS)?;
        Ok((told.take(WEIGHTS, path, read), None))
    }

    /// Reads the other files.
    fn parts(&self, args: &AnalyzeArgs, reading: Reading<'_>, told: &mut Told) -> Result<Parts> {
        let directions = args.directions.as_deref().map(|path| {
            let read = read_directions(path, reading).context("`--directions`")?;
            anyhow::Ok(told.take("`--directions`", path, read))
        });
        let directions = directions.transpose()?;
        let hvp = args.hvp.as_deref().map(|path| {
            let read = read_direction(path, reading).context("`--hvp`")?;
            anyhow::Ok(told.take("`--hvp`", path, read))
        });
        let hvp = hvp.transpose()?;
        let initial = args.initial.as_deref().map(|path| {
            let read = read_weights(path, reading).context("`--initial`")?;
            anyhow::Ok(told.take("`--initial`", path, read))
        });
        let initial = initial.transpose()?;
        let (range, normalization, orthogonal) = (self.range, self.normalization, args.orthogonal);
        Ok(Parts {
            trace_probes: self.trace_probes,
            eigenvalues: self.eigenvalues,
            dense: args.dense,
            density: args.density,
            noise: self.noise,
            hvp,
            rho: self.rho,
            slice: self.slice.map(|points| SlicePart { points, range, normalization, directions, orthogonal }),
            lines: self.lines.map(|count| LinePart { count, range, normalization }),
            initial,
            sweep: args.sweep.then_some(self.distribution),
            second_subset: args.second_subset,
        })
    }
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

/// The least value that a number may have.
#[derive(Clone, Copy)]
enum Least {
    At(f64),
    Above(f64),
}

fn number(flag: &str, text: &str, least: Least) -> Result<f64> {
    let value = text.trim().parse().ok().filter(|value: &f64| *value <= MAX_NUMBER);
    let fits = |value: &f64| match least {
        Least::At(least) => *value >= least,
        Least::Above(least) => *value > least,
    };
    let expected = match least {
        Least::At(least) => format!("of at least {least} and at most {MAX_NUMBER}"),
        Least::Above(least) => format!("above {least} and at most {MAX_NUMBER}"),
    };
    Ok(value.filter(fits).ok_or_else(|| BadInput(format!("`{flag}` is `{text}`, expected a number {expected}")))?)
}

fn optional_count(flag: &str, text: Option<&str>, max: u64) -> Result<Option<usize>> {
    text.map(|text| compare::whole(flag, text, max).map(|count| count as usize)).transpose()
}

fn needs(given: bool, other: bool, flag: &str, what: &str) -> Result<()> {
    if given && !other { Err(bad(&format!("`{flag}` changes nothing without {what}, expected both"))) } else { Ok(()) }
}

fn precision(key: &str) -> Result<Precision> {
    [Precision::F32, Precision::F64].into_iter().find(|precision| precision.key() == key).ok_or_else(|| {
        let nearest = nearest(key, ["f32", "f64"]);
        unknown("precision", key, nearest).context("`--precision`")
    })
}

fn frozen(key: &str) -> Result<bool> {
    match key {
        "frozen" => Ok(true),
        "batch" => Ok(false),
        _ => Err(unknown("statistics", key, nearest(key, ["frozen", "batch"])).context("`--statistics`")),
    }
}

fn distribution(key: &str) -> Result<NoiseDistribution> {
    NoiseDistribution::from_key(key).ok_or_else(|| {
        let nearest = nearest(key, NoiseDistribution::KEYS.iter().copied());
        unknown("distribution", key, nearest).context("`--distribution`")
    })
}

fn unknown(kind: &'static str, name: &str, nearest: String) -> anyhow::Error {
    ConfigError::UnknownName { kind, name: name.to_owned(), nearest }.into()
}

fn bad(text: &str) -> anyhow::Error {
    BadInput(text.to_owned()).into()
}
