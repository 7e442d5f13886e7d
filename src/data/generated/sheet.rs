//! A sheet of generated pictures to look at: two rows of shapes, textures, lesions, handwriting and counts each, in the order of
//! their classes.
//!
//! ```sh
//! cargo test --release --lib data::generated::sheet -- --ignored
//! ```

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use super::super::tests::config;
use super::pictures::SIDE;
use super::{counts, handwriting, lesions, shapes, textures};
use crate::config::{DataConfig, DataSource};

/// Pictures in a row.
const COLUMNS: usize = 12;
/// Pictures of a set.
const PICTURES: usize = 2 * COLUMNS;
/// Pixels between pictures, on the sheet before it is enlarged.
const GAP: usize = 2;
/// How much it is enlarged.
const LARGER: u32 = 4;

#[test]
#[ignore = "writes docs/pictures/image-sets.png, to be looked at"]
fn the_sheet_of_the_documents_is_written() {
    let of = |source, noise, train_size| DataConfig { train_size, test_size: 0, noise, seed: 0, ..config(source) };
    let sets = [
        (shapes(&of(DataSource::Shapes, 0.1, PICTURES)), 1),
        (textures(&of(DataSource::Textures, 0.1, PICTURES)), 1),
        (lesions(&of(DataSource::Lesions, 0.03, PICTURES)), 1),
        // Of the many letters every fifth, so that there are capitals, small ones and digits.
        (handwriting(&of(DataSource::Handwriting, 0.05, 5 * PICTURES)), 5),
        (counts(&of(DataSource::Counts, 0.05, PICTURES)), 1),
    ];
    let place = SIDE + GAP;
    let [width, height] = [COLUMNS, 2 * sets.len()].map(|count| (count * place + GAP) as u32);
    let mut sheet = GrayImage::from_pixel(width, height, Luma([128]));
    for (set, (data, step)) in sets.iter().enumerate() {
        let mut order: Vec<usize> = (0..PICTURES).map(|at| step * at).collect();
        order.sort_by_key(|&i| data.classes()[i]);
        for (at, &i) in order.iter().enumerate() {
            let corner = [GAP + (2 * set + at / COLUMNS) * place, GAP + at % COLUMNS * place];
            for (pixel, value) in data.example(i).iter().enumerate() {
                let [y, x] = [corner[0] + pixel / SIDE, corner[1] + pixel % SIDE];
                sheet.put_pixel(x as u32, y as u32, Luma([(255.0 * value).round() as u8]));
            }
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let large = resize(&sheet, width * LARGER, height * LARGER, FilterType::Nearest);
    large.save(folder.join("image-sets.png")).unwrap();
}
