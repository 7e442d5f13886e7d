//! A sheet of augmented pictures to look at: eight as they are, then by each setting alone and by all together.
//!
//! ```sh
//! cargo test --release --lib data::augment::sheet -- --ignored
//! ```

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use super::super::tests::{config, loaded};
use super::{Augmentation, augment};
use crate::config::{DataConfig, DataSource};

/// Pictures in a row.
const COLUMNS: usize = 8;
/// Pixels of a picture's side.
const SIDE: usize = 16;
/// Pixels between pictures, on the sheet before it is enlarged.
const GAP: usize = 2;
/// How much it is enlarged.
const LARGER: u32 = 4;

#[test]
#[ignore = "writes docs/pictures/augmentation.png, to be looked at"]
fn the_sheet_of_the_documents_is_written() {
    let none = Augmentation::default();
    let rows = [
        none,
        Augmentation { flip: true, ..none },
        Augmentation { rotate: 15.0, ..none },
        Augmentation { crop: 2, ..none },
        Augmentation { jitter: 0.5, ..none },
        Augmentation { erase: 1.0, ..none },
        Augmentation { flip: true, rotate: 15.0, crop: 2, jitter: 0.5, erase: 1.0 },
    ];
    let glyphs = DataConfig { classes: 62, train_size: 61, test_size: 1, noise: 0.0, ..config(DataSource::Glyphs) };
    let pictures = loaded(&glyphs).train.first(COLUMNS);
    let place = SIDE + GAP;
    let [width, height] = [COLUMNS, rows.len()].map(|count| (count * place + GAP) as u32);
    let mut sheet = GrayImage::from_pixel(width, height, Luma([128]));
    for (row, settings) in rows.iter().enumerate() {
        let mut x = pictures.x.clone();
        augment(&mut x, [1, SIDE, SIDE], settings, &[0.0], 1, 1);
        for (i, value) in x.iter().enumerate() {
            let (column, y, x) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
            let level = (255.0 * value.clamp(0.0, 1.0)).round() as u8;
            sheet.put_pixel((GAP + column * place + x) as u32, (GAP + row * place + y) as u32, Luma([level]));
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let large = resize(&sheet, width * LARGER, height * LARGER, FilterType::Nearest);
    large.save(folder.join("augmentation.png")).unwrap();
}
