//! The boundaries between docked panes: they are dragged, or moved by the arrows while they have the keyboard.

use egui::{CursorIcon, EventFilter, Id, Key, Rect, Response, Role, Sense, Stroke, Ui, pos2};
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};

use super::LEAST_SIDE;
use crate::ui::contract::pane::Pane;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

/// An arrow moves a boundary by so much, in points.
const ARROW_STEP: f32 = 24.0;

/// Two neighbours in a row or column of panes.
struct Boundary {
    container: TileId,
    direction: LinearDir,
    tiles: [TileId; 2],
    rects: [Rect; 2],
    name: String,
}

/// Draws all boundaries. True when one was moved.
pub fn boundaries_ui(ui: &Ui, tree: &mut Tree<Pane>) -> bool {
    let mut is_moved = false;
    for boundary in boundaries(tree) {
        let id = Id::unique(("boundary", boundary.container.0, boundary.tiles[0].0));
        let Some(change) = boundary.ui(ui, id) else { continue };
        if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(boundary.container) {
            is_moved |= boundary.apply(linear, change);
        }
    }
    is_moved
}

/// What the user does with a boundary.
enum Change {
    /// The first of the two panes gets this width or height, in points.
    To(f32),
    /// Both get the same.
    Even,
}

impl Boundary {
    fn is_upright(&self) -> bool {
        self.direction == LinearDir::Horizontal
    }

    /// Widths of the two, or heights.
    fn sides(&self) -> [f32; 2] {
        self.rects.map(|rect| if self.is_upright() { rect.width() } else { rect.height() })
    }

    fn ui(&self, ui: &Ui, id: Id) -> Option<Change> {
        let [first, second] = self.rects;
        let reach = ui.style().interaction.resize_grab_radius_side;
        let (line, rect) = if self.is_upright() {
            let x = 0.5 * (first.right() + second.left());
            let line = [pos2(x, first.top()), pos2(x, first.bottom())];
            (line, Rect::from_points(&line).expand2(egui::vec2(reach, 0.0)))
        } else {
            let y = 0.5 * (first.bottom() + second.top());
            let line = [pos2(first.left(), y), pos2(first.right(), y)];
            (line, Rect::from_points(&line).expand2(egui::vec2(0.0, reach)))
        };
        let cursor = if self.is_upright() { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
        let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_and_drag_cursor(cursor);
        widgets::name(&response, Role::Splitter, &self.name);
        let tokens = Tokens::of(ui);
        let stroke = match () {
            () if response.dragged() => Stroke::new(2.0, tokens.text.0),
            () if response.has_focus() => Stroke::new(2.5, tokens.link.0),
            () if response.hovered() => Stroke::new(2.0, tokens.weak.0),
            () => Stroke::NONE,
        };
        ui.painter().line_segment(line, stroke);
        self.change(ui, &response)
    }

    fn change(&self, ui: &Ui, response: &Response) -> Option<Change> {
        if response.double_clicked() {
            return Some(Change::Even);
        }
        if response.dragged() {
            let pointer = response.interact_pointer_pos()?;
            let along =
                if self.is_upright() { pointer.x - self.rects[0].left() } else { pointer.y - self.rects[0].top() };
            return Some(Change::To(along));
        }
        if !response.has_focus() {
            return None;
        }
        let is_upright = self.is_upright();
        let filter =
            EventFilter { horizontal_arrows: is_upright, vertical_arrows: !is_upright, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let (less, more) = if is_upright { (Key::ArrowLeft, Key::ArrowRight) } else { (Key::ArrowUp, Key::ArrowDown) };
        let presses = ui.input(|input| input.num_presses(more) as f32 - input.num_presses(less) as f32);
        (presses != 0.0).then(|| Change::To(self.sides()[0] + presses * ARROW_STEP))
    }

    /// Gives the two panes new shares of what both have. False when there is no room to do so.
    fn apply(&self, linear: &mut Linear, change: Change) -> bool {
        let [first, second] = self.tiles;
        let shares = linear.shares[first] + linear.shares[second];
        let room: f32 = self.sides().iter().sum();
        let part = match change {
            Change::Even => 0.5,
            Change::To(_) if room < 2.0 * LEAST_SIDE => return false,
            Change::To(side) => side.clamp(LEAST_SIDE, room - LEAST_SIDE) / room,
        };
        linear.shares.set_share(first, part * shares);
        linear.shares.set_share(second, (1.0 - part) * shares);
        true
    }
}

fn boundaries(tree: &Tree<Pane>) -> Vec<Boundary> {
    let mut found = Vec::new();
    let mut containers = tree.active_tiles();
    // The same order in every frame, so that the Tab key goes one way.
    containers.sort_unstable_by_key(|id| id.0);
    for container in containers {
        let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get(container) else { continue };
        for pair in linear.children.windows(2) {
            let (Some(first), Some(second)) = (tree.tiles.rect(pair[0]), tree.tiles.rect(pair[1])) else { continue };
            let name = format!("Boundary between {} and {}", title(&tree.tiles, pair[0]), title(&tree.tiles, pair[1]));
            found.push(Boundary {
                container,
                direction: linear.dir,
                tiles: [pair[0], pair[1]],
                rects: [first, second],
                name,
            });
        }
    }
    found
}

/// The title of the first pane that a tile shows.
fn title(tiles: &Tiles<Pane>, id: TileId) -> &'static str {
    match tiles.get(id) {
        Some(Tile::Pane(pane)) => pane.title(),
        Some(Tile::Container(container)) => {
            container.active_children(tiles).next().map_or("nothing", |child| title(tiles, child))
        }
        None => "nothing",
    }
}
