//! Every shader is valid WGSL, none branches on uniforms alone, and the structs that Rust uploads lie in memory as the shaders
//! read them.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests fail by panicking")]

#[path = "shaders/branches.rs"]
mod branches;

use std::mem::offset_of;
use std::path::PathBuf;

use branches::branches_on_uniforms;
use flatscape::render::{ContourUniform, PaneUniform, SHADERS, ScaleUniform, Stroke, SurfaceUniform, SurfaceVertex};

fn text(name: &str) -> &'static str {
    SHADERS.into_iter().find(|(file, _)| *file == name).unwrap().1
}

fn parse(name: &str) -> naga::Module {
    naga::front::wgsl::parse_str(text(name)).unwrap()
}

#[test]
fn all_shaders_are_valid() {
    let mut failures = Vec::new();
    for (name, text) in SHADERS {
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        match naga::front::wgsl::parse_str(text) {
            Err(err) => failures.push(err.emit_to_string_with_path(text, name)),
            Ok(module) => {
                if let Err(err) = validator.validate(&module) {
                    failures.push(err.emit_to_string_with_path(text, name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_file_is_part_of_a_shader() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > SHADERS.len());
    for file in files {
        let part = std::fs::read_to_string(&file).unwrap();
        assert!(SHADERS.iter().any(|(_, text)| text.contains(&part)), "{}", file.display());
    }
}

#[test]
fn no_shader_branches_on_uniforms_alone() {
    let mut failures = Vec::new();
    for (name, text) in SHADERS {
        let found = branches_on_uniforms(text);
        let line = |number: u32| text.lines().nth(number as usize - 1).unwrap_or_default().trim();
        failures.extend(found.into_iter().map(|number| format!("{name}: {}", line(number))));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The lines of a fragment shader with this body that are found, from 1. It is given two uniforms and a value that differs.
fn found(body: &str) -> Vec<u32> {
    let head = "struct Some { count: u32, width: f32, levels: array<vec4<f32>, 4> }
        @group(0) @binding(0) var<uniform> some: Some;
        @group(0) @binding(1) var grid: texture_2d<f32>;
        fn is_wide(width: f32) -> bool { if (width > 2.0) { return true; } return false; }
        @fragment fn fs_main(@location(0) value: f32) -> @location(0) vec4<f32> { var shade = 0.0;\n";
    let before = head.matches('\n').count() as u32;
    let text = format!("{head}{body}\nreturn vec4<f32>(shade); }}");
    branches_on_uniforms(&text).into_iter().map(|line| line.saturating_sub(before)).collect()
}

#[test]
fn branches_on_uniforms_are_found() {
    for (body, expected) in [
        ("if (some.count == 0u) { shade = value; }", vec![1]),
        ("shade = value;\nif (some.width <= 0.0) { return vec4<f32>(); }", vec![2]),
        // Both words of `||`: the second is asked only where the first does not hold.
        ("if (some.count == 0u || value > 1.0) { shade = 1.0; }", vec![1]),
        ("let strong = some.count > 1u && value == 0.0; shade = f32(strong);", vec![1]),
        ("switch some.count { case 1u: { shade = 1.0; } default: {} }", vec![1]),
        ("for (var i = 0u; i < some.count; i++) { shade += value; }", vec![1]),
        ("var i = 0u;\nloop { shade += value; continuing { i += 1u; break if i >= some.count; } }", vec![2]),
        // By way of variables and of calls, whose line is in the function before.
        ("var width = 0.5;\nwidth *= some.width;\nif (width > 1.0) { shade = 1.0; }", vec![3]),
        ("if (some.levels[some.count][1] > 0.0) { shade = 1.0; }", vec![1]),
        ("shade = f32(is_wide(some.width));", vec![0]),
        ("if (textureDimensions(grid).x > 2u) { shade = 1.0; }", vec![1]),
        // A search ends by its bound, though where it goes depends on the pixel.
        (
            "var low = 0u;\nvar high = some.count;\nwhile (low < high) {\nlet middle = (low + high) / 2u;\n\
             if (some.levels[middle][0] <= value) { low = middle + 1u; } else { high = middle; } }",
            vec![3],
        ),
    ] {
        assert_eq!(found(body), expected, "{body}");
    }
}

#[test]
fn other_branches_are_not() {
    for body in [
        "if (value > some.width) { shade = 1.0; }",
        "if (value > 1.0 && some.count == 0u) { shade = 1.0; }",
        "let both = (some.count == 0u) | (value > 1.0); if (both) { shade = 1.0; }",
        "shade = select(0.0, value, some.count > 0u);",
        "for (var i = 0u; i < 4u; i++) { shade += some.levels[i][0]; }",
        "shade = f32(is_wide(value * some.width));",
        "if (textureLoad(grid, vec2<i32>(0), 0).r > some.width) { shade = 1.0; }",
    ] {
        assert_eq!(found(body), Vec::<u32>::new(), "{body}");
    }
}

/// Compares a struct of the shader with the same struct in Rust, field by field.
fn assert_layout(shader: &str, name: &str, size: usize, fields: &[(&str, usize)]) {
    let module = parse(shader);
    let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
    let naga::TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is not a struct") };
    assert_eq!(*span as usize, size, "size of {name}");
    let found: Vec<(&str, usize)> =
        members.iter().map(|member| (member.name.as_deref().unwrap(), member.offset as usize)).collect();
    assert_eq!(found, fields, "fields of {name}");
}

macro_rules! fields {
    ($ty:ty: $($field:ident),+) => { &[$((stringify!($field), offset_of!($ty, $field))),+] };
}

#[test]
fn contour_uniform_matches() {
    let fields = fields!(ContourUniform: hatch_dark, hatch_light, grid_size, use_cubic, padding);
    assert_layout("contour.wgsl", "Contour", size_of::<ContourUniform>(), fields);
}

#[test]
fn scale_uniform_matches() {
    let fields = fields!(ScaleUniform: line_color, limits, line_width_px, num_levels, map_row, has_strong_zero, padding,
                         levels);
    for shader in ["contour.wgsl", "surface.wgsl"] {
        assert_layout(shader, "Scale", size_of::<ScaleUniform>(), fields);
    }
}

#[test]
fn pane_uniform_matches() {
    let fields = fields!(PaneUniform: size_px, corner_radius_px, padding);
    assert_layout("pane.wgsl", "Pane", size_of::<PaneUniform>(), fields);
}

#[test]
fn surface_uniform_matches() {
    let fields =
        fields!(SurfaceUniform: view_projection, background, clamped, light, viewer, size_px, height, floor_alpha);
    assert_layout("surface.wgsl", "Surface", size_of::<SurfaceUniform>(), fields);
}

/// Compares what a vertex buffer holds with what the shader reads: names in the order of their locations, and sizes.
fn assert_vertex(name: &str, size: usize, fields: &[(&str, usize)]) {
    let module = parse("surface.wgsl");
    let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
    let naga::TypeInner::Struct { members, .. } = &ty.inner else { panic!("{name} is not a struct") };
    let mut offset = 0;
    for (index, (member, (field, place))) in members.iter().zip(fields).enumerate() {
        assert_eq!(member.name.as_deref(), Some(*field), "{name}");
        let location = member.binding.as_ref().and_then(|binding| match binding {
            naga::Binding::Location { location, .. } => Some(*location as usize),
            naga::Binding::BuiltIn(_) => None,
        });
        assert_eq!(location, Some(index), "{name}.{field}");
        assert_eq!(offset, *place, "place of {name}.{field} in the buffer");
        offset += module.types[member.ty].inner.size(module.to_ctx()) as usize;
    }
    assert_eq!((members.len(), offset), (fields.len(), size), "{name}");
}

#[test]
fn vertex_buffers_match() {
    let fields = fields!(SurfaceVertex: place, value, slope, hollow);
    assert_vertex("Vertex", size_of::<SurfaceVertex>(), fields);
    let fields = fields!(Stroke: start, width_px, end, hidden_alpha, color);
    assert_vertex("Stroke", size_of::<Stroke>(), fields);
}
