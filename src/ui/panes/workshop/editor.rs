//! The text of the layers, with what each does beside it and what is wrong under it.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Galley, Margin, Rect, Role, Sense, Stroke, TextBuffer, TextEdit, TextStyle, Ui, WidgetInfo, pos2};

use crate::engine::{ChainDescription, ModelProblem};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

const MARGIN: Margin = Margin::symmetric(8, 6);
/// Height of a line.
const LINE: f32 = 17.0;
/// Least room between a layer and what is said of it.
const GAP: f32 = 14.0;

/// What is said of a line.
struct Note {
    text: String,
    galley: Arc<Galley>,
    is_problem: bool,
    parameters: usize,
    /// The layer that it is said of.
    span: Range<usize>,
}

/// What a text of layers is.
#[derive(Debug, Clone, Copy)]
pub struct Layers<'a> {
    /// What the text is called, and a row of it.
    pub names: [&'a str; 2],
    /// An example of such a text.
    pub hint: &'a str,
    /// What is known of it.
    pub described: &'a ChainDescription,
    /// What is wrong, and where in this text.
    pub problem: Option<(&'a ModelProblem, &'a Range<usize>)>,
}

/// Draws the text. True when it was changed.
pub fn layers_ui(ui: &mut Ui, text: &mut String, layers: Layers<'_>) -> bool {
    let wrap = ui.available_width() - MARGIN.sum().x;
    let notes = notes(ui, text, layers, wrap);
    let problem = layers.problem.map(|(_, span)| span.clone());
    let mut layouter = |ui: &Ui, buffer: &dyn TextBuffer, wrap: f32| {
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(colored(ui, buffer.as_str(), problem.as_ref(), wrap)));
        spread(&galley, &notes, wrap)
    };
    let edit = TextEdit::multiline(text)
        .code_editor()
        .lock_focus(false)
        .margin(MARGIN)
        .desired_rows(6)
        .desired_width(f32::INFINITY)
        .hint_text(layers.hint)
        .layouter(&mut layouter);
    let output = edit.show(ui);
    widgets::name(&output.response.response, Role::MultilineTextInput, layers.names[0]);
    let is_changed = output.response.response.changed();
    if is_changed {
        // The notes are those of the text before.
        ui.ctx().request_repaint();
    }
    notes_ui(ui, &output.galley, output.galley_pos, wrap, (layers.names[1], &notes));
    is_changed
}

/// Notes by line, from 0.
fn notes(ui: &Ui, text: &str, layers: Layers<'_>, wrap: f32) -> Vec<Option<Note>> {
    let tokens = Tokens::of(ui);
    let font = TextStyle::Small.resolve(ui.style());
    let mut notes: Vec<Option<Note>> = Vec::new();
    notes.resize_with(text.matches('\n').count() + 1, || None);
    let line_of = |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count();
    for layer in &layers.described.lines {
        let place = &mut notes[line_of(layer.span.end)];
        // A block tells of what is in it too.
        let before = place.as_ref().filter(|note| note.span.start < layer.span.start).map_or(0, |note| note.parameters);
        let parameters = before + layer.parameters;
        let said = match parameters {
            0 => layer.output.clone(),
            count => format!("{} · {}", layer.output, format::grouped(count as u64)),
        };
        let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(said.clone(), font.clone(), tokens.weak.0));
        *place = Some(Note { text: said, galley, is_problem: false, parameters, span: layer.span.clone() });
    }
    if let Some((problem, span)) = layers.problem {
        let message = problem.message.clone();
        let galley = ui.fonts_mut(|fonts| fonts.layout(message.clone(), font.clone(), tokens.error.0, wrap));
        let note = Note { text: message, galley, is_problem: true, parameters: 0, span: span.clone() };
        notes[line_of(span.start)] = Some(note);
    }
    notes
}

/// The text in colours: comments and brackets weak, the wrong layer marked.
fn colored(ui: &Ui, text: &str, problem: Option<&Range<usize>>, wrap: f32) -> LayoutJob {
    let tokens = Tokens::of(ui);
    let font = TextStyle::Monospace.resolve(ui.style());
    let format = |color| TextFormat { line_height: Some(LINE), ..TextFormat::simple(font.clone(), color) };
    let mut job = LayoutJob::default();
    job.wrap.max_width = wrap;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let comment = line.find('#').unwrap_or(line.len());
        for (part, color) in [(&line[..comment], tokens.text.0), (&line[comment..], tokens.weak.0)] {
            // The text may have changed since it was found wrong.
            let first = problem.map(|span| span.start.clamp(at, at + part.len()) - at);
            let last = problem.map(|span| span.end.clamp(at, at + part.len()) - at);
            let cuts = first.zip(last).filter(|cuts| [cuts.0, cuts.1].iter().all(|&cut| part.is_char_boundary(cut)));
            let (first, last) = cuts.unwrap_or((0, 0));
            let marked = TextFormat { underline: Stroke::new(1.0, tokens.error.0), ..format(tokens.error.0) };
            for (piece, format) in
                [(&part[..first], format(color)), (&part[first..last], marked), (&part[last..], format(color))]
            {
                if !piece.is_empty() {
                    job.append(piece, 0.0, format);
                }
            }
            at += part.len();
        }
    }
    if job.is_empty() {
        job.append("", 0.0, format(tokens.text.0));
    }
    job
}

/// Where the note of each line stands: the line's last row, and whether the note is below it.
fn places<'a>(
    galley: &'a Galley,
    notes: &'a [Option<Note>],
    wrap: f32,
) -> impl Iterator<Item = (usize, &'a Note, bool)> {
    let ends = galley.rows.iter().enumerate();
    let mut line = 0;
    ends.filter_map(move |(row, placed)| {
        let is_last = placed.ends_with_newline || row + 1 == galley.rows.len();
        let note = notes.get(line).and_then(Option::as_ref).filter(|_| is_last);
        line += usize::from(placed.ends_with_newline);
        let note = note?;
        let is_below = note.is_problem || placed.rect().width() + GAP + note.galley.size().x > wrap;
        Some((row, note, is_below))
    })
}

/// Makes room for the notes that stand below their lines.
fn spread(galley: &Arc<Galley>, notes: &[Option<Note>], wrap: f32) -> Arc<Galley> {
    let mut extra = vec![0.0; galley.rows.len()];
    for (row, note, is_below) in places(galley, notes, wrap) {
        if is_below {
            extra[row] = note.galley.size().y + 3.0;
        }
    }
    let mut spread = Galley::clone(galley);
    let mut shift = 0.0;
    for (placed, extra) in spread.rows.iter_mut().zip(extra) {
        placed.pos.y += shift;
        shift += extra;
    }
    spread.rect.max.y += shift;
    spread.mesh_bounds.max.y += shift;
    Arc::new(spread)
}

fn notes_ui(ui: &Ui, galley: &Galley, origin: egui::Pos2, wrap: f32, (name, notes): (&str, &[Option<Note>])) {
    let tokens = Tokens::of(ui);
    for (row, note, is_below) in places(galley, notes, wrap) {
        let line = galley.rows[row].rect().translate(origin.to_vec2());
        let size = note.galley.size();
        let corner = match (is_below, note.is_problem) {
            (true, true) => pos2(line.left(), line.bottom()),
            (true, false) => pos2(origin.x + wrap - size.x, line.bottom()),
            (false, _) => pos2(origin.x + wrap - size.x, line.center().y - 0.5 * size.y),
        };
        let rect = Rect::from_min_size(corner, size);
        if !ui.is_rect_visible(rect) {
            continue;
        }
        if note.is_problem {
            let bar = Rect::from_min_max(pos2(line.left() - 6.0, line.top()), pos2(line.left() - 4.0, rect.bottom()));
            ui.painter().rect_filled(bar, 1.0, tokens.error.0);
        }
        let response = ui.interact(rect, ui.scope_id().with(("note", row)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {}: {}", row + 1, note.text)));
        ui.painter().galley(rect.min, note.galley.clone(), tokens.weak.0);
        if !note.is_problem {
            response.on_hover_text("Shape of an example after this layer, and its parameters.");
        }
    }
}
