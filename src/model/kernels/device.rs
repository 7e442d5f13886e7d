//! What our own kernels on the GPU share: how tensors come to them, and how many threads a launch has.
//!
//! They are written in CubeCL, once for every graphics API, and launched on the tensors of Burn's GPU backend. All numbers
//! have 32 bits there. A kernel's place in its results is `ABSOLUTE_POS`; threads beyond the end do nothing.

use burn::backend::wgpu::CubeTensor;
use burn::backend::{DType, TensorMetadata as _};
use burn::tensor::Shape;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;
use cubecl::std::tensor::into_contiguous;

use super::affine_cpu::Activation;

/// The tensor with its numbers one after the other.
pub(super) fn contiguous(x: CubeTensor) -> CubeTensor {
    if x.is_contiguous() {
        return x;
    }
    let (client, device, dtype) = (x.client.clone(), x.device.clone(), x.dtype);
    let packed = into_contiguous(&client, x.binding(), f32::elem_type_native());
    CubeTensor::new(client, packed.handle, *packed.metadata, device, dtype)
}

/// Room for a tensor where `like` lives.
pub(super) fn room(like: &CubeTensor, shape: &[usize]) -> CubeTensor {
    let numbers: usize = shape.iter().product();
    let handle = like.client.empty(numbers * size_of::<f32>());
    let shape = Shape::from(shape.to_vec());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, DType::F32)
}

/// The tensor as an argument of a kernel.
pub(super) fn buffer(x: &CubeTensor) -> BufferArg {
    x.clone().into_buffer_arg()
}

/// A thread for each of `count` things.
pub(super) fn threads(client: &Client, count: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(client, count);
    (calculate_cube_count_elemwise(client, count, dim), dim)
}

/// The sizes of a tensor.
pub(super) fn sizes(x: &CubeTensor) -> Vec<usize> {
    x.shape().to_vec()
}

/// act'(z)·a from y = act(z), of one shape.
pub(super) fn sloped(y: CubeTensor, a: CubeTensor, activation: Activation) -> CubeTensor {
    if activation == Activation::Identity {
        return a;
    }
    let [y, a] = [y, a].map(contiguous);
    let shape = sizes(&y);
    let out = room(&y, &shape);
    let (count, dim) = threads(&out.client, shape.iter().product());
    // SAFETY: all three have as many numbers as there are threads that do something.
    unsafe {
        scaled::launch_unchecked(&out.client, count, dim, buffer(&y), buffer(&a), buffer(&out), activation);
    }
    out
}

#[cube(launch_unchecked)]
fn scaled(y: &[f32], a: &[f32], out: &mut [f32], #[comptime] activation: Activation) {
    if ABSOLUTE_POS < out.len() {
        let value = y[ABSOLUTE_POS];
        if comptime!(activation == Activation::Tanh) {
            out[ABSOLUTE_POS] = (1.0f32 - value * value) * a[ABSOLUTE_POS];
        } else {
            out[ABSOLUTE_POS] = select(value <= 0.0f32, 0.0f32, a[ABSOLUTE_POS]);
        }
    }
}
