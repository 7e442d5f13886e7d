//! The contrastive loss of two towers (Radford et al. 2021): features of length 1, their products times a trained scale, and
//! the cross-entropy of each image among the texts and of each text among the images.

use burn::tensor::Tensor;

use super::arithmetic::Arithmetic;
use super::compute::uploaded;
use super::forward::unit_length;
use super::pointwise::Pointwise;

/// What both towers say of the same examples.
pub(super) struct Features<A: Arithmetic> {
    /// `[P, n, d]`
    pub image: A::T<3>,
    /// `[P, n, d]`
    pub text: A::T<3>,
    /// Logarithm of the scale, `[P, 1, 1]`.
    pub logit_scale: A::T<3>,
}

impl<A: Arithmetic> Clone for Features<A> {
    fn clone(&self) -> Self {
        Self { image: self.image.clone(), text: self.text.clone(), logit_scale: self.logit_scale.clone() }
    }
}

impl<A: Arithmetic> Features<A> {
    /// Those of images and of texts, each of length 1, `[P, n, d]`.
    pub fn directions(self) -> [A::T<3>; 2] {
        [unit_length::<A>(self.image), unit_length::<A>(self.text)]
    }

    /// Scaled similarities of each image with each text, `[P, n, n]`.
    pub fn similarities(self) -> A::T<3> {
        let (image, text) = (unit_length::<A>(self.image), unit_length::<A>(self.text));
        A::multiply(A::product(image, text), A::pointwise(self.logit_scale, Exponential))
    }

    /// The loss of each pair `[P, n]`: half the cross-entropy of its image and half that of its text.
    pub fn losses(self) -> A::T<2> {
        let logits = self.similarities();
        let value = A::value_of(&logits);
        let n = value.dims()[1];
        let own: Vec<f32> = (0..n * n).map(|place| if place % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let own = uploaded(own, [1, n, n], &value.device(), value.dtype());
        let of_images = A::cross_entropy(logits.clone(), own.clone());
        let transposed = A::linear(logits, |logits: Tensor<3>| logits.swap_dims(1, 2));
        A::linear(A::add(of_images, A::cross_entropy(transposed, own)), |sum: Tensor<2>| sum * 0.5)
    }
}

/// eˣ, which is all its derivatives.
#[derive(Debug, Clone, Copy)]
struct Exponential;

impl Pointwise for Exponential {
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        x.exp()
    }

    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        let y = x.exp();
        [y.clone(), y]
    }

    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        let y = x.exp();
        (y.clone(), y.clone(), Some(y))
    }
}
