// Draws a loss grid as a filled contour with iso-lines, once for each new grid, into a texture of the pane's size.
// Interpolation is separable: `fs_rows` does it along the rows of the grid, `fs_main` along the columns of what that
// made, with 4 + 4 taps a pixel instead of 16, and the first four for few pixels only.
// `render::contour_style` holds the twin of both and of `fill_color` on the CPU; tests compare the two.

struct Contour {
    line_color: vec4<f32>,
    hatch_dark: vec4<f32>,
    hatch_light: vec4<f32>,
    grid_size: vec2<u32>,
    limits: vec2<f32>,
    num_levels: u32,
    line_width_px: f32,
    flags: u32,
    map_row: u32,
    levels: array<vec4<f32>, 16>,
}

@group(0) @binding(0) var<uniform> contour: Contour;
@group(0) @binding(1) var grid: texture_2d<f32>;
@group(0) @binding(2) var colors: texture_2d<f32>;

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
}

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Varying {
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    var out: Varying;
    out.position = vec4<f32>(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
    out.uv = corner;
    return out;
}

// Masked cells are stored as this value or more: shaders may take NaN for anything.
const MASKED: f32 = 1.0e38;
// Bits of `flags`.
const USE_CUBIC: u32 = 1u;
const STRONG_ZERO: u32 = 2u;

fn tap(cell: vec2<i32>) -> f32 {
    return textureLoad(grid, clamp(cell, vec2<i32>(0), vec2<i32>(textureDimensions(grid)) - 1), 0).r;
}

// Between the second and the third of four values in line. Catmull-Rom passes through the values and is smooth across
// cells; beside a masked cell it is linear, and nothing is interpolated across one.
fn between(p0: f32, p1: f32, p2: f32, p3: f32, t: f32) -> f32 {
    if (max(p1, p2) >= MASKED) {
        return select(p2, p1, t < 0.5);
    }
    if ((contour.flags & USE_CUBIC) == 0u || max(p0, p3) >= MASKED) {
        return mix(p1, p2, t);
    }
    return p1 + 0.5 * t * (p2 - p0 + t * (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3 + t * (3.0 * (p1 - p2) + p3 - p0)));
}

// A row of the grid at every column of the picture; `grid` is the loss grid on the colour scale.
@fragment
fn fs_rows(in: Varying) -> @location(0) f32 {
    let x = in.uv.x * f32(contour.grid_size.x - 1u);
    let cell = vec2<i32>(i32(floor(x)), i32(in.position.y));
    let right = vec2<i32>(1, 0);
    return between(tap(cell - right), tap(cell), tap(cell + right), tap(cell + 2 * right), fract(x));
}

// The value at a pixel, on the colour scale; `grid` is what `fs_rows` made.
fn value_at(column: i32, y: f32) -> f32 {
    let cell = vec2<i32>(column, i32(floor(y)));
    let up = vec2<i32>(0, 1);
    return between(tap(cell - up), tap(cell), tap(cell + up), tap(cell + 2 * up), fract(y));
}

fn fill_color(value: f32) -> vec3<f32> {
    let share = clamp((value - contour.limits.x) / (contour.limits.y - contour.limits.x), 0.0, 1.0);
    let place = share * 255.0;
    let low = min(i32(floor(place)), 254);
    let row = i32(contour.map_row);
    let a = textureLoad(colors, vec2<i32>(low, row), 0).rgb;
    let b = textureLoad(colors, vec2<i32>(low + 1, row), 0).rgb;
    return mix(a, b, place - f32(low));
}

// A plain at the height of a level is no line: below this many levels a pixel it is rounding.
const FLATTEST: f32 = 2.0e-5;

fn level_at(index: u32) -> f32 {
    return contour.levels[index / 4u][index % 4u];
}

// The iso-line that is nearest to a value, and how far apart the lines are there, on the scale. There is at least one line.
fn nearest_level(value: f32) -> vec2<f32> {
    let last = contour.num_levels - 1u;
    // The number of lines at or below the value.
    var low = 0u;
    var high = contour.num_levels;
    while (low < high) {
        let middle = (low + high) / 2u;
        if (level_at(middle) <= value) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    let first = min(select(low - 1u, 0u, low == 0u), select(last - 1u, 0u, last == 0u));
    let below = level_at(first);
    let above = level_at(min(first + 1u, last));
    let gap = select(contour.limits.y - contour.limits.x, above - below, last > 0u);
    return vec2<f32>(select(above, below, abs(value - below) <= abs(value - above)), gap);
}

// How much of a pixel an iso-line covers, with its alpha. Lines keep their width in pixels; where they would touch each
// other they fade out. `slope` is the change of the value from one pixel to the next.
fn line_cover(value: f32, slope: f32) -> f32 {
    if (contour.num_levels == 0u || contour.line_width_px <= 0.0) {
        return 0.0;
    }
    let nearest = nearest_level(value);
    let change = slope / nearest.y;
    let distance_px = abs(value - nearest.x) / max(slope, FLATTEST * nearest.y);
    // Of a difference, the line of zero is the one that matters.
    let is_strong = (contour.flags & STRONG_ZERO) != 0u && nearest.x == 0.0;
    let half_width = 0.5 * contour.line_width_px * select(1.0, 2.0, is_strong);
    let covered = 1.0 - smoothstep(half_width - 0.5, half_width + 0.5, distance_px);
    let crowding = 1.0 - smoothstep(0.25, 0.6, change);
    let alpha = min(contour.line_color.a * select(1.0, 2.0, is_strong), 1.0);
    return select(0.0, covered * crowding * alpha, change > FLATTEST);
}

@fragment
fn fs_main(in: Varying) -> @location(0) vec4<f32> {
    let value = value_at(i32(in.position.x), (1.0 - in.uv.y) * f32(contour.grid_size.y - 1u));
    let is_masked = value >= MASKED;
    let shown = select(value, 0.0, is_masked);
    let slope = fwidth(shown);
    let line = line_cover(shown, slope);

    let stripe = fract((in.position.x + in.position.y) / 10.0) < 0.5;
    let hatch = select(contour.hatch_dark.rgb, contour.hatch_light.rgb, stripe);
    let filled = mix(fill_color(value), contour.line_color.rgb, line);
    return vec4<f32>(select(filled, hatch, is_masked), 1.0);
}
