//! Where tensors live and how precise they are.

use burn::tensor::{DType, Device, Element, Tensor, TensorData};

use crate::config::Real;

/// A number of examples, which the device takes as it is.
pub trait Number: Real + Element {}

impl<T: Real + Element> Number for T {}

/// A device with a precision.
#[derive(Debug, Clone)]
pub struct Compute {
    device: Device,
    dtype: DType,
}

impl Compute {
    /// 32-bit numbers on `device`.
    #[must_use]
    pub const fn new(device: Device) -> Self {
        Self { device, dtype: DType::F32 }
    }

    /// 32-bit numbers on the CPU.
    #[must_use]
    pub fn cpu() -> Self {
        Self::new(Device::flex())
    }

    /// 64-bit numbers on the CPU, for references.
    #[must_use]
    pub fn cpu_f64() -> Self {
        Self { device: Device::flex(), dtype: DType::F64 }
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Whether it is the CPU, where nothing has to be compiled first.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.device == Device::flex()
    }

    /// Spacing of its numbers at 1: the relative error of one rounding.
    #[must_use]
    pub const fn epsilon(&self) -> f64 {
        if matches!(self.dtype, DType::F64) { f64::EPSILON } else { f32::EPSILON as f64 }
    }

    /// Puts row-major values on the device.
    #[must_use]
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        self.tensor_of(values, shape)
    }

    /// Puts row-major values of either precision on the device.
    #[must_use]
    pub fn tensor_of<T: Element, const D: usize>(&self, values: Vec<T>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, self.dtype))
    }

    /// Puts row-major values on the device, rounded where it computes with 32 bits.
    #[must_use]
    pub fn tensor_f64<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        self.tensor_of(values, shape)
    }
}

/// Reads a tensor back, row-major, in 64 bits.
#[must_use]
pub fn to_host<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// Reads a tensor back, row-major, in 32 bits.
#[must_use]
pub fn to_host_f32<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
