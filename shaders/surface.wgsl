// Draws a loss grid as a lit surface in a box, and lines and dots that lie in it, once for each new grid or camera.
// `render::surface` makes the vertices; heights, colours and iso-lines are made here from the colour scale's limits.
// `scale.wgsl` stands before this.

struct Surface {
    view_projection: mat4x4<f32>,
    background: vec4<f32>,
    clamped: vec4<f32>,
    light: vec4<f32>,
    viewer: vec4<f32>,
    size_px: vec2<f32>,
    height: f32,
    floor_alpha: f32,
}

@group(0) @binding(2) var<uniform> surface: Surface;

struct Vertex {
    @location(0) place: vec2<f32>,
    @location(1) value: f32,
    @location(2) slope: vec2<f32>,
    @location(3) hollow: f32,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) normal: vec3<f32>,
    @location(1) value: f32,
    @location(2) hollow: f32,
    @location(3) @interpolate(flat) is_floor: u32,
}

// With a floor there are two instances: the floor and the surface.
@vertex
fn vs_surface(vertex: Vertex, @builtin(instance_index) instance: u32) -> Varying {
    let span = scale.limits.y - scale.limits.x;
    // Far beyond the limits nothing is to be seen, but numbers must stay small.
    let value = clamp(vertex.value, scale.limits.x - span, scale.limits.y + span);
    let share = (value - scale.limits.x) / span;
    let is_floor = (surface.floor_alpha > 0.0) & (instance == 0u);
    let z = select(clamp(share, 0.0, 1.0) * surface.height, surface.viewer.w, is_floor);
    // The side of the grid is 2 wide. What is held at a limit is flat.
    let slope = clamp(0.5 * vertex.slope / span * surface.height, vec2<f32>(-50.0), vec2<f32>(50.0));
    let is_flat = (share < 0.0) | (share > 1.0);
    var out: Varying;
    out.position = surface.view_projection * vec4<f32>(2.0 * vertex.place - 1.0, z, 1.0);
    out.normal = select(normalize(vec3<f32>(-slope, 1.0)), vec3<f32>(0.0, 0.0, 1.0), is_flat);
    out.value = value;
    out.hollow = select(clamp(vertex.hollow / span, -1.0, 1.0), 0.0, is_flat);
    out.is_floor = u32(is_floor);
    return out;
}

// Lambert's law, a little gloss, and hollows darker than ridges. Slopes seen from below are darker.
fn lit(color: vec3<f32>, normal: vec3<f32>, hollow: f32) -> vec3<f32> {
    let toward = surface.viewer.xyz;
    let up = normalize(normal);
    let is_below = dot(up, toward) < 0.0;
    let facing = select(up, -up, is_below);
    let diffuse = max(dot(facing, surface.light.xyz), 0.0);
    let halfway = normalize(surface.light.xyz + toward);
    let gloss = select(0.14 * pow(max(dot(facing, halfway), 0.0), 28.0), 0.0, is_below);
    let open = 1.0 - clamp(1.8 * hollow, -0.1, 0.28);
    let shade = (0.5 + 0.56 * diffuse) * open * select(1.0, 0.72, is_below);
    return clamp(color * shade + gloss, vec3<f32>(0.0), vec3<f32>(1.0));
}

@fragment
fn fs_surface(in: Varying) -> @location(0) vec4<f32> {
    let slope = fwidth(in.value);
    var color = map_color(in.value);
    // Beyond the limits the surface is flat, and its value is not its height.
    let is_within = (in.value >= scale.limits.x) & (in.value <= scale.limits.y);
    color = mix(color, scale.line_color.rgb, select(0.0, line_cover(in.value, slope), is_within));
    // What is higher than the scale is cut flat and looks like it.
    let stripe = fract((in.position.x + in.position.y) / 10.0) < 0.5;
    let is_above = in.value > scale.limits.y + 1.0e-4 * (scale.limits.y - scale.limits.x);
    color = select(color, mix(color, surface.clamped.rgb, select(0.3, 0.55, stripe)), is_above);
    if (in.is_floor != 0u) {
        return vec4<f32>(mix(surface.background.rgb, color, surface.floor_alpha), 1.0);
    }
    color = select(color, lit(color, in.normal, in.hollow), surface.light.w > 0.0);
    return vec4<f32>(color, 1.0);
}

struct Stroke {
    @location(0) start: vec3<f32>,
    @location(1) width_px: f32,
    @location(2) end: vec3<f32>,
    @location(3) hidden_alpha: f32,
    @location(4) color: vec4<f32>,
}

struct MarkVarying {
    @builtin(position) position: vec4<f32>,
    // Both ends in pixels of the picture.
    @location(0) @interpolate(flat) ends: vec4<f32>,
    @location(1) @interpolate(flat) color: vec4<f32>,
    @location(2) @interpolate(flat) width_px: f32,
    @location(3) @interpolate(flat) hidden_alpha: f32,
}

// Marks are drawn a little nearer than they are: half of their width would sink into a slope.
const NEARER: f32 = 0.0015;
// Nothing nearer to the viewer's plane than this can be divided by.
const NEAR_W: f32 = 0.02;

fn pixels(clip: vec4<f32>) -> vec2<f32> {
    return (vec2<f32>(0.5, -0.5) * clip.xy / clip.w + 0.5) * surface.size_px;
}

// Each stroke is a rectangle around its line on the screen, wider by its ends and by the soft border.
@vertex
fn vs_mark(stroke: Stroke, @builtin(vertex_index) index: u32) -> MarkVarying {
    var start = surface.view_projection * vec4<f32>(stroke.start, 1.0);
    var end = surface.view_projection * vec4<f32>(stroke.end, 1.0);
    let is_behind = start.w < NEAR_W && end.w < NEAR_W;
    if (start.w < NEAR_W) {
        start = mix(start, end, (NEAR_W - start.w) / (end.w - start.w));
    } else if (end.w < NEAR_W) {
        end = mix(end, start, (NEAR_W - end.w) / (start.w - end.w));
    }
    let a = pixels(start);
    let b = pixels(end);
    let length_px = length(b - a);
    let along = select(vec2<f32>(1.0, 0.0), (b - a) / max(length_px, 1.0e-6), length_px > 1.0e-3);
    let reach = 0.5 * stroke.width_px + 1.0;
    let is_end = index == 1u || index == 2u || index == 4u;
    let side = select(-1.0, 1.0, index == 2u || index == 4u || index == 5u);
    let centre = select(a, b, is_end);
    let place = centre + reach * (along * select(-1.0, 1.0, is_end) + side * vec2<f32>(-along.y, along.x));
    let depth = select(start.z / start.w, end.z / end.w, is_end) - NEARER;
    let ndc = (place / surface.size_px - 0.5) * vec2<f32>(2.0, -2.0);
    var out: MarkVarying;
    out.position = select(vec4<f32>(ndc, clamp(depth, 0.0, 1.0), 1.0), vec4<f32>(0.0, 0.0, 2.0, 1.0), is_behind);
    out.ends = vec4<f32>(a, b);
    out.color = stroke.color;
    out.width_px = stroke.width_px;
    out.hidden_alpha = stroke.hidden_alpha;
    return out;
}

fn mark_alpha(in: MarkVarying) -> f32 {
    let start = in.ends.xy;
    let along = in.ends.zw - start;
    let to = in.position.xy - start;
    let share = clamp(dot(to, along) / max(dot(along, along), 1.0e-6), 0.0, 1.0);
    let distance_px = length(to - share * along);
    // Thinner than a pixel, a line is fainter instead.
    let width = max(in.width_px, 1.0);
    return in.color.a * clamp(0.5 * width + 0.5 - distance_px, 0.0, 1.0) * min(in.width_px, 1.0);
}

@fragment
fn fs_mark(in: MarkVarying) -> @location(0) vec4<f32> {
    return vec4<f32>(in.color.rgb, mark_alpha(in));
}

// The part behind the surface.
@fragment
fn fs_hidden(in: MarkVarying) -> @location(0) vec4<f32> {
    return vec4<f32>(in.color.rgb, mark_alpha(in) * in.hidden_alpha);
}
