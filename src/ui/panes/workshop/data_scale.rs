//! The scale of images and tables: pixels of a side, and what is taken off and divided by.

use egui::{Role, TextEdit, Ui};

use super::pictures::image_shape;
use super::setting_ui;
use crate::config::{DataConfig, DataSource};
use crate::protocol::DataPreview;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::typed::{self, Takes};
use crate::ui::kit::widgets;

/// Pixels of a side at most.
const MOST_PIXELS: usize = 1024;
/// What stands for no change of size.
const AS_THEY_ARE: &str = "as they are";
/// Width of a field of numbers.
const FIELD: f32 = 132.0;

/// Mean and standard deviation as they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scale {
    mean: Field,
    std: Field,
}

/// Numbers as they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Field {
    text: String,
    problem: Option<String>,
}

impl Field {
    fn of(numbers: &[f64]) -> Self {
        let text = numbers.iter().map(|&number| number.to_string()).collect::<Vec<_>>().join(", ");
        Self { text, problem: None }
    }
}

impl Scale {
    /// That of data, as it would be typed.
    #[must_use]
    pub fn of(config: &DataConfig) -> Self {
        Self { mean: Field::of(&config.mean), std: Field::of(&config.std) }
    }

    /// What is wrong with it, in a sentence.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        [&self.mean, &self.std].into_iter().find_map(|field| field.problem.as_deref())
    }
}

/// Draws what can be set of the examples' numbers.
pub fn scale_ui(ui: &mut Ui, config: &mut DataConfig, scale: &mut Scale, look: Option<&DataPreview>) {
    let is_image = look.is_some_and(|look| image_shape(look, config.source).is_some());
    let is_text = look.is_some_and(|look| look.text.is_some()) || config.source.is_text();
    // Images with texts are not resized.
    if (is_image && !is_text) || config.resize.is_some() {
        let mut side = config.resize.unwrap_or(0);
        let told = |side: f64| if side == 0.0 { AS_THEY_ARE.to_owned() } else { format!("{side:.0} pixels") };
        let number = NumberBox::new(&mut side).range(0..=MOST_PIXELS).speed(0.1);
        let number = number.told(told).unit("pixels").named(AS_THEY_ARE, 0.0);
        let help = "Pixels of a side to which the images are brought; 0 leaves them.";
        setting_ui(ui, "Resize", help, None, |ui| (ui.add(number), Role::SpinButton));
        config.resize = (side > 0).then_some(side);
    }
    let is_known = config.source == DataSource::File || config.source.picture().is_some();
    let is_scaled = !(config.mean.is_empty() && config.std.is_empty());
    if (is_text || !is_known) && !is_scaled {
        return;
    }
    let of = if is_image { "channel" } else { "feature" };
    let help = format!("Taken off each {of}: one number for all, or one for each. Nothing where it is empty.");
    numbers_ui(ui, "Mean", &help, "0", &mut scale.mean, &mut config.mean);
    let help = format!("What each {of} is divided by after that: one number for all, or one for each.");
    numbers_ui(ui, "Standard deviation", &help, "1", &mut scale.std, &mut config.std);
}

fn numbers_ui(ui: &mut Ui, label: &str, help: &str, hint: &str, field: &mut Field, values: &mut Vec<f64>) {
    let mut is_changed = false;
    setting_ui(ui, label, help, None, |ui| {
        let response = ui.add(TextEdit::singleline(&mut field.text).desired_width(FIELD).hint_text(hint));
        is_changed = response.changed();
        (response, Role::TextInput)
    });
    if is_changed {
        match numbers(&field.text) {
            Ok(read) => (*values, field.problem) = (read, None),
            Err(problem) => field.problem = Some(problem),
        }
    }
    if let Some(problem) = &field.problem {
        widgets::small_weak_ui(ui, format!("{label}: as before, until it can be read."));
        ui.colored_label(ui.visuals().error_fg_color, problem);
    }
}

/// The numbers of a text, with spaces, semicolons or commas between them.
fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '[' | ']'));
    let words = text.split(|letter: char| letter == ';' || letter.is_whitespace());
    // A comma between digits may be a decimal one, unless points are.
    let words = words.flat_map(|word| {
        let has_points = word.contains('.');
        word.split(move |letter: char| letter == ',' && has_points)
    });
    let words = words.map(|word| word.trim_matches(',')).filter(|word| !word.is_empty());
    words.map(|word| typed::number(word, Takes::Real)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_ways_people_write_them() {
        for text in ["0.49, 0.48, 0.45", "0.49,0.48,0.45", "0.49 0.48 0.45", "[0.49; 0.48; 0.45]", "0.49,  .48 0.45,"] {
            assert_eq!(numbers(text).unwrap(), [0.49, 0.48, 0.45], "{text}");
        }
        assert_eq!(numbers("-3").unwrap(), [-3.0]);
        assert_eq!(numbers("  ").unwrap(), Vec::<f64>::new());
        assert!(numbers("0.5, half").unwrap_err().contains("“half” is no number"));
        let scale = Field::of(&[0.5, 255.0]);
        assert_eq!((scale.text.as_str(), numbers(&scale.text).unwrap()), ("0.5, 255", vec![0.5, 255.0]));
    }
}
