//! Examples that are images, as small pictures with their labels.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, ColorImage, Rect, Sense, StrokeKind, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2};

use super::labels::label_words;
use crate::config::DataSource;
use crate::protocol::DataPreview;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// Pixels of a picture's longer side at most; larger ones are thinned.
const MOST_PIXELS: usize = 64;
/// Points of a picture's side.
const SIDE: f32 = 36.0;

/// Channels, height and width of an example that is an image.
pub fn image_shape(data: &DataPreview, source: DataSource) -> Option<[usize; 3]> {
    match data.shape[..] {
        // They are square pictures even where a network takes them as so many features.
        [pixels] if source.picture().is_some() => {
            let side = pixels.isqrt();
            (side > 1 && side * side == pixels).then_some([1, side, side])
        }
        [channels @ (1 | 3), height, width] if height > 1 && width > 1 => Some([channels, height, width]),
        _ => None,
    }
}

/// The pictures of one look, one below the other in one texture.
#[derive(Default)]
pub struct Pictures {
    texture: Option<(Arc<DataPreview>, TextureHandle)>,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("is_some", &self.texture.is_some()).finish()
    }
}

impl Pictures {
    /// Draws the pictures, training examples first.
    pub fn ui(&mut self, ui: &mut Ui, data: &Arc<DataPreview>, source: DataSource) {
        let Some(shape) = image_shape(data, source) else { return };
        if !self.texture.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, data)) {
            let image = atlas(data, shape);
            self.texture =
                Some((data.clone(), ui.ctx().load_texture("pictures of the data", image, TextureOptions::NEAREST)));
        }
        let Some((_, texture)) = &self.texture else { return };
        for (is_test, name, of) in [(false, "training", data.num_train), (true, "test", data.num_test)] {
            let rows: Vec<usize> = (0..data.rows.len()).filter(|&row| data.rows[row].is_test == is_test).collect();
            if rows.is_empty() {
                continue;
            }
            widgets::small_weak_ui(ui, format!("{} of {} {name} examples", rows.len(), format::grouped(of as u64)));
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
                for row in rows {
                    picture_ui(ui, data, row, texture, shape);
                }
            });
        }
    }
}

fn picture_ui(ui: &mut Ui, data: &DataPreview, row: usize, texture: &TextureHandle, [_, height, width]: [usize; 3]) {
    let tokens = Tokens::of(ui);
    let label = label_words(data, &data.rows[row]);
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE + 14.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, format!("Example {}, {label}", row + 1)));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let frame = Rect::from_min_size(rect.min, vec2(SIDE, SIDE));
    let longer = height.max(width) as f32;
    let inner =
        Rect::from_center_size(frame.center(), vec2(SIDE * width as f32 / longer, SIDE * height as f32 / longer));
    let count = data.rows.len() as f32;
    let uv = Rect::from_min_max(pos2(0.0, row as f32 / count), pos2(1.0, (row + 1) as f32 / count));
    ui.painter().image(texture.id(), inner, uv, Color32::WHITE);
    if data.rows[row].is_test {
        ui.painter().rect_stroke(frame, 0.0, egui::Stroke::new(1.0, tokens.outline.0), StrokeKind::Outside);
    }
    let font = egui::TextStyle::Small.resolve(ui.style());
    let mut words = LayoutJob::simple_singleline(label.clone(), font, tokens.weak.0);
    words.wrap = TextWrapping::truncate_at_width(SIDE);
    let words = ui.painter().layout_job(words);
    let corner = pos2(rect.center().x - 0.5 * words.size().x, rect.bottom() - 7.0 - 0.5 * words.size().y);
    ui.painter().galley(corner, words, tokens.weak.0);
    response.on_hover_text(label);
}

/// All pictures below each other; the least value of all black, the greatest white.
fn atlas(data: &DataPreview, [channels, height, width]: [usize; 3]) -> ColorImage {
    let stride = height.max(width).div_ceil(MOST_PIXELS);
    let [rows, columns] = [height.div_ceil(stride), width.div_ceil(stride)];
    let values = data.rows.iter().flat_map(|row| &row.x).copied().filter(|x| x.is_finite());
    let [low, high] = values.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
    let span = if high > low { high - low } else { 1.0 };
    let mut bytes = Vec::with_capacity(data.rows.len() * rows * columns * 3);
    for row in &data.rows {
        for y in (0..height).step_by(stride) {
            for x in (0..width).step_by(stride) {
                for colour in 0..3 {
                    let channel = if channels == 3 { colour } else { 0 };
                    let value = row.x.get((channel * height + y) * width + x).copied().unwrap_or(low);
                    bytes.push((255.0 * (value - low) / span).round() as u8);
                }
            }
        }
    }
    ColorImage::from_rgb([columns, data.rows.len() * rows], &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ExampleLabel, ExampleRow, FileFacts};

    fn data(shape: &[usize], rows: &[Vec<f32>]) -> DataPreview {
        let row = |x: &Vec<f32>| ExampleRow { x: x.clone(), label: ExampleLabel::Class(0), is_test: false };
        DataPreview {
            source: String::new(),
            shape: shape.to_vec(),
            num_train: rows.len(),
            num_test: 0,
            classes: Vec::new(),
            class_counts: Vec::new(),
            rows: rows.iter().map(row).collect(),
            file: FileFacts::default(),
            text: None,
        }
    }

    #[test]
    fn channels_become_colours_and_the_range_black_to_white() {
        let grey = data(&[1, 1, 2], &[vec![-1.0, 0.0], vec![1.0, f32::NAN]]);
        let image = atlas(&grey, [1, 1, 2]);
        assert_eq!(image.size, [2, 2]);
        assert_eq!(image.pixels.iter().map(Color32::r).collect::<Vec<_>>(), [0, 128, 255, 0]);
        let colour = data(&[3, 1, 2], &[vec![0.0, 1.0, 1.0, 0.0, 0.0, 0.0]]);
        let pixels: Vec<[u8; 4]> = atlas(&colour, [3, 1, 2]).pixels.iter().map(Color32::to_array).collect();
        assert_eq!(pixels, [[0, 255, 0, 255], [255, 0, 0, 255]]);
        assert_eq!(atlas(&data(&[1, 200, 100], &[vec![0.0; 20_000]]), [1, 200, 100]).size, [25, 50]);
    }

    #[test]
    fn digits_are_pictures_and_other_rows_of_64_are_not() {
        let flat = data(&[64], &[vec![0.0; 64]]);
        assert_eq!(image_shape(&flat, DataSource::Digits), Some([1, 8, 8]));
        assert_eq!(image_shape(&flat, DataSource::File), None);
        assert_eq!(image_shape(&data(&[256], &[]), DataSource::Glyphs), Some([1, 16, 16]));
        assert_eq!(image_shape(&data(&[63], &[]), DataSource::Glyphs), None);
        assert_eq!(image_shape(&data(&[2, 8, 8], &[]), DataSource::File), None);
    }
}
