//! Whether colours stay apart for eyes that see two colours only.
//!
//! Simulated by Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE
//! TVCG 15(6), 2009, at full severity: a matrix over linear sRGB for each form. Distances are Euclidean in Oklab (Ottosson
//! 2020), times 100, in which 2 is about what can just be noticed.

use super::*;
use crate::render::ColorMap;

type Matrix = [[f64; 3]; 3];

/// Those who see three colours, and those without red, green and blue cones.
const EYES: [(&str, Matrix); 4] = [
    ("all colours", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranopia",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
    (
        "tritanopia",
        [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
    ),
];

/// Linear sRGB to the cones of Oklab, and their cube roots to its lightness and its two opponents.
const CONES: Matrix = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const OPPONENTS: Matrix = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];

/// Least distance of two methods, of two further runs, of two classes, and of a further run from a method.
const METHODS: f64 = 7.5;
const RUNS: f64 = 5.0;
const CLASSES: f64 = 5.0;
const ACROSS: f64 = 4.0;

fn times(matrix: &Matrix, [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

/// A colour in Oklab, times 100, as these eyes see it.
fn seen(color: Color32, eyes: &Matrix) -> [f64; 3] {
    let light = egui::Rgba::from(color);
    let seen = times(eyes, [light.r(), light.g(), light.b()].map(f64::from)).map(|channel| channel.clamp(0.0, 1.0));
    times(&OPPONENTS, times(&CONES, seen).map(f64::cbrt)).map(|part| 100.0 * part)
}

fn distance(a: Color32, b: Color32, eyes: &Matrix) -> f64 {
    let (a, b) = (seen(a, eyes), seen(b, eyes));
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// All pairs of a palette that are closer than `least`, told by their names.
fn too_close(eyes: &(&str, Matrix), palette: &[(String, Color32)], least: f64) -> Vec<String> {
    let mut found = Vec::new();
    for (index, (name, color)) in palette.iter().enumerate() {
        for (other, other_color) in &palette[index + 1..] {
            let apart = distance(*color, *other_color, &eyes.1);
            if apart < least {
                found.push(format!("{}: {name} and {other} are {apart:.1} apart, expected {least}", eyes.0));
            }
        }
    }
    found
}

fn named(name: &str, tokens: &[Token]) -> Vec<(String, Color32)> {
    tokens.iter().enumerate().map(|(index, token)| (format!("{name} {index}"), token.0)).collect()
}

#[test]
fn the_simulation_is_the_published_one() {
    // White stays white, as the rows of each matrix say, and Oklab's white is (1, 0, 0).
    for (name, eyes) in &EYES {
        let white = seen(Color32::WHITE, eyes);
        assert!((white[0] - 100.0).abs() < 0.05 && white[1].hypot(white[2]) < 0.1, "{name}: {white:?}");
    }
    // Oklab of sRGB red, by its author.
    let red = seen(Color32::RED, &EYES[0].1);
    for (found, expected) in red.iter().zip([62.796, 22.486, 12.585]) {
        assert!((found - expected).abs() < 0.01, "{red:?}");
    }
    // Red and a green of the same shade are as good as one colour without green cones, and far apart with them.
    let green = map_color([110, 130, 0, 255]);
    let (with, without) = (distance(Color32::RED, green, &EYES[0].1), distance(Color32::RED, green, &EYES[2].1));
    assert!(without < 0.5 * with, "{with:.1} becomes {without:.1}");
}

#[test]
fn palettes_stay_apart_for_all_eyes() {
    let mut failures = Vec::new();
    for theme in [Theme::Dark, Theme::Light] {
        let t = Tokens::for_theme(theme);
        let (methods, runs) = (named("method", &methods(t)), named("run", &t.runs));
        for eyes in &EYES {
            let mut found = too_close(eyes, &methods, METHODS);
            found.extend(too_close(eyes, &runs, RUNS));
            found.extend(too_close(eyes, &named("class", &t.classes), CLASSES));
            for method in &methods {
                for run in &runs {
                    found.extend(too_close(eyes, &[method.clone(), run.clone()], ACROSS));
                }
            }
            failures.extend(found.into_iter().map(|failure| format!("{theme:?}, {failure}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn sequential_maps_become_lighter_for_all_eyes() {
    for map in ColorMap::SEQUENTIAL {
        for (name, eyes) in &EYES {
            let lightness: Vec<f64> = map.lut().iter().map(|color| seen(map_color(*color), eyes)[0]).collect();
            // A step of a byte is as much as 0.1.
            let falls = lightness.windows(2).filter(|pair| pair[1] < pair[0] - 0.15).count();
            assert_eq!(falls, 0, "{map:?}, {name}");
            assert!(lightness[255] - lightness[0] > 50.0, "{map:?}, {name}: {lightness:?}");
            for part in lightness.windows(33) {
                assert!(part[32] > part[0], "{map:?}, {name}: nothing rises over an eighth of the map");
            }
        }
    }
}

#[test]
fn both_sides_of_diverging_maps_stay_apart_for_all_eyes() {
    for map in ColorMap::DIVERGING {
        for (name, eyes) in &EYES {
            for (aside, least) in [(0.1, 4.0), (0.2, 9.0), (0.3, 14.0), (0.4, 14.0), (0.5, 10.0)] {
                let [low, high] = [0.5 - aside, 0.5 + aside].map(|share| map_color(map.at(share)));
                let apart = distance(low, high, eyes);
                assert!(apart > least, "{map:?}, {name}: {apart:.1} at {aside} from the middle");
            }
        }
    }
}
