//! Where everything stands on the figure, in pixels.

use crate::config::OptimizerKind;
use crate::export::figure::drawing::{Align, Area, Label, Rgb, width, wrap};
use crate::export::figure::ink::{FAINT_INK, INK};
use crate::export::{ExportError, SliceFigure};

const LEFT: usize = 84;
const RIGHT: usize = 158;
const GAP: usize = 84;
const TITLE_Y: usize = 36;
const PANEL_TOP: usize = 156;
const LINE_HEIGHT: usize = 24;
const CAPTION_SIZE: f64 = 17.0;

/// The figure's measures.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Width of the figure.
    pub width: usize,
    /// Height of the figure.
    pub height: usize,
    side: usize,
    caption: Vec<String>,
}

impl Layout {
    /// Fits `num_panels` square panels and a caption below them: 1 600 pixels wide from three panels on.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when the caption cannot be measured.
    pub fn new(num_panels: usize, caption: &[String]) -> Result<Self, ExportError> {
        let num_panels = num_panels.max(1);
        let gaps = GAP * (num_panels - 1);
        let side = match num_panels {
            1 => 960,
            2 => 600,
            n => 1600_usize.saturating_sub(LEFT + RIGHT + gaps).max(200 * n) / n,
        };
        let width = LEFT + num_panels * side + gaps + RIGHT;
        let mut lines = Vec::new();
        for sentence in caption {
            lines.extend(wrap(sentence, CAPTION_SIZE, (width - 2 * LEFT) as f64)?);
        }
        let height = PANEL_TOP + side + 68 + LINE_HEIGHT * lines.len() + 20;
        Ok(Self { width, height, side, caption: lines })
    }

    /// The pixels of a panel's slice.
    pub fn panel(&self, index: usize) -> Area {
        Area { left: LEFT + index * (self.side + GAP), top: PANEL_TOP, width: self.side, height: self.side }
    }

    /// The pixels of the colour bar.
    pub fn color_bar(&self) -> Area {
        Area { left: self.width - RIGHT + 34, top: PANEL_TOP, width: 22, height: self.side }
    }

    /// The figure's title.
    pub fn title_label(&self, title: &str) -> Label {
        label(title.to_owned(), LEFT, TITLE_Y, 30.0, INK)
    }

    /// The lines above a panel: the name in the run's colour and what follows it, then figures.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when the text cannot be measured.
    pub fn panel_labels(&self, index: usize, figure: &SliceFigure) -> Result<Vec<Label>, ExportError> {
        let left = self.panel(index).left;
        let ink = figure.optimizer.map_or(INK, ink_of);
        let heading = format!("{}  {}", figure.name, figure.settings);
        let lines = [(&heading, PANEL_TOP - 72, 24.0, ink)].into_iter();
        let facts = figure.facts.iter().zip([PANEL_TOP - 42, PANEL_TOP - 19]);
        let lines = lines.chain(facts.map(|(fact, y)| (fact, y, CAPTION_SIZE, INK)));
        // A long name must not run into the next panel.
        let fit = |(text, y, size, ink): (&String, usize, f64, Rgb)| {
            Ok(label(text.clone(), left, y, fitted_size(text, size, (self.side + GAP / 2) as f64)?, ink))
        };
        lines.map(fit).collect()
    }

    /// The caption.
    pub fn caption_labels(&self) -> Vec<Label> {
        let top = PANEL_TOP + self.side + 68 + LINE_HEIGHT / 2;
        let lines = self.caption.iter().enumerate();
        lines
            .map(|(index, line)| label(line.clone(), LEFT, top + index * LINE_HEIGHT, CAPTION_SIZE, FAINT_INK))
            .collect()
    }
}

fn label(text: String, left: usize, y: usize, size: f64, color: Rgb) -> Label {
    Label { text, at: (left as i32, y as i32), size, color, align: Align::Left }
}

/// The greatest size up to `size` at which a text is at most `room` pixels wide.
fn fitted_size(text: &str, size: f64, room: f64) -> Result<f64, ExportError> {
    let own = width(text, size)?;
    Ok(if own > room { size * room / own } else { size })
}

/// The colours of the runs in the window's light theme: those stand out from white paper.
pub const fn ink_of(optimizer: OptimizerKind) -> Rgb {
    optimizer.spec().inks[1]
}

/// The same on dark ground, as in the window.
pub const fn bright_ink_of(optimizer: OptimizerKind) -> Rgb {
    optimizer.spec().inks[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(color: Rgb) -> f64 {
        let [r, g, b] = color.map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn names_of_all_methods_stand_out_from_paper_and_from_each_other() {
        let inks = OptimizerKind::ALL.map(ink_of);
        for (index, ink) in inks.into_iter().enumerate() {
            assert!(1.05 / (luminance(ink) + 0.05) > 4.5, "{ink:?}");
            assert!(!inks[index + 1..].contains(&ink), "{ink:?} twice");
        }
    }
}
