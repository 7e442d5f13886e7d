//! Surfaces on whatever adapter there is, against the camera, the colours and the values on the CPU.

use std::sync::Arc;

use flatscape::render::{
    Camera, ContourJob, ContourStyle, FrameTicks, LossScale, MarkKind, Offscreen, Pixels, ScaledGrid, SurfaceJob,
    SurfaceMark, SurfaceStyle, drape, surface_height,
};

use crate::adapter::{device, device_of};

const SIZE: [u32; 2] = [260, 200];
const ASPECT: f32 = 1.3;
const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];

fn offscreen(samples: u32) -> Option<Offscreen> {
    device().map(|(device, queue)| Offscreen::new(&device, &queue, samples))
}

fn grid(side: usize, at: impl Fn(f32, f32) -> f32) -> Arc<ScaledGrid> {
    let share = |i: usize| i as f32 / (side - 1).max(1) as f32;
    let loss: Vec<f32> = (0..side * side).map(|i| at(share(i % side), share(i / side))).collect();
    Arc::new(ScaledGrid::new(&loss, side, LossScale::Linear).expect("a whole grid"))
}

/// Two hills, one behind the other from the front, and a slope.
fn hills(u: f32, v: f32) -> f32 {
    let hill = |x: f32, y: f32| (-40.0 * ((u - x).powi(2) + (v - y).powi(2))).exp();
    0.9 * hill(0.45, 0.3) + 0.6 * hill(0.5, 0.75) + 0.1 * u
}

/// A surface in the map's own colours, without lines or a box.
fn plain(grid: &Arc<ScaledGrid>, limits: [f32; 2], camera: Camera) -> SurfaceJob {
    let mut style = SurfaceStyle::new(ContourStyle::on(LossScale::Linear, limits));
    style.contour.line_width_px = 0.0;
    style.is_lit = false;
    style.frame = [0.0; 4];
    SurfaceJob {
        grid: Arc::clone(grid),
        style,
        camera,
        marks: Arc::default(),
        ticks: Arc::new(FrameTicks::default()),
        size_px: SIZE,
        corner_radius_px: 0.0,
    }
}

fn at_share(picture: &Pixels, [x, y]: [f32; 2]) -> [u8; 4] {
    picture.get((x * SIZE[0] as f32) as u32, (y * SIZE[1] as f32) as u32).expect("in the picture")
}

fn same(a: [u8; 4], b: [u8; 4], tolerance: u8) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

fn is_background(job: &SurfaceJob, pixel: [u8; 4]) -> bool {
    same(pixel, job.style.background.map(|c| (c * 255.0).round() as u8), 1)
}

/// Compares pixels with the colour at the place that the camera picks there, apart from the outline of the surface.
/// Returns how many were compared.
fn assert_picked_colors(job: &SurfaceJob, picture: &Pixels) -> usize {
    let mut failures = Vec::new();
    let mut compared = 0;
    for y in (4..SIZE[1]).step_by(9) {
        for x in (4..SIZE[0]).step_by(9) {
            let pick = |dx: f32, dy: f32| {
                let at = [(x as f32 + 0.5 + dx) / SIZE[0] as f32, (y as f32 + 0.5 + dy) / SIZE[1] as f32];
                job.camera.pick(at, ASPECT, &job.grid, &job.style.contour)
            };
            let around = [(0.0, 0.0), (2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0)].map(|(x, y)| pick(x, y));
            let found = picture.get(x, y).expect("in the picture");
            let expected = match around {
                [None, None, None, None, None] => None,
                [Some(place), ..] => {
                    let far = |other: &Option<[f64; 2]>| {
                        other.is_none_or(|other| (other[0] - place[0]).hypot(other[1] - place[1]) > 0.12)
                    };
                    if around.iter().any(far) {
                        continue;
                    }
                    let [u, v] = place.map(|share| share as f32);
                    job.style.contour.color_at(&job.grid, u, 1.0 - v)
                }
                _ => continue,
            };
            compared += 1;
            let is_same = expected.map_or_else(|| is_background(job, found), |color| same(found, color, 9));
            if !is_same {
                failures.push(format!("({x}, {y}): {found:?}, not {expected:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{:?}: {} of {compared}\n{}", job.camera, failures.len(), failures.join("\n"));
    compared
}

#[test]
fn every_view_shows_what_its_camera_picks() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let grid = grid(41, hills);
    let mut turned = Camera::default();
    turned.orbit(2.0, 0.2);
    turned.zoom(1.5);
    turned.pan([0.05, 0.1], ASPECT);
    for camera in [Camera::top(), Camera::default(), Camera::front(), Camera::side(), turned] {
        let job = plain(&grid, [0.0, 1.0], camera);
        let compared = assert_picked_colors(&job, &offscreen.surface(&job).unwrap());
        assert!(compared > 300, "{camera:?}: {compared}");
    }
}

/// OpenGL can do less than the others: a window takes it where there is nothing else.
#[test]
fn opengl_draws_the_same() {
    let Some((device, queue)) = device_of(wgpu::Backends::GL) else { return };
    let Some(mut other) = offscreen(1) else { return };
    let mut gl = Offscreen::new(&device, &queue, 1);
    let mut job = plain(&grid(41, hills), [0.0, 1.0], Camera::default());
    assert_picked_colors(&job, &gl.surface(&job).unwrap());
    // With all that there is: light, a floor, lines, the box, marks before and behind.
    job.style = SurfaceStyle { floor_alpha: 0.6, ..SurfaceStyle::new(ContourStyle::on(LossScale::Linear, [0.0, 0.7])) };
    job.marks = Arc::new(vec![mark(drape(&job.grid, &[[0.1, 0.1], [0.9, 0.9]]), MarkKind::Line)]);
    let pictures = [gl.surface(&job).unwrap(), other.surface(&job).unwrap()];
    let differs = |(a, b): &(&u8, &u8)| a.abs_diff(**b) > 9;
    let num_different = pictures[0].rgba.iter().zip(&pictures[1].rgba).filter(differs).count();
    assert!(num_different < pictures[0].rgba.len() / 200, "{num_different} bytes");
}

#[test]
fn the_top_view_has_the_colors_of_the_contour() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let job = plain(&grid(21, hills), [0.0, 1.0], Camera::top());
    let picture = offscreen.surface(&job).unwrap();
    for (u, v) in [(0.1, 0.1), (0.45, 0.3), (0.5, 0.75), (0.9, 0.2), (0.3, 0.6)] {
        let height = surface_height(&job.grid, &job.style.contour, [u, v]).unwrap();
        let (at, _) = job.camera.project([u, v, height], ASPECT).unwrap();
        let expected = job.style.contour.color_at(&job.grid, u, 1.0 - v).unwrap();
        let found = at_share(&picture, at);
        assert!(same(found, expected, 8), "({u}, {v}): {found:?}, not {expected:?}");
    }
}

#[test]
fn a_near_hill_hides_a_far_one() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let hill = |v: f32, height: f32| move |y: f32| height * (-60.0 * (y - v).powi(2)).exp();
    let (near, far) = (hill(0.3, 1.0), hill(0.8, 0.5));
    let job = plain(&grid(41, |_, y| near(y) + far(y)), [0.0, 1.0], Camera::front());
    let picture = offscreen.surface(&job).unwrap();
    let (at, _) = job.camera.project([0.5, 0.8, 0.5], ASPECT).unwrap();
    let picked = job.camera.pick(at, ASPECT, &job.grid, &job.style.contour).unwrap();
    assert!(picked[1] < 0.35, "the far hill is picked: {picked:?}");
    let shown = job.style.contour.color_at(&job.grid, picked[0] as f32, 1.0 - picked[1] as f32).unwrap();
    assert!(same(at_share(&picture, at), shown, 12), "{:?}, not {shown:?}", at_share(&picture, at));
}

#[test]
fn masked_cells_are_cut_out() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let holed = grid(21, |u, v| if (u - 0.5).hypot(v - 0.5) < 0.08 { f32::NAN } else { 0.3 + 0.4 * u });
    let job = plain(&holed, [0.0, 1.0], Camera::top());
    let picture = offscreen.surface(&job).unwrap();
    let pixel = |u, v| at_share(&picture, job.camera.project([u, v, 0.5], ASPECT).unwrap().0);
    assert!(is_background(&job, pixel(0.5, 0.5)), "{:?}", pixel(0.5, 0.5));
    assert!(!is_background(&job, pixel(0.2, 0.5)));
    assert_picked_colors(&job, &picture);
}

#[test]
fn diverged_grids_give_an_empty_picture() {
    let Some(mut offscreen) = offscreen(1) else { return };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut job = plain(&grid(5, |_, _| value), [f32::NAN, f32::INFINITY], Camera::default());
        job.camera.yaw = f32::NAN;
        job.marks = Arc::new(vec![mark(vec![[f32::NAN; 3], [0.5, 0.5, value]], MarkKind::Line)]);
        let picture = offscreen.surface(&job).unwrap();
        let all_empty = (0..SIZE[0])
            .step_by(7)
            .all(|x| (0..SIZE[1]).step_by(7).all(|y| is_background(&job, picture.get(x, y).expect("in the picture"))));
        assert!(all_empty, "{value}");
        // Its box is still there.
        job.style.frame = [1.0; 4];
        let picture = offscreen.surface(&job).unwrap();
        assert!(picture.rgba.chunks(4).any(|pixel| pixel[0] > 150));
    }
    // Some huge numbers beside usual ones.
    let mixed = plain(&grid(5, |u, v| if u > 0.8 { 3e38 } else { v }), [0.0, 1.0], Camera::default());
    assert!(offscreen.surface(&mixed).is_ok());
}

#[test]
fn the_smallest_grids_are_drawn() {
    let Some(mut offscreen) = offscreen(1) else { return };
    for side in [1, 2] {
        let job = plain(&grid(side, |u, _| 0.5 + 0.2 * u), [0.0, 1.0], Camera::top());
        let picture = offscreen.surface(&job).unwrap();
        assert!(!is_background(&job, at_share(&picture, [0.5, 0.5])), "{side}");
        assert_picked_colors(&job, &picture);
        let contour = ContourJob {
            grid: Arc::clone(&job.grid),
            style: job.style.contour,
            size_px: [1, 1],
            corner_radius_px: 6.0,
        };
        assert_eq!(offscreen.contour(&contour).unwrap().size, [1, 1]);
    }
    let tiny = SurfaceJob { size_px: [0, 0], ..plain(&grid(9, hills), [0.0, 1.0], Camera::default()) };
    assert_eq!(offscreen.surface(&tiny).unwrap().size, [1, 1]);
}

#[test]
fn what_is_above_the_limit_is_flat_and_hatched() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let job = plain(&grid(21, |u, _| 3.0 * u), [0.0, 1.0], Camera::top());
    assert_eq!(surface_height(&job.grid, &job.style.contour, [0.9, 0.5]), Some(1.0));
    let picture = offscreen.surface(&job).unwrap();
    let (at, _) = job.camera.project([0.8, 0.5, 1.0], ASPECT).unwrap();
    let (x, y) = ((at[0] * SIZE[0] as f32) as u32, (at[1] * SIZE[1] as f32) as u32);
    let mut colors: Vec<[u8; 4]> = (0..20).filter_map(|dx| picture.get(x - 10 + dx, y)).collect();
    colors.sort_unstable();
    colors.dedup();
    assert_eq!(colors.len(), 2, "{colors:?}");
    let top = job.style.contour.map.at(1.0);
    assert!(colors.iter().all(|color| !same(*color, top, 10)), "{colors:?}");
}

#[test]
fn iso_lines_of_the_surface_stand_at_their_levels() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let mut job = plain(&grid(21, |u, _| u), [0.0, 1.0], Camera::top());
    job.style.contour.line_width_px = 2.0;
    job.style.contour.line_color = RED;
    let picture = offscreen.surface(&job).unwrap();
    let redness = |u: f32| {
        let (at, _) = job.camera.project([u, 0.5, u], ASPECT).unwrap();
        let [red, green, blue, _] = at_share(&picture, at);
        i32::from(red) - i32::from(green.max(blue))
    };
    // A scale from 0 to 1 has a line at every tenth.
    assert!(redness(0.5) > 150 && redness(0.2) > 150, "{} {}", redness(0.5), redness(0.2));
    assert!(redness(0.45) < 60 && redness(0.65) < 60, "{} {}", redness(0.45), redness(0.65));
}

fn mark(points: Vec<[f32; 3]>, kind: MarkKind) -> SurfaceMark {
    SurfaceMark { points, color: RED, width_px: 5.0, kind }
}

#[test]
fn marks_lie_on_the_surface_and_are_dim_behind_it() {
    let Some(mut offscreen) = offscreen(4) else { return };
    let ridge = grid(41, |_, v| (-80.0 * (v - 0.4).powi(2)).exp());
    let mut job = plain(&ridge, [0.0, 1.0], Camera::front());
    let (before, behind) = ([[0.4, 0.1], [0.6, 0.1]], [[0.4, 0.75], [0.6, 0.75]]);
    job.marks = Arc::new(vec![
        mark(drape(&ridge, &before), MarkKind::Line),
        mark(drape(&ridge, &behind), MarkKind::Line),
        mark(vec![[0.2, 0.4, 1.0]], MarkKind::Dots),
    ]);
    let redness = |picture: &Pixels, point: [f32; 3]| {
        let (at, _) = job.camera.project(point, ASPECT).unwrap();
        let [red, green, blue, _] = at_share(picture, at);
        i32::from(red) - i32::from(green.max(blue))
    };
    let picture = offscreen.surface(&job).unwrap();
    let height = |v: f32| surface_height(&ridge, &job.style.contour, [0.5, v]).unwrap();
    let (near, far) = (redness(&picture, [0.5, 0.1, height(0.1)]), redness(&picture, [0.5, 0.75, height(0.75)]));
    assert!(near > 200, "in front: {near}");
    let without = SurfaceJob { marks: Arc::default(), ..job.clone() };
    let bare = redness(&offscreen.surface(&without).unwrap(), [0.5, 0.75, height(0.75)]);
    assert!(far > bare + 20 && far < 150, "behind: {far}, without {bare}");
    let dot = redness(&picture, [0.2, 0.4, 1.0]);
    assert!(dot > 120, "the dot: {dot}");
}

#[test]
fn light_shows_shape() {
    let Some(mut offscreen) = offscreen(1) else { return };
    // One colour, so that only the light differs: a steep hill on a scale that is one colour there.
    let hill = grid(41, |u, v| (-30.0 * ((u - 0.5).powi(2) + (v - 0.5).powi(2))).exp());
    let mut job = plain(&hill, [0.0, 1.0], Camera::top());
    job.style.is_lit = true;
    let picture = offscreen.surface(&job).unwrap();
    let brightness = |u: f32, v: f32| {
        let (at, _) = job.camera.project([u, v, 0.0], ASPECT).unwrap();
        at_share(&picture, at)[..3].iter().map(|c| i32::from(*c)).sum::<i32>()
    };
    let places = [(0.4, 0.5), (0.6, 0.5), (0.5, 0.4), (0.5, 0.6)].map(|(u, v)| brightness(u, v));
    let (low, high) = (places.iter().min().unwrap(), places.iter().max().unwrap());
    assert!(high - low > 40, "equal heights look alike from every side: {places:?}");
}

#[test]
fn sizes_are_held_within_what_the_device_can_do() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let wide = SurfaceJob { size_px: [200_000, 1_000], ..plain(&grid(9, hills), [0.0, 1.0], Camera::default()) };
    let picture = offscreen.surface(&wide).unwrap();
    let [width, height] = picture.size;
    assert!(width > 1_000 && width <= 16_384 && height * 200 <= width + 200, "{:?}", picture.size);
    assert_eq!(picture.rgba.len(), 4 * width as usize * height as usize);
}

#[test]
fn a_floor_lies_below_the_surface() {
    let Some(mut offscreen) = offscreen(1) else { return };
    let mut job = plain(&grid(21, |_, _| 0.9), [0.0, 1.0], Camera::default());
    job.style.floor_alpha = 1.0;
    let picture = offscreen.surface(&job).unwrap();
    // The near corner of the floor, below the surface's.
    let (at, _) = job.camera.project([0.97, 0.03, job.style.base()], ASPECT).unwrap();
    let (near, _) = job.camera.project([0.03, 0.03, job.style.base()], ASPECT).unwrap();
    let expected = job.style.contour.map.at(0.9);
    let shown: Vec<_> = [at, near].into_iter().filter(|at| at.iter().all(|s| (0.0..1.0).contains(s))).collect();
    assert!(!shown.is_empty());
    for at in shown {
        assert!(same(at_share(&picture, at), expected, 3), "{at:?}");
    }
}
