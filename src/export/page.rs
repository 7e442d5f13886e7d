//! What pages have in common: HTML that needs nothing beside it and asks for nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::text_table::TextTable;

const STYLE: &str = include_str!("../../assets/report/report.css");
/// Nothing but what stands in the page itself: no browser asks for anything, whatever the page holds.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; \
                      font-src data:; form-action 'none'; base-uri 'none'";

/// The beginning of a page, down to its title. Whoever goes on ends it with [`END`].
pub fn head(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    )
}

/// The end of a page.
pub const END: &str = "</body>\n</html>\n";

/// A PNG within the page.
pub fn picture(what: &str, png: &[u8]) -> String {
    format!("<img alt=\"{}\" src=\"data:image/png;base64,{}\">\n", escaped(what), BASE64_STANDARD.encode(png))
}

/// A table with its title and notes; `is_picked` says which of its rows stand out, by their place from the header on.
pub fn table(table: &TextTable, is_picked: impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    if !table.title.is_empty() {
        let _ = writeln!(text, "<p>{}</p>", escaped(&table.title));
    }
    // Wide tables are scrolled, by the keyboard too.
    text += "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table\">\n<table>\n";
    for (index, row) in table.rows.iter().enumerate() {
        let class = if index > 0 && is_picked(index) { " class=\"picked\"" } else { "" };
        let cells: String = row.iter().enumerate().map(|(column, cell)| cell_html(index, column, cell)).collect();
        text += match index {
            0 => "<thead>\n",
            1 => "<tbody>\n",
            _ => "",
        };
        let _ = writeln!(text, "<tr{class}>{cells}</tr>");
        if index == 0 {
            text += "</thead>\n";
        }
    }
    text += if table.rows.len() > 1 { "</tbody>\n</table>\n</div>\n" } else { "</table>\n</div>\n" };
    for note in &table.notes {
        let _ = writeln!(text, "<p class=\"note\">{}</p>", escaped(note));
    }
    text
}

fn cell_html(row: usize, column: usize, cell: &str) -> String {
    let cell = escaped(cell);
    match (row, column) {
        // A corner without words heads nothing.
        (0, _) if cell.is_empty() => "<td></td>".to_owned(),
        (0, _) => format!("<th scope=\"col\">{cell}</th>"),
        (_, 0) => format!("<th scope=\"row\">{cell}</th>"),
        _ => format!("<td>{cell}</td>"),
    }
}

/// The experiment behind a fold.
pub fn experiment(toml: &str) -> String {
    format!("<details><summary>The experiment</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>\n", escaped(toml))
}

/// Text that HTML shows as it is.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
