// Draws a loss grid as a filled contour with iso-lines, once for each new grid, into a texture of the pane's size.
// `render::contour_style` holds the twin of `value_at` and `fill_color` on the CPU; tests compare the two.

struct Contour {
    line_color: vec4<f32>,
    hatch_dark: vec4<f32>,
    hatch_light: vec4<f32>,
    grid_size: vec2<u32>,
    limits: vec2<f32>,
    level_step: f32,
    line_width_px: f32,
    flags: u32,
    map_row: u32,
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
    let last = vec2<i32>(contour.grid_size) - 1;
    return textureLoad(grid, clamp(cell, vec2<i32>(0), last), 0).r;
}

// Catmull-Rom: passes through the grid's values and is smooth across cells.
fn cubic(p0: f32, p1: f32, p2: f32, p3: f32, t: f32) -> f32 {
    return p1 + 0.5 * t * (p2 - p0 + t * (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3 + t * (3.0 * (p1 - p2) + p3 - p0)));
}

// The value at grid coordinates, on the colour scale. Nothing is interpolated across a masked cell.
fn value_at(position: vec2<f32>) -> f32 {
    let cell = vec2<i32>(floor(position));
    let t = position - floor(position);
    let v00 = tap(cell);
    let v10 = tap(cell + vec2<i32>(1, 0));
    let v01 = tap(cell + vec2<i32>(0, 1));
    let v11 = tap(cell + vec2<i32>(1, 1));
    if (max(max(v00, v10), max(v01, v11)) >= MASKED) {
        let near_low = select(v10, v00, t.x < 0.5);
        let near_high = select(v11, v01, t.x < 0.5);
        return select(near_high, near_low, t.y < 0.5);
    }
    if ((contour.flags & USE_CUBIC) != 0u) {
        var rows: array<f32, 4>;
        var highest = 0.0;
        for (var j = 0; j < 4; j++) {
            let row = cell + vec2<i32>(0, j - 1);
            let p0 = tap(row + vec2<i32>(-1, 0));
            let p1 = tap(row);
            let p2 = tap(row + vec2<i32>(1, 0));
            let p3 = tap(row + vec2<i32>(2, 0));
            highest = max(highest, max(max(p0, p1), max(p2, p3)));
            rows[j] = cubic(p0, p1, p2, p3, t.x);
        }
        if (highest < MASKED) {
            return cubic(rows[0], rows[1], rows[2], rows[3], t.y);
        }
    }
    return mix(mix(v00, v10, t.x), mix(v01, v11, t.x), t.y);
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

@fragment
fn fs_main(in: Varying) -> @location(0) vec4<f32> {
    let last = vec2<f32>(contour.grid_size) - 1.0;
    let value = value_at(vec2<f32>(in.uv.x, 1.0 - in.uv.y) * last);
    let is_masked = value >= MASKED;

    // Iso-lines keep their width in pixels; where they would touch each other they fade out.
    let level = select(value, 0.0, is_masked) / contour.level_step;
    let change = max(fwidth(level), FLATTEST);
    let distance_px = abs(fract(level + 0.5) - 0.5) / change;
    // Of a difference, the line of zero is the one that matters.
    let is_strong = (contour.flags & STRONG_ZERO) != 0u && abs(level) < 0.5;
    let half_width = 0.5 * contour.line_width_px * select(1.0, 2.0, is_strong);
    let covered = 1.0 - smoothstep(half_width - 0.5, half_width + 0.5, distance_px);
    let crowding = 1.0 - smoothstep(0.25, 0.6, change);
    let line = select(0.0, covered * crowding * min(contour.line_color.a * select(1.0, 2.0, is_strong), 1.0), contour.line_width_px > 0.0 && change > FLATTEST);

    let stripe = fract((in.position.x + in.position.y) / 10.0) < 0.5;
    let hatch = select(contour.hatch_dark.rgb, contour.hatch_light.rgb, stripe);
    let filled = mix(fill_color(value), contour.line_color.rgb, line);
    return vec4<f32>(select(filled, hatch, is_masked), 1.0);
}
