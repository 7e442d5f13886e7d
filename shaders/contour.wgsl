// Draws a loss grid as a filled contour with iso-lines, once for each new grid, into a texture of the pane's size.
// Interpolation is separable: `fs_rows` does it along the rows of the grid, `fs_main` along the columns of what that
// made, with 4 + 4 taps a pixel instead of 16, and the first four for few pixels only.
// `render::contour_style` holds the twin of both and of `map_color` on the CPU; tests compare the two.
// `cover.wgsl` and `scale.wgsl` stand before this.

struct Contour {
    hatch_dark: vec4<f32>,
    hatch_light: vec4<f32>,
    grid_size: vec2<u32>,
    use_cubic: u32,
    padding: u32,
}

@group(0) @binding(2) var<uniform> contour: Contour;
// The bits of values: not every adapter can draw to floating point.
@group(0) @binding(3) var grid: texture_2d<u32>;

// Masked cells are stored as this value or more: shaders may take NaN for anything.
const MASKED: f32 = 1.0e38;

fn tap(cell: vec2<i32>) -> f32 {
    return bitcast<f32>(textureLoad(grid, clamp(cell, vec2<i32>(0), vec2<i32>(textureDimensions(grid)) - 1), 0).r);
}

// Between the second and the third of four values in line. Catmull-Rom passes through the values and is smooth across
// cells; beside a masked cell it is linear, and nothing is interpolated across one.
fn between(p0: f32, p1: f32, p2: f32, p3: f32, t: f32) -> f32 {
    let nearest = select(p2, p1, t < 0.5);
    let linear = mix(p1, p2, t);
    let cubic =
        p1 + 0.5 * t * (p2 - p0 + t * (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3 + t * (3.0 * (p1 - p2) + p3 - p0)));
    let is_linear = (contour.use_cubic == 0u) | (max(p0, p3) >= MASKED);
    return select(select(cubic, linear, is_linear), nearest, max(p1, p2) >= MASKED);
}

// A row of the grid at every column of the picture; `grid` is the loss grid on the colour scale.
@fragment
fn fs_rows(in: Varying) -> @location(0) u32 {
    let x = in.uv.x * f32(contour.grid_size.x - 1u);
    let cell = vec2<i32>(i32(floor(x)), i32(in.position.y));
    let right = vec2<i32>(1, 0);
    return bitcast<u32>(between(tap(cell - right), tap(cell), tap(cell + right), tap(cell + 2 * right), fract(x)));
}

// The value at a pixel, on the colour scale; `grid` is what `fs_rows` made.
fn value_at(column: i32, y: f32) -> f32 {
    let cell = vec2<i32>(column, i32(floor(y)));
    let up = vec2<i32>(0, 1);
    return between(tap(cell - up), tap(cell), tap(cell + up), tap(cell + 2 * up), fract(y));
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
    let filled = mix(map_color(value), scale.line_color.rgb, line);
    return vec4<f32>(select(filled, hatch, is_masked), 1.0);
}
