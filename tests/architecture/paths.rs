//! What a source file names: the full paths of its `use` declarations and the paths written inline.
//!
//! A small scanner, not a parser: comments, literals and `#[cfg(test)]` items are skipped, `use` trees are unfolded, and
//! `crate`, `self` and `super` are resolved with the file's place in the tree. Macros are read as plain code.

use std::collections::HashSet;

/// A path that a file names, resolved as far as its text allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Line of its last segment, from 1.
    pub line: usize,
    /// Where it starts.
    pub root: Root,
    /// Its segments after the root.
    pub segments: Vec<String>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// This crate; the first segment is a folder.
    Crate,
    /// A leading `::`: the first segment is another crate.
    Extern,
    /// A name in scope: a local name or another crate.
    Name,
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    line: usize,
    /// An identifier, `::`, or one other character.
    text: String,
}

impl Token {
    fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// All paths that `source` names, where `module` is its place, such as `["ui", "panels"]` for `src/ui/panels.rs`.
pub fn named_paths(source: &str, module: &[&str]) -> Vec<Named> {
    let tokens = without_tests(&tokens(source));
    let mut place: Vec<String> = module.iter().map(ToString::to_string).collect();
    // For each open brace: whether it is that of an inline module.
    let mut braces = Vec::new();
    let mut local = HashSet::new();
    let mut raw: Vec<(Vec<Token>, Vec<String>)> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let next = |offset: usize| tokens.get(i + offset).map_or("", |token| token.text.as_str());
        match tokens[i].text.as_str() {
            // Not the `use<'a>` of a return type.
            "use" if next(1) != "<" => {
                let mut paths = Vec::new();
                i = use_tree(&tokens, i + 1, &[], &mut paths, &mut local);
                raw.extend(paths.into_iter().map(|path| (path, place.clone())));
                continue;
            }
            "mod" => {
                local.insert(next(1).to_owned());
                if next(2) == "{" {
                    place.push(next(1).to_owned());
                    braces.push(true);
                }
                i += 3;
                continue;
            }
            "{" => braces.push(false),
            "}" if braces.pop() == Some(true) => {
                place.pop();
            }
            _ if tokens[i].is_name() && next(1) == "::" => {
                let end = inline_end(&tokens, i);
                let joined = i > 0 && tokens[i - 1].text == "::";
                // After `>::`, as in `<T as Trait>::Item::X`, the names belong to a type.
                if !joined || i < 2 || tokens[i - 2].text != ">" {
                    let first = i - usize::from(joined);
                    let path = tokens[first..end].iter().filter(|token| token.is_name() || token.text == "::");
                    raw.push((path.cloned().collect(), place.clone()));
                }
                i = end;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    raw.into_iter()
        .filter_map(|(path, place)| resolve(&path, &place))
        .filter(|named| !is_local(named, &local))
        .collect()
}

fn is_local(named: &Named, local: &HashSet<String>) -> bool {
    named.root == Root::Name && local.contains(&named.segments[0])
}

/// The end of the row `name :: name :: …` that starts at `i`, without a trailing `::`.
fn inline_end(tokens: &[Token], i: usize) -> usize {
    let mut end = i + 1;
    while end + 1 < tokens.len() && tokens[end].text == "::" && tokens[end + 1].is_name() {
        end += 2;
    }
    end
}

/// Unfolds the tree of a `use` from token `i` on; returns the place after it. Names that it brings in go to `local`.
fn use_tree(
    tokens: &[Token],
    mut i: usize,
    prefix: &[Token],
    paths: &mut Vec<Vec<Token>>,
    local: &mut HashSet<String>,
) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(i) {
        match token.text.as_str() {
            "{" => {
                i += 1;
                while tokens.get(i).is_some_and(|token| token.text != "}") {
                    i = use_tree(tokens, i, &path, paths, local);
                    i += usize::from(tokens.get(i).is_some_and(|token| token.text == ","));
                }
                return i + 1;
            }
            "as" => {
                local.extend(tokens.get(i + 1).map(|alias| alias.text.clone()));
                paths.push(path);
                return i + 2;
            }
            "," | "}" | ";" => break,
            "self" if !prefix.is_empty() => i += 1,
            _ => {
                path.push(token.clone());
                i += 1;
            }
        }
    }
    // `use wgpu;` brings in nothing that was not there; `use eframe::wgpu;` does.
    let names: Vec<&Token> = path.iter().filter(|token| token.text != "::").collect();
    if let [_, .., last] = names.as_slice() {
        local.insert(last.text.clone());
    }
    if !path.is_empty() {
        paths.push(path);
    }
    i
}

/// Finds out where a path, with its `::`, starts. `None` for paths that stay in the file's own module.
fn resolve(path: &[Token], place: &[String]) -> Option<Named> {
    let line = path.last()?.line;
    let texts: Vec<&str> = path.iter().map(|token| token.text.as_str()).filter(|text| *text != "::").collect();
    let named = |root, segments: &[&str]| {
        Some(Named { line, root, segments: segments.iter().map(ToString::to_string).collect() })
    };
    match *texts.first()? {
        _ if path[0].text == "::" => named(Root::Extern, &texts),
        "crate" | "flatscape" => named(Root::Crate, &texts[1..]),
        "self" | "Self" => None,
        "super" => {
            let ups = texts.iter().take_while(|text| **text == "super").count();
            let mut absolute: Vec<&str> = place.iter().map(String::as_str).collect();
            absolute.truncate(place.len().saturating_sub(ups));
            absolute.extend(&texts[ups..]);
            named(Root::Crate, &absolute)
        }
        _ => named(Root::Name, &texts),
    }
}

/// Drops each item that `#[cfg(test)]` stands before.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let marked = tokens[i..].iter().map(|token| token.text.as_str()).take(MARK.len()).eq(MARK);
        if !marked {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        let mut depth = 0_usize;
        while i < tokens.len() {
            let text = tokens[i].text.as_str();
            depth = if text == "{" { depth + 1 } else { depth.saturating_sub(usize::from(text == "}")) };
            i += 1;
            if depth == 0 && matches!(text, "}" | ";") {
                break;
            }
        }
    }
    kept
}

fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut line, mut i) = (Vec::new(), 1, 0);
    while i < chars.len() {
        let start = i;
        if let Some(end) = skipped(&chars, i) {
            i = end;
        } else if chars[i].is_alphanumeric() || chars[i] == '_' {
            while i < chars.len() && (chars[i].is_alphanumeric() || chars[i] == '_') {
                i += 1;
            }
        } else {
            i += if chars[i..].starts_with(&[':', ':']) { 2 } else { 1 };
        }
        let text: String = chars[start..i].iter().collect();
        if skipped(&chars, start).is_none() && !text.trim().is_empty() {
            tokens.push(Token { line, text: text.clone() });
        }
        line += text.matches('\n').count();
    }
    tokens
}

/// The end of the comment, string or character literal that starts at `i`, if one does.
fn skipped(chars: &[char], i: usize) -> Option<usize> {
    let rest = &chars[i..];
    let after_name = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    let hashes = rest.iter().skip(1).take_while(|c| **c == '#').count();
    match rest {
        ['/', '/', ..] => Some(i + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => Some(i + block_comment(rest)),
        ['r', ..] if !after_name && rest.get(1 + hashes) == Some(&'"') => {
            let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let body = &rest[2 + hashes..];
            let end = body.windows(close.len()).position(|window| window == close).map(|at| at + close.len());
            Some(i + 2 + hashes + end.unwrap_or(body.len()))
        }
        ['"', ..] => Some(i + quoted(rest, '"')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => Some(i + quoted(rest, '\'')),
        _ => None,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while i < rest.len() {
        match rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != quote {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}
