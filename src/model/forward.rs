//! One pass through the layers, written once for all arithmetics; layers over tokens stand in `tokens`.

mod norms;
mod tokens;

use burn::tensor::Tensor;

use super::architecture::{Chain, Layer, NormSettings, Shape};
use super::arithmetic::{Affine, Arithmetic, average_pool};
use super::batch::{Batch, Inputs, Statistics, Text};
use super::kernels::{Cells, runs_here, transpose};
use super::leaf::IntoQuantity;
use super::nonlinearity::Nonlinearity;
use super::pointwise::ReciprocalRoot;
use norms::ends_with_norm;
use tokens::{row, rows};

/// Added to the square of a length, so that a vector of zeros has one.
const LEAST_SQUARE: f64 = 1e-24;

/// A quantity between two layers.
#[expect(clippy::large_enum_variant, reason = "tensors are handles, and a pass holds few of these")]
pub(super) enum Activation<A: Arithmetic> {
    /// `[P, n, f]`
    Features(A::T<3>),
    /// `[P, n, h, w, c]`
    Maps(A::T<5>),
    /// `[P, n, t, d]`
    Tokens(A::T<4>),
    /// Tokens as whole numbers.
    Text(Text),
}

impl<A: Arithmetic> Clone for Activation<A> {
    fn clone(&self) -> Self {
        match self {
            Self::Features(x) => Self::Features(x.clone()),
            Self::Maps(x) => Self::Maps(x.clone()),
            Self::Tokens(x) => Self::Tokens(x.clone()),
            Self::Text(text) => Self::Text(text.clone()),
        }
    }
}

/// A pass on its way: the parameters that are left, and the examples.
pub(super) struct Pass<'a, L> {
    leaves: std::vec::IntoIter<L>,
    batch: &'a Batch,
    statistics: &'a Statistics,
    /// Which of the tokens of the chain that is passed are no padding, `[n, t]`; `None` where all are.
    padding: Option<Tensor<2>>,
    /// Dropout layers passed so far.
    dropouts: usize,
    /// Means and unbiased variances that batch norms saw, each `[P, c]`, where they are wanted.
    seen: Option<Vec<Tensor<2>>>,
}

impl<'a, L> Pass<'a, L> {
    /// A pass with one leaf a parameter, in the order of the layers.
    pub fn new(leaves: Vec<L>, batch: &'a Batch) -> Self {
        let leaves = leaves.into_iter();
        Self { leaves, batch, statistics: &batch.statistics, padding: None, dropouts: 0, seen: None }
    }

    /// A pass in training mode that keeps what its batch norms see.
    pub fn recording(leaves: Vec<L>, batch: &'a Batch) -> Self {
        Self { statistics: &Statistics::Batch, seen: Some(Vec::new()), ..Self::new(leaves, batch) }
    }

    /// Means and unbiased variances of all batch norms in turn, `[P, S]`, of a recording pass.
    pub fn seen(self) -> Tensor<2> {
        Tensor::cat(self.seen.unwrap_or_default(), 1)
    }

    /// The outputs of one of the network's chains, `[P, rows, k]`: a row an example, or one for each of its tokens. Chains are
    /// passed in their order.
    pub fn outputs<A: Arithmetic>(&mut self, index: usize, chain: &Chain) -> A::T<3>
    where
        L: IntoQuantity<A>,
    {
        self.padding = None;
        let inputs = match &self.batch.inputs[index] {
            Inputs::Features(x) => Activation::<A>::Features(A::constant(x.clone())),
            Inputs::Maps(x) => Activation::Maps(A::constant(x.clone())),
            Inputs::Text(text) => {
                self.padding = text.padding.clone();
                Activation::Text(text.clone())
            }
        };
        match self.chain(&chain.layers, inputs) {
            Activation::Features(outputs) => outputs,
            Activation::Tokens(outputs) => A::linear(outputs, rows),
            Activation::Maps(_) | Activation::Text(_) => {
                unreachable!("the architecture checked that it ends with features or tokens")
            }
        }
    }

    /// The trained logarithm of the scale of similarities, `[P, 1, 1]`, which comes after all layers.
    pub fn logit_scale<A: Arithmetic>(&mut self) -> A::T<3>
    where
        L: IntoQuantity<A>,
    {
        self.next::<A, 3>([1, 1, 1])
    }

    fn chain<A: Arithmetic>(&mut self, layers: &[Layer], x: Activation<A>) -> Activation<A>
    where
        L: IntoQuantity<A>,
    {
        let mut layers = layers.iter().peekable();
        let mut x = x;
        while let Some(layer) = layers.next() {
            let is_product = matches!(layer, Layer::Linear { .. } | Layer::Conv { .. });
            // A nonlinearity that follows a product is a part of it, and relu that follows a batch norm or a block that ends with one
            // is a part of that.
            let ends_with_norm = ends_with_norm(layer);
            let follows = layers.next_if(|next| match next {
                Layer::Pointwise(f) => is_product || (ends_with_norm && *f == Nonlinearity::Relu),
                _ => false,
            });
            let f = follows.and_then(|layer| if let Layer::Pointwise(f) = layer { Some(*f) } else { None });
            x = match layer {
                _ if is_product => self.product(layer, x, f),
                Layer::BatchNorm { .. } => {
                    let norm = self.norm_of(layer, &x);
                    norm.after(x, None, f.is_some())
                }
                Layer::Residual { body, shortcut } => self.block(body, shortcut, x, f.is_some()),
                _ => self.layer(layer, x),
            };
        }
        x
    }

    /// The next parameter; its first dimension becomes that of the population.
    fn next<A: Arithmetic, const D: usize>(&mut self, shape: [usize; D]) -> A::T<D>
    where
        L: IntoQuantity<A>,
    {
        self.leaves.next().expect("one leaf a parameter, in the order of the layers").shaped(shape)
    }

    /// A linear or convolutional layer, with the nonlinearity that follows it.
    fn product<A: Arithmetic>(&mut self, layer: &Layer, x: Activation<A>, f: Option<Nonlinearity>) -> Activation<A>
    where
        L: IntoQuantity<A>,
    {
        match (layer, x) {
            (&Layer::Linear { inputs, outputs, bias }, Activation::Features(x)) => {
                let weight = self.next::<A, _>([1, outputs, inputs]);
                let bias = bias.then(|| self.next::<A, _>([1, 1, outputs]));
                Activation::Features(A::dense(x, weight, bias, f))
            }
            (&Layer::Linear { inputs, outputs, bias }, Activation::Tokens(x)) => {
                let weight = self.next::<A, _>([1, outputs, inputs]);
                let bias = bias.then(|| self.next::<A, _>([1, 1, outputs]));
                Activation::Tokens(self.over_tokens::<A>(x, |x, _| A::dense(x, weight, bias, f)))
            }
            (&Layer::Conv { inputs, outputs, kernel: [height, width], window, bias }, Activation::Maps(x)) => {
                let weight = self.next::<A, _>([1, outputs, inputs / window.groups, height, width]);
                let bias = bias.then(|| self.next::<A, _>([1, 1, 1, 1, outputs]));
                Activation::Maps(A::filter(x, weight, window, bias, f))
            }
            _ => unreachable!("the architecture checked that each layer fits the shape before it"),
        }
    }

    fn layer<A: Arithmetic>(&mut self, layer: &Layer, x: Activation<A>) -> Activation<A>
    where
        L: IntoQuantity<A>,
    {
        use Activation::{Features, Maps, Tokens};
        match (layer, x) {
            (Layer::Pointwise(f), Features(x)) => Features(A::pointwise(x, *f)),
            (Layer::Pointwise(f), Maps(x)) => Maps(A::pointwise(x, *f)),
            (Layer::Pointwise(f), Tokens(x)) => Tokens(A::pointwise(x, *f)),
            (&Layer::MaxPool(window), Maps(x)) => Maps(A::max_pool(x, window)),
            (&Layer::AveragePool(window, divisor), Maps(x)) => Maps(A::linear(x, |x| average_pool(x, window, divisor))),
            (Layer::GlobalAveragePool, Maps(x)) => Maps(A::linear(x, global_average)),
            (&Layer::LayerNorm { shape, norm }, Features(x)) => {
                let affine = self.affine::<A>(shape.len(), norm);
                Features(A::standardised(x, Cells::Rows, affine, norm.epsilon))
            }
            (&Layer::LayerNorm { shape, norm }, Maps(x)) => {
                let Affine { scale, shift } = self.affine::<A>(shape.len(), norm);
                let arranged = |a| A::linear(a, |a: Tensor<3>| channels_last(a, shape));
                let affine = Affine { scale: scale.map(arranged), shift: shift.map(arranged) };
                let y = A::standardised(A::linear(x, per_example), Cells::Rows, affine, norm.epsilon);
                Maps(A::linear(y, |y: Tensor<3>| as_maps(y, shape)))
            }
            (&Layer::LayerNorm { shape, norm }, Tokens(x)) => Tokens(self.over_tokens::<A>(x, |x, pass| {
                let affine = pass.affine::<A>(shape.channels(), norm);
                A::standardised(x, Cells::Rows, affine, norm.epsilon)
            })),
            (&Layer::GroupNorm { groups, shape, norm }, Features(x)) => {
                Features(self.group_norm::<A>(x, groups, shape, norm))
            }
            (&Layer::GroupNorm { groups, shape, norm }, Maps(x)) => {
                let y = self.group_norm::<A>(A::linear(x, per_channel), groups, shape, norm);
                Maps(A::linear(y, |y: Tensor<3>| as_maps(y, shape)))
            }
            (Layer::Dropout { .. }, x) => self.dropout(x),
            (&Layer::Gram { side, columns }, Features(x)) => Features(self.gram::<A>(x, side, columns)),
            (Layer::Flatten(_), Maps(x)) => Features(A::linear(x, flattened)),
            (Layer::Flatten(_), Tokens(x)) => Features(A::linear(x, row)),
            (Layer::Flatten(_), features @ Features(_)) => features,
            (Layer::UnitLength, Features(x)) => Features(unit_length::<A>(x)),
            (Layer::UnitLength, Tokens(x)) => Tokens(self.over_tokens::<A>(x, |x, _| unit_length::<A>(x))),
            (layer, x) => self.token_layer(layer, x),
        }
    }

    /// ⟨A, UUᵀ⟩ of each row A of `[P, n, d·d]`. UUᵀ is made once for all examples, and has second derivatives, as no weight has.
    fn gram<A: Arithmetic>(&mut self, x: A::T<3>, side: usize, columns: usize) -> A::T<3>
    where
        L: IntoQuantity<A>,
    {
        let factor = self.next::<A, 3>([1, side, columns]);
        let gram = A::product(factor.clone(), factor);
        let row = A::linear(gram, |gram: Tensor<3>| {
            let population = gram.dims()[0];
            gram.reshape([population, 1, side * side])
        });
        A::product(x, row)
    }

    /// The next parameters, of so many numbers each, that scale and shift what a norm gives, as far as it has them.
    fn affine<A: Arithmetic>(&mut self, len: usize, norm: NormSettings) -> Affine<A::T<3>>
    where
        L: IntoQuantity<A>,
    {
        let scale = norm.has_scale.then(|| self.next::<A, 3>([1, 1, len]));
        let shift = norm.has_shift.then(|| self.next::<A, 3>([1, 1, len]));
        Affine { scale, shift }
    }

    /// Group norm of rows `[P, n·pixels, c]`, the pixels of an example one after the other.
    fn group_norm<A: Arithmetic>(&mut self, x: A::T<3>, groups: usize, shape: Shape, norm: NormSettings) -> A::T<3>
    where
        L: IntoQuantity<A>,
    {
        let channels = shape.channels();
        let cells = Cells::Blocks { rows: shape.pixels(), channels: channels / groups };
        let affine = self.affine::<A>(channels, norm);
        A::standardised(x, cells, affine, norm.epsilon)
    }

    fn dropout<A: Arithmetic>(&mut self, x: Activation<A>) -> Activation<A> {
        let mask = self.batch.masks.get(self.dropouts).cloned();
        self.dropouts += 1;
        match (mask, x) {
            (None, x) => x,
            (Some(mask), Activation::Features(x)) => {
                let [n, features] = mask.dims();
                Activation::Features(A::linear(x, |x: Tensor<3>| x * mask.clone().reshape([1, n, features])))
            }
            (Some(mask), Activation::Tokens(x)) => Activation::Tokens(A::linear(x, |x: Tensor<4>| {
                let [_, n, tokens, width] = x.dims();
                x * mask.clone().reshape([1, n, tokens, width])
            })),
            (Some(_), Activation::Text(_)) => unreachable!("whole numbers are embedded before they are dropped out"),
            (Some(mask), Activation::Maps(x)) => Activation::Maps(A::linear(x, |x: Tensor<5>| {
                let [_, n, height, width, channels] = x.dims();
                x * mask.clone().reshape([1, n, height, width, channels])
            })),
        }
    }
}

/// The sum of a block's branches.
fn sum<A: Arithmetic>(a: Activation<A>, b: Activation<A>) -> Activation<A> {
    match (a, b) {
        (Activation::Features(a), Activation::Features(b)) => Activation::Features(A::add(a, b)),
        (Activation::Maps(a), Activation::Maps(b)) => Activation::Maps(A::add(a, b)),
        (Activation::Tokens(a), Activation::Tokens(b)) => Activation::Tokens(A::add(a, b)),
        _ => unlike(),
    }
}

/// Rows `[P, m, c]` divided by their lengths.
pub(super) fn unit_length<A: Arithmetic>(x: A::T<3>) -> A::T<3> {
    let square = A::linear(A::square(x.clone()), |square: Tensor<3>| square.sum_dim(2));
    A::multiply(x, A::pointwise(square, ReciprocalRoot { epsilon: LEAST_SQUARE }))
}

fn unlike() -> ! {
    unreachable!("the architecture checked that both branches end with one shape")
}

/// `[P, n, h, w, c] → [P, n·h·w, c]`.
fn per_channel(x: Tensor<5>) -> Tensor<3> {
    let [population, n, height, width, channels] = x.dims();
    x.reshape([population, n * height * width, channels])
}

/// `[P, n, h, w, c] → [P, n, h·w·c]`.
fn per_example(x: Tensor<5>) -> Tensor<3> {
    let [population, n, height, width, channels] = x.dims();
    x.reshape([population, n, height * width * channels])
}

/// `[P, n, h, w, c] → [P, n, h·w, c]`.
fn per_pixel(x: Tensor<5>) -> Tensor<4> {
    let [population, n, height, width, channels] = x.dims();
    x.reshape([population, n, height * width, channels])
}

/// Any reshaping of `[P, n, h, w, c]` back to it.
fn as_maps<const D: usize>(x: Tensor<D>, shape: Shape) -> Tensor<5> {
    let Shape::Maps([channels, height, width]) = shape else { unreachable!("maps have channels, height and width") };
    let population = x.dims()[0];
    let n = x.shape().num_elements() / (population * shape.len());
    x.reshape([population, n, height, width, channels])
}

/// `[P, 1, c·h·w] → [P, 1, h·w·c]`: a layer norm's weight as PyTorch stores it, as its maps lie.
fn channels_last(weight: Tensor<3>, shape: Shape) -> Tensor<3> {
    let (population, channels, pixels) = (weight.dims()[0], shape.channels(), shape.pixels());
    weight.reshape([population, channels, pixels]).swap_dims(1, 2).reshape([population, 1, channels * pixels])
}

/// `[P, n, h, w, c] → [P, n, 1, 1, c]`.
fn global_average(x: Tensor<5>) -> Tensor<5> {
    let [population, n, _, _, channels] = x.dims();
    per_pixel(x).mean_dim(2).reshape([population, n, 1, 1, channels])
}

/// `[P, n, h, w, c] → [P, n, c·h·w]`: channel by channel, as PyTorch flattens.
fn flattened(x: Tensor<5>) -> Tensor<3> {
    let [population, n, height, width, channels] = x.dims();
    let x = per_pixel(x);
    let x = if runs_here(&x) { transpose(x) } else { x.swap_dims(2, 3) };
    x.reshape([population, n, channels * height * width])
}
