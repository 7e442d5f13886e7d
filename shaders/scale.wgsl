// The colour scale and its iso-lines; put before the shaders that draw losses.
//
// No shader branches, or ends a loop, on uniforms alone, and `&&` and `||` are branches: Mesa's software driver would
// compile such a shader anew for the uniforms of every picture, and keep them all. `tests/shaders.rs` looks for it.

struct Scale {
    line_color: vec4<f32>,
    limits: vec2<f32>,
    line_width_px: f32,
    num_levels: u32,
    map_row: u32,
    has_strong_zero: u32,
    padding: vec2<u32>,
    levels: array<vec4<f32>, 16>,
}

@group(0) @binding(0) var<uniform> scale: Scale;
@group(0) @binding(1) var colors: texture_2d<f32>;

fn map_color(value: f32) -> vec3<f32> {
    let share = clamp((value - scale.limits.x) / (scale.limits.y - scale.limits.x), 0.0, 1.0);
    let place = share * 255.0;
    let low = min(i32(floor(place)), 254);
    let row = i32(scale.map_row);
    let a = textureLoad(colors, vec2<i32>(low, row), 0).rgb;
    let b = textureLoad(colors, vec2<i32>(low + 1, row), 0).rgb;
    return mix(a, b, place - f32(low));
}

// A plain at the height of a level is no line: below this many levels a pixel it is rounding.
const FLATTEST: f32 = 2.0e-5;

fn level_at(index: u32) -> f32 {
    return scale.levels[index / 4u][index % 4u];
}

// The iso-line that is nearest to a value, and how far apart the lines are there, on the scale.
fn nearest_level(value: f32) -> vec2<f32> {
    // The number of lines at or below the value, halving what is left. What follows the last line is above all values.
    // All 64 count as 63, which have the same neighbours.
    var count = 0u;
    count += select(0u, 32u, level_at(count + 31u) <= value);
    count += select(0u, 16u, level_at(count + 15u) <= value);
    count += select(0u, 8u, level_at(count + 7u) <= value);
    count += select(0u, 4u, level_at(count + 3u) <= value);
    count += select(0u, 2u, level_at(count + 1u) <= value);
    count += select(0u, 1u, level_at(count) <= value);
    let last = max(scale.num_levels, 1u) - 1u;
    let first = min(max(count, 1u), max(last, 1u)) - 1u;
    let below = level_at(first);
    let above = level_at(min(first + 1u, last));
    let gap = select(scale.limits.y - scale.limits.x, above - below, last > 0u);
    return vec2<f32>(select(above, below, abs(value - below) <= abs(value - above)), gap);
}

// How much of a pixel an iso-line covers, with its alpha. Lines keep their width in pixels; where they would touch each
// other they fade out. `slope` is the change of the value from one pixel to the next.
fn line_cover(value: f32, slope: f32) -> f32 {
    let nearest = nearest_level(value);
    let change = slope / nearest.y;
    let distance_px = abs(value - nearest.x) / max(slope, FLATTEST * nearest.y);
    // Of a difference, the line of zero is the one that matters.
    let is_strong = (scale.has_strong_zero != 0u) & (nearest.x == 0.0);
    let half_width = 0.5 * scale.line_width_px * select(1.0, 2.0, is_strong);
    let covered = 1.0 - smoothstep(half_width - 0.5, half_width + 0.5, distance_px);
    let crowding = 1.0 - smoothstep(0.25, 0.6, change);
    let alpha = min(scale.line_color.a * select(1.0, 2.0, is_strong), 1.0);
    let has_lines = (scale.num_levels > 0u) & (scale.line_width_px > 0.0);
    return select(0.0, covered * crowding * alpha, has_lines & (change > FLATTEST));
}
