//! The tables of a comparison on stdout.

use crate::config::Experiment;
use crate::export::{TextTable, comparison_title, end_table, equal_loss_table};
use crate::report::results::CompareResult;

/// Which tables are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// The figures at the end of the runs.
    End,
    /// Those at equal training loss.
    EqualLoss,
    /// Both, as far as there is a second one.
    Both,
}

/// The tables with what must be said of them.
pub fn render(experiment: &Experiment, result: &CompareResult, tables: Tables) -> String {
    let mut lines = vec![comparison_title(experiment, result)];
    if tables != Tables::EqualLoss {
        lines.push(String::new());
        let TextTable { rows, notes, .. } = end_table(result);
        lines.extend(align(&rows));
        lines.push(String::new());
        lines.extend(notes);
    }
    if tables != Tables::End {
        lines.extend(equal_loss(result, tables));
    }
    lines.join("\n")
}

fn equal_loss(result: &CompareResult, tables: Tables) -> Vec<String> {
    let Some(TextTable { title, rows, notes }) = equal_loss_table(result) else {
        let why = "There is no table at equal training loss: that takes two methods whose curvature was measured along the \
                   way, and a loss that both have reached.";
        return if tables == Tables::EqualLoss { vec![String::new(), why.to_owned()] } else { Vec::new() };
    };
    [String::new(), title].into_iter().chain(align(&rows)).chain(notes).collect()
}

/// Columns as wide as their widest cell: names to the left, numbers to the right.
pub fn align(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut text = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            text += &format!("  {cell:>width$}");
        }
        text
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let header = ["", "train loss", "λmax"].map(str::to_owned).to_vec();
        let mut rows = [header.clone(), header];
        rows[1][1] = "0.1 ± 0.01 and more".to_owned();
        let lines = align(&rows);
        assert_eq!(lines[0].chars().count(), lines[1].chars().count());
    }
}
