//! The text of a lesson: front matter and body, title, steps, and the two sections that end it.

use super::LessonStep;

/// What stands before and after the front matter.
pub const FENCE: &str = "+++";
/// The heading of the questions.
pub const QUESTIONS: &str = "Questions";
/// The heading of what should be seen.
pub const SEEN: &str = "What should be seen";

/// A line, and what is wrong there.
pub type Fault = (usize, String);

/// What stands after the front matter.
pub struct Body {
    pub title: String,
    pub introduction: String,
    pub steps: Vec<LessonStep>,
    pub questions: String,
    pub seen: String,
}

/// The front matter and the body; each has empty lines in the place of the other, so that lines keep their numbers.
pub fn split(text: &str) -> Result<(String, String), Fault> {
    let mut lines = text.lines();
    if lines.next().is_none_or(|line| line.trim_end() != FENCE) {
        return Err((1, format!("there is no front matter, expected a line `{FENCE}` and TOML after it")));
    }
    let Some(length) = lines.position(|line| line.trim_end() == FENCE) else {
        return Err((1, format!("the front matter has no end, expected a line `{FENCE}` after it")));
    };
    let front: String = text.lines().skip(1).take(length).flat_map(|line| ["\n", line]).collect();
    let body: String = text.lines().skip(length + 2).flat_map(|line| ["\n", line]).collect();
    Ok((front, format!("{}{body}", "\n".repeat(length + 1))))
}

/// A heading and what stands below it.
struct Section {
    line: usize,
    title: String,
    text: String,
}

/// Reads the body.
pub fn read(body: &str) -> Result<Body, Fault> {
    let first = body.lines().position(|line| !line.trim().is_empty());
    let Some(first) = first else {
        return Err((body.lines().count().max(1), "there is no text, expected a title `# …`".to_owned()));
    };
    let title = body.lines().nth(first).unwrap_or_default();
    let Some(title) = title.strip_prefix("# ").map(str::trim).filter(|title| !title.is_empty()) else {
        return Err((first + 1, format!("found `{}`, expected the title of the lesson, `# …`", shortened(title))));
    };
    let (introduction, sections) = sections(body, first + 1);
    let (mut steps, mut questions, mut seen) = (Vec::new(), None, None);
    for Section { line, title, text } in sections {
        if title.is_empty() {
            return Err((line, "the heading is empty, expected the title of a step".to_owned()));
        }
        let part = match title.as_str() {
            QUESTIONS => &mut questions,
            SEEN => &mut seen,
            _ if questions.is_some() || seen.is_some() => {
                let message =
                    format!("`{title}` stands after the steps, expected it before `{QUESTIONS}` and `{SEEN}`");
                return Err((line, message));
            }
            _ => {
                steps.push(LessonStep { title, text });
                continue;
            }
        };
        if part.replace(text).is_some() {
            return Err((line, format!("`{title}` stands twice, expected it once")));
        }
    }
    if steps.is_empty() {
        let message = "there is no step, expected at least one heading `## …` below the title".to_owned();
        return Err((first + 1, message));
    }
    let [questions, seen] = [questions, seen].map(Option::unwrap_or_default);
    Ok(Body { title: title.to_owned(), introduction, steps, questions, seen })
}

/// What stands before the first heading from a line on, and the sections.
fn sections(body: &str, from: usize) -> (String, Vec<Section>) {
    let (mut introduction, mut sections) = (String::new(), Vec::<Section>::new());
    let mut is_code = false;
    for (index, line) in body.lines().enumerate().skip(from) {
        is_code ^= line.trim_start().starts_with("```");
        if let Some(title) = line.strip_prefix("## ").filter(|_| !is_code) {
            sections.push(Section { line: index + 1, title: title.trim().to_owned(), text: String::new() });
            continue;
        }
        let text = sections.last_mut().map_or(&mut introduction, |section| &mut section.text);
        text.push_str(line);
        text.push('\n');
    }
    for section in &mut sections {
        section.text = section.text.trim().to_owned();
    }
    (introduction.trim().to_owned(), sections)
}

/// The beginning of a line.
fn shortened(line: &str) -> String {
    const MOST: usize = 40;
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        format!("{}…", line.chars().take(MOST).collect::<String>())
    }
}
