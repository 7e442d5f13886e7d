//! How docked panes look and what each draws.

use egui::{Color32, Frame, Id, Margin, Response, Ui, UiBuilder, Visuals};
use egui_tiles::{Behavior, EditAction, SimplificationOptions, TabState, Tabs, TileId, Tiles, UiResponse};

use super::{LEAST_SIDE, SIMPLIFICATION, is_pane, tab};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::shell::panes::Panes;
use crate::ui::shell::tour::{Anchor, Tour};

/// Free room at the right end of a group's bar, in points.
const BAR_MARGIN: f32 = 8.0;

/// What the panes draw from, for one frame.
pub struct Docked<'a> {
    /// What they may see.
    pub seen: Seen<'a>,
    /// The panes.
    pub panes: &'a mut Panes,
    /// What they ask for.
    pub asks: &'a mut Asks,
    /// The tour, which points at panes.
    pub tour: &'a mut Tour,
    /// A tile was moved, resized or closed.
    pub is_edited: bool,
}

impl Docked<'_> {
    /// Draws a pane without its tab, on its own ground.
    pub fn figure_ui(&mut self, ui: &mut Ui, pane: Pane) {
        self.framed(ui, pane);
    }

    fn framed(&mut self, ui: &mut Ui, pane: Pane) {
        let tokens = Tokens::of(ui);
        // No fill behind pictures: what the window is cleared with shows, which saves a layer on software adapters.
        let (fill, margin) = match pane {
            Pane::Landscapes => (Color32::TRANSPARENT, Margin { left: 10, right: 10, top: 4, bottom: 2 }),
            Pane::Charts | Pane::Chart(_) => (Color32::TRANSPARENT, Margin { left: 10, right: 10, top: 4, bottom: 6 }),
            _ => (tokens.panel.0, Margin { left: 12, right: 8, top: 8, bottom: 8 }),
        };
        Frame::new().fill(fill).inner_margin(margin).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            self.panes.ui(pane, ui, self.seen, self.asks);
        });
    }
}

impl Behavior<Pane> for Docked<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile_id: TileId, pane: &mut Pane) -> UiResponse {
        self.tour.anchor(Anchor::Pane(*pane), ui.max_rect());
        self.framed(ui, *pane);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn is_tab_closable(&self, tiles: &Tiles<Pane>, tile_id: TileId) -> bool {
        is_pane(tiles, tile_id).is_some_and(is_closable)
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Pane>, ui: &mut Ui, id: Id, tile_id: TileId, state: &TabState) -> Response {
        let title = self.tab_title_for_tile(tiles, tile_id);
        let (response, is_closed) = tab::tab_ui(ui, id, title.text(), state);
        if is_closed {
            tiles.remove(tile_id);
            self.is_edited = true;
        }
        response
    }

    fn is_tile_draggable(&self, tiles: &Tiles<Pane>, tile_id: TileId) -> bool {
        // The ground behind the tabs would be a stop of the Tab key that does nothing.
        is_pane(tiles, tile_id).is_some()
    }

    fn is_container_resizable(&self, _tiles: &Tiles<Pane>, _tile_id: TileId) -> bool {
        // The dock's own boundaries have names, and the arrows move them.
        false
    }

    fn cycle_tabs_with_keyboard(&self) -> bool {
        // A command does that, for the group that has the keyboard and not for the one under the pointer.
        false
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Pane>, ui: &mut Ui, _id: TileId, tabs: &Tabs, _scroll: &mut f32) {
        let Some(active) = tabs.active.and_then(|id| is_pane(tiles, id)) else { return };
        // The tabs come first: what stands at the right gets what they leave.
        let of_tab = |id: &TileId| is_pane(tiles, *id).map(|pane| tab::width(ui, pane.title(), is_closable(pane)));
        let titles: f32 = tabs.children.iter().filter_map(of_tab).sum();
        let mut room = ui.available_rect_before_wrap();
        room.max.x -= BAR_MARGIN.min(room.width());
        room.min.x = (room.left() + titles).min(room.right());
        ui.scope_builder(UiBuilder::new().max_rect(room).layout(*ui.layout()), |ui| {
            self.panes.of_mut(active).bar_ui(active, ui, self.seen, self.asks);
        });
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SIMPLIFICATION
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        LEAST_SIDE
    }

    fn tab_bar_height(&self, style: &egui::Style) -> f32 {
        style.spacing.interact_size.y + 6.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn on_edit(&mut self, _action: EditAction) {
        self.is_edited = true;
    }
}

/// Whether a pane has a cross. The others are closed by menu: a cross on every tab would be restless.
const fn is_closable(pane: Pane) -> bool {
    pane.stands_right() || matches!(pane, Pane::Chart(_))
}
