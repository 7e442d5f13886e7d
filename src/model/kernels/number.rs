//! The numbers that kernels work on: f32 and f64.

use std::ops::{Add, Mul, Sub};

use burn::backend::flex::FlexTensor;
use burn::tensor::Element;
use bytemuck::Pod;

/// A number that pointwise kernels are made of.
pub(super) trait Number:
    Element + Pod + Default + PartialOrd + Send + Sync + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
}
impl Number for f32 {}
impl Number for f64 {}

/// The numbers of a contiguous tensor, row-major.
pub(super) fn numbers<T: Element + Pod>(x: &FlexTensor) -> &[T] {
    x.as_slice::<T>().expect("float tensors here are f32 or f64 throughout, and contiguous")
}
