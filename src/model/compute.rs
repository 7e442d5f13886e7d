//! Where tensors live and how precise they are.

use std::sync::{Arc, OnceLock};

use burn::tensor::{DType, Device, Element, Int, Tensor, TensorData, Transaction};

use super::counts;
use crate::config::Real;

/// A number of examples, which the device takes as it is.
pub trait Number: Real + Element {}

impl<T: Real + Element> Number for T {}

/// A device with a precision.
#[derive(Debug, Clone)]
pub struct Compute {
    device: Device,
    dtype: DType,
    /// What is sent once for all random numbers.
    table: Arc<OnceLock<Tensor<1, Int>>>,
}

impl Compute {
    /// 32-bit numbers on `device`.
    #[must_use]
    pub fn new(device: Device) -> Self {
        Self { device, dtype: DType::F32, table: Arc::default() }
    }

    /// 32-bit numbers on the CPU.
    #[must_use]
    pub fn cpu() -> Self {
        Self::new(Device::flex())
    }

    /// 64-bit numbers on the CPU, for references.
    #[must_use]
    pub fn cpu_f64() -> Self {
        Self { dtype: DType::F64, ..Self::cpu() }
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Whether it is the CPU, where nothing has to be compiled first.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        is_cpu(&self.device)
    }

    /// Spacing of its numbers at 1: the relative error of one rounding.
    #[must_use]
    pub const fn epsilon(&self) -> f64 {
        if matches!(self.dtype, DType::F64) { f64::EPSILON } else { f32::EPSILON as f64 }
    }

    /// Bytes of one of its numbers.
    #[must_use]
    pub const fn number_bytes(&self) -> usize {
        if matches!(self.dtype, DType::F64) { 8 } else { 4 }
    }

    /// The table that `made` gives, sent once for all that share this device.
    pub(super) fn table(&self, made: fn() -> Vec<u32>) -> &Tensor<1, Int> {
        self.table.get_or_init(|| {
            let table = made();
            counts::sent(size_of_val(&table[..]));
            let size = table.len();
            Tensor::from_data(TensorData::new(table, [size]), (&self.device, DType::U32))
        })
    }

    /// Puts row-major values on the device.
    #[must_use]
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        self.tensor_of(values, shape)
    }

    /// Puts row-major values of either precision on the device.
    #[must_use]
    pub fn tensor_of<T: Element, const D: usize>(&self, values: Vec<T>, shape: [usize; D]) -> Tensor<D> {
        uploaded(values, shape, &self.device, self.dtype)
    }

    /// Puts row-major values on the device, rounded where it computes with 32 bits.
    #[must_use]
    pub fn tensor_f64<const D: usize>(&self, values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
        self.tensor_of(values, shape)
    }
}

/// Row-major values on a device.
#[must_use]
pub(super) fn uploaded<T: Element, const D: usize>(
    values: Vec<T>,
    shape: [usize; D],
    device: &Device,
    dtype: DType,
) -> Tensor<D> {
    if !is_cpu(device) {
        counts::sent(values.len() * dtype.size());
    }
    Tensor::from_data(TensorData::new(values, shape), (device, dtype))
}

/// Row-major whole numbers on a device.
#[must_use]
pub(super) fn uploaded_whole<const D: usize>(values: Vec<i32>, shape: [usize; D], device: &Device) -> Tensor<D, Int> {
    if !is_cpu(device) {
        counts::sent(size_of_val(&values[..]));
    }
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Whether a device is the CPU, with a tape or without.
fn is_cpu(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
}

/// Takes down what the host waits for.
fn waiting_for<const D: usize>(tensors: &[Tensor<D>]) {
    if tensors.iter().any(|tensor| !is_cpu(&tensor.device())) {
        counts::received(tensors.iter().map(|tensor| tensor.shape().num_elements() * tensor.dtype().size()).sum());
    }
}

/// Reads a tensor back, row-major, in 64 bits.
#[must_use]
pub fn to_host<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    waiting_for(std::slice::from_ref(&tensor));
    tensor.into_data().iter::<f64>().collect()
}

/// Reads a tensor back, row-major, in 32 bits.
#[must_use]
pub fn to_host_f32<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    waiting_for(std::slice::from_ref(&tensor));
    tensor.into_data().iter::<f32>().collect()
}

/// Reads tensors back, each row-major, in 64 bits: the host waits once for all of them.
#[must_use]
pub fn all_to_host<const D: usize>(tensors: Vec<Tensor<D>>) -> Vec<Vec<f64>> {
    waiting_for(&tensors);
    let reads = tensors.into_iter().fold(Transaction::default(), Transaction::register);
    reads.execute().iter().map(|data| data.iter::<f64>().collect()).collect()
}
