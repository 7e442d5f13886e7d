use super::charts::rounded;
use super::*;
use crate::export::{landscape_png, sample, text_table::TextTable};

/// The JSON within a page.
pub fn data_of(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("id=\"report-data\">").expect("it is there");
    serde_json::from_str(rest.split_once("</script>").expect("it ends").0).expect("it is JSON")
}

fn point(step: u64, value: f64, error: f64) -> CurvePoint {
    CurvePoint { step, evaluations: 2 * step, train_loss: 1.0 / (1.0 + step as f64), value, error }
}

/// What a page tells as the window makes it: two runs, of which one has a stream and a turned knob, and words that are markup everywhere.
fn hostile() -> Report {
    let evil = "</script><b>&\"'<!--";
    let run = |name: &str| ReportRun {
        name: format!("{name} {evil}"),
        colors: [[1, 2, 3], [250, 251, 252]],
        opacity: 1.0,
        curves: vec![
            Curve { quantity: Quantity::TrainLoss, points: (0..5).map(|step| point(step, 0.5, f64::NAN)).collect() },
            Curve { quantity: Quantity::Trace, points: vec![point(0, 3.0, 0.5), point(4, -1.0, f64::INFINITY)] },
        ],
        edits: Vec::new(),
    };
    let (mut first, second) = (run("SGD"), run("SGD 2"));
    first.edits.push(Edit { step: 3, evaluations: 6, words: format!("σ 1 → 2 {evil}") });
    let points = (0..5).map(|step| point(step, 2.0, 0.1)).collect();
    first.curves.push(Curve { quantity: Quantity::StreamedTrace, points });
    let mut slices = sample::figures();
    slices[0].name = format!("SGD {evil}");
    slices[0].caption.objective = evil.to_owned();
    let table = TextTable {
        title: evil.to_owned(),
        rows: vec![vec![String::new(), evil.to_owned()], vec![evil.to_owned(), "1".to_owned()]],
        notes: vec![evil.to_owned()],
    };
    let (experiment, result) = sample::comparison();
    Report {
        title: evil.to_owned(),
        about: evil.to_owned(),
        facts: vec![("Device", evil.to_owned())],
        tables: vec![ReportTable { heading: "Runs", table, picked: vec![1] }],
        numbers: serde_json::json!({ "experiment": evil }),
        runs: vec![first, second],
        slices,
        picture: landscape_png(&experiment, &result).unwrap(),
        origin: evil.to_owned(),
        experiment: format!("title = \"{evil}\""),
        again: vec![Again { says: evil.to_owned(), command: evil.to_owned() }],
        not_shown: vec![evil.to_owned()],
    }
}

/// The names of the elements that are open where a text of HTML ends, after a look at each tag; scripts are left out.
fn unclosed(html: &str) -> Vec<String> {
    const VOID: [&str; 4] = ["meta", "img", "input", "!doctype"];
    let mut open: Vec<String> = Vec::new();
    for tag in html.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("every tag ends");
        let name: String = inside.trim_start_matches('/').chars().take_while(|c| !c.is_whitespace()).collect();
        if inside.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()), "{inside} closes another element");
        } else if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    open
}

#[test]
fn words_that_are_markup_do_no_harm() {
    let page = report_page(&hostile()).unwrap();
    sample::keep("hostile.html", page.as_bytes());
    let (words, scripts) = page.split_once("<script").unwrap();
    assert!(!words.contains("<b>") && !words.contains("<!--"), "{words}");
    assert_eq!(unclosed(words), ["html", "body"]);
    // Three scripts: numbers, library, what draws. The numbers cannot end theirs.
    assert_eq!((scripts.matches("<script").count(), scripts.matches("</script").count()), (2, 3));
    let data = data_of(&page);
    assert_eq!(data["summary"]["experiment"], "</script><b>&\"'<!--");
    assert_eq!(data["runs"][0]["edits"][0]["words"], "σ 1 → 2 </script><b>&\"'<!--");
}

#[test]
fn nothing_on_the_page_can_be_fetched() {
    let page = report_page(&hostile()).unwrap();
    assert!(
        page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"),
        "the page's own policy"
    );
    let (words, _) = page.split_once("<script").unwrap();
    assert!(!words.contains("http:") && !words.contains("https:") && !words.contains("url("), "{words}");
    for part in words.split("src=\"").skip(1) {
        assert!(part.starts_with("data:image/png;base64,"), "{}", &part[..40]);
    }
    assert!(!words.contains("<link") && !words.contains("<iframe") && !words.contains("@import"));
}

#[test]
fn points_beside_a_stream_stand_alone_and_what_is_not_finite_is_a_gap() {
    let data = data_of(&report_page(&hostile()).unwrap());
    let ids: Vec<&str> = data["charts"].as_array().unwrap().iter().map(|chart| chart["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["loss", "trace", "trace-by-loss"]);
    let lines = data["charts"][1]["lines"].as_array().unwrap();
    let kinds: Vec<_> =
        lines.iter().map(|line| (line["run"].clone(), line["label"].clone(), line["marks"].clone())).collect();
    let kind = |run: u64, label: &str, marks: bool| (run.into(), label.into(), marks.into());
    assert_eq!(kinds, [kind(0, "trace, streamed", false), kind(0, "trace", true), kind(1, "trace", false)]);
    assert_eq!((&lines[1]["error"][0], &lines[1]["error"][1]), (&0.5.into(), &serde_json::Value::Null));
    assert_eq!(data["charts"][0]["lines"][0]["error"], serde_json::Value::Null);
    assert_eq!(data["charts"][2]["lines"][0]["x"], serde_json::json!([1.0, 0.2]));
}

#[test]
fn without_slices_and_curves_there_is_no_library() {
    let report = Report { slices: Vec::new(), picture: None, runs: Vec::new(), ..hostile() };
    let page = report_page(&report).unwrap();
    assert!(page.len() < 50_000 && !page.contains("<img") && !page.contains("Curves"), "{} bytes", page.len());
}

#[test]
fn numbers_keep_six_digits() {
    assert_eq!([0.123_456_789, -1234.5678, 1e-30, 0.0].map(rounded), [0.123_457, -1234.57, 1e-30, 0.0]);
    assert!(rounded(f64::NAN).is_nan() && rounded(f64::INFINITY).is_infinite());
}

#[test]
fn the_library_is_the_one_that_is_told() {
    use sha2::Digest as _;
    let told = include_str!("../../../assets/report/README.md");
    let library = super::html::library().unwrap();
    let sum: String = sha2::Sha256::digest(library.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(told.contains(&format!("SHA-256 `{sum}`")), "{sum}");
    // What stands in a script must not end it.
    assert!(!library.contains("</script") && !library.contains("<!--"));
}
