use super::*;
use crate::export::sample;

fn page(experiment: &Experiment, result: &CompareResult, slices: Option<&[u8]>) -> String {
    report_html(experiment, result, slices, &Rerun::default()).unwrap()
}

/// What stands before the scripts: words, tables and pictures.
fn words(page: &str) -> &str {
    page.split_once("<script").expect("the numbers are there").0
}

#[test]
fn the_page_has_the_tables_and_nothing_of_the_experiment_is_markup() {
    let (mut experiment, mut result) = sample::comparison();
    experiment.title = "<script>alert(1)</script>".to_owned();
    result.tuning = sample::tries();
    let whole = page(&experiment, &result, Some(b"png"));
    let page_words = words(&whole);
    let parts = [
        "<!doctype html>",
        "&lt;script&gt;alert(1)",
        "<th scope=\"row\">NSO</th>",
        "<tr class=\"picked\"><th scope=\"row\">SGD</th><td>learning_rate 0.05, nesterov true</td>",
        "diverged at step 7",
        "tries: sgd 2, sam none, nso 1; sgd is tried more often than others; sam is not tuned",
        "data:image/png;base64,cG5n",
        "[model]",
        "0 to 1, 2 in all",
        "7 200 gradient evaluations",
        "flatscape compare moons-mlp.toml --optimizers sgd,sam,nso --seeds 2 --out moons-mlp-again",
    ];
    for part in parts {
        assert!(page_words.contains(part), "{part} is missing: {page_words}");
    }
    let mut plain = sample::comparison().1;
    plain.runs.iter_mut().for_each(|run| run.grid = None);
    let plain = page(&experiment, &plain, None);
    assert!(!plain.contains("<h2>Tuning</h2>") && !plain.contains("<img"), "{}", words(&plain));
}

#[test]
fn the_numbers_are_those_of_the_summary_and_of_the_runs() {
    let (experiment, result) = sample::comparison();
    let whole = page(&experiment, &result, Some(b"png"));
    let data = crate::export::report_page::data_of(&whole);
    let summary: serde_json::Value =
        serde_json::from_str(&crate::export::summary_json(&experiment, &result).unwrap()).unwrap();
    assert_eq!(data["summary"], summary);
    let names: Vec<&str> = data["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["SGD, seed 0", "SGD, seed 1", "SAM, seed 0", "SAM, seed 1", "NSO, seed 0", "NSO, seed 1"]);
    let charts: Vec<&str> =
        data["charts"].as_array().unwrap().iter().map(|chart| chart["id"].as_str().unwrap()).collect();
    assert_eq!(charts, ["loss", "accuracy", "trace", "trace-by-loss"], "eigenvalues were not measured along the way");
    let trace = &data["charts"][2]["lines"][5];
    assert_eq!((&trace["run"], &trace["y"][3], &trace["error"][3]), (&5.into(), &1.9.into(), &0.255.into()));
    let slices = data["slices"].as_array().unwrap();
    assert_eq!(slices.len(), 3);
    let masked = |slice: &serde_json::Value| {
        slice["loss"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap())
            .filter(|cell| cell.is_null())
            .count()
    };
    assert_eq!(slices.iter().map(masked).collect::<Vec<_>>(), [15, 0, 0]);
    assert!(words(&whole).contains("15 points whose loss is NaN or infinite are left out."));
}

#[test]
fn three_runs_of_fine_slices_stay_below_five_megabytes() {
    let (experiment, mut result) = sample::comparison();
    result.runs.retain(|run| run.seed == 0);
    for run in &mut result.runs {
        let grid = run.grid.as_mut().unwrap();
        let axis: Vec<f64> = (0..101).map(|i| f64::from(i - 50) / 25.0).collect();
        grid.loss = axis.iter().flat_map(|y| axis.iter().map(move |x| 0.1 + (x / 3.0).powi(2) + y * y / 7.0)).collect();
        (grid.x, grid.y) = (axis.clone(), axis);
        let row = run.curves[1].clone();
        run.curves = (0..4000).map(|step| CurveRow { step, lambda_max: Some(1.0 / 3.0), ..row.clone() }).collect();
    }
    let picture = crate::export::landscape_png(&experiment, &result).unwrap().unwrap();
    let whole = page(&experiment, &result, Some(&picture));
    assert!((1_000_000..5_000_000).contains(&whole.len()), "{} bytes", whole.len());
    assert!(whole.contains("of the longest every 7th point is drawn"));
    sample::keep("report.html", whole.as_bytes());
}
