//! A loss that compares all examples with each other, where they do not fit one pass.
//!
//! The network's features of the examples are small; only what it remembers on the way to them is large. So the features
//! are made piece by piece without a tape, the loss of all of them is differentiated by the features, and each piece is
//! passed once more, backwards from the features' gradients (Gao et al. 2021, "Scaling deep contrastive learning batch size
//! under memory limited setup"). The result is that of one pass. So it is for Hessian products: along a direction the slope
//! of the loss is a function of the features and of their derivatives, and is differentiated by both.

use burn::tensor::{Gradients, Tensor};

use super::arithmetic::{Arithmetic, Dual, DualTensor, Jet, JetTensor, Value};
use super::batch::Batch;
use super::contrast::Features;
use super::leaf::{DualLeaf, Leaf};
use super::network::{Answers, ExampleSeries, HessianProduct, Network, gradients_of, right_pairs};
use super::pieces::join;

/// Examples in pieces.
pub(super) struct Joint<'a> {
    /// Two towers.
    pub network: &'a Network,
    /// The examples.
    pub pieces: &'a [Batch],
}

/// Gradients by the features of images, those of texts, and the logarithm of the scale.
type ByFeatures = [Tensor<3>; 3];

impl Joint<'_> {
    /// L at each row of `weights`, `[P]`.
    pub fn losses(&self, weights: &Tensor<2>) -> Tensor<1> {
        mean::<Value>(self.values(weights).losses())
    }

    /// L and how many images are most similar to their own text, `[P]` each.
    pub fn outcomes(&self, weights: &Tensor<2>) -> [Tensor<1>; 2] {
        let features = self.values(weights);
        [mean::<Value>(features.clone().losses()), right_pairs(features.similarities())]
    }

    /// L and ∇L at each row of `weights`, `[P]` and `[P, D]`.
    pub fn gradients(&self, weights: &Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let features = self.values(weights);
        let at = Features::<Value> {
            image: tracked(features.image),
            text: tracked(features.text),
            logit_scale: tracked(features.logit_scale),
        };
        let losses = mean::<Value>(at.clone().losses());
        let grads = losses.clone().sum().backward();
        let by = [&at.image, &at.text, &at.logit_scale].map(|x| gradient(x, &grads));
        let gradient = self.backwards(weights, |leaves, batch, begin| {
            let Features { image, text, logit_scale } = pair(self.network.forward::<Value>(leaves, batch));
            weighted([image, text, logit_scale], &by, begin)
        });
        (losses.without_autodiff(), gradient)
    }

    /// Exact Hessian-vector products, one a row.
    pub fn hessian_product(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> HessianProduct {
        let duals = |leaves: Vec<Leaf>| -> Vec<DualLeaf> {
            let directions = self.network.split(directions);
            leaves.into_iter().zip(directions).map(|(value, first)| DualLeaf { value, first }).collect()
        };
        let pass = |batch: &Batch| self.network.forward::<Dual>(duals(self.network.split(weights)), batch);
        let features = self.together::<Dual>(pass, |parts| {
            let (values, firsts) = parts.into_iter().map(|part| (part.value, part.first)).unzip();
            DualTensor { value: join(values, 1), first: join_all(firsts) }
        });
        let track = |x: DualTensor<3>| DualTensor { value: tracked(x.value), first: x.first.map(tracked) };
        let at = Features::<Dual> {
            image: track(features.image),
            text: track(features.text),
            logit_scale: track(features.logit_scale),
        };
        let loss = mean::<Dual>(at.clone().losses());
        let slope = loss.first.expect("weights have a direction, so the loss has a derivative along it");
        let grads = slope.clone().sum().backward();
        let all = [&at.image, &at.text, &at.logit_scale];
        let by_values = all.map(|x| gradient(&x.value, &grads));
        let by_firsts = all.map(|x| gradient(first_of(x), &grads));
        let product = self.backwards(weights, |leaves, batch, begin| {
            let Features { image, text, logit_scale } = pair(self.network.forward::<Dual>(duals(leaves), batch));
            let all = [image, text, logit_scale];
            let firsts = all.each_ref().map(|x| first_of(x).clone());
            weighted(all.map(|x| x.value), &by_values, begin) + weighted(firsts, &by_firsts, begin)
        });
        HessianProduct { loss: loss.value.without_autodiff(), slope: slope.without_autodiff(), product }
    }

    /// vᵀHv summed over each group of directions, `[groups]`.
    pub fn curvature_sums(&self, weights: &Tensor<2>, directions: &Tensor<2>, groups: usize) -> Tensor<1> {
        let loss = mean::<Jet>(self.jets(weights, directions, groups).losses());
        loss.second.expect("weights have directions, so the loss has a second derivative along them")
    }

    /// Loss, slope and curvature of each example along each direction.
    pub fn example_series(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> ExampleSeries {
        ExampleSeries::of(self.jets(weights, directions, directions.dims()[0]).losses())
    }

    fn values(&self, weights: &Tensor<2>) -> Features<Value> {
        let pass = |batch: &Batch| self.network.forward::<Value>(self.network.split(weights), batch);
        self.together::<Value>(pass, |parts| join(parts, 1))
    }

    fn jets(&self, weights: &Tensor<2>, directions: &Tensor<2>, groups: usize) -> Features<Jet> {
        let pass = |batch: &Batch| self.network.forward::<Jet>(self.network.jets(weights, directions, groups), batch);
        self.together::<Jet>(pass, |parts| {
            let groups = parts[0].groups;
            let (mut values, mut firsts, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
            for JetTensor { value, first, second, .. } in parts {
                values.push(value);
                firsts.push(first);
                seconds.push(second);
            }
            JetTensor { value: join(values, 1), first: join_all(firsts), second: join_all(seconds), groups }
        })
    }

    /// The features of all examples, in their order.
    fn together<A: Arithmetic>(
        &self,
        pass: impl Fn(&Batch) -> Answers<A>,
        glue: impl Fn(Vec<A::T<3>>) -> A::T<3>,
    ) -> Features<A> {
        let (mut images, mut texts, mut scale) = (Vec::new(), Vec::new(), None);
        for batch in self.pieces {
            let Features { image, text, logit_scale } = pair(pass(batch));
            images.push(image);
            texts.push(text);
            scale.get_or_insert(logit_scale);
        }
        let logit_scale = scale.expect("there is more than one piece");
        Features { image: glue(images), text: glue(texts), logit_scale }
    }

    /// The gradient `[P, D]` of the sum over all pieces of what `sum` says of a piece and of the examples before it.
    fn backwards(&self, weights: &Tensor<2>, sum: impl Fn(Vec<Leaf>, &Batch, usize) -> Tensor<1>) -> Tensor<2> {
        let mut begin = 0;
        let parts = self.pieces.iter().filter_map(|batch| {
            let leaves: Vec<Leaf> = self.network.split(weights).into_iter().map(Leaf::tracked).collect();
            let sum = sum(leaves.clone(), batch, begin);
            begin += batch.len();
            // Where both towers are frozen, only the first piece has what is trained: the scale.
            sum.is_tracked().then(|| gradients_of(&leaves, &sum.backward()))
        });
        parts.reduce(|sum, part| sum + part).expect("there is more than one piece")
    }
}

/// What two towers say.
fn pair<A: Arithmetic>(answers: Answers<A>) -> Features<A> {
    match answers {
        Answers::Pairs(features) => features,
        Answers::Rows(_) => unreachable!("only two towers have a joint loss"),
    }
}

/// The mean over the examples, `[P]`.
fn mean<A: Arithmetic>(losses: A::T<2>) -> A::T<1> {
    A::linear(losses, |losses: Tensor<2>| losses.mean_dim(1).squeeze_dim(1))
}

/// The start of a tape.
fn tracked(x: Tensor<3>) -> Tensor<3> {
    x.autodiff().require_grad()
}

fn gradient(x: &Tensor<3>, grads: &Gradients) -> Tensor<3> {
    x.grad(grads).unwrap_or_else(|| x.clone().inner().zeros_like())
}

fn first_of(x: &DualTensor<3>) -> &Tensor<3> {
    x.first.as_ref().expect("all weights have a direction, so all features have a derivative along it")
}

/// All coefficients side by side along the examples; `None` where they are zero.
fn join_all(parts: Vec<Option<Tensor<3>>>) -> Option<Tensor<3>> {
    parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| join(parts, 1))
}

/// Σ x·g of the features of a piece that begins at `begin`; the scale, which all pieces share, counts with the first.
fn weighted([image, text, scale]: [Tensor<3>; 3], by: &ByFeatures, begin: usize) -> Tensor<1> {
    let n = image.dims()[1];
    let part = |x: Tensor<3>, by: &Tensor<3>| (x * by.clone().slice_dim(1, begin..begin + n)).sum();
    let sum = part(image, &by[0]) + part(text, &by[1]);
    if begin == 0 { sum + (scale * by[2].clone()).sum() } else { sum }
}
