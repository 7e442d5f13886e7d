//! What is done to all examples once, before any network sees them: images are resized, then each channel is brought to another
//! scale, (x − mean) / std, as torchvision's `Resize` and `Normalize` do it.

use super::Dataset;
use super::error::{DataError, Normalising};
use super::limit;
use super::resample::resize;
use crate::config::{DataConfig, DataSource};

/// What is done to the examples of a source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preparation {
    /// Channels, height and width of an example that is an image, or begins with one.
    image: Option<[usize; 3]>,
    /// Pixels of a side that images get.
    side: Option<usize>,
    scales: Scales,
    /// Shape of an example afterwards.
    pub shape: Vec<usize>,
}

/// Mean and standard deviation of each channel, or of each feature of a table.
#[derive(Debug, Clone, PartialEq)]
struct Scales(Vec<[f64; 2]>);

impl Preparation {
    /// What a configuration asks for examples of this shape. `image` is that of the images before texts, where there are texts.
    ///
    /// # Errors
    /// [`DataError::Resize`] where examples are no images, [`DataError::Normalise`] where the numbers do not fit them.
    pub fn of(config: &DataConfig, shape: &[usize], image: Option<&[usize]>) -> Result<Self, DataError> {
        let has_text = image.is_some();
        let source_name = config.source.key();
        let image = image_of(config.source, image.unwrap_or(shape));
        if let Some(side) = config.resize
            && (has_text || image.is_none())
        {
            return Err(DataError::Resize { side, source_name, shape: shape.to_vec() });
        }
        let (channels, expected) = match image {
            Some([channels, _, _]) => (channels, Normalising::Channels(channels)),
            None if has_text => (0, Normalising::Text),
            None => {
                let features = shape.iter().product();
                (features, Normalising::Features(features))
            }
        };
        for (setting, numbers) in [("data.mean", &config.mean), ("data.std", &config.std)] {
            let fits = numbers.is_empty() || (channels > 0 && [1, channels].contains(&numbers.len()));
            if !fits {
                return Err(DataError::Normalise { setting, found: numbers.len(), source_name, expected });
            }
        }
        let shape = match (config.resize, image) {
            (Some(side), Some([channels, _, _])) => vec![channels, side, side],
            _ => shape.to_vec(),
        };
        Ok(Self { image, side: config.resize, scales: Scales::of(config, channels), shape })
    }

    /// Prepares examples.
    ///
    /// # Errors
    /// [`DataError::TooLarge`] where the memory does not allow it.
    pub fn apply(&self, data: &mut Dataset) -> Result<(), DataError> {
        // Pictures of a file were resized as they were read.
        if let (Some(side), Some(image)) = (self.side, self.image.filter(|image| image[1..] != self.shape[1..])) {
            let needed =
                self.shape.iter().fold(data.len() as u64, |product, &side| product.saturating_mul(side as u64));
            let what = format!("`data.resize`: {} images of {side}×{side} pixels", data.len());
            limit::allow(&what, needed.saturating_mul(size_of::<f32>() as u64)).map_err(DataError::TooLarge)?;
            data.x = resize(&data.x, image, side);
            data.shape.clone_from(&self.shape);
        }
        if !self.scales.is_plain() {
            let pixels =
                self.image.map_or(1, |[_, height, width]| self.side.map_or(height * width, |side| side * side));
            for example in data.x.chunks_exact_mut(data.shape.iter().product()) {
                self.scales.apply(example, pixels, normalised);
            }
        }
        Ok(())
    }
}

impl Scales {
    fn of(config: &DataConfig, channels: usize) -> Self {
        let number = |numbers: &[f64], channel: usize, usual| match *numbers {
            [] => usual,
            [one] => one,
            ref all => all.get(channel).copied().unwrap_or(usual),
        };
        let scale = |channel| [number(&config.mean, channel, 0.0), number(&config.std, channel, 1.0)];
        Self((0..channels).map(scale).collect())
    }

    fn is_plain(&self) -> bool {
        self.0.iter().all(|scale| *scale == [0.0, 1.0])
    }

    /// Changes the numbers of an example, `pixels` for each channel; what stands behind them stays.
    fn apply(&self, example: &mut [f32], pixels: usize, change: impl Fn(f32, [f64; 2]) -> f32) {
        for (channel, &scale) in example.chunks_exact_mut(pixels).zip(&self.0) {
            channel.iter_mut().for_each(|x| *x = change(*x, scale));
        }
    }
}

fn normalised(x: f32, [mean, std]: [f64; 2]) -> f32 {
    ((f64::from(x) - mean) / std) as f32
}

/// The value of an empty pixel, 0, after normalising: one for each channel.
#[must_use]
pub fn blank(config: &DataConfig, channels: usize) -> Vec<f32> {
    Scales::of(config, channels).0.into_iter().map(|scale| normalised(0.0, scale)).collect()
}

/// An example as it was before normalising where it is an image, so that its picture shows its colours.
pub(super) fn as_picture(config: &DataConfig, shape: &[usize], example: &mut [f32]) {
    let channels = match (image_of(config.source, shape), config.resize) {
        (Some([channels, _, _]), _) => channels,
        (None, Some(side)) => example.len() / (side * side).max(1),
        (None, None) => return,
    };
    let scales = Scales::of(config, channels);
    if channels > 0 && !scales.is_plain() {
        let pixels = example.len() / channels;
        scales.apply(example, pixels, |x, [mean, std]| (f64::from(x) * std + mean) as f32);
    }
}

/// What a file is read as for a model with this input where its images are resized: the model's channels, and any size.
pub(super) fn any_size(config: &DataConfig, input: &[usize]) -> Option<[usize; 3]> {
    let side = config.resize?;
    let channels = match *input {
        [] => 0,
        [channels, _, _] => channels,
        ref input => (input.iter().product::<usize>() / (side * side).max(1)).max(1),
    };
    Some([channels, 0, side])
}

/// Channels, height and width of an example that is an image.
fn image_of(source: DataSource, shape: &[usize]) -> Option<[usize; 3]> {
    match (source, shape) {
        (_, &[channels, height, width]) => Some([channels, height, width]),
        // Networks may take them as so many features.
        (source, &[pixels]) => source.picture().filter(|picture| picture.iter().product::<usize>() == pixels),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, fitting, loaded};
    use super::super::{Wanted, load, preview};
    use super::*;
    use crate::config::LossKind;

    fn digits(resize: Option<usize>, mean: &[f64], std: &[f64]) -> DataConfig {
        DataConfig { resize, mean: mean.to_vec(), std: std.to_vec(), ..config(DataSource::Digits) }
    }

    #[test]
    fn images_are_resized_and_then_normalised() {
        let plain = loaded(&digits(None, &[], &[]));
        let larger = fitting(&digits(Some(16), &[], &[]), &[1, 16, 16]).unwrap();
        assert_eq!(larger.train.shape, [1, 16, 16]);
        assert_eq!(larger.train.x, resize(&plain.train.x, [1, 8, 8], 16));
        assert_eq!(larger.test.x, resize(&plain.test.x, [1, 8, 8], 16));
        assert_eq!((larger.train.classes(), larger.test.classes()), (plain.train.classes(), plain.test.classes()));
        let both = fitting(&digits(Some(16), &[0.3], &[0.25]), &[256]).unwrap();
        let expected: Vec<f32> = larger.train.x.iter().map(|&x| normalised(x, [0.3, 0.25])).collect();
        assert_eq!((both.train.shape, both.train.x), (vec![256], expected));
        assert!((normalised(0.8, [0.3, 0.25]) - 2.0).abs() < 1e-6);
        let message = fitting(&digits(Some(16), &[], &[]), &[1, 8, 8]).unwrap_err().to_string();
        assert!(message.contains("`model.input` is [1, 8, 8] (64 features), expected 256"), "{message}");
        assert!(message.ends_with("`data.resize = 8` would fit"), "{message}");
    }

    #[test]
    fn each_channel_or_feature_has_its_numbers() {
        let moons = DataConfig { mean: vec![1.0, -2.0], std: vec![2.0], ..config(DataSource::Moons) };
        let plain = loaded(&config(DataSource::Moons));
        let normal = loaded(&moons);
        for (plain, normal) in plain.train.x.chunks(2).zip(normal.train.x.chunks(2)) {
            assert_eq!(normal, [normalised(plain[0], [1.0, 2.0]), normalised(plain[1], [-2.0, 2.0])]);
        }
        assert_eq!(blank(&moons, 2), [-0.5, 1.0]);
        assert_eq!(blank(&config(DataSource::Moons), 3), [0.0; 3]);
        let mut colours = Dataset {
            x: (0..24).map(|x| x as f32).collect(),
            shape: vec![3, 2, 2],
            y: super::super::Labels::Classes { of: vec![0, 1], count: 2 },
        };
        let of_channels =
            DataConfig { mean: vec![1.0, 2.0, 3.0], std: vec![1.0, 10.0, 100.0], ..config(DataSource::File) };
        Preparation::of(&of_channels, &[3, 2, 2], None).unwrap().apply(&mut colours).unwrap();
        let expected = [-1.0, 0.0, 1.0, 2.0, 0.2, 0.3, 0.4, 0.5, 0.05, 0.06, 0.07, 0.08];
        let is_near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-6;
        assert!(colours.x[..12].iter().zip(&expected).all(is_near), "{:?}", colours.x);
    }

    #[test]
    fn images_before_texts_are_normalised_alone() {
        let mut pairs = Dataset {
            x: vec![0.0, 1.0, 5.0, -1.0, 1.0, 0.5, 7.0, 3.0],
            shape: vec![4],
            y: super::super::Labels::Pairs { count: 2 },
        };
        let halves = DataConfig { mean: vec![0.5], std: vec![0.5], ..config(DataSource::File) };
        Preparation::of(&halves, &[4], Some(&[1, 1, 2])).unwrap().apply(&mut pairs).unwrap();
        assert_eq!(pairs.x, [-1.0, 1.0, 5.0, -1.0, 1.0, 0.0, 7.0, 3.0]);
    }

    #[test]
    fn what_does_not_fit_is_told_in_a_sentence() {
        let message = |config: &DataConfig, shape: &[usize], image: Option<&[usize]>| {
            Preparation::of(config, shape, image).unwrap_err().to_string()
        };
        let moons = DataConfig { resize: Some(4), ..config(DataSource::Moons) };
        let expected = "`data.resize` is 4, expected none unless examples are images: one of moons has the shape [2]";
        assert_eq!(message(&moons, &[2], None), expected);
        assert!(message(&moons, &[9], Some(&[1, 2, 2])).contains("the shape [9]"), "images with texts");
        let wrong = digits(None, &[0.1, 0.2], &[]);
        let expected = "`data.mean` has 2 numbers, expected 1, since an image of digits has one channel";
        assert_eq!(message(&wrong, &[64], None), expected);
        let wrong = DataConfig { std: vec![1.0; 2], ..config(DataSource::File) };
        let expected = "`data.std` has 2 numbers, expected 1 for all or 3, one for each channel of an image of file";
        assert_eq!(message(&wrong, &[3, 9, 9], None), expected);
        let expected = "`data.std` has 2 numbers, expected 1 for all or 7, one for each feature of file";
        assert_eq!(message(&wrong, &[7], None), expected);
        let wrong = DataConfig { mean: vec![1.0], ..config(DataSource::Sums) };
        assert_eq!(message(&wrong, &[7], Some(&[])), "`data.mean` has 1 number, expected none, since sums is text");
        let huge = DataConfig { resize: Some(1024), ..config(DataSource::Digits) };
        let mut data = super::super::digits::digits();
        // More than any machine has: as if it were a million million images.
        data.y = super::super::Labels::Pairs { count: 1 << 40 };
        let message = Preparation::of(&huge, &[64], None).unwrap().apply(&mut data).unwrap_err().to_string();
        assert!(message.starts_with("`data.resize`: 1099511627776 images of 1024×1024 pixels would take"), "{message}");
    }

    #[test]
    fn pictures_of_a_look_keep_their_colours() {
        let plain = preview(&digits(None, &[], &[])).unwrap();
        let normal = preview(&digits(None, &[0.3], &[0.2])).unwrap();
        for (plain, normal) in plain.rows.iter().zip(&normal.rows) {
            assert!(plain.x.iter().zip(&normal.x).all(|(a, b)| (a - b).abs() < 1e-6), "{:?}", normal.x);
        }
        assert_eq!(preview(&digits(Some(12), &[0.3], &[0.2])).unwrap().shape, [1, 12, 12]);
        // Tables show what a network sees.
        let moons = preview(&DataConfig { mean: vec![100.0], ..config(DataSource::Moons) }).unwrap();
        assert!(moons.rows.iter().flat_map(|row| &row.x).all(|x| *x < -90.0));
    }

    #[test]
    fn files_of_any_size_are_resized_for_a_model() {
        let dir = tempfile::tempdir().unwrap();
        for (class, level) in [("a", 10_u8), ("b", 200)] {
            std::fs::create_dir(dir.path().join(class)).unwrap();
            for i in 0..3 {
                // No two of one size.
                let pixel = image::Rgb([level, level + i, 255 - level]);
                let image = image::RgbImage::from_pixel(7 + u32::from(i), 5 + u32::from(level), pixel);
                image.save(dir.path().join(class).join(format!("{i}.png"))).unwrap();
            }
        }
        let path = Some(dir.path().to_owned());
        let file = DataConfig { path, resize: Some(4), train_size: 4, test_size: 2, ..config(DataSource::File) };
        let of = |config: &DataConfig, input: &[usize]| {
            load(config, &Wanted { input, outputs: 2, loss: LossKind::CrossEntropy, text: None })
        };
        let colour = of(&file, &[3, 4, 4]).unwrap();
        assert_eq!((&colour.train.shape[..], colour.train.len()), (&[3, 4, 4][..], 4));
        let reds: Vec<i32> = colour.train.x.chunks(48).map(|image| (image[5] * 255.0).round() as i32).collect();
        assert!(reds.iter().all(|red| [10, 200].contains(red)), "{reds:?}");
        assert_eq!(of(&file, &[1, 4, 4]).unwrap().train.shape, [1, 4, 4], "made grey for one channel");
        assert_eq!(of(&file, &[48]).unwrap().train.features(), 48);
        let message = of(&file, &[3, 8, 8]).unwrap_err().to_string();
        assert!(message.contains("expected 48 features, the shape [3, 4, 4] of one example of file"), "{message}");
        assert_eq!(preview(&file).unwrap().shape, [3, 4, 4]);
        let table = dir.path().join("table.csv");
        std::fs::write(&table, "1,2,3,0\n4,5,6,1\n7,8,9,0\n").unwrap();
        let table = DataConfig { path: Some(table), train_size: 2, test_size: 1, ..file };
        let message = of(&table, &[1, 4, 4]).unwrap_err().to_string();
        assert!(
            message.contains("expected none unless examples are images: one of file has the shape [3]"),
            "{message}"
        );
    }
}
