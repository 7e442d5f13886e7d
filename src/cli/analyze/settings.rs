//! The arguments that need no file, checked.

use anyhow::{Context as _, Result};

use super::typed::{Least, bad, curvature, distribution, frozen, needs, number, optional_count, precision, whole_seed};
use crate::cli::{AnalyzeArgs, compare};
use crate::config::{DeviceChoice, NoiseDistribution, Normalization, Precision};
use crate::curvature::DENSE_LIMIT;
use crate::engine::NoisePart;
use crate::model::Architecture;

const MAX_COUNT: u64 = 1_000_000;
const MAX_SLICE: u64 = 1_001;
const MAX_LINE: u64 = 100_001;
const DEFAULT_PAIRS: u64 = 64;
/// Points a side of a slice that comes with a path or a plane through three.
const DEFAULT_SLICE: usize = 25;
/// Points of the line to other weights.
const DEFAULT_LINE: usize = 51;
/// Probes of the trace at each checkpoint.
const DEFAULT_PATH_PROBES: usize = 16;

/// The arguments that need no file, checked.
pub(super) struct Settings {
    pub examples: Option<usize>,
    pub weight_decay: f64,
    /// Whether batch norm takes its running statistics.
    pub frozen: bool,
    pub trace_probes: Option<usize>,
    pub eigenvalues: Option<usize>,
    pub dense: bool,
    pub noise: Option<NoisePart>,
    pub distribution: NoiseDistribution,
    pub rho: Option<f64>,
    pub looks: Looks,
    pub precision: Precision,
    pub seed: u64,
    pub device: DeviceChoice,
}

/// What is said of slices, lines and paths.
pub(super) struct Looks {
    pub slice: Option<usize>,
    pub lines: Option<usize>,
    /// Half-width of both; 1 where nothing is said.
    pub range: Option<f64>,
    pub normalization: Normalization,
    /// Points of the line to other weights.
    pub line_points: usize,
    /// Probes of the trace at each checkpoint of a path; no curvature there without.
    pub path_probes: Option<usize>,
}

impl Settings {
    pub fn new(args: &AnalyzeArgs) -> Result<Self> {
        // A plan is for other machines, which have their own GPUs.
        let device = match args.pieces {
            Some(_) => DeviceChoice::parse(&args.device).context("`--device`")?,
            None => compare::device(&args.device)?,
        };
        let precision = precision(&args.precision)?;
        if precision == Precision::F64 && device.is_gpu() {
            return Err(bad(
                "`--precision` is `f64` and `--device` is `gpu`, expected `f32` on a GPU, which has no f64",
            ));
        }
        let distribution = distribution(&args.distribution)?;
        let sigma = args.sigma.as_deref().map(|text| number("--sigma", text, Least::Above(0.0))).transpose()?;
        let pairs = optional_count("--pairs", args.pairs.as_deref(), MAX_COUNT)?;
        needs(pairs.is_some(), sigma.is_some() || args.sweep, "--pairs", "--sigma or --sweep")?;
        needs(args.second_subset, args.examples.is_some(), "--second-subset", "--examples")?;
        let looks = Looks::new(args)?;
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
            looks,
            precision,
            seed: whole_seed(&args.seed)?,
            device,
        })
    }

    /// What only the model can tell.
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
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
}

impl Looks {
    fn new(args: &AnalyzeArgs) -> Result<Self> {
        let slice = optional_count("--slice", args.slice.as_deref(), MAX_SLICE)?;
        if slice == Some(1) {
            return Err(bad("`--slice` is `1`, expected at least 2: one point is the loss that every report has"));
        }
        let lines = optional_count("--lines", args.lines.as_deref(), 1_000)?;
        let of_plane = own_plane(args)?;
        // A path and a plane through three come with their slice.
        let slice = slice.or(of_plane.map(|_| DEFAULT_SLICE));
        let drawn = slice.is_some() || lines.is_some();
        needs(args.range.is_some(), drawn, "--range", "--slice or --lines")?;
        needs(args.normalize.is_some(), drawn, "--normalize", "--slice or --lines")?;
        needs(args.directions.is_some(), slice.is_some(), "--directions", "--slice")?;
        needs(args.orthogonal, slice.is_some(), "--orthogonal", "--slice")?;
        if let Some(flag) = of_plane {
            let is_scaled = args.normalize.is_some() && lines.is_none();
            let given = [("--directions", args.directions.is_some()), ("--orthogonal", args.orthogonal)];
            if let Some((other, _)) = given.into_iter().chain([("--normalize", is_scaled)]).find(|(_, given)| *given) {
                return Err(bad(&format!(
                    "`{other}` and `{flag}` both say what the slice's directions are, expected one of them"
                )));
            }
        }
        let normalization = match &args.normalize {
            Some(key) => Normalization::parse(key).context("`--normalize`")?,
            None if args.directions.is_some() => Normalization::None,
            None => Normalization::Filter,
        };
        let trace_probes = optional_count("--trace-probes", args.trace_probes.as_deref(), MAX_COUNT)?;
        let line_points = optional_count("--line-points", args.line_points.as_deref(), MAX_LINE)?;
        if line_points.is_some_and(|points| points < 3) {
            return Err(bad("`--line-points` is below 3, expected both ends and a point between them at least"));
        }
        let has_curvature = args.curvature.as_deref().map_or(Ok(true), curvature)?;
        Ok(Self {
            slice,
            lines,
            range: args.range.as_deref().map(|text| number("--range", text, Least::Above(0.0))).transpose()?,
            normalization,
            line_points: line_points.unwrap_or(DEFAULT_LINE),
            path_probes: has_curvature.then(|| trace_probes.unwrap_or(DEFAULT_PATH_PROBES)),
        })
    }
}

/// The flag that says which plane the slice is on, where one does.
fn own_plane(args: &AnalyzeArgs) -> Result<Option<&'static str>> {
    let (has_path, has_third) = (!args.path.is_empty(), args.third.is_some());
    needs(has_third, args.to.is_some(), "--third", "--to")?;
    needs(args.line_points.is_some(), args.to.is_some(), "--line-points", "--to")?;
    needs(args.curvature.is_some(), has_path, "--curvature", "--path")?;
    match (has_path, has_third) {
        (true, true) => Err(bad("`--path` and `--third` both say which plane the slice is on, expected one of them")),
        (true, false) => Ok(Some("--path")),
        (false, true) => Ok(Some("--third")),
        (false, false) => Ok(None),
    }
}
