//! Text on a figure.

use resvg::usvg::{Group, Node};
use svg::Document;
use svg::node::Node as _;
use svg::node::element::Element;

use super::fonts::{INK, needs_both, shown};
use super::shapes::{Rgb, color, with_text};
use crate::export::ExportError;

/// One line of text.
#[derive(Debug, Clone)]
pub struct Label {
    /// What it says.
    pub text: String,
    /// The anchor in pixels.
    pub at: (i32, i32),
    /// Height in pixels.
    pub size: f64,
    /// Colour.
    pub color: Rgb,
    /// Which side of the text the anchor is on.
    pub align: Align,
}

/// Where a label's anchor lies. All are centred vertically on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// The text starts at the anchor.
    Left,
    /// The text is centred on the anchor.
    Center,
    /// The text ends at the anchor.
    Right,
    /// The text is centred on the anchor and reads upwards.
    Upwards,
}

/// Size of the font as a share of a label's height.
const EM: f64 = 0.892;
/// Letters are measured at this size.
const MEASURED: f64 = 100.0;

/// Labels as nodes. Each is as long as it is in the embedded font, so that one that is wider keeps the layout.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn labels(labels: &[Label]) -> Result<Vec<Element>, ExportError> {
    let texts: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
    let measured = measure(&texts)?;
    Ok(labels.iter().zip(measured).map(|(label, pieces)| text(label, &pieces)).collect())
}

/// A label, of which `pieces` has the lengths of its parts: all of it, or each letter.
fn text(label: &Label, pieces: &[f64]) -> Element {
    let words = shown(&label.text);
    let mut node = with_text("text", &words);
    if words != label.text {
        // What is read aloud, searched for and copied is the text itself.
        node.assign("aria-label", label.text.as_str());
    }
    let (x, y) = label.at;
    let pixels = EM * label.size;
    let length = pixels * pieces.iter().sum::<f64>();
    let (anchor, share) = match label.align {
        Align::Left => ("start", 0.0),
        Align::Center | Align::Upwards => ("middle", 0.5),
        Align::Right => ("end", 1.0),
    };
    let turn = if label.align == Align::Upwards { " rotate(-90)" } else { "" };
    let attributes = [
        ("transform", format!("translate({x} {y}){turn}")),
        // Half the height of a capital below the anchor: letters and digits are centred on it by eye. Whole pixels keep
        // lines sharp.
        ("y", format!("{:.0}", 0.35 * label.size)),
        ("font-size", format!("{pixels:.1}")),
        ("fill", color(label.color)),
        ("stroke", color(label.color)),
        ("stroke-width", "0".to_owned()),
        ("class", INK.to_owned()),
        // Two spaces stand between a name and its settings.
        ("xml:space", "preserve".to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| node.assign(key, value));
    if pieces.len() > 1 {
        let mut at = -share * length;
        let place = |piece: &f64| {
            let start = at;
            at += pixels * piece;
            format!("{start:.1}")
        };
        node.assign("x", pieces.iter().map(place).collect::<Vec<_>>().join(" "));
    } else {
        node.assign("text-anchor", anchor);
        node.assign("textLength", format!("{length:.1}"));
        node.assign("lengthAdjust", "spacingAndGlyphs");
    }
    node
}

/// A text and an edge under it; two elements, because not every reader knows `paint-order`.
#[must_use]
pub fn edged(node: Element, edge_color: Rgb, width: f64) -> [Element; 2] {
    let mut edge = node.clone();
    let attributes = [
        ("fill", color(edge_color)),
        ("stroke", color(edge_color)),
        ("stroke-width", width.to_string()),
        ("stroke-linejoin", "round".to_owned()),
        ("opacity", "0.7".to_owned()),
        ("class", "edge".to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| edge.assign(key, value));
    [edge, node]
}

/// Lengths of texts, as shares of the font's size: of a whole text, or of each letter where it needs two fonts.
fn measure(texts: &[&str]) -> Result<Vec<Vec<f64>>, ExportError> {
    let pieces: Vec<Vec<String>> = texts
        .iter()
        .map(|text| shown(text))
        .map(|text| if needs_both(&text) { text.chars().map(String::from).collect() } else { vec![text.into_owned()] })
        .collect();
    let mut document = Document::new().set("width", 1).set("height", 1).set("font-size", MEASURED);
    // The last two tell how wide a space is, which alone is nothing.
    let all = pieces.iter().flatten().map(String::as_str).chain(["a a", "aa"]);
    let mut count = 0;
    for words in all {
        let mut node = with_text("text", words);
        node.assign("id", format!("t{count}"));
        node.assign("xml:space", "preserve");
        document.append(node);
        count += 1;
    }
    let tree = super::parse(&document.to_string())?;
    // A text without letters is in no tree.
    let mut lengths = vec![0.0; count];
    read_lengths(tree.root(), &mut lengths);
    let space = (lengths[count - 2] - lengths[count - 1]).max(0.0);
    let mut lengths = lengths.into_iter();
    let length = |piece: &String| {
        let length = lengths.next().unwrap_or(0.0);
        if piece.trim().is_empty() { space * piece.chars().count() as f64 } else { length }
    };
    let mut length = length;
    Ok(pieces.iter().map(|pieces| pieces.iter().map(&mut length).collect()).collect())
}

fn read_lengths(group: &Group, lengths: &mut [f64]) {
    for node in group.children() {
        match node {
            Node::Group(group) => read_lengths(group, lengths),
            Node::Text(text) => {
                let index = text.id().strip_prefix('t').and_then(|index| index.parse::<usize>().ok());
                if let Some(length) = index.and_then(|index| lengths.get_mut(index)) {
                    *length = f64::from(text.bounding_box().width()) / MEASURED;
                }
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

/// Widths of texts in pixels.
fn widths(texts: &[&str], size: f64) -> Result<Vec<f64>, ExportError> {
    Ok(measure(texts)?.into_iter().map(|pieces| EM * size * pieces.into_iter().sum::<f64>()).collect())
}

/// Width of a text in pixels.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn width(text: &str, size: f64) -> Result<f64, ExportError> {
    Ok(widths(&[text], size)?.into_iter().sum())
}

/// Breaks a text into lines of at most `max_width` pixels, between words.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn wrap(text: &str, size: f64, max_width: f64) -> Result<Vec<String>, ExportError> {
    let words: Vec<&str> = text.split(' ').collect();
    let space = width(" ", size)?;
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
    for (word, length) in words.iter().zip(widths(&words, size)?) {
        if line.is_empty() {
            (line, used) = ((*word).to_owned(), length);
        } else if used + space + length > max_width {
            lines.push(std::mem::replace(&mut line, (*word).to_owned()));
            used = length;
        } else {
            line.push(' ');
            line.push_str(word);
            used += space + length;
        }
    }
    lines.push(line);
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_captions_has_a_glyph() {
        use resvg::usvg::FontResolver;
        let options = super::super::fonts::options();
        let mut fonts = options.fontdb;
        let ids: Vec<_> = fonts.faces().map(|face| face.id).collect();
        assert_eq!(ids.len(), 2);
        // The selector leaves out the fonts that it is told of.
        let select = FontResolver::default_fallback_selector();
        for letter in "aZ09 ‖wσρλ∇²√±−×°·…ε∞π".chars() {
            let found = ids.iter().any(|other| select(letter, &[*other], &mut fonts).is_some());
            assert!(found, "{letter} has no glyph");
        }
    }

    #[test]
    fn lines_are_broken_between_words_within_the_width() {
        let text = "one two three four five six seven eight nine ten";
        let lines = wrap(text, 17.0, 120.0).unwrap();
        assert!(lines.len() > 2 && lines.join(" ") == text, "{lines:?}");
        assert!(lines.iter().all(|line| width(line, 17.0).unwrap() <= 120.0));
    }

    #[test]
    fn widths_are_those_of_the_letters() {
        let found = widths(&["", "ii", "MM", "MMMM", "‖w‖", "<&>", "  "], 100.0).unwrap();
        assert!(found[0] == 0.0 && found[1] > 10.0 && found[2] > found[1] && found[4] > 50.0 && found[5] > 50.0);
        assert!((found[3] - 2.0 * found[2]).abs() < 0.1 && found[6] > 10.0, "{found:?}");
    }

    #[test]
    fn one_letter_of_another_font_leaves_the_others_in_theirs() {
        assert!(needs_both("‖w‖") && !needs_both("w") && !needs_both("損‖"));
        let [alone, both] = [width("weights of", 20.0).unwrap(), width("weights of‖", 20.0).unwrap()];
        let letter = width("‖", 20.0).unwrap();
        assert!((both - alone - letter).abs() < 1.0, "{both} {alone} {letter}");
    }
}
