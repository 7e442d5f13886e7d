//! Multi-head attention softmax(q·kᵀ/√(D/H))·v in the three arithmetics: one operation where that exists, elsewhere a
//! composition, written once for all three.
//!
//! Along the line, products follow (ab)'' = äb + 2ȧḃ + ab̈. With the means μ under p = softmax s,
//! ṗ = p·u with u = ṡ − μ(ṡ), and p̈ = p·(w − μ(w)) with w = s̈ + u².

use burn::tensor::{Tensor, s};

use super::plus;
use crate::model::attention::AttentionSettings;
use crate::model::compute::uploaded;
use crate::model::groups::Groups;
use crate::model::kernels::{self, attention, attention_curved, attention_slope};

/// Below all scores, but not so far that a difference from it overflows in 32 bits.
const UNSEEN: f64 = 1e30;

/// A quantity's value and as many derivatives as an arithmetic carries.
#[derive(Clone)]
pub(in crate::model) struct Series<const D: usize> {
    /// The value.
    pub value: Tensor<D>,
    /// The first derivatives, or `None` for zero.
    pub first: Option<Tensor<D>>,
    /// The second derivatives summed over each group, or `None` for zero.
    pub second: Option<Tensor<D>>,
    /// The groups; `None` where second derivatives are not wanted.
    pub groups: Option<Groups>,
}

impl<const D: usize> Series<D> {
    /// A value without derivatives.
    pub const fn constant(value: Tensor<D>) -> Self {
        Self { value, first: None, second: None, groups: None }
    }

    /// Applies a linear map, coefficient by coefficient.
    fn linear<const B: usize>(self, map: impl Fn(Tensor<D>) -> Tensor<B>) -> Series<B> {
        Series {
            value: map(self.value),
            first: self.first.map(&map),
            second: self.second.map(&map),
            groups: self.groups,
        }
    }

    /// A product of two quantities of the same groups, linear in each and broadcast over populations.
    fn times(self, other: Self, product: impl Fn(Tensor<D>, Tensor<D>) -> Tensor<D>) -> Self {
        let (a, b) = (self, other);
        let mixed = match (&a.first, &b.first, a.groups) {
            (Some(a), Some(b), Some(groups)) => Some(groups.sum(product(a.clone(), b.clone())) * 2.0),
            _ => None,
        };
        let first = plus(
            a.first.map(|first| product(first, b.value.clone())),
            b.first.map(|first| product(a.value.clone(), first)),
        );
        let curved = plus(
            a.second.map(|second| product(second, b.value.clone())),
            b.second.map(|second| product(a.value.clone(), second)),
        );
        Self { value: product(a.value, b.value), first, second: plus(curved, mixed), groups: a.groups }
    }
}

/// `[P, n, t, 3·D] → [P, n, t, D]`: of queries, keys and values side by side, each with the heads side by side. Tokens at
/// which `padding` `[n, t]` is 0 are seen by none; a token that sees none gets 0.
pub(super) fn evaluate(qkv: Series<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> Series<4> {
    if !kernels::runs_here(&qkv.value) {
        return composed(qkv, padding, settings);
    }
    let Series { value, first, second, groups } = qkv;
    let (first, second) = match (first, groups) {
        (Some(first), Some(Groups { groups, .. })) => {
            let [first, second] = attention_curved(value.clone(), (first, second, groups), padding, settings);
            (Some(first), Some(second))
        }
        (Some(first), None) => (Some(attention_slope(value.clone(), first, padding, settings)), None),
        // What has no first derivative has no second one either.
        (None, _) => (None, None),
    };
    Series { value: attention(value, padding, settings), first, second, groups }
}

/// The same of Burn's own operations.
pub(in crate::model) fn composed(
    qkv: Series<4>,
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> Series<4> {
    let [_, n, tokens, width] = qkv.value.dims();
    let (width, heads) = (width / 3, settings.heads);
    // `[P, n, H, t, D/H]` of queries, keys or values.
    let part = |index: usize| {
        qkv.clone().linear(|x: Tensor<4>| {
            let x = x.slice(s![.., .., .., index * width..(index + 1) * width]);
            let population = x.dims()[0];
            x.reshape([population, n, tokens, heads, width / heads]).swap_dims(2, 3)
        })
    };
    let [queries, keys, values] = [0, 1, 2].map(part);
    let queries = queries.linear(|x| x * settings.scale(width));
    let scores = queries.times(keys, |queries, keys| queries.matmul(keys.swap_dims(3, 4)));
    let seen = seen(&scores.value, padding, settings.causal);
    let mixed = softmax(scores, seen).times(values, Tensor::matmul);
    mixed.linear(|x| {
        let population = x.dims()[0];
        x.swap_dims(2, 3).reshape([population, n, tokens, width])
    })
}

/// 1 where a query sees a key, else 0, to be broadcast over `[P, n, H, t, t]`; `None` where all see all.
fn seen(scores: &Tensor<5>, padding: Option<&Tensor<2>>, causal: bool) -> Option<Tensor<5>> {
    let [_, n, _, _, tokens] = scores.dims();
    let padding = padding.map(|padding| padding.clone().without_autodiff().reshape([1, n, 1, 1, tokens]));
    if !causal {
        return padding;
    }
    let earlier: Vec<f64> = (0..tokens * tokens).map(|i| if i % tokens <= i / tokens { 1.0 } else { 0.0 }).collect();
    let device = scores.device().without_autodiff();
    let earlier = uploaded(earlier, [1, 1, 1, tokens, tokens], &device, scores.dtype());
    Some(match padding {
        Some(padding) => padding * earlier,
        None => earlier,
    })
}

/// Softmax over the last dimension, of those that are seen.
fn softmax(scores: Series<5>, seen: Option<Tensor<5>>) -> Series<5> {
    let dtype = scores.value.dtype();
    let lowered = match &seen {
        Some(seen) => scores.value + (seen.clone() - 1.0) * UNSEEN,
        None => scores.value,
    };
    let greatest = lowered.clone().without_autodiff().max_dim(4);
    let powers = (lowered - greatest).exp();
    let (powers, total) = match seen {
        Some(seen) => {
            let powers = powers * seen;
            let total = powers.clone().sum_dim(4);
            // Where nothing is seen the sum is 0, and the shares are 0/1.
            let nothing = total.clone().without_autodiff().equal_elem(0.0).float().cast(dtype);
            (powers, total + nothing)
        }
        None => (powers.clone(), powers.sum_dim(4)),
    };
    let shares = powers * total.recip();
    let centred = |x: Tensor<5>| x.clone() - (shares.clone() * x).sum_dim(4);
    let first = scores.first.map(centred);
    let bent = match (&first, scores.groups) {
        (Some(first), Some(groups)) => Some(groups.sum(first.clone() * first.clone())),
        _ => None,
    };
    let second = plus(scores.second, bent).map(|second| shares.clone() * centred(second));
    Series { first: first.map(|first| shares.clone() * first), second, groups: scores.groups, value: shares }
}
