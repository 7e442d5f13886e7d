//! The same slice on several random planes, on request.

use crate::config::Normalization;
use crate::engine::units::units_of;
use crate::landscape::{Path, Plane, SliceSet};
use crate::protocol::{Examples, Fact, Findings, FoundSlice, RunId};

use super::request::{Request, at_least, positive};
use super::{Begun, Work};

pub(super) fn multiples(
    request: &Request<'_>,
    count: usize,
    normalization: Normalization,
    range: f64,
    resolution: usize,
) -> Begun {
    let count = at_least("the number of planes", count, 1)? as u64;
    let resolution = at_least("the number of points a side", resolution, 1)?;
    let range = positive("the range", range)?;
    let center = request.center();
    let seeds = request.seed..request.seed + count;
    let planes = Plane::random_for_seeds(request.architecture(), &center, normalization, seeds, "the weights");
    let planes = planes.map_err(|err| err.to_string())?;
    let set = SliceSet::on_planes(&request.weights, &planes, range, resolution, request.objective.compute());
    let run = &request.runs[0];
    let run = (run.run, run.path.clone());
    let (words, examples) = (request.words.to_owned(), request.examples);
    Ok(Box::new(Multiples { set, planes, center, run, words, examples }))
}

/// The same slice on several planes.
struct Multiples {
    set: SliceSet,
    planes: Vec<Plane>,
    center: Vec<f64>,
    run: (RunId, Path),
    words: String,
    examples: Examples,
}

units_of!(Multiples: set);

impl Work for Multiples {
    fn findings(&self) -> Findings {
        let mut found = Findings::default();
        for (plane, grid) in self.planes.iter().zip(self.set.complete()) {
            let greatest = grid.loss.iter().copied().filter(|loss| loss.is_finite()).fold(f64::NAN, f64::max);
            let name = format!("greatest loss, seed {}", plane.seed().unwrap_or_default());
            found.facts.push(Fact::exact(name, greatest, "over the plane's cells"));
            let paths = vec![(self.run.0, self.run.1.project(plane, &self.center, self.examples))];
            found.slices.push(FoundSlice { grid, caption: plane.caption(self.words.clone()), paths });
        }
        found
    }
}
