//! The files of weights and directions among the arguments, and the parts that are made of them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::settings::Settings;
use super::typed::bad;
use crate::cli::AnalyzeArgs;
use crate::cli::weights_told::Told;
use crate::config::Normalization;
use crate::engine::{LinePart, OtherWeights, Parts, SliceDirections, SlicePart, ThirdPart, ToPart};
use crate::landscape::{Span, SpanCenter, framed_axes, symmetric_axis};
use crate::session::weights::{ModelState, Read, Reading, read_direction, read_directions, read_state, read_weights};

/// What is seen beyond what a slice is to show, as a share of its extent.
pub(super) const MARGIN: f64 = 0.15;

/// One row of weights, and batch norm's running statistics where they are what counts.
pub(super) type State = (Vec<f64>, Option<Vec<f64>>);

impl Settings {
    /// Reads weights, and batch norm's running statistics where they are what counts.
    pub fn read(&self, path: &Path, reading: Reading<'_>) -> Result<Read<State>> {
        if self.frozen {
            let Read { value: ModelState { weights, buffers }, notes } = read_state(path, reading)?;
            return Ok(Read { value: (weights, Some(buffers)), notes });
        }
        let Read { value, notes } = read_weights(path, reading)?;
        Ok(Read { value: (value, None), notes })
    }

    /// Reads the weights that a flag gave.
    pub fn state(&self, flag: &str, path: &Path, reading: Reading<'_>, told: &mut Told) -> Result<State> {
        let read = self.read(path, reading).with_context(|| flag.to_owned())?;
        Ok(told.take(flag, path, read))
    }

    /// Reads the other files; `weights` are those that are analysed.
    pub fn parts(&self, args: &AnalyzeArgs, reading: Reading<'_>, weights: &[f64], told: &mut Told) -> Result<Parts> {
        let directions = args.directions.as_deref().map(|path| {
            let read = read_directions(path, reading).context("`--directions`")?;
            anyhow::Ok(told.take("`--directions`", path, read))
        });
        let directions = directions.transpose()?.map_or(SliceDirections::Random, SliceDirections::Given);
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
        let looks = &self.looks;
        let (range, normalization) = (looks.range.unwrap_or(1.0), looks.normalization);
        let orthogonal = args.orthogonal;
        let mut parts = Parts {
            trace_probes: self.trace_probes,
            eigenvalues: self.eigenvalues,
            dense: args.dense,
            density: args.density,
            noise: self.noise,
            hvp,
            rho: self.rho,
            slice: looks.slice.map(|points| SlicePart { points, range, normalization, directions, orthogonal }),
            lines: looks.lines.map(|count| LinePart { count, range, normalization }),
            initial,
            sweep: args.sweep.then_some(self.distribution),
            second_subset: args.second_subset,
            ..Parts::default()
        };
        self.others(args, reading, weights, (&mut parts, told))?;
        Ok(parts)
    }

    /// Reads other weights: where a line goes, and the third point of a plane.
    fn others(
        &self,
        args: &AnalyzeArgs,
        reading: Reading<'_>,
        weights: &[f64],
        (parts, told): (&mut Parts, &mut Told),
    ) -> Result<()> {
        // Checkpoints of one training hold their weights under one key.
        let reading = Reading { key: args.weights_key.as_deref(), ..reading };
        let mut read = |flag: &str, path: &Path| {
            let (weights, buffers) = self.state(flag, path, reading, told)?;
            anyhow::Ok(OtherWeights { name: path.display().to_string(), weights, buffers })
        };
        let Some(path) = &args.to else { return Ok(()) };
        let to = read("`--to`", path)?;
        differ(("--to", &to), ("--weights", weights))?;
        let from = args.weights.display().to_string();
        if let Some(path) = &args.third {
            let third = read("`--third`", path)?;
            differ(("--third", &third), ("--weights", weights))?;
            differ(("--third", &third), ("--to", &to.weights))?;
            let words = format!("{from}, {} and {}", to.name, third.name);
            let span = Span::through([weights, &to.weights, &third.weights], SpanCenter::First, &words);
            let Span { plane, points: places, .. } = span.context("`--third`")?;
            if let Some(slice) = &mut parts.slice {
                let axes = self.axes(&places, slice.points);
                slice.directions = SliceDirections::Plane(Arc::new(plane), axes);
                slice.normalization = Normalization::None;
            }
            parts.third = Some(ThirdPart { other: third, places });
        }
        parts.to = Some(ToPart { from, to, points: self.looks.line_points });
        Ok(())
    }

    /// Axes of a slice that shows these places, or of the range that was given.
    pub fn axes(&self, places: &[[f64; 2]], points: usize) -> [Vec<f64>; 2] {
        match self.looks.range {
            Some(range) => [0, 1].map(|_| symmetric_axis(range, points)),
            None => framed_axes(places, MARGIN, points),
        }
    }
}

/// Two sets of weights that are the same have no direction between them.
fn differ((flag, one): (&str, &OtherWeights), (other_flag, other): (&str, &[f64])) -> Result<()> {
    if one.weights == other {
        return Err(bad(&format!(
            "`{flag}` has the same weights as `{other_flag}`, expected others, as there is no direction between them: {}",
            one.name
        )));
    }
    Ok(())
}
