//! Text on a figure.

use resvg::usvg::{Group, Node};
use svg::Document;
use svg::node::Node as _;
use svg::node::element::Element;

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
const EM: f64 = 0.9;
/// Letters are measured at this size.
const MEASURED: f64 = 100.0;

/// Labels as nodes. Each is as long as it is in the embedded font, so that one that is wider keeps the layout.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn labels(labels: &[Label]) -> Result<Vec<Element>, ExportError> {
    let texts: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
    let lengths = lengths(&texts)?;
    Ok(labels.iter().zip(lengths).map(|(label, length)| text(label, length * EM * label.size)).collect())
}

fn text(label: &Label, length: f64) -> Element {
    let mut node = with_text("text", &label.text);
    let (x, y) = label.at;
    let anchor = match label.align {
        Align::Left => "start",
        Align::Center | Align::Upwards => "middle",
        Align::Right => "end",
    };
    let turn = if label.align == Align::Upwards { " rotate(-90)" } else { "" };
    let attributes = [
        ("transform", format!("translate({x} {y}){turn}")),
        // Half the height of a capital below the anchor: letters and digits are centred on it by eye. Whole pixels keep
        // lines sharp.
        ("y", format!("{:.0}", 0.35 * label.size)),
        ("text-anchor", anchor.to_owned()),
        ("font-size", format!("{:.1}", EM * label.size)),
        ("textLength", format!("{length:.1}")),
        ("lengthAdjust", "spacingAndGlyphs".to_owned()),
        ("fill", color(label.color)),
        // Two spaces stand between a name and its settings.
        ("xml:space", "preserve".to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| node.assign(key, value));
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
    ];
    attributes.into_iter().for_each(|(key, value)| edge.assign(key, value));
    [edge, node]
}

/// Lengths of texts, as shares of the font's size.
fn lengths(texts: &[&str]) -> Result<Vec<f64>, ExportError> {
    let mut document = Document::new().set("width", 1).set("height", 1).set("font-size", MEASURED);
    for (index, words) in texts.iter().enumerate() {
        let mut node = with_text("text", words);
        node.assign("id", format!("t{index}"));
        node.assign("xml:space", "preserve");
        document.append(node);
    }
    let tree = super::parse(&document.to_string())?;
    // A text without letters is in no tree.
    let mut lengths = vec![0.0; texts.len()];
    read_lengths(tree.root(), &mut lengths);
    Ok(lengths)
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

/// Width of a text in pixels.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn width(text: &str, size: f64) -> Result<f64, ExportError> {
    Ok(lengths(&[text])?.into_iter().sum::<f64>() * EM * size)
}

/// Breaks a text into lines of at most `max_width` pixels, between words.
///
/// # Errors
/// [`ExportError::Figure`] when the text cannot be measured.
pub fn wrap(text: &str, size: f64, max_width: f64) -> Result<Vec<String>, ExportError> {
    let words: Vec<&str> = text.split(' ').collect();
    let pixels = EM * size;
    let space = (width("a a", size)? - width("aa", size)?).max(0.0);
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for (word, length) in words.iter().zip(lengths(&words)?) {
        let length = length * pixels;
        match lines.last_mut() {
            Some(line) if line.is_empty() || used + space + length <= max_width => {
                let gap = if line.is_empty() { 0.0 } else { space };
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
                used += gap + length;
            }
            _ => {
                lines.push((*word).to_owned());
                used = length;
            }
        }
    }
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
    fn lengths_are_those_of_the_letters() {
        let found = lengths(&["", "ii", "MM", "MMMM", "‖w‖", "<&>"]).unwrap();
        assert!(
            found[0] == 0.0 && found[1] > 0.1 && found[2] > found[1] && found[4] > 0.5 && found[5] > 0.5,
            "{found:?}"
        );
        assert!((found[3] - 2.0 * found[2]).abs() < 1e-3);
    }
}
