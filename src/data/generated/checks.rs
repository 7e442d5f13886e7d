//! What the tests of generated pictures share.

use super::super::Dataset;
use crate::config::DataConfig;

/// Whether two makes have equal bytes, on one core as on several, and another seed has no picture of the first.
pub fn is_a_function_of_the_seed(config: &DataConfig, make: fn(&DataConfig) -> Dataset) {
    let first = make(config);
    assert_eq!(make(config), first);
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one_core.install(|| make(config)), first);
    let other = make(&DataConfig { seed: config.seed + 1, ..config.clone() });
    assert!((0..first.len()).all(|i| other.example(i) != first.example(i)));
    assert!(first.x.iter().all(|x| (0.0..=1.0).contains(x)));
    assert_eq!((first.shape.as_slice(), first.class_counts().iter().sum::<usize>()), (&[1, 16, 16][..], first.len()));
}

/// Whether more examples, without noise, begin with the same ones.
pub fn begins_alike_with_more_examples(config: &DataConfig, make: fn(&DataConfig) -> Dataset) {
    let (few, more) = (make(config), make(&DataConfig { train_size: config.train_size + 200, ..config.clone() }));
    assert_eq!(more.len(), few.len() + 200);
    assert_eq!((&more.x[..few.x.len()], &more.classes()[..few.len()]), (&few.x[..], few.classes()));
}

/// The share of the examples after the first `train` whose class is the one with the nearest mean of these features.
pub fn nearest_mean(data: &Dataset, train: usize, features: fn(&[f32]) -> Vec<f32>) -> f64 {
    let all: Vec<Vec<f32>> = (0..data.len()).map(|i| features(data.example(i))).collect();
    let counts = data.first(train).class_counts();
    let mut means = vec![vec![0.0_f32; all[0].len()]; counts.len()];
    for (features, &class) in all[..train].iter().zip(data.classes()) {
        let share = 1.0 / counts[class as usize] as f32;
        means[class as usize].iter_mut().zip(features).for_each(|(sum, x)| *sum += share * x);
    }
    let distance = |mean: &[f32], x: &[f32]| -> f32 { mean.iter().zip(x).map(|(mean, x)| (mean - x).powi(2)).sum() };
    let right = all[train..].iter().zip(&data.classes()[train..]).filter(|(x, class)| {
        let nearest = (0..means.len()).min_by(|&a, &b| distance(&means[a], x).total_cmp(&distance(&means[b], x)));
        nearest == Some(**class as usize)
    });
    right.count() as f64 / (data.len() - train) as f64
}
