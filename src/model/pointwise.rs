//! Pointwise functions with their first two derivatives.

use burn::tensor::Tensor;

use super::composed::Composed;
use super::kernels;
use super::nonlinearity::Nonlinearity;

/// A smooth pointwise function of which the arithmetics need at most two derivatives.
pub(super) trait Pointwise: Copy {
    /// f(x).
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D>;

    /// f(x) and f'(x).
    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2];

    /// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere. They need not be differentiable by autodiff.
    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>);

    /// f(x) and f'(x)·ẋ.
    fn along<const D: usize>(self, x: Tensor<D>, first: Tensor<D>) -> [Tensor<D>; 2] {
        let [value, slope] = self.with_slope(x);
        [value, slope * first]
    }
}

/// One operation each on the CPU, else compositions.
impl Pointwise for Nonlinearity {
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        if kernels::runs_here(&x) { kernels::nonlinear(x, self) } else { Composed(self).value(x) }
    }

    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        Composed(self).with_slope(x)
    }

    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        if kernels::runs_here(&x) { kernels::derivatives(x, self) } else { Composed(self).with_curvature(x) }
    }

    fn along<const D: usize>(self, x: Tensor<D>, first: Tensor<D>) -> [Tensor<D>; 2] {
        if kernels::runs_here(&x) && x.dims() == first.dims() {
            return [kernels::nonlinear(x.clone(), self), kernels::nonlinear_first(x, first, self)];
        }
        let [value, slope] = Composed(self).with_slope(x);
        [value, slope * first]
    }
}

/// 1/√(x + ε), by which norms scale: y' = −y³/2, y'' = 3y⁵/4.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReciprocalRoot {
    /// ε, added so that a variance of 0 gives a number.
    pub epsilon: f64,
}

impl Pointwise for ReciprocalRoot {
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        (x + self.epsilon).sqrt().recip()
    }

    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        let y = self.value(x);
        [y.clone(), y.clone() * y.clone() * y * -0.5]
    }

    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        let [y, slope] = self.with_slope(x);
        let curvature = slope.clone() * y.clone() * y.clone() * -1.5;
        (y, slope, Some(curvature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Device, TensorData};

    const ALL: [Nonlinearity; 12] = [
        Nonlinearity::Relu,
        Nonlinearity::LeakyRelu(0.2),
        Nonlinearity::Tanh,
        Nonlinearity::Gelu,
        Nonlinearity::GeluTanh,
        Nonlinearity::Silu,
        Nonlinearity::Sigmoid,
        Nonlinearity::Softplus,
        Nonlinearity::Elu(1.0),
        Nonlinearity::Elu(0.3),
        Nonlinearity::Elu(-2.0),
        Nonlinearity::Hardswish,
    ];

    fn tensor_of(values: Vec<f64>, dtype: DType) -> Tensor<2> {
        let size = values.len();
        Tensor::from_data(TensorData::new(values, [1, size]), (&Device::flex(), dtype))
    }

    fn host(x: Tensor<2>) -> Vec<f64> {
        x.into_data().iter::<f64>().collect()
    }

    impl Pointwise for Composed {
        fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
            Self::value(self, x)
        }

        fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
            Self::with_slope(self, x)
        }

        fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
            Self::with_curvature(self, x)
        }
    }

    /// More than a task takes, 0 and the ends of hardswish among them.
    fn points() -> Vec<f64> {
        (-4500..=4500).map(|i| f64::from(i) * 0.002).chain([-40.0, 40.0, -800.0, 800.0, 1e-12]).collect()
    }

    fn assert_close(what: &str, own: &[f64], expected: &[f64], tolerance: f64) {
        let points = points();
        for (i, (own, expected)) in own.iter().zip(expected).enumerate() {
            let x = points[i];
            assert!((own - expected).abs() <= tolerance * expected.abs().max(1.0), "{what} at {x}: {own}, {expected}");
        }
        assert_eq!((own.len(), expected.len()), (points.len(), points.len()), "{what}");
    }

    /// f(x), its gradient, f'(x)·ẋ and its gradients by x and ẋ.
    fn with_gradients(f: impl Pointwise) -> [Vec<f64>; 5] {
        let points = points();
        let first: Vec<f64> = (0..points.len()).map(|i| (i % 17) as f64 * 0.1 - 0.75).collect();
        let weights = tensor_of((0..points.len()).map(|i| (i % 23) as f64 * 0.1 - 1.15).collect(), DType::F64);
        let [x, first] = [points, first].map(|values| tensor_of(values, DType::F64).autodiff().require_grad());
        let value = f.value(x.clone());
        let grads = (value.clone() * weights.clone()).sum().backward();
        let by_x = x.grad(&grads).expect("tracked");
        let [_, slope] = f.along(x.clone(), first.clone());
        let grads = (slope.clone() * weights).sum().backward();
        let zero = || x.clone().inner().zeros_like();
        let [bend, by_first] = [&x, &first].map(|leaf| leaf.grad(&grads).unwrap_or_else(zero));
        [value.inner(), by_x, slope.inner(), bend, by_first].map(host)
    }

    #[test]
    fn operations_agree_with_compositions_and_their_gradients() {
        for f in ALL {
            for (i, (own, expected)) in with_gradients(f).iter().zip(&with_gradients(Composed(f))).enumerate() {
                assert_close(&format!("{f:?} {i}"), own, expected, 1e-12);
            }
            let x = || tensor_of(points(), DType::F64);
            let (value, slope, curvature) = f.with_curvature(x());
            let (expected, expected_slope, expected_curvature) = Composed(f).with_curvature(x());
            assert_close(&format!("{f:?}"), &host(value), &host(expected), 1e-12);
            assert_close(&format!("{f:?}'"), &host(slope), &host(expected_slope), 1e-12);
            assert_eq!(curvature.is_some(), expected_curvature.is_some(), "{f:?}");
            for (own, expected) in curvature.into_iter().zip(expected_curvature) {
                assert_close(&format!("{f:?}''"), &host(own), &host(expected), 1e-12);
            }
        }
    }

    /// Derivatives against central differences of the value, away from the kinks.
    #[test]
    fn derivatives_are_those_of_the_value() {
        let h = 1e-5;
        for f in ALL {
            let values = |shift: f64| {
                let moved = tensor_of(points().iter().map(|x| x + shift).collect(), DType::F64);
                let (value, slope, _) = f.with_curvature(moved);
                [host(value), host(slope)]
            };
            let [[below, slope_below], [above, slope_above]] = [values(-h), values(h)];
            let (_, slope, curvature) = f.with_curvature(tensor_of(points(), DType::F64));
            let curvature = curvature.map_or_else(|| vec![0.0; below.len()], host);
            for (i, (x, slope)) in points().into_iter().zip(host(slope)).enumerate() {
                if [-3.0, 0.0, 3.0].iter().any(|kink: &f64| (x - kink).abs() < 2.0 * h) || x.abs() > 100.0 {
                    continue;
                }
                let central = [(above[i] - below[i]) / (2.0 * h), (slope_above[i] - slope_below[i]) / (2.0 * h)];
                assert!((slope - central[0]).abs() < 1e-8, "{f:?}'({x}) = {slope}, central difference {}", central[0]);
                let bend = curvature[i];
                assert!((bend - central[1]).abs() < 1e-8, "{f:?}''({x}) = {bend}, central difference {}", central[1]);
            }
        }
    }

    /// PyTorch 2.15 at the kinks.
    #[test]
    fn kinks_have_pytorchs_derivatives() {
        let at = |f: Nonlinearity, x: f64| {
            let (value, slope, curvature) = f.with_curvature(tensor_of(vec![x], DType::F64));
            [value, slope, curvature.expect("a curved function")].map(|a| host(a)[0])
        };
        assert_eq!(at(Nonlinearity::Elu(1.0), 0.0), [0.0, 1.0, 0.0]);
        assert_eq!(at(Nonlinearity::Elu(0.5), 0.0), [0.0, 0.5, 0.0]);
        assert_eq!(at(Nonlinearity::Hardswish, -3.0), [0.0, 0.0, 0.0]);
        assert_eq!(at(Nonlinearity::Hardswish, 3.0), [3.0, 1.0, 0.0]);
        assert_eq!(at(Nonlinearity::Softplus, 0.0), [std::f64::consts::LN_2, 0.5, 0.25]);
    }

    #[test]
    fn numbers_of_32_bits_are_those_of_64() {
        for f in ALL {
            let [wide, narrow] = [DType::F64, DType::F32].map(|dtype| {
                let (value, slope, curvature) = f.with_curvature(tensor_of(points(), dtype));
                [Some(value), Some(slope), curvature].map(|a| a.map(host))
            });
            for (order, (narrow, wide)) in narrow.iter().zip(&wide).enumerate() {
                for (narrow, wide) in narrow.iter().zip(wide) {
                    assert_close(&format!("{f:?} order {order}"), narrow, wide, 2e-6);
                }
            }
            let odd = tensor_of(vec![f64::NAN, 1.0, f64::NAN], DType::F32);
            let found = host(f.value(odd));
            assert!(found[0].is_nan() && found[1].is_finite() && found[2].is_nan(), "{f:?} {found:?}");
        }
    }
}
