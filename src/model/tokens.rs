//! What layers over tokens do, as linear maps of plain tensors `[P, n, t, d]`, and the masks of their padding `[n, t]`.

use burn::tensor::{DType, Device, Tensor, s};

use super::architecture::TokenPick;
use super::batch::Text;
use super::compute::uploaded;

/// The rows of a table `[P, V, D]` at the tokens, `[P, n, t, D]`; padding has zeros.
pub(super) fn embed(table: Tensor<3>, text: &Text) -> Tensor<4> {
    let [n, tokens] = text.ids.dims();
    let [population, _, width] = table.dims();
    let rows = table.select(1, text.ids.clone().reshape([n * tokens])).reshape([population, n, tokens, width]);
    match &text.padding {
        Some(padding) => rows * padding.clone().reshape([1, n, tokens, 1]),
        None => rows,
    }
}

/// sin(t/10000^(2i/D)) in column 2i and the cosine in column 2i + 1 (Vaswani et al. 2017), `[1, 1, T, D]`.
pub(super) fn sincos([tokens, width]: [usize; 2], device: &Device, dtype: DType) -> Tensor<4> {
    let number = |place: usize, column: usize| {
        let angle = place as f64 / 1e4_f64.powf((column / 2 * 2) as f64 / width as f64);
        if column.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    let values: Vec<f64> = (0..tokens).flat_map(|place| (0..width).map(move |column| number(place, column))).collect();
    uploaded(values, [1, 1, tokens, width], device, dtype)
}

/// A class token `[P, 1, 1, d]` before t places of zeros, `[P, 1, 1 + t, d]`.
pub(super) fn class_token(token: Tensor<4>, tokens: usize) -> Tensor<4> {
    let [population, _, _, width] = token.dims();
    let zeros = Tensor::zeros([population, 1, tokens, width], (&token.device(), token.dtype()));
    Tensor::cat(vec![token, zeros], 2)
}

/// A place of zeros before the tokens, `[P, n, 1 + t, d]`.
pub(super) fn after_class_token(x: Tensor<4>) -> Tensor<4> {
    let [population, n, _, width] = x.dims();
    let zeros = Tensor::zeros([population, n, 1, width], (&x.device(), x.dtype()));
    Tensor::cat(vec![zeros, x], 2)
}

/// The mask of tokens with a class token before them, which is no padding.
pub(super) fn mask_with_class_token(padding: Tensor<2>) -> Tensor<2> {
    let [n, _] = padding.dims();
    Tensor::cat(vec![Tensor::ones([n, 1], (&padding.device(), padding.dtype())), padding], 1)
}

/// One vector of each example's tokens: `[P, n, t, d] → [P, n, d]`.
pub(super) fn pick(x: Tensor<4>, which: TokenPick, padding: Option<&Tensor<2>>) -> Tensor<3> {
    let [_, _, tokens, _] = x.dims();
    match (which, padding) {
        (TokenPick::First, _) => x.slice(s![.., .., 0..1, ..]).squeeze_dim(2),
        (TokenPick::Last, None) => x.slice(s![.., .., tokens - 1..tokens, ..]).squeeze_dim(2),
        (TokenPick::Mean, None) => x.mean_dim(2).squeeze_dim(2),
        (_, Some(padding)) => {
            let [n, tokens] = padding.dims();
            let shares = shares(padding, which).reshape([1, n, tokens, 1]);
            (x * shares).sum_dim(2).squeeze_dim(2)
        }
    }
}

/// What each token counts in the one vector, `[n, t]`.
fn shares(padding: &Tensor<2>, which: TokenPick) -> Tensor<2> {
    let [n, tokens] = padding.dims();
    if which == TokenPick::Mean {
        let count = padding.clone().sum_dim(1).clamp_min(1.0);
        return padding.clone() * count.recip();
    }
    // The place of the last token is that where place·mask is greatest; places are counted from 1, so that padding loses.
    let places: Vec<f64> = (1..=tokens).map(|place| place as f64).collect();
    let places = uploaded(places, [1, tokens], &padding.device(), padding.dtype()) * padding.clone();
    let last = places.clone().max_dim(1);
    places.equal(last.expand([n, tokens])).float().cast(padding.dtype()) * padding.clone()
}
