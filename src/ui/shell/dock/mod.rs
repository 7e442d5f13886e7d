//! The panes and where they are docked: they can be dragged, split, closed and opened again, in named layouts.

mod arrange;
mod behavior;
mod boundary;
mod layout;
mod saved;
mod tab;

use std::collections::BTreeMap;

use egui_tiles::{SimplificationOptions, Tile, TileId, Tree};

pub use behavior::Docked;
pub use saved::drop_broken;

use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::{Layout, Pane};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;

/// The column of the runs is at least so wide, in points, or has this share of a small window.
const LEAST_LEFT: f32 = 208.0;
const MOST_LEFT_SHARE: f32 = 0.4;
/// Panes at the right are at least so wide, in points, where this leaves so much for the landscapes between.
const LEAST_RIGHT: f32 = 250.0;
const LEAST_BETWEEN: f32 = 300.0;
/// No pane becomes narrower or lower than this by hand, in points.
const LEAST_SIDE: f32 = 90.0;
/// Below this room, in points, no pane can be used.
const LEAST_ROOM: egui::Vec2 = egui::vec2(380.0, 150.0);

impl Pane {
    /// Panes that stand at the right when they are opened; others join the landscapes.
    pub(super) const fn stands_right(self) -> bool {
        matches!(self, Self::Measure | Self::Guide | Self::Notices)
    }
}

/// The layouts with the changes that the user made.
#[derive(Debug, Clone)]
pub struct Dock {
    /// The layout that is shown.
    pub layout: Layout,
    trees: BTreeMap<Layout, Tree<Pane>>,
    is_edited: bool,
    /// The pane that was last pressed or has the keyboard: commands on panes act on it.
    active: Option<Pane>,
    /// The pane whose tab shall have the keyboard.
    focus: Option<Pane>,
}

impl Dock {
    /// Takes saved layouts; those that are missing or broken begin as they are at first.
    #[must_use]
    pub fn new(layout: Layout, mut trees: BTreeMap<Layout, Tree<Pane>>) -> Self {
        drop_broken(&mut trees);
        Self { layout, trees, is_edited: false, active: None, focus: None }
    }

    /// The layouts that were changed.
    #[must_use]
    pub const fn trees(&self) -> &BTreeMap<Layout, Tree<Pane>> {
        &self.trees
    }

    /// Whether anything was moved since this was last asked.
    pub fn take_edited(&mut self) -> bool {
        std::mem::take(&mut self.is_edited)
    }

    fn tree(&mut self) -> &mut Tree<Pane> {
        let layout = self.layout;
        self.trees.entry(layout).or_insert_with(|| layout.tree())
    }

    /// Shows another layout.
    pub fn choose(&mut self, layout: Layout) {
        self.layout = layout;
        self.is_edited = true;
    }

    /// Puts the shown layout back as it was at first.
    pub fn reset(&mut self) {
        self.trees.remove(&self.layout);
        self.is_edited = true;
    }

    /// Whether a pane is open, in front or behind another tab.
    #[cfg(test)]
    fn has(&self, pane: Pane) -> bool {
        self.trees.get(&self.layout).is_some_and(|tree| tree.tiles.find_pane(&pane).is_some())
    }

    /// The size of a pane that is to be seen, in points.
    #[must_use]
    pub fn size_of(&self, pane: Pane) -> Option<egui::Vec2> {
        let tree = self.trees.get(&self.layout)?;
        let id = tree.tiles.find_pane(&pane).filter(|id| tree.active_tiles().contains(id))?;
        tree.tiles.rect(id).map(|rect| rect.size())
    }

    /// Whether a pane is in front.
    #[must_use]
    pub fn shows(&self, pane: Pane) -> bool {
        let Some(tree) = self.trees.get(&self.layout) else { return false };
        tree.tiles.find_pane(&pane).is_some_and(|id| tree.active_tiles().contains(&id))
    }

    /// Opens a pane, or brings it to the front.
    pub fn open(&mut self, pane: Pane) {
        self.is_edited = true;
        let tree = self.tree();
        if tree.tiles.find_pane(&pane).is_none() {
            insert(tree, pane);
        }
        let id = tree.tiles.find_pane(&pane);
        tree.make_active(|other, _| Some(other) == id);
        self.active = Some(pane);
    }

    /// Closes a pane. The landscapes stay.
    pub fn close(&mut self, pane: Pane) {
        if pane == Pane::Landscapes {
            return;
        }
        self.is_edited = true;
        let tree = self.tree();
        if let Some(id) = tree.tiles.find_pane(&pane) {
            tree.remove_recursively(id);
        }
    }

    /// Closes a pane that is in front, opens any other.
    pub fn toggle(&mut self, pane: Pane) {
        if self.shows(pane) { self.close(pane) } else { self.open(pane) }
    }

    /// The columns as the user has them.
    fn columns(&mut self) -> Option<Columns> {
        let tree = self.tree();
        let root = tree.root()?;
        match tree.tiles.get(root)? {
            Tile::Container(egui_tiles::Container::Linear(linear)) => Some(Columns { root, linear: linear.clone() }),
            _ => None,
        }
    }

    /// For this frame, widens the columns at both sides where a small window or large text left them too narrow for their controls.
    fn keep_sides_readable(&mut self, width: f32) {
        if width >= LEAST_LEFT + LEAST_BETWEEN + LEAST_RIGHT {
            for pane in Pane::ALL.into_iter().filter(|pane| pane.stands_right()) {
                self.widen(pane, LEAST_RIGHT, width);
            }
        }
        self.widen(Pane::Runs, LEAST_LEFT.min(MOST_LEFT_SHARE * width), width);
    }

    /// Gives the column that a pane stands in at least this width.
    fn widen(&mut self, pane: Pane, least: f32, width: f32) {
        let tree = self.tree();
        let Some(root) = tree.root() else { return };
        let Some(mut tile) = tree.tiles.find_pane(&pane) else { return };
        while let Some(parent) = tree.tiles.parent_of(tile).filter(|parent| *parent != root) {
            tile = parent;
        }
        if let Some(Tile::Container(egui_tiles::Container::Linear(linear))) = tree.tiles.get_mut(root)
            && linear.dir == egui_tiles::LinearDir::Horizontal
            && linear.children.contains(&tile)
        {
            let others: f32 = linear.children.iter().filter(|id| **id != tile).map(|id| linear.shares[*id]).sum();
            let least = others * least / (width - least);
            if linear.shares[tile] < least {
                linear.shares.set_share(tile, least);
            }
        }
    }

    /// Draws all panes.
    pub fn ui(&mut self, ui: &mut egui::Ui, docked: &mut Docked<'_>) {
        let room = ui.available_size();
        // What is asked about panes is answered from it, also where none can be drawn.
        self.tree();
        if room.x < LEAST_ROOM.x || room.y < LEAST_ROOM.y {
            return too_small_ui(ui);
        }
        let kept = self.columns();
        self.keep_sides_readable(room.x);
        let mut tree = std::mem::replace(self.tree(), Tree::empty(egui::Id::unique("taken")));
        let gone = hide_gone(&mut tree, docked.seen);
        tree.ui(docked, ui);
        gone.into_iter().for_each(|id| tree.set_visible(id, true));
        let is_edited = docked.is_edited | boundary::boundaries_ui(ui, &mut tree);
        if let Some(kept) = kept.filter(|_| !is_edited) {
            kept.put_back(&mut tree);
        }
        self.is_edited |= is_edited;
        self.follow_focus(ui, &tree);
        self.trees.insert(self.layout, tree);
    }
}

/// Hides the panes that are not there, for this frame: a tree that is kept shows all.
fn hide_gone(tree: &mut Tree<Pane>, seen: Seen<'_>) -> Vec<TileId> {
    let is_gone = |pane: &Pane| UiCommand::part_of(*pane).is_some_and(|part| !seen.shared.has(part));
    let gone: Vec<TileId> =
        Pane::ALL.iter().filter(|pane| is_gone(pane)).filter_map(|pane| tree.tiles.find_pane(pane)).collect();
    gone.iter().for_each(|id| tree.set_visible(*id, false));
    gone
}

/// The columns of a window with their widths, which a small window changes while it is small only.
struct Columns {
    root: TileId,
    linear: egui_tiles::Linear,
}

impl Columns {
    fn put_back(self, tree: &mut Tree<Pane>) {
        if let Some(Tile::Container(egui_tiles::Container::Linear(linear))) = tree.tiles.get_mut(self.root)
            && linear.children == self.linear.children
        {
            linear.shares = self.linear.shares;
        }
    }
}

/// What is said where no pane can be used.
fn too_small_ui(ui: &mut egui::Ui) {
    let text = "Make the window larger or the text smaller to see the landscapes. The runs train on meanwhile.";
    let rect = ui.available_rect_before_wrap().shrink2(egui::vec2(12.0, 4.0));
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    ui.centered_and_justified(|ui| {
        let words = egui::RichText::new(text).color(Tokens::of(ui).weak.0);
        ui.add(egui::Label::new(words).wrap().halign(egui::Align::Center));
    });
}

/// Puts a new pane where its like stand: at the right, or as a tab of the landscapes or charts.
fn insert(tree: &mut Tree<Pane>, pane: Pane) {
    let id = tree.tiles.insert_pane(pane);
    let is_neighbour = |other: &Pane| match pane {
        Pane::Chart(_) => *other == Pane::Charts,
        _ if pane.stands_right() => other.stands_right() && *other != pane,
        _ => *other == Pane::Landscapes,
    };
    let home = Pane::ALL
        .into_iter()
        .filter(is_neighbour)
        .find_map(|other| tree.tiles.find_pane(&other).and_then(|near| tree.tiles.parent_of(near)));
    if let Some(home) = home {
        tree.move_tile_to_container(id, home, usize::MAX, false);
        return;
    }
    let Some(root) = tree.root() else {
        tree.root = Some(id);
        return;
    };
    let tabs = tree.tiles.insert_tab_tile(vec![id]);
    if let Some(Tile::Container(egui_tiles::Container::Linear(linear))) = tree.tiles.get_mut(root)
        && linear.dir == egui_tiles::LinearDir::Horizontal
    {
        let total: f32 = linear.children.iter().map(|child| linear.shares[*child]).sum();
        linear.add_child(tabs);
        linear.shares.set_share(tabs, 0.3 * total);
        return;
    }
    let mut linear = egui_tiles::Linear::new(egui_tiles::LinearDir::Horizontal, vec![root, tabs]);
    linear.shares.set_share(root, 0.77);
    linear.shares.set_share(tabs, 0.23);
    tree.root = Some(tree.tiles.insert_container(linear));
}

/// The title of a tile, for a tab.
fn is_pane(tiles: &egui_tiles::Tiles<Pane>, id: TileId) -> Option<Pane> {
    tiles.get_pane(&id).copied()
}

/// Every pane has a tab, so that it can be dragged.
const SIMPLIFICATION: SimplificationOptions = SimplificationOptions {
    prune_empty_tabs: true,
    prune_empty_containers: true,
    prune_single_child_tabs: false,
    prune_single_child_containers: true,
    all_panes_must_have_tabs: true,
    join_nested_linear_containers: true,
    flatten_tabs_in_tabs: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_come_back_from_their_text() {
        for layout in Layout::ALL {
            let mut dock = Dock::new(layout, BTreeMap::new());
            dock.open(Pane::Notices);
            let text = serde_json::to_string(dock.trees()).expect("trees have a JSON form");
            let trees: BTreeMap<Layout, Tree<Pane>> = serde_json::from_str(&text).expect("and come back");
            let back = Dock::new(layout, trees);
            for pane in Pane::ALL {
                assert_eq!(dock.has(pane), back.has(pane), "{layout:?} {pane:?}");
            }
            assert!(back.has(Pane::Notices) && back.has(Pane::Landscapes));
        }
    }

    #[test]
    fn panes_open_and_close_but_the_landscapes_stay() {
        let mut dock = Dock::new(Layout::Explore, BTreeMap::new());
        for pane in Pane::ALL {
            dock.open(pane);
            assert!(dock.shows(pane), "{pane:?}");
            dock.toggle(pane);
            assert_eq!(dock.has(pane), pane == Pane::Landscapes, "{pane:?}");
        }
        dock.reset();
        dock.open(Pane::Runs);
        assert!(dock.has(Pane::Charts));
    }
}
