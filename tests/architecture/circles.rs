//! Circles: files that name each other in a ring, and parts of a folder that do.
//!
//! A module's file and its direct children are one room, so what they name of each other does not count between files.
//! Within a folder each child counts as one, a file or a subfolder with all that is in it; the folder's own file is left
//! out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::graph::{Edge, edges};
use super::index::{Index, Tree};

/// The circles between files of the crate: one sentence each, with a line for each of its steps.
pub fn file_circles(tree: &Tree) -> Vec<String> {
    let index = Index::new(tree);
    let edges: Vec<Edge> = edges(&index).into_iter().filter(|edge| !is_one_room(&index, edge)).collect();
    let steps: Vec<(usize, usize)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let words = |circle: Circle| {
        let head = head(&circle, "files");
        let step = |from: usize, to: usize| {
            let edge = edges.iter().find(|edge| (edge.from, edge.to) == (from, to));
            edge.map(|edge| edge.words(&index)).unwrap_or_default()
        };
        circle.told(head, step)
    };
    circles(&steps).into_iter().map(words).collect()
}

/// The circles between the children of each folder.
pub fn folder_circles(tree: &Tree) -> Vec<String> {
    let index = Index::new(tree);
    let mut folders: BTreeMap<&[String], Folder> = BTreeMap::new();
    let edges = edges(&index);
    for edge in &edges {
        let (from, to) = (&index.files[edge.from].module, &index.files[edge.to].module);
        let common = from.iter().zip(to).take_while(|(from, to)| from == to).count();
        // Where one is the other's folder, they are no two children of any.
        if let (Some(from_child), Some(to_child)) = (from.get(common), to.get(common)) {
            let children = (from_child.as_str(), to_child.as_str());
            folders.entry(&from[..common]).or_default().entry(children).or_default().push(edge);
        }
    }
    folders.iter().flat_map(|(folder, ties)| circles_of_folder(&index, folder, ties)).collect()
}

/// What each child of a folder names of each other one.
type Folder<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Edge>>;

fn circles_of_folder(index: &Index, folder: &[String], ties: &Folder) -> Vec<String> {
    let children: BTreeSet<&str> = ties.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let children: Vec<&str> = children.into_iter().collect();
    let number = |child: &str| children.binary_search(&child).expect("every end of a tie is a child");
    let steps: Vec<(usize, usize)> = ties.keys().map(|(from, to)| (number(from), number(to))).collect();
    let words = |circle: Circle| {
        let names: Vec<&str> = circle.nodes.iter().map(|node| children[*node]).collect();
        let place = ["src"].into_iter().chain(folder.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
        let head = head(&circle, &format!("children of {place}, {}", names.join(" → ")));
        let step = |from: usize, to: usize| {
            let edges = &ties[&(children[from], children[to])];
            let also = if edges.len() > 1 { format!(" (one of {} such)", edges.len()) } else { String::new() };
            format!("{}{also}", edges[0].words(index))
        };
        circle.told(head, step)
    };
    circles(&steps).into_iter().map(words).collect()
}

fn is_one_room(index: &Index, edge: &Edge) -> bool {
    let (from, to) = (&index.files[edge.from].module, &index.files[edge.to].module);
    let is_child = |child: &[String], parent: &[String]| child.split_last().is_some_and(|(_, above)| above == parent);
    is_child(from, to) || is_child(to, from)
}

fn head(circle: &Circle, what: &str) -> String {
    let (length, knot) = (circle.nodes.len(), circle.knot);
    let of = if knot > length { format!(", the shortest among {knot} that lead to each other") } else { String::new() };
    format!("circle of {length} {what}{of}")
}

/// A ring of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// The nodes in order; the last leads to the first.
    pub nodes: Vec<usize>,
    /// How many nodes, these among them, lead to each other.
    pub knot: usize,
}

impl Circle {
    fn told(&self, head: String, step: impl Fn(usize, usize) -> String) -> String {
        let next = self.nodes.iter().cycle().skip(1);
        self.nodes.iter().zip(next).fold(head, |told, (from, to)| format!("{told}\n      {}", step(*from, *to)))
    }
}

/// The shortest circle of each set of nodes that all lead to each other; the first node is the lowest one.
pub fn circles(steps: &[(usize, usize)]) -> Vec<Circle> {
    let mut next: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (from, to) in steps {
        next.entry(*from).or_default().insert(*to);
    }
    // For each node the shortest way back to it.
    let ways: BTreeMap<usize, Vec<usize>> =
        next.keys().filter_map(|node| way(&next, *node, *node).map(|way| (*node, way))).collect();
    let mut done = BTreeSet::new();
    let mut found = Vec::new();
    for node in ways.keys() {
        if done.contains(node) {
            continue;
        }
        let tied = |other: &&usize| {
            *other == node || (way(&next, *node, **other).is_some() && way(&next, **other, *node).is_some())
        };
        let knot: Vec<usize> = ways.keys().filter(tied).copied().collect();
        let shortest = knot.iter().map(|node| &ways[node]).min_by_key(|way| way.len());
        found.extend(shortest.map(|nodes| Circle { nodes: nodes.clone(), knot: knot.len() }));
        done.extend(knot);
    }
    found
}

/// The shortest way from one node to another or back to itself, without its end.
fn way(next: &BTreeMap<usize, BTreeSet<usize>>, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(node) = waiting.pop_front() {
        for step in next.get(&node).into_iter().flatten() {
            if *step == to {
                let mut way = vec![node];
                while way[way.len() - 1] != from {
                    way.push(came_from[&way[way.len() - 1]]);
                }
                way.reverse();
                return Some(way);
            }
            if *step != from && !came_from.contains_key(step) {
                came_from.insert(*step, node);
                waiting.push_back(*step);
            }
        }
    }
    None
}
