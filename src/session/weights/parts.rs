//! Tensors that a file holds in parts: weight and spectral normalisation, pruning, as PyTorch's modules use them in evaluation.
//!
//! Weight normalisation (Salimans & Kingma 2016): w = g·v/‖v‖, the norm over all dimensions along which g has one number.
//! Spectral normalisation (Miyato et al. 2018): w = W/σ with σ = uᵀWv of the stored u and v, W as a matrix of its first
//! dimension against the others. Pruning: w = W ⊙ mask. All in 64 bits.

use super::names::{Role, Source};

/// What parts make of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Recipe {
    /// The tensor itself.
    Whole,
    /// g·v/‖v‖ of two parts.
    WeightNorm,
    /// W/(uᵀWv) of three parts.
    SpectralNorm,
    /// W ⊙ mask of two parts.
    Pruned,
}

impl Recipe {
    /// How the tensor is made, for a note.
    pub fn words(self) -> &'static str {
        match self {
            Self::Whole => "as it is",
            Self::WeightNorm => "g·v/‖v‖ (weight_norm)",
            Self::SpectralNorm => "W/(uᵀWv) (spectral_norm, as in evaluation)",
            Self::Pruned => "weights times their mask (pruning)",
        }
    }

    /// The recipe for the sources of one tensor, with their names in the file in the order in which [`Self::make`] takes
    /// them.
    ///
    /// # Errors
    /// What the parts are and the way out, where they are not among those that can be put together.
    pub fn of(wanted: &str, sources: &[Source]) -> Result<(Self, Vec<String>), String> {
        let keys: Vec<String> = sources.iter().map(|source| key(&source.role)).collect();
        let named = |wanted: &[&str]| -> Option<Vec<String>> {
            let find = |key: &&str| keys.iter().position(|own| own == key).map(|index| sources[index].name.clone());
            (keys.len() == wanted.len()).then(|| wanted.iter().map(find).collect()).flatten()
        };
        let forms: [(Self, &[&str]); 6] = [
            (Self::Whole, &[""]),
            (Self::WeightNorm, &["original0", "original1"]),
            (Self::WeightNorm, &["_g", "_v"]),
            (Self::SpectralNorm, &["original", "0._u", "0._v"]),
            (Self::SpectralNorm, &["_orig", "_u", "_v"]),
            (Self::Pruned, &["_orig", "_mask"]),
        ];
        let form = forms.into_iter().find_map(|(recipe, wanted)| Some((recipe, named(wanted)?)));
        form.ok_or_else(|| problem(wanted, sources, &keys))
    }

    /// The tensor from its parts, row-major and in 64 bits; `shape` is the tensor's.
    ///
    /// # Errors
    /// The shapes that do not go together.
    pub fn make(self, parts: &[Part], shape: &[usize]) -> Result<Vec<f64>, String> {
        let has = |index: usize, wanted: &[usize]| {
            let found = &parts[index].shape;
            let is_same = found == wanted;
            is_same.then_some(()).ok_or_else(|| format!("`{}` {found:?}, expected {wanted:?}", parts[index].name))
        };
        match self {
            Self::Whole => has(0, shape).map(|()| parts[0].values.clone()),
            Self::WeightNorm => has(1, shape).and_then(|()| weight_norm(&parts[0], &parts[1])),
            Self::SpectralNorm => {
                let (rows, columns) = (shape[0], shape[1..].iter().product());
                has(0, shape).and_then(|()| has(1, &[rows])).and_then(|()| has(2, &[columns]))?;
                Ok(spectral_norm(&parts[0].values, &parts[1].values, &parts[2].values))
            }
            Self::Pruned => {
                has(0, shape).and_then(|()| has(1, shape))?;
                Ok(parts[0].values.iter().zip(&parts[1].values).map(|(w, mask)| w * mask).collect())
            }
        }
    }
}

/// A part that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub values: Vec<f64>,
    /// Whether they were kept in half precision.
    pub is_half: bool,
}

/// What stands after the tensor's name.
fn key(role: &Role) -> String {
    match role {
        Role::Whole => String::new(),
        Role::Parametrised(key) => key.clone(),
        Role::Ending(ending) => format!("_{ending}"),
    }
}

/// Why parts cannot be put together, with the way out.
fn problem(wanted: &str, sources: &[Source], keys: &[String]) -> String {
    let names: Vec<String> = sources.iter().map(|source| format!("`{}`", source.name)).collect();
    let has = |key: &str| keys.iter().any(|own| own == key);
    let what = if has("original") && has("0.base") {
        "the parametrisation `orthogonal`"
    } else if keys.iter().any(|key| key.starts_with("1.")) {
        "several parametrisations one after the other"
    } else if has("original") || has("original0") {
        "a parametrisation of its own"
    } else {
        "parts of a reparametrisation that do not make a whole"
    };
    let (module, kind) = wanted.rsplit_once('.').unwrap_or(("", wanted));
    format!(
        "`{wanted}` is stored by {what} ({}), expected the tensor itself, weight_norm, spectral_norm or a pruning mask: call \
         torch.nn.utils.parametrize.remove_parametrizations(module, \"{kind}\") on module `{module}` and save again",
        names.join(", ")
    )
}

/// g·v/‖v‖. PyTorch keeps the norm of one dimension (g has its size there and 1 elsewhere), or of all of v (g has one number).
fn weight_norm(g: &Part, v: &Part) -> Result<Vec<f64>, String> {
    let is_one = g.values.len() == 1;
    let along = g.shape.iter().zip(&v.shape).position(|(&g, &v)| g > 1 && g == v);
    let fits = is_one
        || (g.shape.len() == v.shape.len()
            && along.is_some_and(|along| g.values.len() == g.shape[along] && g.shape[along] == v.shape[along]));
    if !fits {
        let mut expected = vec![1; v.shape.len()];
        expected[0] = v.shape[0];
        return Err(format!("`{}` {:?}, expected {expected:?}", g.name, g.shape));
    }
    let along = along.filter(|_| !is_one);
    // Numbers of v between two steps along that dimension, and which of g's each belongs to.
    let stride: usize = along.map_or(1, |along| v.shape[along + 1..].iter().product());
    let owner = |index: usize| along.map_or(0, |along| index / stride % v.shape[along]);
    let mut squares = vec![0.0; g.values.len()];
    v.values.iter().enumerate().for_each(|(index, v)| squares[owner(index)] += v * v);
    let scale: Vec<f64> = g.values.iter().zip(&squares).map(|(g, square)| g / square.sqrt()).collect();
    Ok(v.values.iter().enumerate().map(|(index, v)| v * scale[owner(index)]).collect())
}

/// W/(uᵀWv).
fn spectral_norm(w: &[f64], u: &[f64], v: &[f64]) -> Vec<f64> {
    let rows = w.chunks_exact(v.len().max(1)).zip(u);
    let sigma: f64 = rows.map(|(row, u)| u * row.iter().zip(v).map(|(w, v)| w * v).sum::<f64>()).sum();
    w.iter().map(|w| w / sigma).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, shape: &[usize], values: &[f64]) -> Part {
        Part { name: name.to_owned(), shape: shape.to_vec(), values: values.to_vec(), is_half: false }
    }

    #[test]
    fn weight_normalisation_goes_over_all_dimensions_but_that_of_g() {
        let v = part("v", &[2, 2], &[3.0, 4.0, 5.0, 12.0]);
        let make = |g: Part| Recipe::WeightNorm.make(&[g, v.clone()], &[2, 2]).unwrap();
        let close = |found: &[f64], expected: &[f64]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15);
        assert!(close(&make(part("g", &[2, 1], &[10.0, 26.0])), &[6.0, 8.0, 10.0, 24.0]));
        let columns = [34.0_f64.sqrt(), 160.0_f64.sqrt()];
        let expected = [3.0 / columns[0], 8.0 / columns[1], 5.0 / columns[0], 24.0 / columns[1]];
        assert!(close(&make(part("g", &[1, 2], &[1.0, 2.0])), &expected));
        let whole = 194.0_f64.sqrt();
        assert!(close(&make(part("g", &[], &[2.0])), &[6.0, 8.0, 10.0, 24.0].map(|x| x / whole)));
        let problem = Recipe::WeightNorm.make(&[part("g", &[3], &[1.0; 3]), v], &[2, 2]).unwrap_err();
        assert_eq!(problem, "`g` [3], expected [2, 1]");
    }

    #[test]
    fn spectral_normalisation_divides_by_the_stored_estimate() {
        let w = part("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let (u, v) = (part("u", &[2], &[0.6, 0.8]), part("v", &[3], &[1.0, 0.0, 0.0]));
        // σ = 0.6·1 + 0.8·4 = 3.8.
        let made = Recipe::SpectralNorm.make(&[w.clone(), u.clone(), v.clone()], &[2, 3]).unwrap();
        assert!(made.iter().zip(&w.values).all(|(made, w)| (made - w / 3.8).abs() < 1e-15), "{made:?}");
        let problem = Recipe::SpectralNorm.make(&[w, v, u], &[2, 3]).unwrap_err();
        assert_eq!(problem, "`v` [3], expected [2]");
    }

    #[test]
    fn pruned_weights_are_zero_where_their_mask_is() {
        let parts = [part("w", &[3], &[1.5, 2.0, -3.0]), part("mask", &[3], &[1.0, 0.0, 1.0])];
        assert_eq!(Recipe::Pruned.make(&parts, &[3]).unwrap(), [1.5, 0.0, -3.0]);
    }
}
