//! Axes of a slice that show given places.

use super::slice::symmetric_axis;

/// Coordinates of `count` points along both directions, at the same distances, that hold all `places` and (0, 0) with
/// `margin` times their extent around them. From three points on 0 is one of the coordinates, so that the centre is met
/// exactly.
#[must_use]
pub fn framed_axes(places: &[[f64; 2]], margin: f64, count: usize) -> [Vec<f64>; 2] {
    let ends = [0, 1].map(|axis| {
        let values = places.iter().map(|place| place[axis]).filter(|value| value.is_finite());
        values.fold([0.0_f64, 0.0], |[low, high], value| [low.min(value), high.max(value)])
    });
    let extent = ends.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    // Places that are all at the centre have no extent.
    let extent = if extent > 0.0 { extent } else { 1.0 };
    if count < 3 {
        let reach = ends.iter().flatten().fold(0.0_f64, |reach, end| reach.max(end.abs())) + margin * extent;
        return [0, 1].map(|_| symmetric_axis(reach, count));
    }
    let last = count - 1;
    let wide = ends.map(|[low, high]| [low - margin * extent, high + margin * extent]);
    // The distance that an axis needs where its 0 is point `zero`.
    let needed = |[low, high]: [f64; 2], zero: usize| (-low / zero as f64).max(high / (last - zero) as f64);
    let least = |ends| (1..last).map(|zero| needed(ends, zero)).fold(f64::INFINITY, f64::min);
    let step = (extent * (1.0 + 2.0 * margin) / last as f64).max(least(wide[0])).max(least(wide[1]));
    wide.map(|ends| {
        let middle = 0.5 * (ends[0] + ends[1]);
        let off = |zero: &usize| (0.5 * last as f64 - *zero as f64 - middle / step).abs();
        let fitting = (1..last).filter(|&zero| needed(ends, zero) <= step * (1.0 + 1e-12));
        let zero = fitting.min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(last / 2);
        (0..count).map(|i| (i as f64 - zero as f64) * step).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_all_places_and_have_their_zero() {
        let cases: [&[[f64; 2]]; 5] = [
            &[[3.0, -0.2], [2.0, 0.4], [0.0, 0.0]],
            &[[-1e-3, 5e-4], [1e-3, 0.0]],
            &[[7.0, 7.0]],
            &[[0.0, 0.0]],
            &[[-4.0, 1.0], [f64::NAN, 2.0], [0.1, -8.0]],
        ];
        for places in cases {
            for count in [3, 4, 5, 25, 50] {
                let axes = framed_axes(places, 0.15, count);
                let steps = axes.each_ref().map(|axis| axis[1] - axis[0]);
                assert!((steps[0] - steps[1]).abs() < 1e-12 * steps[0], "{places:?} {count}: one scale");
                for (axis, points) in axes.iter().enumerate() {
                    assert!(points.len() == count && points.contains(&0.0), "{places:?} {count}");
                    let inside = |value: f64| points[0] < value && value < points[count - 1];
                    assert!(
                        places.iter().filter(|p| p[axis].is_finite()).all(|p| inside(p[axis])),
                        "{places:?} {count}"
                    );
                }
            }
            let [x, _] = framed_axes(places, 0.15, 2);
            assert!(x.len() == 2 && x[0] == -x[1]);
        }
        let [x, y] = framed_axes(&[[10.0, -1.0], [0.0, 1.0]], 0.1, 25);
        assert!(x[24] - x[0] < 13.0 && x[0] > -2.5, "no wider than it needs to be: {x:?}");
        assert!((y[0] + y[24]).abs() < 0.51, "in the middle: {y:?}");
    }
}
