//! Batch norms and the blocks that they end: with what follows them, each is one operation.

use burn::tensor::{Tensor, s};

use super::{Activation, Pass, as_maps, per_channel, sum, unlike};
use crate::model::architecture::{Layer, Shape};
use crate::model::arithmetic::{Affine, After, Arithmetic};
use crate::model::batch::Statistics;
use crate::model::leaf::IntoQuantity;

impl<L> Pass<'_, L> {
    /// A residual block, and relu after it if it `is_relu`. A batch norm at the end of its body adds the other branch too.
    pub(super) fn block<A: Arithmetic>(
        &mut self,
        body: &[Layer],
        shortcut: &[Layer],
        x: Activation<A>,
        is_relu: bool,
    ) -> Activation<A>
    where
        L: IntoQuantity<A>,
    {
        // Each branch may put a token before the others, or make one of all.
        let before = self.padding.clone();
        let (norm, body) = match body.split_last() {
            Some((norm @ Layer::BatchNorm { .. }, body)) => (Some(norm), body),
            _ => (None, body),
        };
        let y = self.chain(body, x.clone());
        // Parameters and statistics are those of the body before those of the other branch.
        let norm = norm.map(|norm| self.norm_of(norm, &y));
        let after = std::mem::replace(&mut self.padding, before);
        let x = self.chain(shortcut, x);
        self.padding = after;
        match norm {
            Some(norm) => norm.after(y, Some(x), is_relu),
            None => sum(y, x),
        }
    }

    /// A batch norm of `x`: its parameters, and the figures that it is given if it is.
    pub(super) fn norm_of<A: Arithmetic>(&mut self, layer: &Layer, x: &Activation<A>) -> BatchNorm<A>
    where
        L: IntoQuantity<A>,
    {
        let &Layer::BatchNorm { shape, offset, norm, .. } = layer else {
            unreachable!("only batch norms are asked for")
        };
        let channels = shape.channels();
        let given = match self.statistics {
            Statistics::Batch => None,
            Statistics::Frozen(buffers) => {
                let own = buffers.clone().slice(s![.., offset..offset + 2 * channels]);
                Some(own.reshape([2, 1, channels]))
            }
        };
        if let (None, Some(seen)) = (&given, &mut self.seen) {
            let rows = match x {
                Activation::Features(x) => A::value_of(x),
                Activation::Maps(x) => per_channel(A::value_of(x)),
                _ => unreachable!("the architecture checked that batch norms follow features or maps"),
            };
            seen.extend(mean_and_unbiased_variance(rows));
        }
        BatchNorm { shape, given, affine: self.affine::<A>(channels, norm), epsilon: norm.epsilon }
    }
}

/// A batch norm with its parameters.
pub(super) struct BatchNorm<A: Arithmetic> {
    shape: Shape,
    /// Means and variances `[2, 1, c]` where they are not those of the rows.
    given: Option<Tensor<3>>,
    affine: Affine<A::T<3>>,
    epsilon: f64,
}

impl<A: Arithmetic> BatchNorm<A> {
    /// Of `x`, with the other branch added, and relu if it `is_relu`.
    pub fn after(self, x: Activation<A>, addend: Option<Activation<A>>, is_relu: bool) -> Activation<A> {
        let Self { shape, given, affine, epsilon } = self;
        match x {
            Activation::Features(x) => {
                let addend = addend.map(|a| if let Activation::Features(a) = a { a } else { unlike() });
                Activation::Features(A::batch_normed(x, given, affine, epsilon, After { addend, is_relu }))
            }
            Activation::Maps(x) => {
                let addend =
                    addend.map(|a| if let Activation::Maps(a) = a { A::linear(a, per_channel) } else { unlike() });
                let after = After { addend, is_relu };
                let rows = A::batch_normed(A::linear(x, per_channel), given, affine, epsilon, after);
                Activation::Maps(A::linear(rows, |rows: Tensor<3>| as_maps(rows, shape)))
            }
            _ => unreachable!("the architecture checked that batch norms follow features or maps"),
        }
    }
}

/// Whether a layer is a batch norm, or a block whose body ends with one.
pub(super) fn ends_with_norm(layer: &Layer) -> bool {
    match layer {
        Layer::BatchNorm { .. } => true,
        Layer::Residual { body, .. } => matches!(body.last(), Some(Layer::BatchNorm { .. })),
        _ => false,
    }
}

/// Over the rows of `[P, m, c]`: mean and variance with divisor m − 1, `[P, c]` each.
fn mean_and_unbiased_variance(x: Tensor<3>) -> [Tensor<2>; 2] {
    let rows = x.dims()[1];
    let mean = x.clone().mean_dim(1);
    let centred = x - mean.clone();
    let variance = (centred.clone() * centred).sum_dim(1) * (rows.saturating_sub(1).max(1) as f64).recip();
    [mean, variance].map(|figure| figure.squeeze_dim(1))
}
