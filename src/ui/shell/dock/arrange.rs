//! Panes by keyboard: which one commands act on, to the next tab or group, wider and narrower, and to another place.

use egui::Ui;
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tree};

use super::{Dock, LEAST_SIDE};
use crate::ui::contract::pane::{Pane, Resize, Side};

/// A command moves a boundary by this part of the room of both its neighbours.
const RESIZE_STEP: f32 = 0.06;
/// A pane that is moved to the rim of the window gets this part of it.
const RIM_SHARE: f32 = 0.3;

impl Side {
    const fn direction(self) -> LinearDir {
        match self {
            Self::Left | Self::Right => LinearDir::Horizontal,
            Self::Up | Self::Down => LinearDir::Vertical,
        }
    }

    const fn is_first(self) -> bool {
        matches!(self, Self::Left | Self::Up)
    }
}

impl Resize {
    const fn direction(self) -> LinearDir {
        match self {
            Self::Wider | Self::Narrower => LinearDir::Horizontal,
            Self::Taller | Self::Lower => LinearDir::Vertical,
        }
    }

    const fn is_more(self) -> bool {
        matches!(self, Self::Wider | Self::Taller)
    }
}

impl Dock {
    /// The pane that commands on panes act on: the one that has the keyboard or was last pressed, else the landscapes.
    #[must_use]
    pub fn active_pane(&self) -> Pane {
        self.active.filter(|pane| self.shows(*pane)).unwrap_or(Pane::Landscapes)
    }

    /// Brings the next or previous tab of the active pane's group to the front.
    pub fn cycle_tabs(&mut self, is_forward: bool, has_keyboard: bool) {
        let active = self.active_pane();
        let tree = self.tree();
        let Some(group) = group_of(tree, active) else { return };
        // Tabs look at the other tiles while they turn.
        let Some(mut tile) = tree.tiles.remove(group) else { return };
        let mut next = None;
        if let Tile::Container(Container::Tabs(tabs)) = &mut tile {
            tabs.cycle_active(&tree.tiles, is_forward);
            next = tabs.active;
        }
        tree.tiles.insert(group, tile);
        let next = next.and_then(|id| tree.tiles.get_pane(&id).copied());
        self.active = next.or(self.active);
        self.is_edited = true;
        if has_keyboard {
            self.focus = next;
        }
    }

    /// Gives the keyboard to the tab of the next or previous group of panes, from the upper left to the lower right.
    pub fn cycle_groups(&mut self, is_forward: bool) {
        let active = self.active_pane();
        let tree = self.tree();
        let mut groups: Vec<_> = groups(tree).collect();
        groups.sort_by(|a, b| {
            (a.1.left(), a.1.top()).partial_cmp(&(b.1.left(), b.1.top())).unwrap_or(std::cmp::Ordering::Equal)
        });
        let here = group_of(tree, active).and_then(|id| groups.iter().position(|group| group.0 == id)).unwrap_or(0);
        let count = groups.len();
        let next = if is_forward { here + 1 } else { here + count.saturating_sub(1) };
        let Some((group, _)) = groups.get(next % count.max(1)) else { return };
        let shown = match tree.tiles.get(*group) {
            Some(Tile::Container(Container::Tabs(tabs))) => tabs.active,
            _ => None,
        };
        let pane = shown.and_then(|id| tree.tiles.get_pane(&id).copied());
        self.active = pane.or(self.active);
        self.focus = pane;
    }

    /// Gives the active pane more or less room.
    ///
    /// # Errors
    /// In a sentence, when there is no neighbour that could give room or take it.
    pub fn resize(&mut self, change: Resize) -> Result<(), String> {
        let active = self.active_pane();
        let no_room = || format!("{} cannot become {}: there is no room.", active.title(), change.label());
        let tree = self.tree();
        let mut child = group_of(tree, active).ok_or_else(no_room)?;
        while let Some(parent) = tree.tiles.parent_of(child) {
            let sides = |id| {
                let rect = tree.tiles.rect(id)?;
                Some(if change.direction() == LinearDir::Horizontal { rect.width() } else { rect.height() })
            };
            if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get(parent)
                && linear.dir == change.direction()
                && let Some(place) = linear.children.iter().position(|id| *id == child)
                && let Some(other) =
                    linear.children.get(place + 1).or_else(|| linear.children.get(place.checked_sub(1)?))
            {
                let other = *other;
                let (here, there) = (sides(child).ok_or_else(no_room)?, sides(other).ok_or_else(no_room)?);
                let step = RESIZE_STEP * (here + there) * if change.is_more() { 1.0 } else { -1.0 };
                if (here + step).min(there - step) < LEAST_SIDE {
                    return Err(no_room());
                }
                set_parts(tree, parent, [child, other], (here + step) / (here + there));
                self.is_edited = true;
                return Ok(());
            }
            child = parent;
        }
        Err(no_room())
    }

    /// Moves the active pane to the group at a side of it, or to a place of its own at that rim of the window.
    ///
    /// # Errors
    /// In a sentence, when it stands there already.
    pub fn move_pane(&mut self, side: Side) -> Result<(), String> {
        let active = self.active_pane();
        let tree = self.tree();
        let (Some(id), Some(group)) = (tree.tiles.find_pane(&active), group_of(tree, active)) else {
            return Err(format!("{} is not open.", active.title()));
        };
        let num_tabs = tree.tiles.get_container(group).map_or(0, Container::num_children);
        match neighbour(tree, group, side) {
            Some(other) => tree.move_tile_to_container(id, other, usize::MAX, false),
            None if num_tabs > 1 => move_to_rim(tree, id, group, side),
            None => return Err(format!("{} stands at this side already.", active.title())),
        }
        tree.make_active(|other, _| other == id);
        self.active = Some(active);
        self.is_edited = true;
        Ok(())
    }

    /// Finds the pane that has the keyboard or was pressed, and gives the keyboard to a tab that was asked for.
    pub(super) fn follow_focus(&mut self, ui: &Ui, tree: &Tree<Pane>) {
        let layer = ui.layer_id();
        let focused = ui.memory(egui::Memory::focused).and_then(|id| ui.ctx().read_response(id));
        let focused = focused.filter(|response| response.layer_id == layer).map(|response| response.rect.center());
        let pressed = ui.input(|input| input.pointer.press_origin().filter(|_| input.pointer.any_pressed()));
        let pressed = pressed.filter(|place| ui.ctx().layer_id_at(*place) == Some(layer));
        if let Some(place) = pressed.or(focused)
            && let Some((group, _)) = groups(tree).find(|(_, rect)| rect.contains(place))
            && let Some(Tile::Container(Container::Tabs(tabs))) = tree.tiles.get(group)
        {
            self.active = tabs.active.and_then(|id| tree.tiles.get_pane(&id).copied()).or(self.active);
        }
        if let Some(id) = self.focus.take().and_then(|pane| tree.tiles.find_pane(&pane)) {
            ui.memory_mut(|memory| memory.request_focus(id.egui_id(tree.id())));
            ui.ctx().request_repaint();
        }
    }
}

/// The tabs that a pane stands in.
fn group_of(tree: &Tree<Pane>, pane: Pane) -> Option<TileId> {
    tree.tiles.find_pane(&pane).and_then(|id| tree.tiles.parent_of(id))
}

/// The groups of tabs that are to be seen, with their places.
fn groups(tree: &Tree<Pane>) -> impl Iterator<Item = (TileId, egui::Rect)> {
    let is_tabs = |id: &TileId| matches!(tree.tiles.get(*id), Some(Tile::Container(Container::Tabs(_))));
    tree.active_tiles().into_iter().filter(is_tabs).filter_map(|id| Some((id, tree.tiles.rect(id)?)))
}

/// The nearest group at a side of another one; of those at the same distance, the one that lies most beside it.
fn neighbour(tree: &Tree<Pane>, group: TileId, side: Side) -> Option<TileId> {
    let from = tree.tiles.rect(group)?;
    let beside = |rect: egui::Rect| {
        let (gap, along) = match side {
            Side::Left => (from.left() - rect.right(), from.y_range().intersection(rect.y_range())),
            Side::Right => (rect.left() - from.right(), from.y_range().intersection(rect.y_range())),
            Side::Up => (from.top() - rect.bottom(), from.x_range().intersection(rect.x_range())),
            Side::Down => (rect.top() - from.bottom(), from.x_range().intersection(rect.x_range())),
        };
        (gap > -1.0 && along.span() > 1.0).then_some((gap, along.span()))
    };
    let found = groups(tree).filter(|(id, _)| *id != group).filter_map(|(id, rect)| Some((id, beside(rect)?)));
    found.min_by(|(_, a), (_, b)| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1))).map(|(id, _)| id)
}

fn set_parts(tree: &mut Tree<Pane>, parent: TileId, [first, second]: [TileId; 2], part: f32) {
    if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(parent) {
        let shares = linear.shares[first] + linear.shares[second];
        linear.shares.set_share(first, part * shares);
        linear.shares.set_share(second, (1.0 - part) * shares);
    }
}

/// Takes a pane out of its tabs and gives it a place of its own at a rim of the window.
fn move_to_rim(tree: &mut Tree<Pane>, id: TileId, group: TileId, side: Side) {
    let Some(root) = tree.root() else { return };
    if let Some(Tile::Container(tabs)) = tree.tiles.get_mut(group) {
        tabs.remove_child(id);
    }
    let tabs = tree.tiles.insert_tab_tile(vec![id]);
    if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root)
        && linear.dir == side.direction()
    {
        let total: f32 = linear.children.iter().map(|child| linear.shares[*child]).sum();
        let place = if side.is_first() { 0 } else { linear.children.len() };
        linear.children.insert(place, tabs);
        linear.shares.set_share(tabs, RIM_SHARE / (1.0 - RIM_SHARE) * total);
        return;
    }
    let children = if side.is_first() { vec![tabs, root] } else { vec![root, tabs] };
    let mut linear = Linear::new(side.direction(), children);
    linear.shares.set_share(root, 1.0 - RIM_SHARE);
    linear.shares.set_share(tabs, RIM_SHARE);
    tree.root = Some(tree.tiles.insert_container(linear));
}
