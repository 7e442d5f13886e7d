//! A source text cut into names, `::` and single characters, without comments and literals.

/// One piece of a source text.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its line, from 1.
    pub line: usize,
    /// An identifier, `::`, or one other character.
    pub text: String,
}

impl Token {
    /// Whether it is an identifier or a keyword.
    pub fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Parts the items that `#[cfg(test)]` stands before from all others: those others first.
pub fn part_tests(tokens: &[Token]) -> (Vec<Token>, Vec<Token>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut tests) = (Vec::new(), Vec::new());
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
            tests.push(tokens[i].clone());
            depth = if text == "{" { depth + 1 } else { depth.saturating_sub(usize::from(text == "}")) };
            i += 1;
            if depth == 0 && matches!(text, "}" | ";") {
                break;
            }
        }
    }
    (kept, tests)
}

/// The tokens of a source text, without comments and literals.
pub fn tokens(source: &str) -> Vec<Token> {
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
