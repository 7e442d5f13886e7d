//! What one source file says: the paths that it names, the names that it brings in, and the items that it defines.
//!
//! A small scanner, not a parser: comments, literals and `#[cfg(test)]` items are skipped and `use` trees are unfolded.
//! Macros are read as plain code.

use super::tokens::{Token, part_tests, tokens};

/// What one file says. Its places are paths of modules, such as `["ui", "panes"]`.
#[derive(Debug, Default)]
pub struct Scan {
    /// Every path that it names.
    pub mentions: Vec<Mention>,
    /// What it defines at the level of modules, and types at any depth.
    pub items: Vec<Item>,
    /// The types that its `impl` blocks are for.
    pub impls: Vec<Mention>,
    /// Names that stand alone, in no path.
    pub words: Vec<Item>,
    /// Modules written out within it.
    pub inline_modules: Vec<Vec<String>>,
    /// Modules of the file that exist for tests alone.
    pub test_modules: Vec<String>,
}

/// A path as it is written, with the module that it stands in.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Line of its last segment, from 1.
    pub line: usize,
    /// The module that it stands in.
    pub place: Vec<String>,
    /// Its segments, with `crate`, `self`, `super` and the `*` of a glob.
    pub path: Vec<String>,
    /// Whether it begins with `::`.
    pub is_extern: bool,
    /// What it brings into scope.
    pub brings: Brings,
    /// Whether it stands in the body of something, and not in a module itself.
    pub is_nested: bool,
    /// Whether `{self}` ends it: then it is a module or a type, not a function of that name.
    pub is_self: bool,
}

/// What a path brings into scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brings {
    /// Nothing: it is written inline.
    Nothing,
    /// Its last segment, under that name.
    Name(String),
    /// The same under another name.
    Alias(String),
    /// All that it holds.
    All,
}

impl Brings {
    /// The name that it brings in.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) | Self::Alias(name) => Some(name),
            Self::Nothing | Self::All => None,
        }
    }
}

/// A name with its line and the module that it stands in.
#[derive(Debug, Clone)]
pub struct Item {
    /// Line, from 1.
    pub line: usize,
    /// The module that it stands in.
    pub place: Vec<String>,
    /// The name.
    pub name: String,
    /// The keyword before it, such as `fn`; empty for a word that is used.
    pub keyword: String,
}

/// Reads `source`, whose module is `module`.
pub fn scan(source: &str, module: &[&str]) -> Scan {
    let (tokens, tests) = part_tests(&tokens(source));
    let place = module.iter().map(ToString::to_string).collect();
    let mut scanner = Scanner { tokens: &tokens, place, braces: Vec::new(), scan: Scan::default() };
    let mut at = 0;
    while at < tokens.len() {
        at = scanner.step(at);
    }
    for [keyword, name, end] in tests.array_windows() {
        if keyword.text == "mod" && end.text == ";" {
            scanner.scan.test_modules.push(name.text.clone());
        }
    }
    scanner.scan
}

struct Scanner<'a> {
    tokens: &'a [Token],
    place: Vec<String>,
    /// For each open brace: whether it is that of a module.
    braces: Vec<bool>,
    scan: Scan,
}

impl<'a> Scanner<'a> {
    fn text(&self, at: usize) -> &'a str {
        let tokens = self.tokens;
        tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |before| self.text(before))
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_name)
    }

    fn is_nested(&self) -> bool {
        self.braces.contains(&false)
    }

    /// Reads what begins at token `at`; returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        match self.text(at) {
            // Not the `use<'a>` of a return type.
            "use" if self.text(at + 1) != "<" => return self.use_tree(at + 1, &[]),
            "mod" if self.is_name(at + 1) => return self.module(at),
            "{" => self.braces.push(false),
            "}" if self.braces.pop() == Some(true) => {
                self.place.pop();
            }
            "impl" if matches!(self.before(at), "" | "{" | "}" | ";" | "]" | "unsafe") => self.implemented(at),
            _ if self.is_name(at) && self.text(at + 1) == "::" => return self.inline_path(at),
            // Not those of `'static`, `*const T` and `<const N: usize>`.
            "fn" | "struct" | "enum" | "trait" | "union" | "type" | "const" | "static" | "macro_rules"
                if !matches!(self.before(at), "'" | "*" | "<" | ",") =>
            {
                return self.item(at);
            }
            _ if self.is_name(at) && self.before(at) != "." => {
                let word = self.named(at, "");
                self.scan.words.push(word);
            }
            _ => {}
        }
        at + 1
    }

    fn named(&self, at: usize, keyword: &str) -> Item {
        let token = &self.tokens[at];
        let (name, keyword) = (token.text.clone(), keyword.to_owned());
        Item { line: token.line, place: self.place.clone(), name, keyword }
    }

    fn module(&mut self, at: usize) -> usize {
        let item = self.named(at + 1, "mod");
        if self.text(at + 2) == "{" {
            self.place.push(item.name.clone());
            self.braces.push(true);
            self.scan.inline_modules.push(self.place.clone());
        }
        self.scan.items.push(item);
        at + 3
    }

    /// The item that a keyword at `at` begins, if one does: `fn` and `const` stand in types too, `union` is a name too.
    fn item(&mut self, at: usize) -> usize {
        let keyword = self.text(at).to_owned();
        let behind = ["!", "mut"].contains(&self.text(at + 1));
        let name = at + 1 + usize::from(behind);
        let is_type = matches!(keyword.as_str(), "struct" | "enum" | "trait" | "union" | "macro_rules");
        let begins = self.is_name(name) && !["fn", "unsafe", "extern", "async"].contains(&self.text(name));
        let is_union = keyword != "union" || ["{", "<"].contains(&self.text(name + 1));
        if !begins || !is_union {
            return at + 1;
        }
        if is_type || !self.is_nested() {
            let item = self.named(name, &keyword);
            self.scan.items.push(item);
        }
        name + 1
    }

    /// Notes the type that the `impl` at `at` is for; its paths are read as any others.
    fn implemented(&mut self, at: usize) {
        let end = (at..self.tokens.len()).find(|end| matches!(self.text(*end), "{" | ";" | "where"));
        let end = end.unwrap_or(self.tokens.len());
        let mut start = at + 1;
        let mut depth = 0_usize;
        while start < end && (depth > 0 || self.text(start) == "<") {
            match self.text(start) {
                "<" => depth += 1,
                ">" if self.before(start) != "-" => depth -= 1,
                _ => {}
            }
            start += 1;
        }
        // The `for` of `for<'a>` belongs to a bound.
        let of_trait = (start..end).rev().find(|at| self.text(*at) == "for" && self.text(at + 1) != "<");
        let start = of_trait.map_or(start, |at| at + 1);
        if start < end && self.is_name(start) {
            let path = self.tokens[start..self.path_end(start)].to_vec();
            let mention = self.mention(&path, Brings::Nothing);
            self.scan.impls.push(mention);
        }
    }

    /// The end of the row `name :: name :: …` that starts at `at`, without a trailing `::`.
    fn path_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        while self.text(end) == "::" && self.is_name(end + 1) {
            end += 2;
        }
        end
    }

    fn inline_path(&mut self, at: usize) -> usize {
        let end = self.path_end(at);
        let is_extern = self.before(at) == "::";
        // After `>::`, as in `<T as Trait>::Item::X`, the names belong to a type, but not after `-> ::`; after a dot they
        // are a method's.
        let of_type = is_extern && at >= 3 && self.text(at - 2) == ">" && self.text(at - 3) != "-";
        if !of_type && self.before(at) != "." {
            let path = self.tokens[at - usize::from(is_extern)..end].to_vec();
            let mention = self.mention(&path, Brings::Nothing);
            self.scan.mentions.push(mention);
        }
        end
    }

    fn mention(&self, path: &[Token], brings: Brings) -> Mention {
        Mention {
            line: path.last().map_or(0, |token| token.line),
            place: self.place.clone(),
            path: path.iter().filter(|token| token.text != "::").map(|token| token.text.clone()).collect(),
            is_extern: path[0].text == "::",
            brings,
            is_nested: self.is_nested(),
            is_self: false,
        }
    }

    /// Unfolds the tree of a `use` from token `at` on; returns the place after it.
    fn use_tree(&mut self, mut at: usize, prefix: &[Token]) -> usize {
        let mut path = prefix.to_vec();
        let mut is_self = false;
        let mut alias = None;
        while at < self.tokens.len() {
            match self.text(at) {
                "{" => {
                    at += 1;
                    while at < self.tokens.len() && self.text(at) != "}" {
                        at = self.use_tree(at, &path);
                        at += usize::from(self.text(at) == ",");
                    }
                    return at + 1;
                }
                "as" => {
                    alias = Some(self.text(at + 1).to_owned());
                    at += 2;
                    break;
                }
                "," | "}" | ";" => break,
                "self" if !prefix.is_empty() => {
                    is_self = true;
                    at += 1;
                }
                _ => {
                    path.push(self.tokens[at].clone());
                    at += 1;
                }
            }
        }
        if let Some(last) = path.iter().rfind(|token| token.text != "::") {
            let brings = match alias {
                Some(alias) => Brings::Alias(alias),
                None if last.text == "*" => Brings::All,
                None => Brings::Name(last.text.clone()),
            };
            let mention = Mention { is_self, ..self.mention(&path, brings) };
            self.scan.mentions.push(mention);
        }
        at
    }
}
