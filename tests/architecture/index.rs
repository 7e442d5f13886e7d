//! All modules of the crate, what each defines and what it brings into scope, so that a path leads to the file that
//! *defines* what it names, however many re-exports lie between.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::slice;

use super::scan::{Brings, Mention, Scan, scan};

/// The sources by their place below `src`, such as `ui/app.rs`.
pub type Tree = BTreeMap<String, String>;

/// One file of the crate.
#[derive(Debug)]
pub struct File {
    /// Its place below `src`.
    pub place: String,
    /// The path of its module: `["ui", "charts"]` for `ui/charts.rs` and for `ui/charts/mod.rs`.
    pub module: Vec<String>,
    /// What it says.
    pub scan: Scan,
}

/// The files and modules of the crate, without what exists for tests alone.
#[derive(Debug, Default)]
pub struct Index {
    /// The files, by their place.
    pub files: Vec<File>,
    modules: HashMap<Vec<String>, Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// The file that it is written in, unless only its children are known.
    file: Option<usize>,
    items: HashSet<String>,
    /// What is brought into scope: those of the module itself before those within bodies.
    uses: Vec<Mention>,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// To an item of that module in that file.
    Item { file: usize, module: Vec<String>, name: String },
    /// To a module.
    Module(Vec<String>),
    /// Into this module of ours, which has nothing of that name.
    Missing { module: Vec<String>, name: String },
    /// Out of the crate, or to a name of the language or of a body.
    Foreign,
}

/// What a name shall be where both a module and something else have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Want {
    Item,
    Module,
}

/// The names that are being looked up already, so that re-exports in a ring come to an end.
type Seen = HashSet<(Vec<String>, String, Want)>;

/// The path of the module of the file at `place`. The program's own root stands beside the library's.
pub fn module_of(place: &str) -> Vec<String> {
    let mut module: Vec<String> = place.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    module.retain(|part| !matches!(part.as_str(), "mod" | "lib"));
    module
}

impl Index {
    /// Reads all sources.
    pub fn new(tree: &Tree) -> Self {
        let mut files: Vec<File> = tree.iter().map(|(place, source)| File::new(place, source)).collect();
        let for_tests: Vec<Vec<String>> = files.iter().flat_map(File::test_modules).collect();
        files.retain(|file| !for_tests.iter().any(|tests| file.module.starts_with(tests)));
        let mut modules: HashMap<Vec<String>, Module> = HashMap::new();
        for (number, file) in files.iter().enumerate() {
            for module in file.scan.inline_modules.iter().chain([&file.module]) {
                modules.entry(module.clone()).or_default().file = Some(number);
            }
            for above in 0..file.module.len() {
                modules.entry(file.module[..above].to_vec()).or_default();
            }
            for item in file.scan.items.iter().filter(|item| item.keyword != "mod") {
                modules.entry(item.place.clone()).or_default().items.insert(item.name.clone());
            }
            let mut uses: Vec<&Mention> =
                file.scan.mentions.iter().filter(|mention| mention.brings != Brings::Nothing).collect();
            uses.sort_by_key(|mention| mention.is_nested);
            for mention in uses {
                modules.entry(mention.place.clone()).or_default().uses.push(mention.clone());
            }
        }
        Self { files, modules }
    }

    /// Where a path leads to.
    pub fn find(&self, mention: &Mention) -> Found {
        self.walk(mention, Want::Item, &mut Seen::new())
    }

    /// Where a name that stands alone in the module `place` leads to.
    pub fn find_word(&self, place: &[String], name: &str) -> Found {
        self.look_up(place, name, Want::Item, &mut Seen::new()).unwrap_or(Found::Foreign)
    }

    /// The file that a module is written in.
    pub fn file_of(&self, module: &[String]) -> Option<usize> {
        self.modules.get(module).and_then(|module| module.file)
    }

    /// Whether the module brings in all that another one holds.
    pub fn has_globs(&self, module: &[String]) -> bool {
        self.modules.get(module).is_some_and(|module| module.uses.iter().any(|mention| mention.brings == Brings::All))
    }

    fn walk(&self, mention: &Mention, want: Want, seen: &mut Seen) -> Found {
        if mention.is_extern {
            return Found::Foreign;
        }
        let want = if mention.is_self { Want::Module } else { want };
        let mut names = mention.path.iter().map(String::as_str).peekable();
        let mut module = mention.place.clone();
        // The first name may be anything in scope; the others are this module's or nothing.
        let mut is_ours = true;
        match names.peek() {
            Some(&("crate" | "flatscape")) => {
                module.clear();
                names.next();
            }
            Some(&("self" | "super")) => {
                while let Some(step) = names.next_if(|name| matches!(*name, "self" | "super")) {
                    module.truncate(module.len() - usize::from(step == "super" && !module.is_empty()));
                }
            }
            Some(&"Self") => return Found::Foreign,
            _ => is_ours = false,
        }
        while let Some(name) = names.next() {
            if name == "*" {
                break;
            }
            let want = if names.peek().is_none() { want } else { Want::Module };
            match self.look_up(&module, name, want, seen) {
                Some(Found::Module(inner)) => module = inner,
                Some(other) => return other,
                None if is_ours => return Found::Missing { module, name: name.to_owned() },
                None => return Found::Foreign,
            }
            is_ours = true;
        }
        Found::Module(module)
    }

    fn look_up(&self, module: &[String], name: &str, want: Want, seen: &mut Seen) -> Option<Found> {
        let entry = self.modules.get(module)?;
        let inner = [module, &[name.to_owned()]].concat();
        let is_module = self.modules.contains_key(&inner);
        if is_module && want == Want::Module {
            return Some(Found::Module(inner));
        }
        if let Some(file) = entry.file.filter(|_| entry.items.contains(name)) {
            return Some(Found::Item { file, module: module.to_vec(), name: name.to_owned() });
        }
        if !seen.insert((module.to_vec(), name.to_owned(), want)) {
            return None;
        }
        let brought = entry.uses.iter().filter(|mention| mention.brings.name() == Some(name));
        let mut found: Vec<Found> = brought.map(|mention| self.walk(mention, want, seen)).collect();
        if let Some(at) = found.iter().position(|found| matches!(found, Found::Item { .. })) {
            return Some(found.swap_remove(at));
        }
        if is_module {
            return Some(Found::Module(inner));
        }
        found.into_iter().next().or_else(|| self.look_up_globs(entry, name, want, seen))
    }

    fn look_up_globs(&self, entry: &Module, name: &str, want: Want, seen: &mut Seen) -> Option<Found> {
        entry.uses.iter().filter(|mention| mention.brings == Brings::All).find_map(|glob| {
            let Found::Module(source) = self.walk(glob, Want::Module, seen) else { return None };
            self.look_up(&source, name, want, seen)
                .filter(|found| matches!(found, Found::Item { .. } | Found::Module(_)))
        })
    }
}

impl File {
    fn new(place: &str, source: &str) -> Self {
        let module = module_of(place);
        let names: Vec<&str> = module.iter().map(String::as_str).collect();
        Self { place: place.to_owned(), scan: scan(source, &names), module }
    }

    fn test_modules(&self) -> impl Iterator<Item = Vec<String>> {
        self.scan.test_modules.iter().map(|name| [self.module.as_slice(), slice::from_ref(name)].concat())
    }
}
