//! Examples as a step sees them: with the augmentation of a run's knobs, another draw at a time.
//!
//! The training pictures of a look are augmented by the very function that a step calls; test pictures stay, since nothing is
//! ever measured on augmented ones.

use std::sync::Arc;

use egui::{Button, Ui};

use super::pictures::{Pictures, image_shape};
use crate::config::{DataConfig, Knobs};
use crate::engine::{Augmentation, augment};
use crate::protocol::DataPreview;
use crate::ui::kit::widgets;

/// Whose knobs say what a step does to its examples.
#[derive(Debug, Clone, Copy)]
pub struct Augmenting<'a> {
    /// The run's name.
    pub name: &'a str,
    /// Its knobs.
    pub knobs: &'a Knobs,
}

/// The pictures of a look as a step sees them.
#[derive(Debug, Default)]
pub struct Augmented {
    is_on: bool,
    /// Which draw is shown: the step that it would be.
    draw: u64,
    known: Option<Known>,
    pictures: Pictures,
}

/// What was augmented last.
#[derive(Debug)]
struct Known {
    of: Arc<DataPreview>,
    settings: Augmentation,
    draw: u64,
    data: Arc<DataPreview>,
}

impl Augmented {
    /// Drops what a window holds on its device.
    pub fn forget_textures(&mut self) {
        self.pictures = Pictures::default();
    }

    /// Draws the pictures of a look in place of the plain ones. False where they are to be shown plain.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        data: &Arc<DataPreview>,
        config: &DataConfig,
        run: Option<Augmenting<'_>>,
    ) -> bool {
        let Some(run) = run.filter(|run| self.is_on && run.knobs.augments()) else { return false };
        let Some(shape) = image_shape(data, config.source) else { return false };
        let settings = Augmentation::of(run.knobs);
        let known = self
            .known
            .take()
            .filter(|known| Arc::ptr_eq(&known.of, data) && known.settings == settings && known.draw == self.draw);
        let known = known.unwrap_or_else(|| Known {
            of: data.clone(),
            settings,
            draw: self.draw,
            data: Arc::new(drawn(data, shape, config, &settings, self.draw)),
        });
        self.pictures.ui(ui, &known.data, config.source);
        self.known = Some(known);
        true
    }

    /// Draws the switch and the button for another draw.
    pub fn switch_ui(&mut self, ui: &mut Ui, run: Option<Augmenting<'_>>) {
        let why_not = match run {
            None => Some("There is no run yet.".to_owned()),
            Some(run) if !run.knobs.augments() => {
                let name = run.name;
                Some(format!("{name} takes the examples as they are: turn on flip, crop or another one of its knobs."))
            }
            Some(_) => None,
        };
        ui.horizontal_wrapped(|ui| {
            let mut is_on = self.is_on && why_not.is_none();
            let check = egui::Checkbox::new(&mut is_on, "As a step sees them");
            let response = ui.add_enabled(why_not.is_none(), check);
            if response.changed() {
                self.is_on = is_on;
            }
            if let Some(why_not) = why_not {
                response.on_disabled_hover_text(why_not);
                return;
            }
            let name = run.map_or("", |run| run.name);
            let help =
                format!("With the augmentation that the knobs of {name} say. Measurements see the plain examples.");
            response.on_hover_text(help);
            let another = ui.add_enabled(is_on, Button::new("Another draw"));
            if another.on_hover_text("The same examples in another step.").clicked() {
                self.draw = self.draw.wrapping_add(1);
            }
            if is_on {
                widgets::small_weak_ui(ui, format!("the knobs of {name}"));
            }
        });
    }
}

/// A look whose training pictures are those of a step.
fn drawn(
    data: &DataPreview,
    shape: [usize; 3],
    config: &DataConfig,
    settings: &Augmentation,
    draw: u64,
) -> DataPreview {
    let mut drawn = data.clone();
    let length = shape.iter().product();
    let rows = || data.rows.iter().filter(|row| !row.is_test && row.x.len() == length);
    let mut images: Vec<f32> = rows().flat_map(|row| row.x.iter().copied()).collect();
    // A look has pictures as they were before they were normalised: an empty pixel is 0.
    augment(&mut images, shape, settings, &vec![0.0; shape[0]], config.seed, draw);
    let mut images = images.chunks_exact(length);
    for row in drawn.rows.iter_mut().filter(|row| !row.is_test && row.x.len() == length) {
        if let Some(image) = images.next() {
            row.x.copy_from_slice(image);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSource, KnobId, OptimizerKind, builtin_experiment};
    use crate::protocol::{ExampleLabel, ExampleRow};

    #[test]
    fn training_pictures_change_with_the_draw_and_test_pictures_stay() {
        let row =
            |is_test| ExampleRow { x: (0..16).map(|i| i as f32).collect(), label: ExampleLabel::Class(0), is_test };
        let rows = (0..12).map(|i| row(i > 9)).collect();
        let data = DataPreview { shape: vec![1, 4, 4], rows, ..DataPreview::default() };
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        let config = DataConfig { source: DataSource::File, ..moons };
        let mut knobs = Knobs::of(OptimizerKind::Sgd);
        let look = |knobs: &Knobs, draw| drawn(&data, [1, 4, 4], &config, &Augmentation::of(knobs), draw);
        assert_eq!(look(&knobs, 0), data, "nothing is turned on");
        knobs.set(KnobId::Flip, 1.0).unwrap();
        let (first, second) = (look(&knobs, 0), look(&knobs, 1));
        assert_eq!(first, look(&knobs, 0));
        assert_ne!(first, second);
        for seen in [&first, &second] {
            assert_eq!(seen.rows[10..], data.rows[10..]);
            let flipped: Vec<f32> = (0..16).map(|i| (4 * (i / 4) + 3 - i % 4) as f32).collect();
            assert!(seen.rows[..10].iter().all(|row| row.x == data.rows[0].x || row.x == flipped));
        }
    }
}
