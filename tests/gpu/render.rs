//! The contour shader and its twin on the CPU give the same colours, on whatever adapter there is.

use std::sync::Arc;

use flatscape::render::{
    ColorMap, ContourJob, ContourRenderer, ContourStyle, LossScale, Offscreen, PaneRenderer as _, ScaledGrid,
    begin_reading, guarded, largest_share, paint_and_read,
};

use crate::adapter::{device, device_of};

const SIDE: u32 = 256;

/// The pane as RGBA bytes, drawn into a texture of its size.
fn render(device: &wgpu::Device, queue: &wgpu::Queue, job: &ContourJob) -> Vec<u8> {
    let mut renderer = ContourRenderer::new(device, queue, wgpu::TextureFormat::Rgba8Unorm, 1);
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    // The second time nothing is new, and the picture must stay.
    renderer.prepare(device, queue, &mut encoder, 7, job);
    renderer.prepare(device, queue, &mut encoder, 7, job);
    let reading = paint_and_read(device, queue, encoder, [SIDE; 2], |pass| {
        renderer.paint(pass, 7);
        renderer.paint(pass, 8);
    });
    reading.wait().expect("a picture").rgba
}

fn pixel(picture: &[u8], x: u32, y: u32) -> [u8; 4] {
    let start = ((y * SIDE + x) * 4) as usize;
    picture[start..start + 4].try_into().expect("four bytes")
}

fn bowl(columns: usize, rows: usize) -> Vec<f32> {
    let place = |i: usize, n: usize| 2.0 * i as f32 / (n - 1) as f32 - 1.0;
    (0..columns * rows)
        .map(|i| {
            let (x, y) = (place(i % columns, columns), place(i / columns, rows));
            0.03 + 2.0 * (x - 0.2).powi(2) + 0.6 * (y + 0.3).powi(2) + x * y
        })
        .collect()
}

fn job(loss: &[f32], columns: usize, scale: LossScale) -> ContourJob {
    let grid = Arc::new(ScaledGrid::new(loss, columns, scale).expect("a whole grid"));
    let mut style = ContourStyle::on(scale, grid.extent().unwrap_or([0.0, 1.0]));
    style.line_width_px = 0.0;
    ContourJob { grid, style, size_px: [SIDE, SIDE], corner_radius_px: 0.0 }
}

/// Compares probe points; reports all that differ.
fn assert_same(job: &ContourJob, picture: &[u8]) {
    let mut failures = Vec::new();
    for y in (3..SIDE).step_by(17) {
        for x in (3..SIDE).step_by(17) {
            let (u, v) = ((x as f32 + 0.5) / SIDE as f32, (y as f32 + 0.5) / SIDE as f32);
            let found = pixel(picture, x, y);
            let same = match job.style.color_at(&job.grid, u, v) {
                Some(expected) => found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 3),
                None => job
                    .style
                    .hatch
                    .iter()
                    .any(|grey| found[..3].iter().zip(grey).all(|(a, b)| (f32::from(*a) / 255.0 - b).abs() < 0.01)),
            };
            if !same {
                failures.push(format!("({x}, {y}): {found:?}, not {:?}", job.style.color_at(&job.grid, u, v)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn fill_matches_the_twin() {
    let Some((device, queue)) = device() else { return };
    for (scale, use_cubic) in [(LossScale::Log10, true), (LossScale::Linear, true), (LossScale::Log10, false)] {
        let mut job = job(&bowl(21, 13), 21, scale);
        job.style.use_cubic = use_cubic;
        assert_same(&job, &render(&device, &queue, &job));
    }
}

/// OpenGL can do less than the others: a window takes it where there is nothing else.
#[test]
fn opengl_draws_the_same() {
    let Some((device, queue)) = device_of(wgpu::Backends::GL) else { return };
    for (scale, use_cubic) in [(LossScale::Log10, true), (LossScale::Linear, true), (LossScale::Log10, false)] {
        let mut job = job(&bowl(21, 13), 21, scale);
        job.style.use_cubic = use_cubic;
        assert_same(&job, &render(&device, &queue, &job));
    }
    let mut loss = bowl(9, 9);
    loss[40] = f32::NAN;
    let masked = job(&loss, 9, LossScale::Log10);
    assert_same(&masked, &render(&device, &queue, &masked));
    // With lines, as on the other way to the same pixels.
    let Some((other, other_queue)) = self::device() else { return };
    let lines = ContourJob { style: ContourStyle::new([-1.5, 0.5]), ..job(&bowl(21, 13), 21, LossScale::Log10) };
    let pictures = [render(&device, &queue, &lines), render(&other, &other_queue, &lines)];
    let differs = |(a, b): &(&u8, &u8)| a.abs_diff(**b) > 3;
    let num_different = pictures[0].iter().zip(&pictures[1]).filter(differs).count();
    assert!(num_different < pictures[0].len() / 500, "{num_different} bytes");
}

#[test]
fn every_map_matches_the_twin() {
    let Some((device, queue)) = device() else { return };
    for map in ColorMap::ALL {
        let scale = if map.is_diverging() { LossScale::Symmetric } else { LossScale::Percent };
        let values: Vec<f32> = bowl(9, 9).iter().map(|value| value - 1.0).collect();
        let mut job = job(&values, 9, scale);
        job.style = ContourStyle { line_width_px: 0.0, ..job.style.with_map(map) };
        assert_same(&job, &render(&device, &queue, &job));
    }
}

#[test]
fn masked_cells_are_hatched() {
    let Some((device, queue)) = device() else { return };
    let mut loss = bowl(9, 9);
    for cell in [0, 4, 40, 41, 79] {
        loss[cell] = if cell % 2 == 0 { f32::NAN } else { f32::INFINITY };
    }
    let partly = job(&loss, 9, LossScale::Log10);
    assert_same(&partly, &render(&device, &queue, &partly));
    let all = job(&[f32::NAN; 9], 3, LossScale::Log10);
    assert_same(&all, &render(&device, &queue, &all));
    let one = job(&[0.5], 1, LossScale::Log10);
    assert_same(&one, &render(&device, &queue, &one));
}

#[test]
fn iso_lines_stand_at_their_levels() {
    let Some((device, queue)) = device() else { return };
    // A ramp from 0 to 10 has lines at whole numbers: the line of 5 stands in the middle.
    let ramp: Vec<f32> = (0..11 * 2).map(|i| (i % 11) as f32).collect();
    let mut job = job(&ramp, 11, LossScale::Linear);
    job.style = ContourStyle { line_width_px: 2.0, line_color: [1.0; 4], ..job.style };
    job.style.use_cubic = false;
    assert!(job.style.levels().contains(&5.0) && !job.style.levels().contains(&5.5));
    let picture = render(&device, &queue, &job);
    let brightness = |x: u32| pixel(&picture, x, 100)[..3].iter().map(|c| u32::from(*c)).sum::<u32>();
    assert!(brightness(127).max(brightness(128)) > 700, "no line at 5: {}", brightness(128));
    let (u, v) = (140.5 / SIDE as f32, 100.5 / SIDE as f32);
    let between = job.style.color_at(&job.grid, u, v).unwrap();
    assert!(pixel(&picture, 140, 100).iter().zip(between).all(|(a, b)| a.abs_diff(b) <= 3), "a line between levels");
}

/// Lines at round losses are unevenly spread over the logarithmic scale; each is as wide as the others.
#[test]
fn iso_lines_of_a_logarithmic_scale_stand_at_round_losses() {
    let Some((device, queue)) = device() else { return };
    // From 0.1 to 10 along x, evenly in the logarithm.
    let side = 65;
    let ramp: Vec<f32> =
        (0..side * 2).map(|i| 10_f32.powf(2.0 * (i % side) as f32 / (side - 1) as f32 - 1.0)).collect();
    let mut job = job(&ramp, side, LossScale::Log10);
    job.style = ContourStyle { line_width_px: 2.0, line_color: [1.0; 4], ..job.style };
    let picture = render(&device, &queue, &job);
    let is_line = |x: u32| pixel(&picture, x, 100)[..3].iter().all(|channel| *channel > 235);
    let found: Vec<u32> = (1..SIDE).filter(|x| is_line(*x) && !is_line(x - 1)).collect();
    let inner: Vec<f64> = job.style.level_values().into_iter().filter(|loss| (0.11..9.0).contains(loss)).collect();
    assert!(inner.len() >= 10, "{inner:?}");
    for loss in &inner {
        let x = (loss.log10() + 1.0) / 2.0 * f64::from(SIDE);
        assert!(found.iter().any(|start| (f64::from(*start) + 1.0 - x).abs() < 2.0), "no line at {loss}: {found:?}");
    }
    let beside = found.iter().filter(|x| (20..236).contains(*x)).count();
    let levels = inner.iter().filter(|loss| (20.0..236.0).contains(&((loss.log10() + 1.0) / 2.0 * 256.0))).count();
    assert!(beside.abs_diff(levels) <= 1, "{beside} lines, {levels} levels");
}

#[test]
fn corners_are_round() {
    let Some((device, queue)) = device() else { return };
    let mut job = job(&bowl(9, 9), 9, LossScale::Log10);
    job.corner_radius_px = 12.0;
    let picture = render(&device, &queue, &job);
    assert_eq!(pixel(&picture, 0, 0)[3], 0);
    assert_eq!(pixel(&picture, SIDE / 2, 0)[3], 255);
}

#[test]
fn more_than_a_device_can_hold_is_an_error_and_it_goes_on() {
    let Some((device, queue)) = device() else { return };
    let width = device.limits().max_texture_dimension_2d + 1;
    let reading = guarded(&device, || {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width, height: 16, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        begin_reading(&device, &queue, encoder, &texture)
    });
    let reason = reading.err().expect("it is too wide").to_string();
    assert!(reason.contains(&width.to_string()), "{reason}");
    // Its own pictures stay within what it can hold.
    let share = largest_share(&device, [1e6, 10.0]);
    assert!(1e6 * share <= f64::from(width - 1), "{share}");
    let job = ContourJob { size_px: [u32::MAX, 20], ..job(&bowl(21, 13), 21, LossScale::Linear) };
    let pixels = Offscreen::new(&device, &queue, 1).contour(&job).expect("a smaller one");
    assert_eq!(pixels.size[0], width - 1);
}

#[test]
fn a_device_that_is_gone_is_an_error_too() {
    let Some((device, queue)) = device() else { return };
    let job = job(&bowl(21, 13), 21, LossScale::Linear);
    let mut offscreen = Offscreen::new(&device, &queue, 1);
    offscreen.contour(&job).expect("a picture");
    device.destroy();
    let started = std::time::Instant::now();
    assert!(offscreen.contour(&job).is_err());
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "it does not wait for what cannot come");
}
