//! How bumpy a slice is: its basins, and the mean height of the passes out of them (SMAD, Geniesse et al., "Landscaper", 2024).
//!
//! The cells are flooded in the order of their losses, four neighbours each. A cell without a flooded neighbour is a minimum and begins
//! a basin; one between two basins or more is a saddle and joins them. SMAD, the saddle–minimum average distance, is the mean of
//! loss at the saddle − loss at the minimum over the minima, each with the first saddle over which its basin joins another; it is 0
//! where there is one minimum. A basin is deep where the pass to a lower one is higher than a share of the slice's range of losses,
//! its persistence: the lowest minimum always counts as one. Masked cells are walls. What the grid is too coarse for is not seen, and
//! what the plane does not meet neither.

use crate::protocol::SliceGrid;

/// Share of the range from which a basin is deep.
const DEEP: f64 = 0.01;

/// How bumpy a slice is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bumps {
    /// Local minima.
    pub minima: usize,
    /// Basins that are deeper than a hundredth of the range of losses, the lowest among them.
    pub deep: usize,
    /// Mean height from a minimum to the first pass out of it, in units of the loss.
    pub smad: f64,
    /// Greatest minus least finite loss.
    pub range: f64,
}

/// A basin while it is flooded.
#[derive(Debug, Clone, Copy)]
struct Basin {
    parent: usize,
    lowest: f64,
    /// It has not joined another one.
    is_single: bool,
}

/// The basins of a slice; `None` where no cell is finite.
#[must_use]
pub fn bumps(grid: &SliceGrid) -> Option<Bumps> {
    let (width, loss) = (grid.x.len().max(1), &grid.loss);
    let mut order: Vec<usize> = (0..loss.len()).filter(|&cell| loss[cell].is_finite()).collect();
    order.sort_by(|a, b| loss[*a].total_cmp(&loss[*b]));
    let range = loss[*order.last()?] - loss[*order.first()?];
    let mut basins: Vec<Basin> = Vec::new();
    let mut of_cell: Vec<Option<usize>> = vec![None; loss.len()];
    let (mut heights, mut deep) = (Vec::new(), 0);
    for cell in order {
        let near = neighbours(cell, width, loss.len()).filter_map(|next| of_cell[next]);
        let mut near: Vec<usize> = near.map(|basin| root(&mut basins, basin)).collect();
        near.sort_by(|a, b| basins[*a].lowest.total_cmp(&basins[*b].lowest).then(a.cmp(b)));
        near.dedup();
        let Some(&lowest) = near.first() else {
            of_cell[cell] = Some(basins.len());
            basins.push(Basin { parent: basins.len(), lowest: loss[cell], is_single: true });
            continue;
        };
        of_cell[cell] = Some(lowest);
        // What has no depth is a part of one plateau, and no basin of its own.
        let height = |basin: &Basin| loss[cell] - basin.lowest;
        let joined: Vec<Basin> = near.iter().map(|&basin| basins[basin]).filter(|basin| height(basin) > 0.0).collect();
        if joined.len() > 1 {
            heights.extend(joined.iter().filter(|basin| basin.is_single).map(height));
            deep += joined[1..].iter().filter(|basin| height(basin) > DEEP * range).count();
            basins[lowest].is_single = false;
        }
        near.iter().for_each(|&basin| basins[basin].parent = lowest);
    }
    let roots = || (0..basins.len()).filter(|&basin| basins[basin].parent == basin);
    let smad = if heights.is_empty() { 0.0 } else { heights.iter().sum::<f64>() / heights.len() as f64 };
    let minima = heights.len() + roots().filter(|&basin| basins[basin].is_single).count();
    Some(Bumps { minima, deep: deep + roots().count(), smad, range })
}

/// The basin that a basin has become a part of.
fn root(basins: &mut [Basin], mut basin: usize) -> usize {
    while basins[basin].parent != basin {
        let next = basins[basin].parent;
        basins[basin].parent = basins[next].parent;
        basin = next;
    }
    basin
}

/// The cells left, right, above and below, as far as there are any.
fn neighbours(cell: usize, width: usize, count: usize) -> impl Iterator<Item = usize> {
    let column = cell % width;
    let left = (column > 0).then(|| cell - 1);
    let right = (column + 1 < width && cell + 1 < count).then_some(cell + 1);
    let above = cell.checked_sub(width);
    let below = (cell + width < count).then_some(cell + width);
    [left, right, above, below].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(width: usize, height: usize, loss: impl Fn(f64, f64) -> f64) -> SliceGrid {
        let axis = |count: usize| (0..count).map(|i| i as f64).collect::<Vec<f64>>();
        let (x, y) = (axis(width), axis(height));
        let loss = y.iter().flat_map(|y| x.iter().map(|x| loss(*x, *y)).collect::<Vec<f64>>()).collect();
        SliceGrid { x, y, loss, accuracy: None }
    }

    #[test]
    fn passes_are_those_of_the_merge_tree() {
        let values = [0.0, 3.0, 1.0, 4.0, 2.0];
        let found = bumps(&grid(5, 1, |x, _| values[x as usize])).expect("finite");
        // Over 3 the basins of 0 and 1 join, over 4 these and that of 2.
        assert_eq!(found, Bumps { minima: 3, deep: 3, smad: (3.0 + 2.0 + 2.0) / 3.0, range: 4.0 });
    }

    #[test]
    fn a_bowl_has_one_basin_and_a_plateau_no_others() {
        for loss in [|x: f64, y: f64| (x - 4.0).powi(2) + 3.0 * (y - 2.0).powi(2), |_: f64, _: f64| 1.0] {
            let found = bumps(&grid(9, 7, loss)).expect("finite");
            assert_eq!((found.minima, found.deep, found.smad), (1, 1, 0.0));
        }
        assert_eq!(bumps(&grid(3, 3, |_, _| f64::NAN)), None);
    }

    #[test]
    fn an_egg_box_has_passes_of_one_height() {
        // cos(πx/4) + cos(πy/4): minima of −2 where both are 4 or 12, saddles of 0 between them.
        let wave = |x: f64| (std::f64::consts::FRAC_PI_4 * x).cos();
        let found = bumps(&grid(17, 17, |x, y| wave(x) + wave(y))).expect("finite");
        assert_eq!((found.minima, found.deep), (4, 4));
        assert!((found.smad - 2.0).abs() < 1e-12 && (found.range - 4.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_masked_cell_is_a_wall() {
        let values = [0.0, f64::INFINITY, 1.0];
        let found = bumps(&grid(3, 1, |x, _| values[x as usize])).expect("finite");
        // Two basins that never join: no pass is known.
        assert_eq!(found, Bumps { minima: 2, deep: 2, smad: 0.0, range: 1.0 });
        let around =
            |x: f64, y: f64| if (x, y) == (1.0, 0.0) { f64::NAN } else { [0.0, 2.0, 1.0][x as usize] + 0.5 * y };
        let found = bumps(&grid(3, 2, around)).expect("finite");
        assert_eq!((found.minima, found.smad), (2, (2.5 + 1.5) / 2.0));
    }
}
