//! A landscape that shows its slice as a surface: orbit by drag, pan by Shift and drag or the second button, zoom at the wheel.
//! All landscapes have one camera.

use std::sync::Arc;

use egui::{Align2, Key, PointerButton, Pos2, Rect, Response, Stroke, Ui, pos2, vec2};

use super::axes::{AxisUnits, axis_ticks, tick_text};
use super::caption::tags_ui;
use super::picture::Picture;
use super::places::{Asked, Cursor, MenuPlace};
use super::pointing::{ReadingPlace, focus_ring, keys, picture_response, reading_ui, wheel};
use super::reading::{nearest_mark, reading};
use super::shown::Landscape;
use super::state::{LandscapeView, first_camera};
use super::surface_marks::{MarkKey, marks, value_of};
use super::text::{label_font, level_text, line_text};
use super::{prediction, scale, terms};
use crate::protocol::{LossGrid, PathPoint};
use crate::render::{
    Camera, ContourStyle, FrameAxis, FrameTicks, LabelPlace, ScaledGrid, SurfaceStyle, on_surface, tick_anchor,
};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::theme::{self, ON_LANDSCAPE, PATH, PATH_SHADE, Tokens};
use crate::ui::plots::slice_frame::{CaptionRoom, Window, ends};
use crate::ui::plots::surface_view;

/// A drag over the width of a picture turns by this, in radians.
const TURN: f32 = 3.4;
/// A key turns by this.
const KEY_TURN: f32 = 0.12;
/// A key with Shift moves the picture by this share of its size.
const KEY_PAN: f32 = 0.06;
/// A notch of the wheel comes nearer by this factor.
const ZOOM: f32 = 1.12;

/// A surface with its camera: where things are in it.
struct Scene<'a> {
    rect: Rect,
    camera: Camera,
    grid: &'a LossGrid,
    scaled: &'a ScaledGrid,
    style: &'a ContourStyle,
}

impl Scene<'_> {
    fn aspect(&self) -> f32 {
        self.rect.width() / self.rect.height().max(1.0)
    }

    /// A point in surface coordinates on the screen.
    fn screen(&self, point: [f32; 3]) -> Option<Pos2> {
        let ([u, v], _) = self.camera.project(point, self.aspect())?;
        Some(pos2(self.rect.left() + u * self.rect.width(), self.rect.top() + v * self.rect.height()))
    }

    /// Shares of the grid.
    fn shares(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let share = |value: f64, [low, high]: [f64; 2]| ((value - low) / (high - low)) as f32;
        [share(x, ends(&self.grid.x)), share(y, ends(&self.grid.y))]
    }

    /// The part of the plane that is seen: all of the slice.
    fn window(&self) -> Window {
        let [low, high] = ends(&self.grid.x);
        let [y_low, y_high] = ends(&self.grid.y);
        Window { center: [0.5 * (low + high), 0.5 * (y_low + y_high)], half: 0.5 * (high - low) }
    }

    /// Coordinates on the surface, on the screen.
    fn on_surface(&self, place: [f64; 2]) -> Option<Pos2> {
        let shares = self.shares(place);
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            return None;
        }
        self.screen(on_surface(self.scaled, self.style, shares)?)
    }

    /// A point of a path at the height of its true loss, on the screen.
    fn on_path(&self, point: &PathPoint) -> Option<Pos2> {
        let [u, v] = self.shares([point.x, point.y]);
        match value_of(self.style.scale, point) {
            Some(value) => self.screen([u, v, self.style.share(value).clamp(0.0, 1.0)]),
            None => self.on_surface([point.x, point.y]),
        }
    }

    /// The coordinates under a place on the screen.
    fn pick(&self, pos: Pos2) -> Option<[f64; 2]> {
        let at = [
            (pos.x - self.rect.left()) / self.rect.width().max(1.0),
            (pos.y - self.rect.top()) / self.rect.height().max(1.0),
        ];
        let [u, v] = self.camera.pick(at, self.aspect(), self.scaled, self.style)?;
        let ([x_low, x_high], [y_low, y_high]) = (ends(&self.grid.x), ends(&self.grid.y));
        Some([x_low + u * (x_high - x_low), y_low + v * (y_high - y_low)])
    }
}

/// Draws the surface of a landscape.
pub fn surface_ui(ui: &mut Ui, pane: Rect, landscape: Landscape<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let (caption, rect) = CaptionRoom::over(pane);
    let response = picture_response(ui, rect, &landscape);
    move_camera(ui, rect, &response, view);
    let style = if landscape.minus.is_some() { view.difference_style } else { view.style };
    let (Some(style), Some(picture)) = (style, view.pictures.get_mut(&landscape.id)) else { return };
    let Ok(scaled) = picture.scaled.clone() else { return };
    let grid = Arc::clone(&picture.grid);
    let overlays = (landscape.minus.is_none()).then_some(view.overlays);
    let marks = picture.marks(MarkKey::new(landscape.model, landscape.run, overlays), || {
        overlays.map_or_else(Vec::new, |shown| marks(&grid, &scaled, landscape.model, landscape.run, shown))
    });
    let camera = view.camera;
    let labels = view.overlays.labels.then(|| picture.labels(&scaled, &style, LABEL_SHEET, LABEL_SIZE));
    let units = view.units;
    let scene = Scene { rect, camera, grid: &grid, scaled: &scaled, style: &style };
    let surface = surface_style(ui, &style);
    let ticks = Ticks::new(&scene, units);
    let shares = Arc::new(ticks.shares());
    let shown = surface_view::SurfaceView { grid: &scaled, style: surface, camera, marks: &marks, ticks: &shares };
    ui.painter().add(surface_view::shape(ui.ctx(), rect, landscape.index, shown));
    ticks.paint(ui, &scene, surface.base());
    if let Some(labels) = labels {
        labels_ui(ui, &scene, &labels);
    }
    tags_ui(ui, caption, landscape, &grid, &scene.window(), view);
    let place = cursor_ui(ui, &scene, &response, landscape, view, asks);
    click_ui(ui, &scene, &response, landscape, place, view);
    focus_ring(ui, rect, &response);
}

fn surface_style(ui: &Ui, style: &ContourStyle) -> SurfaceStyle {
    let tokens = Tokens::of(ui);
    let channels = |color: egui::Color32| theme::channels(color);
    SurfaceStyle {
        background: channels(tokens.panel.0),
        frame: channels(tokens.weak.0.gamma_multiply(0.7)),
        ..SurfaceStyle::new(*style)
    }
}

fn move_camera(ui: &Ui, rect: Rect, response: &Response, view: &mut LandscapeView) {
    let camera = &mut view.camera;
    let keys = keys(ui, response);
    if response.double_clicked() || keys.is_reset {
        *camera = first_camera();
        return;
    }
    let [right, down] = keys.steps;
    let by = response.drag_delta();
    let is_pan = response.dragged_by(PointerButton::Secondary)
        || response.dragged_by(PointerButton::Middle)
        || (response.dragged_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift));
    let aspect = rect.width() / rect.height().max(1.0);
    if keys.shifted != [0.0; 2] {
        camera.pan(keys.shifted.map(|steps| -KEY_PAN * steps), aspect);
    }
    if is_pan {
        camera.pan([by.x / rect.width().max(1.0), by.y / rect.height().max(1.0)], aspect);
    } else if response.dragged_by(PointerButton::Primary) {
        let turn = TURN / rect.width().min(rect.height()).max(1.0);
        camera.orbit(-turn * by.x, turn * by.y);
    }
    if right != 0.0 || down != 0.0 {
        camera.orbit(KEY_TURN * right, -KEY_TURN * down);
    }
    let notches = wheel(ui, response) + keys.nearer;
    if notches != 0.0 {
        camera.zoom(ZOOM.powf(notches));
    }
}

/// The place at which all landscapes are read. Returns it if it is of this one.
fn cursor_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    response: &Response,
    landscape: Landscape<'_>,
    view: &mut LandscapeView,
    asks: &mut Asks,
) -> Option<[f64; 2]> {
    let run = landscape.run.info.run;
    let pointer = response.hover_pos();
    let of_pane = match pointer {
        Some(pos) => scene.pick(pos),
        None => response.has_focus().then_some([0.0, 0.0]),
    };
    if let Some(place) = of_pane {
        view.cursor[0] = Some(Cursor { run, place });
    }
    let cursor = view.cursor[0].filter(|cursor| cursor.run == run).or(view.cursor[1].filter(|_| pointer.is_none()))?;
    let painter = ui.painter().with_clip_rect(scene.rect.intersect(ui.clip_rect()));
    if let Some(pos) = scene.on_surface(cursor.place) {
        painter.circle(pos, 4.0, egui::Color32::TRANSPARENT, Stroke::new(3.0, PATH_SHADE));
        painter.circle(pos, 4.0, egui::Color32::TRANSPARENT, Stroke::new(1.5, ON_LANDSCAPE));
        let [u, v] = scene.shares(cursor.place);
        if let Some(foot) = scene.screen([u, v, 0.0]) {
            painter.line_segment([pos, foot], Stroke::new(1.0, PATH));
        }
    }
    let picture: &Picture = view.pictures.get(&landscape.id)?;
    let mark = pointer
        .filter(|_| landscape.minus.is_none())
        .and_then(|pos| nearest_mark(scene.grid, view.overlays, pos, |point| scene.on_path(point)));
    if let (Some(pos), None) = (pointer, landscape.minus) {
        let shown = view.overlays;
        let about = terms::Lines { grid: scene.grid, shown, half: scene.window().half };
        terms::terms_ui(ui, pos, mark.is_some(), about, |place| scene.on_surface(place));
    }
    let text = match mark {
        Some(mark) => mark.reading(landscape.model, &picture.grid),
        None => reading(picture, cursor.place, view.units),
    };
    let place = ReadingPlace { picture: scene.rect, room: scene.rect.intersect(ui.clip_rect()), pointer };
    reading_ui(ui, place, landscape, &text);
    if pointer.is_some() && of_pane.is_some() {
        let asked = Asked { run, place: cursor.place, slice: scene.grid.tag() };
        prediction::follow_pointer(ui, asked, view, asks);
    }
    of_pane
}

fn click_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    response: &Response,
    landscape: Landscape<'_>,
    place: Option<[f64; 2]>,
    view: &mut LandscapeView,
) {
    let is_asked = (response.clicked() || response.secondary_clicked()) && !response.double_clicked();
    let (Some(place), true) = (place, is_asked && landscape.minus.is_none()) else { return };
    let is_key = ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Space));
    let place = if is_key { [0.0, 0.0] } else { place };
    let pointer = response.interact_pointer_pos().filter(|pos| !is_key && scene.rect.contains(*pos));
    let pos = pointer.or_else(|| scene.on_surface(place)).unwrap_or(scene.rect.center());
    let at = Asked { run: landscape.run.info.run, place, slice: scene.grid.tag() };
    view.menu = Some(MenuPlace { at, pos, by_key: is_key });
}

/// Size of the sheet on which the labels of iso-lines find their places, and the room that each of them has on it.
const LABEL_SHEET: egui::Vec2 = vec2(420.0, 420.0);
const LABEL_SIZE: egui::Vec2 = vec2(34.0, 14.0);

/// Numbers on iso-lines, upright; those behind a hill and those that would cover another one are left out.
fn labels_ui(ui: &Ui, scene: &Scene<'_>, labels: &[LabelPlace]) {
    let painter = ui.painter().with_clip_rect(scene.rect.intersect(ui.clip_rect()));
    let levels = scene.style.levels();
    // The centre has its marks.
    let centre = scene.on_surface([0.0; 2]).map(|pos| Rect::from_center_size(pos, vec2(30.0, 30.0)));
    let mut taken: Vec<Rect> = centre.into_iter().collect();
    for label in labels {
        let Some(place) = on_surface(scene.scaled, scene.style, label.at) else { continue };
        let Some(pos) = scene.screen(place).filter(|pos| scene.rect.contains(*pos)) else { continue };
        let ground = theme::map_color(scene.style.map.at(scene.style.share(label.level)));
        let ink = theme::ink_on(ground);
        let galley = painter.layout_no_wrap(line_text(scene.style, label.level, &levels), label_font(), ink);
        let rect = Rect::from_center_size(pos, galley.size() + vec2(3.0, -2.0));
        if taken.iter().any(|other| other.intersects(rect)) || !scene.camera.sees(place, scene.scaled, scene.style) {
            continue;
        }
        painter.rect_filled(rect, 3.0, ground);
        painter.galley(pos - 0.5 * galley.size(), galley, ink);
        taken.push(rect.expand2(vec2(10.0, 6.0)));
    }
}

/// Round numbers along the three axes.
struct Ticks {
    x: Vec<(f64, f32)>,
    y: Vec<(f64, f32)>,
    height: Vec<(f64, f32)>,
}

impl Ticks {
    fn new(scene: &Scene<'_>, units: AxisUnits) -> Self {
        let [x, y] = units.factors(&scene.grid.caption);
        Self {
            x: axis_ticks(ends(&scene.grid.x), x, 4),
            y: axis_ticks(ends(&scene.grid.y), y, 4),
            height: scale::ticks(scene.style, 4),
        }
    }

    fn shares(&self) -> FrameTicks {
        let shares = |ticks: &[(f64, f32)]| ticks.iter().map(|(_, share)| *share).collect();
        FrameTicks { x: shares(&self.x), y: shares(&self.y), height: shares(&self.height) }
    }

    fn paint(&self, ui: &Ui, scene: &Scene<'_>, base: f32) {
        let painter = ui.painter().with_clip_rect(scene.rect.intersect(ui.clip_rect()));
        let color = Tokens::of(ui).weak.0;
        let axes = [(FrameAxis::X, &self.x), (FrameAxis::Y, &self.y)];
        for (axis, ticks) in axes {
            for (value, share) in ticks {
                let Some(pos) = scene.screen(tick_anchor(&scene.camera, axis, *share, base)) else { continue };
                painter.text(pos, Align2::CENTER_CENTER, tick_text(*value), label_font(), color);
            }
        }
        if scene.camera.is_flat {
            return;
        }
        for (_, share) in &self.height {
            let Some(pos) = scene.screen(tick_anchor(&scene.camera, FrameAxis::Height, *share, base)) else { continue };
            let [low, high] = scene.style.limits;
            let text = level_text(scene.style.scale, low + share * (high - low));
            let galley = painter.layout_no_wrap(text, label_font(), color);
            // Whole in the picture, however near the camera is.
            let left = (pos.x - 2.0 - galley.size().x).max(scene.rect.left() + 3.0);
            painter.galley(pos2(left, pos.y - 0.5 * galley.size().y), galley, color);
        }
    }
}
