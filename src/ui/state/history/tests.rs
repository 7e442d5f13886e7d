//! Bounds, thinning and envelopes of a history.

use super::*;
use crate::protocol::EvalRow;
use crate::ui::state::rows::SpeedPoint;

fn point(index: u64, value: f64) -> SpeedPoint {
    SpeedPoint { seconds: index as f64, steps_per_second: value }
}

fn filled(count: u64, value: impl Fn(u64) -> f64) -> History<SpeedPoint> {
    let mut history = History::default();
    (0..count).for_each(|index| history.push(point(index, value(index))));
    history
}

/// Least, greatest, number of values and number of blocks of all that is kept.
fn whole(history: &History<SpeedPoint>, max_blocks: usize) -> (Envelope, usize) {
    let mut all = history.open_envelope(0);
    let mut count = 0;
    blocks(0..history.num_closed(), history.num_closed(), max_blocks, |level, block| {
        all = all.merged(history.envelope(level, block, 0));
        count += 1;
    });
    (all, count)
}

#[test]
fn history_is_bounded_and_keeps_both_ends() {
    let mut history = History::default();
    for i in 0..700_000_u64 {
        history.push(point(i, 1.0));
        assert_eq!(history.last().unwrap().seconds, i as f64);
    }
    assert!(history.rows().len() <= MAX_ROWS + 1);
    assert!(history.rows().len() > MAX_ROWS / 3);
    assert_eq!(history.rows()[0].seconds, 0.0);
    let kept = &history.rows()[..=history.num_closed()];
    assert!(kept.windows(2).all(|pair| pair[1].seconds - pair[0].seconds == history.stride() as f64));
}

#[test]
fn a_spike_among_a_million_rows_stays_in_few_blocks() {
    let history = filled(1_000_003, |i| match i {
        777_777 => 50.0,
        123_457 => -8.0,
        400_001 => f64::NAN,
        _ => 1.0,
    });
    let (all, count) = whole(&history, 300);
    assert_eq!((all.low, all.high, all.low_positive), (-8.0, 50.0, 1.0));
    assert_eq!((all.count, all.num_positive), (1_000_002, 1_000_001));
    assert!(count <= 640, "{count} blocks");
}

#[test]
fn one_value_among_many_rows_is_found() {
    for count in [1_u64, 2, 7, 5_000, 400_000] {
        assert!(!filled(count, |_| f64::NAN).has_values(0), "{count}");
        for at in [0, count / 3, count - 1] {
            assert!(filled(count, |i| if i == at { 0.5 } else { f64::NAN }).has_values(0), "{at} of {count}");
        }
    }
    assert!(!History::<SpeedPoint>::default().has_values(0));
}

#[test]
fn means_of_groups_are_those_of_their_rows() {
    let history = filled(400_000, |i| 1.0 + (i % 2) as f64);
    assert_eq!(history.stride(), 16);
    let group = history.envelope(0, 1000, 0);
    assert_eq!((group.count, group.mean), (16, 1.5));
    assert!((f64::from(group.log_mean) - 2.0_f64.log10() / 2.0).abs() < 1e-6);
}

#[test]
fn many_runs_share_the_room_of_a_few() {
    assert_eq!([1, 8, 9, 16, 50].map(row_limit), [MAX_ROWS, MAX_ROWS, MAX_ROWS / 2, MAX_ROWS / 2, MAX_ROWS / 8]);
    for num_runs in 1..2_000_usize {
        let of_full = (num_runs * row_limit(num_runs)) / MAX_ROWS;
        assert!(of_full <= FULL_RUNS || row_limit(num_runs) == LEAST_ROWS, "{num_runs} runs: {of_full}");
    }
}

#[test]
fn a_lower_limit_thins_at_once_and_loses_no_spike() {
    for count in [1_000_u64, 1_001, 1_002, 1_003, 70_000, 262_147] {
        for spike in [0, count / 2, count - 2, count - 1] {
            let mut history = filled(count, |i| if i == spike { 50.0 } else { 1.0 });
            history.set_limit(300);
            assert!(history.rows().len() <= 300, "{count}: {}", history.rows().len());
            assert_eq!(history.last().unwrap().seconds, (count - 1) as f64, "the newest row is the last one");
            let (all, _) = whole(&history, 40);
            assert_eq!((all.low, all.high, all.count), (1.0, 50.0, count as u32), "{count} {spike}");
            let kept = &history.rows()[..=history.num_closed()];
            let stride = history.stride() as f64;
            assert!(kept.windows(2).all(|pair| pair[1].seconds - pair[0].seconds == stride), "{count}");
            // It goes on in the same rhythm.
            (count..count + 2_000).for_each(|i| history.push(point(i, 1.0)));
            let (all, _) = whole(&history, 40);
            assert_eq!((all.high, all.count), (50.0, count as u32 + 2_000), "{count} {spike}");
            assert!(history.rows().len() <= 301);
        }
    }
}

#[test]
fn rows_after_a_step_go() {
    for count in [1_u64, 2, 99, 5_000, 300_000] {
        for step in [0, 1, 50, 4_000, 250_001, 400_000] {
            let mut history = filled(count, |i| i as f64);
            history.truncate_after(step);
            let last = history.last().unwrap().seconds as u64;
            assert!(last <= step && step.min(count - 1) - last < history.stride(), "{count} {step}: {last}");
            let (all, _) = whole(&history, 7);
            assert!(f64::from(all.high) <= step as f64 && all.low == 0.0, "{count} {step}: {all:?}");
            // It goes on as if those rows had never been.
            (last + 1..last + 3_000).for_each(|i| history.push(point(i, i as f64)));
            let (all, _) = whole(&history, 7);
            assert_eq!(f64::from(all.high), (last + 2_999) as f64);
        }
    }
}

#[test]
fn wide_rows_are_fewer() {
    let mut history = History::<EvalRow>::default();
    let row = |step| EvalRow {
        step,
        gradient_evaluations: step,
        train_loss: 1.0,
        train_accuracy: 1.0,
        test_loss: 1.0,
        test_accuracy: 1.0,
        weight_norm: 1.0,
        validation: None,
        average: None,
    };
    (0..MAX_ROWS as u64).for_each(|step| history.push(row(step)));
    assert!((MAX_ROWS / 16..=MAX_ROWS / 4 + 1).contains(&history.rows().len()), "{}", history.rows().len());
}
