//! Every shader is valid WGSL, and the structs that Rust uploads lie in memory as the shaders read them.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests fail by panicking")]

use std::mem::offset_of;
use std::path::PathBuf;

use flatscape::render::{ContourUniform, PaneUniform, Stroke, SurfaceUniform, SurfaceVertex};

fn shaders() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut shaders: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    shaders.sort();
    shaders
}

fn parse(name: &str) -> naga::Module {
    let (_, text) = shaders().into_iter().find(|(file, _)| file == name).unwrap();
    naga::front::wgsl::parse_str(&text).unwrap()
}

#[test]
fn all_shaders_are_valid() {
    let mut failures = Vec::new();
    for (name, text) in shaders() {
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        match naga::front::wgsl::parse_str(&text) {
            Err(err) => failures.push(err.emit_to_string_with_path(&text, &name)),
            Ok(module) => {
                if let Err(err) = validator.validate(&module) {
                    failures.push(err.emit_to_string_with_path(&text, &name));
                }
            }
        }
    }
    assert!(shaders().len() >= 2, "no shaders found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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
    let fields = fields!(ContourUniform: line_color, hatch_dark, hatch_light, grid_size, limits, num_levels,
                         line_width_px, flags, map_row, levels);
    assert_layout("contour.wgsl", "Contour", size_of::<ContourUniform>(), fields);
}

#[test]
fn pane_uniform_matches() {
    let fields = fields!(PaneUniform: size_px, corner_radius_px, is_linear_target);
    assert_layout("pane.wgsl", "Pane", size_of::<PaneUniform>(), fields);
}

#[test]
fn surface_uniform_matches() {
    let fields = fields!(SurfaceUniform: view_projection, line_color, background, clamped, light, viewer, limits, size_px,
                         num_levels, line_width_px, flags, map_row, height, floor_alpha, padding, levels);
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
