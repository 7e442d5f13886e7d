//! `landscape.png`: the slices of all runs of the first seed, side by side, on one colour scale and one range.
//!
//! The picture says what it shows: step, seed, objective, normalisation, range and subset stand in its caption, and
//! again, with the whole experiment, in its text chunks.

mod caption;
mod field;
mod layout;
mod overlay;
mod raster;
mod scale;
mod text;

use layout::{Layout, Panel};
use raster::{Area, Canvas, Rgb};
use scale::LogScale;
use text::{Align, Label};

use super::ExportError;
use super::number::significant;
use crate::config::Experiment;
use crate::protocol::LossGrid;
use crate::session::results::CompareResult;

const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [25, 28, 33];
const FAINT_INK: Rgb = [75, 80, 88];
const FRAME: Rgb = [120, 126, 135];

/// The bytes of `landscape.png`; `None` where no run has a slice with a finite loss.
///
/// # Errors
/// [`ExportError::Figure`] when a slice is not a grid, or when drawing fails.
pub fn landscape_png(experiment: &Experiment, result: &CompareResult) -> Result<Option<Vec<u8>>, ExportError> {
    let panels: Vec<Panel> =
        result.runs.iter().filter_map(|run| Some(Panel { run, grid: run.grid.as_ref()? })).collect();
    for panel in &panels {
        check(panel.grid)?;
    }
    let losses = panels.iter().flat_map(|panel| panel.grid.loss.iter().copied());
    let Some(scale) = LogScale::new(losses) else { return Ok(None) };
    let caption = caption::sentences(experiment, result, &panels, &scale);
    let layout = Layout::new(panels.len(), &caption)?;
    let mut canvas = Canvas::new(layout.width, layout.height, PAPER);
    let mut labels = layout.caption_labels();
    labels.push(layout.title_label(&experiment.title));
    for (index, panel) in panels.iter().enumerate() {
        let area = layout.panel(index);
        field::paint(&mut canvas, area, panel.grid, &scale);
        overlay::draw(&mut canvas, area, panel, &scale);
        canvas.frame(area, FRAME);
        labels.extend(layout.panel_labels(index, &caption::headings(experiment, panel), panel.run.optimizer));
        labels.extend(axes(&mut canvas, area, panel.grid));
    }
    labels.extend(color_bar(&mut canvas, layout.color_bar(), &scale));
    text::draw(&mut canvas, &labels)?;
    encode(&canvas, &caption::provenance(experiment, result, &caption)).map(Some)
}

fn check(grid: &LossGrid) -> Result<(), ExportError> {
    let (columns, rows) = (grid.x.len(), grid.y.len());
    if columns < 2 || rows < 2 || grid.loss.len() != columns * rows {
        return Err(ExportError::Figure(format!(
            "a slice has {} losses for {columns} × {rows} points",
            grid.loss.len()
        )));
    }
    Ok(())
}

/// Ticks at five places of each axis.
fn axes(canvas: &mut Canvas, area: Area, grid: &LossGrid) -> Vec<Label> {
    let mut labels = Vec::new();
    let ends = |axis: &[f64]| (axis[0], axis[axis.len() - 1]);
    let ((left, right), (bottom, top)) = (ends(&grid.x), ends(&grid.y));
    for index in 0..5 {
        let share = f64::from(index) / 4.0;
        let x = area.left + (share * (area.width - 1) as f64).round() as usize;
        let y = area.top + ((1.0 - share) * (area.height - 1) as f64).round() as usize;
        canvas.fill(Area { left: x, top: area.top + area.height, width: 1, height: 6 }, FRAME);
        canvas.fill(Area { left: area.left - 6, top: y, width: 6, height: 1 }, FRAME);
        let label = |value: f64, at, align| Label { text: tick(value), at, size: 15.0, color: FAINT_INK, align };
        let under = (area.top + area.height + 16) as i32;
        labels.push(label(left + share * (right - left), (x as i32, under), Align::Center));
        labels.push(label(bottom + share * (top - bottom), (area.left as i32 - 10, y as i32), Align::Right));
    }
    let title = |text: &str, at, align| Label { text: text.to_owned(), at, size: 16.0, color: FAINT_INK, align };
    let (middle_x, middle_y) = ((area.left + area.width / 2) as i32, (area.top + area.height / 2) as i32);
    labels.push(title("direction 1", (middle_x, (area.top + area.height + 38) as i32), Align::Center));
    labels.push(title("direction 2", (area.left as i32 - 48, middle_y), Align::Upwards));
    labels
}

fn tick(value: f64) -> String {
    let text = significant(value, 3);
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text.replace('-', "−")
}

fn color_bar(canvas: &mut Canvas, area: Area, scale: &LogScale) -> Vec<Label> {
    let [low, high] = scale.ends().map(f64::log10);
    let row_of = |log: f64| area.top as f64 + (1.0 - scale.share(log)) * (area.height - 1) as f64;
    for row in 0..area.height {
        let log = low + (high - low) * (1.0 - (row as f64 + 0.5) / area.height as f64);
        canvas.fill(Area { top: area.top + row, height: 1, ..area }, scale.color(log));
    }
    for log in scale.levels() {
        for x in area.left..area.left + area.width {
            canvas.blend(x, row_of(log).round() as usize, [255; 3], 0.6);
        }
    }
    canvas.frame(area, FRAME);
    let right = area.left + area.width;
    let mut labels = Vec::new();
    for (log, text) in scale.ticks() {
        let y = row_of(log).round() as usize;
        canvas.fill(Area { left: right, top: y, width: 6, height: 1 }, FRAME);
        let at = ((right + 11) as i32, y as i32);
        labels.push(Label { text: text.replace('-', "−"), at, size: 15.0, color: FAINT_INK, align: Align::Left });
    }
    let at = ((right + 62) as i32, (area.top + area.height / 2) as i32);
    let text = "loss, log scale".to_owned();
    labels.push(Label { text, at, size: 16.0, color: FAINT_INK, align: Align::Upwards });
    labels
}

fn encode(canvas: &Canvas, provenance: &[(&str, String)]) -> Result<Vec<u8>, ExportError> {
    let failed = |err: png::EncodingError| ExportError::Figure(err.to_string());
    let mut info = png::Info::with_size(canvas.width as u32, canvas.height as u32);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(failed)?;
    for (keyword, text) in provenance {
        // The plain chunk holds Latin-1 only.
        if text.is_ascii() {
            encoder.add_text_chunk((*keyword).to_owned(), text.clone()).map_err(failed)?;
        } else {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone()).map_err(failed)?;
        }
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&canvas.rgb).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::export::sample;

    #[test]
    fn the_picture_carries_its_provenance() {
        let (experiment, result) = sample::comparison();
        let bytes = landscape_png(&experiment, &result).unwrap().unwrap();
        if let Some(path) = std::env::var_os("FLATSCAPE_KEEP_FIGURE") {
            std::fs::write(path, &bytes).unwrap();
        }
        let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let info = reader.info();
        assert!((1200..=2000).contains(&info.width) && info.height > 600, "{} × {}", info.width, info.height);
        let mut chunks: Vec<(String, String)> =
            info.uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone())).collect();
        chunks.extend(info.utf8_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.get_text().unwrap())));
        let chunk = |keyword: &str| &chunks.iter().find(|(key, _)| key == keyword).unwrap().1;
        assert_eq!(Experiment::from_toml(chunk("Experiment")).unwrap(), experiment);
        for part in ["step 3 600", "seed 0", "cross-entropy", "300 training examples", "filter-normalised", "−2 to 2"]
        {
            assert!(chunk("Description").contains(part), "{part}: {}", chunk("Description"));
        }
    }

    #[test]
    fn runs_without_slices_make_no_picture() {
        let (experiment, mut result) = sample::comparison();
        for run in &mut result.runs {
            run.grid = None;
        }
        assert!(landscape_png(&experiment, &result).unwrap().is_none());
    }

    #[test]
    fn a_slice_that_is_no_grid_is_an_error() {
        let (experiment, mut result) = sample::comparison();
        result.runs[0].grid.as_mut().unwrap().loss.pop();
        assert!(landscape_png(&experiment, &result).is_err());
    }

    #[test]
    fn one_panel_is_drawn_too() {
        let (experiment, mut result) = sample::comparison();
        result.runs.truncate(1);
        let bytes = landscape_png(&experiment, &result).unwrap().unwrap();
        assert!(bytes.len() > 10_000);
    }
}
