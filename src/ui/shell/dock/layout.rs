//! The named layouts and how their panes are arranged at first.

use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};

use crate::ui::contract::pane::{Layout, Pane};

impl Layout {
    /// Its panes as they are arranged at first.
    #[must_use]
    pub fn tree(self) -> Tree<Pane> {
        let mut tiles = Tiles::default();
        let left = tabs(&mut tiles, &[Pane::Runs, Pane::Model, Pane::Data]);
        let root = match self {
            Self::Explore => {
                let top = tabs(&mut tiles, &[Pane::Landscapes, Pane::Compare]);
                let bottom = charts(&mut tiles);
                let centre = split(&mut tiles, LinearDir::Vertical, &[(top, 0.63), (bottom, 0.37)]);
                split(&mut tiles, LinearDir::Horizontal, &[(left, 0.17), (centre, 0.83)])
            }
            Self::Compare => {
                let top = tabs(&mut tiles, &[Pane::Landscapes]);
                let table = tabs(&mut tiles, &[Pane::Compare, Pane::Measure]);
                let charts = charts(&mut tiles);
                let parts = [(top, 0.4), (table, 0.28), (charts, 0.32)];
                let centre = split(&mut tiles, LinearDir::Vertical, &parts);
                split(&mut tiles, LinearDir::Horizontal, &[(left, 0.17), (centre, 0.83)])
            }
            Self::Teach => {
                let top = tabs(&mut tiles, &[Pane::Landscapes]);
                let bottom = charts(&mut tiles);
                let guide = tabs(&mut tiles, &[Pane::Guide]);
                let centre = split(&mut tiles, LinearDir::Vertical, &[(top, 0.68), (bottom, 0.32)]);
                split(&mut tiles, LinearDir::Horizontal, &[(left, 0.17), (centre, 0.6), (guide, 0.23)])
            }
        };
        Tree::new(egui::Id::unique(self.label()), root, tiles)
    }
}

fn charts(tiles: &mut Tiles<Pane>) -> TileId {
    tabs(tiles, &[Pane::Charts])
}

fn tabs(tiles: &mut Tiles<Pane>, panes: &[Pane]) -> TileId {
    let children = panes.iter().map(|pane| tiles.insert_pane(*pane)).collect();
    tiles.insert_tab_tile(children)
}

fn split(tiles: &mut Tiles<Pane>, direction: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut linear = Linear::new(direction, parts.iter().map(|part| part.0).collect());
    for (id, share) in parts {
        linear.shares.set_share(*id, *share);
    }
    tiles.insert_new(Tile::Container(Container::Linear(linear)))
}
