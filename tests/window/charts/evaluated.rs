//! Losses on validation examples and at the average of a run's weights, in charts and in the table.

use egui::Key;
use egui::accesskit::Role;
use flatscape::protocol::Event;

use super::SIZE;
use crate::canned::{SAM, SGD, at_average, curve, evaluated, outcome, steps};
use crate::fixture::{TALL, Window, sized};

/// The rows of SGD: its validation loss is least at step 120, where an average begins.
fn validated() -> Vec<Event> {
    let points = [(110, 0.3, 9.0), (120, 0.2, 9.0), (130, 0.1, 9.0)];
    evaluated(curve(SGD, &points), |row| {
        row.validation = Some(outcome(if row.step == 120 { 0.25 } else { 0.5 }));
        row.average = (row.step > 110).then(|| at_average(row.step / 10 - 11, 0.15));
    })
}

/// A window in which SGD alone has been evaluated on validation examples and keeps an average.
fn window(size: [f32; 2]) -> Window {
    let mut window = sized(size).started();
    window.tell([steps(SGD, 130, 1), steps(SAM, 130, 1)]);
    window.tell(validated());
    window.tell(curve(SAM, &[(110, 0.3, 5.0), (130, 0.1, 5.0)]));
    window
}

#[test]
fn validation_and_average_are_lines_of_their_own() {
    let mut window = window(SIZE);
    window.click("Loss and accuracy");
    window.expect("solid train, dashed test, dotted validation, wide the average’s");
    // The axis ends at 1.03 times the last step.
    for chart in ["Loss", "Accuracy"] {
        window.hover(chart, 120.0 / (1.03 * 130.0));
        for line in ["SGD validation", "SGD average train", "SGD average test", "SAM test"] {
            window.expect(line);
        }
        assert!(!window.shows("SAM validation") && !window.shows("average validation"), "{chart}");
        window.expect("SGD: least validation loss 0.250 at step 120");
    }
    window.hover("Batch loss", 120.0 / (1.03 * 130.0));
    assert!(!window.shows("least validation loss"), "it is marked where it is drawn");
}

#[test]
fn validation_and_average_are_copied_as_csv() {
    let mut window = window(SIZE);
    window.click("Loss and accuracy");
    window.click("Export Loss");
    let text = window.copied_by("Copy CSV");
    let values = |line: &str, step: u64| {
        let start = format!("SGD,\"Loss, {line}\",{step},");
        let found = text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}: {text}"));
        found.split(',').rev().nth(2).expect("a value").to_owned()
    };
    assert_eq!((values("validation", 120), values("validation", 130)), ("0.25".to_owned(), "0.5".to_owned()));
    assert_eq!((values("average test", 110), values("average test", 120)), (String::new(), "0.15".to_owned()));
    assert!(!text.contains("SAM,\"Loss, validation\"") && !text.contains("SAM,\"Loss, average"), "{text}");
}

/// The table as CSV, as its header and the cells of a run.
fn table(window: &mut Window, run: &str) -> (Vec<String>, Vec<String>) {
    window.click("Copy or save the table");
    let text = window.copied_by("Copy as CSV");
    window.harness.run_steps(2);
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<&str> = text.lines().collect();
    let row = lines.iter().find(|line| line.starts_with(&format!("{run},"))).unwrap_or_else(|| panic!("{run}: {text}"));
    (cells(lines[0]), cells(row))
}

/// The cell of a column.
fn cell(window: &mut Window, run: &str, column: &str) -> Option<String> {
    let (header, row) = table(window, run);
    header.iter().position(|name| name == column).map(|place| row[place].clone())
}

const OF_VALIDATION: [&str; 3] = ["validation_accuracy", "validation_loss", "best_validation_step"];
const OF_AVERAGE: [&str; 2] = ["average_test_accuracy", "average_test_loss"];

#[test]
fn the_table_has_columns_of_validation_and_average_where_a_run_has_them() {
    let mut bare = sized(TALL).stepped();
    bare.compare();
    assert!(!bare.shows("Valid. loss") && !bare.shows("Average’s loss"));
    let (header, _) = table(&mut bare, "SGD");
    assert!(!header.iter().any(|name| OF_VALIDATION.contains(&name.as_str()) || OF_AVERAGE.contains(&name.as_str())));
    let mut window = window(TALL);
    window.compare();
    for column in ["Valid. loss, not sorted", "Best step, not sorted", "Average’s loss, not sorted"] {
        window.expect(column);
    }
    window.expect("Trace, λmax and bound are those of the runs’ own weights");
    let read = |window: &mut Window, run: &str| {
        let columns = OF_VALIDATION.into_iter().chain(OF_AVERAGE);
        columns.map(|column| cell(window, run, column).expect(column)).collect::<Vec<_>>()
    };
    assert_eq!(read(&mut window, "SGD"), ["0.8765", "0.5", "120", "0.8765", "0.15"]);
    assert_eq!(read(&mut window, "SAM"), [""; 5], "it has neither");
    // A run that lacks a figure stands last, whichever way the column is sorted.
    for title in ["Valid. loss, not sorted", "Valid. loss, sorted ascending"] {
        window.focus(Role::Button, title);
        window.press(Key::Enter);
        assert_eq!(window.table_order()[0], "SGD", "{title}");
    }
    assert!(window.has(Role::Button, "Valid. loss, sorted descending"));
}

#[test]
fn validation_and_average_are_read_at_equal_training_loss() {
    let mut window = sized(TALL).started();
    // Lines over the logarithm of the training loss, so that interpolation is exact: 5 + log₁₀ and 7 + log₁₀.
    let lines = |events| {
        evaluated(events, |row| {
            row.validation = Some(outcome(5.0 + row.train_loss.log10()));
            row.average = Some(at_average(row.step, 7.0 + row.train_loss.log10()));
        })
    };
    window.tell(lines(curve(SGD, &[(10, 1.0, 10.0), (20, 0.1, 9.0), (30, 0.01, 8.0)])));
    window.tell(lines(curve(SAM, &[(10, 1.0, 10.0), (20, 0.001, 7.0)])));
    window.compare();
    window.click("At equal training loss");
    window.expect("training loss 0.0100, the lowest");
    for run in ["SGD", "SAM"] {
        for (column, expected) in [("validation_loss", 3.0), ("average_test_loss", 5.0)] {
            let found: f64 = cell(&mut window, run, column).expect(column).parse().expect("a number");
            assert!((found - expected).abs() < 1e-9, "{run} {column}: {found}");
        }
    }
    let (header, _) = table(&mut window, "SGD");
    assert!(!header.iter().any(|name| name == "best_validation_step"), "it is of a whole run");
}
