//! Whether saved layouts can be shown: a file may have been cut, mended by hand, or written by another release.

use std::collections::{BTreeMap, BTreeSet};

use egui_tiles::{Container, Tile, TileId, Tree};

use crate::ui::contract::pane::{Layout, Pane};

/// Containers within each other, at most; a user's own arrangement has three or four.
const MAX_DEPTH: usize = 24;
/// Shares of a container are compared with each other; what is beyond these leaves no room for the others.
const SHARES: std::ops::RangeInclusive<f32> = 1e-4..=1e4;

/// Removes the layouts that cannot be shown, and names them.
pub fn drop_broken(trees: &mut BTreeMap<Layout, Tree<Pane>>) -> Vec<Layout> {
    let broken: Vec<Layout> = trees.iter().filter(|(_, tree)| !is_whole(tree)).map(|(layout, _)| *layout).collect();
    trees.retain(|layout, _| !broken.contains(layout));
    broken
}

/// Whether the tiles make a tree, in which each pane stands once and the landscapes can be reached.
fn is_whole(tree: &Tree<Pane>) -> bool {
    let mut walk = Walk { tree, seen: BTreeSet::new(), panes: Vec::new() };
    tree.root().is_some_and(|root| walk.visit(root, 0)) && walk.panes.contains(&Pane::Landscapes)
}

struct Walk<'a> {
    tree: &'a Tree<Pane>,
    seen: BTreeSet<u64>,
    panes: Vec<Pane>,
}

impl Walk<'_> {
    fn visit(&mut self, id: TileId, depth: usize) -> bool {
        let is_new = self.seen.insert(id.0);
        if !is_new || depth > MAX_DEPTH || !self.tree.is_visible(id) {
            return false;
        }
        match self.tree.tiles.get(id) {
            None => false,
            Some(Tile::Pane(pane)) => {
                let is_twice = self.panes.contains(pane);
                self.panes.push(*pane);
                !is_twice
            }
            Some(Tile::Container(container)) => {
                has_room(container) && container.children().all(|child| self.visit(*child, depth + 1))
            }
        }
    }
}

fn has_room(container: &Container) -> bool {
    let mut shares: Box<dyn Iterator<Item = f32>> = match container {
        Container::Tabs(_) => return true,
        Container::Linear(linear) => Box::new(linear.children.iter().map(|child| linear.shares[*child])),
        Container::Grid(grid) => Box::new(grid.col_shares.iter().chain(&grid.row_shares).copied()),
    };
    shares.all(|share| SHARES.contains(&share))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree with a change in its text, as somebody would make it by hand.
    fn changed(from: &str, to: &str) -> Tree<Pane> {
        let text = serde_json::to_string(&Layout::Explore.tree()).expect("trees have a JSON form");
        assert!(text.contains(from), "{from} in {text}");
        serde_json::from_str(&text.replacen(from, to, 1)).expect("still a tree")
    }

    #[test]
    fn whole_trees_are_kept() {
        let mut trees: BTreeMap<_, _> = Layout::ALL.map(|layout| (layout, layout.tree())).into();
        assert!(drop_broken(&mut trees).is_empty());
        assert_eq!(trees.len(), 3);
    }

    #[test]
    fn trees_that_do_not_hang_together_are_dropped() {
        let whole = Layout::Explore.tree();
        let root = whole.root().expect("a root");
        let Some(Tile::Container(container)) = whole.tiles.get(root) else { panic!("the root holds the others") };
        let first = container.children_vec()[0].0;
        let mut cyclic = Layout::Explore.tree();
        if let Some(Tile::Container(container)) = cyclic.tiles.get_mut(TileId(first)) {
            container.add_child(root);
        }
        let mut dangling = Layout::Explore.tree();
        dangling.tiles.remove(TileId(first));
        let mut hidden = Layout::Explore.tree();
        let landscapes = hidden.tiles.find_pane(&Pane::Landscapes).expect("it has them");
        hidden.set_visible(landscapes, false);
        let mut without = Layout::Explore.tree();
        without.remove_recursively(landscapes);
        let mut rootless = Layout::Explore.tree();
        rootless.root = Some(TileId(99));
        let cases = [
            ("cyclic", cyclic),
            ("dangling", dangling),
            ("hidden", hidden),
            ("without", without),
            ("rootless", rootless),
            ("a pane twice", changed("\"charts\"", "\"landscapes\"")),
            ("a share below zero", changed("0.83", "-0.83")),
            ("a share of nothing", changed("0.83", "0.0")),
        ];
        for (name, tree) in cases {
            let mut trees = BTreeMap::from([(Layout::Teach, Layout::Teach.tree()), (Layout::Explore, tree)]);
            assert_eq!(drop_broken(&mut trees), [Layout::Explore], "{name}");
            assert_eq!(trees.len(), 1, "{name}");
        }
    }
}
