//! Layers that make tokens, mix them, or make one vector of them.

use burn::tensor::Tensor;

use super::{Activation, Pass, per_pixel};
use crate::model::architecture::Layer;
use crate::model::arithmetic::Arithmetic;
use crate::model::attention::AttentionSettings;
use crate::model::leaf::IntoQuantity;
use crate::model::tokens as lookup;
use crate::model::window::ConvWindow;

impl<L> Pass<'_, L> {
    /// A layer that makes tokens or is for tokens alone.
    pub(super) fn token_layer<A: Arithmetic>(&mut self, layer: &Layer, x: Activation<A>) -> Activation<A>
    where
        L: IntoQuantity<A>,
    {
        use Activation::{Features, Maps, Text, Tokens};
        match (layer, x) {
            (&Layer::Embedding { vocabulary, width }, Text(text)) => {
                let table = self.next::<A, 3>([1, vocabulary, width]);
                Tokens(A::linear(table, |table: Tensor<3>| lookup::embed(table, &text)))
            }
            (&Layer::Position { shape: [places, width] }, Tokens(x)) => {
                Tokens(A::add(x, self.next::<A, 4>([1, 1, places, width])))
            }
            (&Layer::Sincos { shape }, Tokens(x)) => {
                let value = A::value_of(&x);
                let table = lookup::sincos(shape, &value.device(), value.dtype());
                Tokens(A::add(x, A::constant(table)))
            }
            (&Layer::ClassToken { width }, Tokens(x)) => {
                let places = A::value_of(&x).dims()[2];
                let token = A::linear(self.next::<A, 4>([1, 1, 1, width]), |token| lookup::class_token(token, places));
                self.padding = self.padding.take().map(lookup::mask_with_class_token);
                Tokens(A::add(A::linear(x, lookup::after_class_token), token))
            }
            (&Layer::Patches { size, inputs, outputs }, Maps(x)) => {
                let weight = self.next::<A, 5>([1, outputs, inputs, size, size]);
                let bias = self.next::<A, 5>([1, 1, 1, 1, outputs]);
                let window = ConvWindow { stride: [size; 2], padding: [0; 2], dilation: [1; 2], groups: 1 };
                Tokens(A::linear(A::filter(x, weight, window, Some(bias), None), per_pixel))
            }
            (&Layer::Attention { width, settings }, Tokens(x)) => Tokens(self.attention::<A>(x, width, settings)),
            (&Layer::Pick(which), Tokens(x)) => {
                let padding = self.padding.take();
                Features(A::linear(x, |x: Tensor<4>| lookup::pick(x, which, padding.as_ref())))
            }
            _ => unreachable!("the architecture checked that each layer fits the shape before it"),
        }
    }

    /// Queries, keys and values of all heads by one product, the heads, and the product of what they give.
    fn attention<A: Arithmetic>(&mut self, x: A::T<4>, width: usize, settings: AttentionSettings) -> A::T<4>
    where
        L: IntoQuantity<A>,
    {
        let mut next = |outputs: usize| {
            let weight = self.next::<A, 3>([1, outputs, width]);
            (weight, self.next::<A, 3>([1, 1, outputs]))
        };
        let ((inner, inner_bias), (outer, outer_bias)) = (next(3 * width), next(width));
        let qkv = self.over_tokens::<A>(x, |x, _| A::dense(x, inner, Some(inner_bias), None));
        let heads = A::attention(qkv, self.padding.as_ref(), settings);
        self.over_tokens::<A>(heads, |x, _| A::dense(x, outer, Some(outer_bias), None))
    }

    /// A map of the rows of all tokens `[P, n·t, d]`.
    pub(super) fn over_tokens<A: Arithmetic>(
        &mut self,
        x: A::T<4>,
        map: impl FnOnce(A::T<3>, &mut Self) -> A::T<3>,
    ) -> A::T<4> {
        let [_, n, tokens, _] = A::value_of(&x).dims();
        let y = map(A::linear(x, rows), self);
        A::linear(y, |y: Tensor<3>| {
            let [population, _, width] = y.dims();
            y.reshape([population, n, tokens, width])
        })
    }
}

/// `[P, n, t, d] → [P, n·t, d]`.
pub(super) fn rows(x: Tensor<4>) -> Tensor<3> {
    let [population, n, tokens, width] = x.dims();
    x.reshape([population, n * tokens, width])
}

/// `[P, n, t, d] → [P, n, t·d]`.
pub(super) fn row(x: Tensor<4>) -> Tensor<3> {
    let [population, n, tokens, width] = x.dims();
    x.reshape([population, n, tokens * width])
}
