//! Which tier of the window names which other one.

use super::graph::edges;
use super::index::{File, Found, Index, Tree};
use super::scan::Mention;
use crate::{PLAIN_EGUI, TIERS, Tier};

/// A file, a line and what is wrong there.
type Problem<'a> = (&'a str, usize, String);

/// What is wrong in `src/ui`, and what outside of it belongs into its shell.
pub fn violations(tree: &Tree) -> Vec<String> {
    let index = Index::new(tree);
    let mut problems: Vec<Problem> = Vec::new();
    for edge in edges(&index) {
        let (from, to) = (&index.files[edge.from], &index.files[edge.to]);
        problems.extend(edge.names.iter().filter_map(|(line, name)| tier_problem(from, to, *line, name)));
    }
    for file in &index.files {
        problems.extend(stray_file(file));
        problems.extend(root_with_items(file));
        problems.extend(drawing_problems(&index, file));
        problems.extend(app_outside_the_shell(&index, file));
    }
    problems.sort();
    problems.into_iter().map(|(place, line, problem)| format!("src/{place}:{line}: {problem}")).collect()
}

/// The part of the window that a module belongs to: a tier, or a single pane such as `panes/charts`.
fn part_of(module: &[String]) -> Option<String> {
    match module {
        [ui, panes, pane, ..] if ui == "ui" && panes == "panes" => Some(format!("panes/{pane}")),
        [ui, tier, ..] if ui == "ui" => Some(tier.clone()),
        _ => None,
    }
}

fn tier_of(part: &str) -> Option<&'static Tier> {
    let name = part.split('/').next()?;
    TIERS.iter().find(|tier| tier.name == name)
}

fn is_root(file: &File) -> bool {
    file.module == ["ui"]
}

fn stray_file(file: &File) -> Option<Problem<'_>> {
    let part = part_of(&file.module)?;
    let names: Vec<&str> = TIERS.iter().map(|tier| tier.name).collect();
    tier_of(&part).is_none().then(|| (file.place.as_str(), 1, format!("`{part}` is none of {}", names.join(", "))))
}

fn root_with_items(file: &File) -> Option<Problem<'_>> {
    let item = file.scan.items.iter().find(|item| item.keyword != "mod").filter(|_| is_root(file))?;
    let problem = format!("defines `{} {}`, but may only declare and re-export", item.keyword, item.name);
    Some((&file.place, item.line, problem))
}

fn tier_problem<'a>(from: &'a File, to: &File, line: usize, name: &str) -> Option<Problem<'a>> {
    let part = part_of(&from.module)?;
    // A file that is in no tier is told once.
    let tier = tier_of(&part)?;
    let used = part_of(&to.module);
    let path = match &used {
        Some(used) => {
            let is_above = tier.name == "panes" && part == "panes" && used.starts_with("panes/");
            let is_allowed = used.split('/').next().is_some_and(|used| tier.may_use.contains(&used));
            if *used == part || is_allowed || is_above || tier_of(used).is_none() {
                return None;
            }
            format!("{used}::{name}")
        }
        None if is_root(to) => format!("ui::{name}"),
        None => {
            let folder = to.module.first()?;
            if tier.of_the_crate.is_none_or(|may| may.contains(&folder.as_str())) {
                return None;
            }
            format!("{folder}::{name}")
        }
    };
    Some((&from.place, line, format!("`{part}` names `{path}`, but {}", tier.words())))
}

/// The names of egui that a file of a tier without drawing may not use.
fn drawing_problems<'a>(index: &Index, file: &'a File) -> Vec<Problem<'a>> {
    let Some(part) = part_of(&file.module).filter(|part| tier_of(part).is_some_and(|tier| !tier.draws)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for mention in &file.scan.mentions {
        let path = foreign_path(file, mention);
        let is_egui = ["egui", "eframe", "epaint", "emath", "ecolor"]
            .iter()
            .any(|library| path[0] == *library || path[0].starts_with(&format!("{library}_")));
        let is_plain = path[0] == "egui" && path.get(1).is_none_or(|name| PLAIN_EGUI.contains(&name.as_str()));
        if is_egui && !is_plain && index.find(mention) == Found::Foreign {
            let (path, plain) = (path.join("::"), PLAIN_EGUI.join(", "));
            let problem = format!("`{part}` names `{path}`, but draws nothing: of egui it may use only {plain}");
            found.push((file.place.as_str(), mention.line, problem));
        }
    }
    found
}

/// The path with the name that it begins with spelt out, where a `use` of the same file brought that in.
fn foreign_path(file: &File, mention: &Mention) -> Vec<String> {
    let brought = file.scan.mentions.iter().find(|other| {
        other.brings.name() == mention.path.first().map(String::as_str)
            && other.path.len() > 1
            && other.path != mention.path
    });
    let path = match brought {
        Some(brought) => [brought.path.as_slice(), &mention.path[1..]].concat(),
        None => mention.path.clone(),
    };
    // The same library by another door.
    if path[0] == "eframe" && path.get(1).is_some_and(|name| name == "egui") { path[1..].to_vec() } else { path }
}

/// The window's own type is the shell's: nobody else gives it methods.
fn app_outside_the_shell<'a>(index: &Index, file: &'a File) -> Vec<Problem<'a>> {
    if file.module.starts_with(&["ui".to_owned(), "shell".to_owned()]) {
        return Vec::new();
    }
    let is_app = |of: &&Mention| match index.find(of) {
        Found::Item { module, name, .. } => name == "App" && module.first().is_some_and(|folder| folder == "ui"),
        Found::Missing { name, .. } => name == "App",
        _ => false,
    };
    let told = |of: &Mention| (file.place.as_str(), of.line, "`impl App`, which only ui/shell may have".to_owned());
    file.scan.impls.iter().filter(is_app).map(told).collect()
}

impl Tier {
    fn words(&self) -> String {
        let who = if self.name == "panes" { "a pane" } else { self.name };
        let may: Vec<&str> = self.may_use.iter().chain(self.of_the_crate.unwrap_or_default()).copied().collect();
        let may = if may.is_empty() { "nothing else of ours".to_owned() } else { format!("only {}", may.join(", ")) };
        format!("{who} may use {may}")
    }
}
