//! The page: its sections in order.

use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use super::charts::{Chart, DIGITS, charts};
use super::json::{MOST_SURFACES, data_json, num_surfaces};
use super::told::{Report, ReportRun};
use crate::export::drawing::color;
use crate::export::figure::{Sheet, plane_words};
use crate::export::page::{END, escaped, head, picture, table};
use crate::export::{ExportError, SOFTWARE};

/// plotly.js with scatter plots and surfaces; `assets/report/README.md` says which release.
const LIBRARY: &[u8] = include_bytes!("../../../assets/report/plotly-gl3d.min.js.gz");
const LICENCE: &str = include_str!("../../../assets/report/plotly.LICENSE.txt");
const SCRIPT: &str = include_str!("../../../assets/report/report.js");

/// The page.
///
/// # Errors
/// [`ExportError`] when a slice is not a grid, or the numbers cannot be written.
pub fn report_page(report: &Report) -> Result<String, ExportError> {
    let sheet = Sheet::new(&report.title, &report.slices, None, &report.origin)?;
    let charts = charts(&report.runs);
    let mut page = head(&report.title);
    page += &beginning(report);
    for own in &report.tables {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(own.heading));
        page += &table(&own.table, |row| own.picked.contains(&row));
    }
    page += &curves(&charts, &report.runs);
    if let Some(sheet) = &sheet {
        page += &match &report.picture {
            Some(png) => slices(report, sheet, png),
            None => slices(report, sheet, &sheet.png(&[])?),
        };
    }
    page += &experiment(report);
    page += &again(report);
    page += &not_shown(report, &charts);
    page += &footer(report, &charts, sheet.as_ref())?;
    page += END;
    Ok(page)
}

fn paragraph(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p>{}</p>\n", escaped(text)) }
}

fn beginning(report: &Report) -> String {
    let mut text = paragraph(&report.about);
    text += "<dl class=\"facts\">\n";
    for (name, words) in &report.facts {
        let _ = writeln!(text, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(words));
    }
    text += "</dl>\n<noscript><p class=\"note\">This browser runs no scripts here: charts and surfaces are left out. Tables, \
             picture and experiment are all there.</p></noscript>\n";
    text
}

fn curves(charts: &[Chart], runs: &[ReportRun]) -> String {
    if charts.is_empty() {
        return String::new();
    }
    let mut text = "<h2>Curves</h2>\n<p class=\"note on-screen\">Point at a line to read it; draw over a part to see it larger, and \
                    click twice to see all again.</p>\n<form id=\"chart-controls\">\n<div class=\"controls\" hidden>\n\
                    <fieldset class=\"controls\"><legend>Horizontal axis</legend>\
                    <label><input type=\"radio\" name=\"axis\" value=\"step\" checked> Step</label> \
                    <label><input type=\"radio\" name=\"axis\" value=\"evaluations\"> Gradient evaluations</label></fieldset>\n\
                    <label><input type=\"checkbox\" name=\"log\" checked> Logarithmic losses and curvature</label>\n</div>\n\
                    <fieldset class=\"legend\"><legend class=\"unseen\">Runs</legend>\n"
        .to_owned();
    for (place, run) in runs.iter().enumerate() {
        let [light, dark] = run.colors.map(color);
        let _ = writeln!(
            text,
            "<label><input type=\"checkbox\" data-run=\"{place}\" checked><span class=\"swatch\" \
             style=\"--light:{light};--dark:{dark};opacity:{}\"></span>{}</label>",
            run.opacity,
            escaped(&run.name)
        );
    }
    text += "</fieldset>\n</form>\n<div class=\"charts\">\n";
    for Chart { id, title, caption, .. } in charts {
        let _ = writeln!(
            text,
            "<figure class=\"chart\">\n<h3>{title}</h3>\n\
             <div class=\"plot\" id=\"chart-{id}\" role=\"img\" aria-label=\"Chart: {title}\"></div>\n\
             <figcaption>{} <span class=\"warning\" id=\"missing-{id}\" role=\"status\"></span></figcaption>\n</figure>",
            escaped(caption)
        );
    }
    text += "</div>\n";
    text
}

fn slices(report: &Report, sheet: &Sheet<'_>, png: &[u8]) -> String {
    let words = sheet.caption().join(" ");
    let mut text = format!(
        "<h2>Slices of the loss</h2>\n<figure>\n{}<figcaption>{}</figcaption>\n</figure>\n",
        picture(&format!("Contours of the slices. {words}"), png),
        escaped(&words)
    );
    text += "<p class=\"warning\" id=\"no-webgl\" hidden>This browser draws no WebGL, so the surfaces to turn are left out. The \
             picture above shows the same slices.</p>\n<div id=\"surfaces\">\n<h3 class=\"on-screen\">The same as surfaces</h3>\n\
             <p class=\"note on-screen\">Drag one to turn all, or use the arrow keys, + and −. Height and colour: the logarithm of \
             the loss, on one scale for all. Points whose loss is NaN or infinite are left open. Line: the path of the weights at \
             their true losses.</p>\n";
    text += &color_bar(sheet);
    text += "<div class=\"controls\" id=\"surface-controls\" hidden>\
             <button type=\"button\" data-eye=\"corner\">From the corner</button>\
             <button type=\"button\" data-eye=\"top\">From above</button>\
             <button type=\"button\" data-eye=\"front\">From the front</button></div>\n<div class=\"surfaces\">\n";
    for (place, figure) in report.slices.iter().enumerate().take(MOST_SURFACES) {
        let (name, words) = (escaped(&figure.name), escaped(&plane_words(figure)));
        let _ = writeln!(
            text,
            "<figure class=\"surface\">\n<h4>{name}</h4>\n\
             <div class=\"plot\" id=\"surface-{place}\" role=\"img\" tabindex=\"0\" aria-label=\"Surface of {name}. {words}\"></div>\n\
             <figcaption>{words}</figcaption>\n</figure>"
        );
    }
    text += "</div>\n";
    if report.slices.len() > MOST_SURFACES {
        let _ = writeln!(
            text,
            "<p class=\"note on-screen\">A browser draws few surfaces at once: these are the first {MOST_SURFACES} of {}, and the \
             picture above has all.</p>",
            report.slices.len()
        );
    }
    text += "</div>\n";
    text
}

/// The scale of all surfaces.
fn color_bar(sheet: &Sheet<'_>) -> String {
    let scale = sheet.scale();
    let stops: Vec<String> =
        (0..=16).map(|place| f64::from(place) / 16.0).map(|share| color(scale.color(scale.at_share(share)))).collect();
    let mut text = format!(
        "<div class=\"bar on-screen\" role=\"img\" aria-label=\"Colours: the loss from {}, logarithmic\">\
         <div class=\"ramp\" style=\"background:linear-gradient(to right,{})\"></div><div class=\"ticks\">",
        scale.ends().map(|end| crate::number::significant(end, 3)).join(" to "),
        stops.join(",")
    );
    for (log, label) in scale.ticks() {
        let _ = write!(text, "<span style=\"left:{:.2}%\">{}</span>", 100.0 * scale.share(log), escaped(&label));
    }
    text + "</div></div>\n"
}

fn experiment(report: &Report) -> String {
    format!(
        "<h2>The experiment</h2>\n<details>\n<summary>All settings, as TOML</summary>\n<p class=\"copied\">\
         <button type=\"button\" data-copies=\"experiment\" hidden>Copy</button><span role=\"status\"></span></p>\n\
         <pre id=\"experiment\" tabindex=\"0\">{}</pre>\n</details>\n",
        escaped(&report.experiment)
    )
}

fn again(report: &Report) -> String {
    let mut text = "<h2>How to run it again</h2>\n".to_owned();
    for (place, again) in report.again.iter().enumerate() {
        text += &paragraph(&again.says);
        if !again.command.is_empty() {
            let _ = writeln!(
                text,
                "<pre id=\"command-{place}\" tabindex=\"0\">{}</pre>\n<p class=\"copied on-screen\">\
                 <button type=\"button\" data-copies=\"command-{place}\" hidden>Copy</button><span role=\"status\"></span></p>",
                escaped(&again.command)
            );
        }
    }
    text
}

fn not_shown(report: &Report, charts: &[Chart]) -> String {
    let digits = format!("Charts and surfaces hold {DIGITS} significant digits of each number.");
    let has_numbers = !charts.is_empty() || !report.slices.is_empty();
    let mut text = "<h2>What this page does not show</h2>\n<ul>\n".to_owned();
    for sentence in report.not_shown.iter().chain(has_numbers.then_some(&digits)) {
        let _ = writeln!(text, "<li>{}</li>", escaped(sentence));
    }
    text + "</ul>\n"
}

/// What made the page, the licence of the library, and the scripts.
fn footer(report: &Report, charts: &[Chart], sheet: Option<&Sheet<'_>>) -> Result<String, ExportError> {
    let mut text =
        format!("<footer>\n<p class=\"note\">Made by {SOFTWARE}. Nothing on this page is fetched from anywhere.</p>\n");
    let data = data_json(report, charts, sheet)?;
    if charts.is_empty() && num_surfaces(report, sheet) == 0 {
        text += "</footer>\n";
        let _ = writeln!(text, "<script type=\"application/json\" id=\"report-data\">{data}</script>");
        return Ok(text);
    }
    let library = library()?;
    let _ = write!(
        text,
        "<details>\n<summary>The licence of plotly.js, which draws charts and surfaces here</summary>\n<pre tabindex=\"0\">{}</pre>\n\
         </details>\n</footer>\n<script type=\"application/json\" id=\"report-data\">{data}</script>\n<script>{library}</script>\n\
         <script>\n{SCRIPT}</script>\n",
        escaped(LICENCE)
    );
    Ok(text)
}

/// The library, unpacked once: a grid has a page for each of its points.
///
/// # Errors
/// Never in a released program: a test unpacks it.
pub fn library() -> Result<&'static str, ExportError> {
    static UNPACKED: LazyLock<Result<String, String>> = LazyLock::new(|| {
        let mut library = String::new();
        let read = GzDecoder::new(LIBRARY).read_to_string(&mut library);
        read.map(|_| library).map_err(|err| err.to_string())
    });
    UNPACKED.as_deref().map_err(|reason| ExportError::Figure(reason.clone()))
}
