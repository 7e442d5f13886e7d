//! Which sign separates the columns: the one by which all lines have as many fields, and these are numbers.
//!
//! `1,5;0` is parted by commas as well as by semicolons; but then `5;0` is a word that has another separator in it, while
//! `1,5` is a number with a decimal comma. Each field that is a number speaks for a separator, each word with another one in
//! it against it. Where two speak alike and do not say the same, the file must say which by a first line `sep=;`.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use csv::StringRecord;

use super::super::Problem;
use super::number::{Reading, is_missing};
use super::records::Records;
use super::separator::Separator;

/// Records that are looked at.
const MOST_RECORDS: usize = 1000;

/// A beginning of the table as one separator parts it.
pub(super) struct Sample {
    /// The separator.
    pub separator: Separator,
    /// Records with the lines they stand on.
    pub records: Vec<(u64, StringRecord)>,
    /// Fields of a record, by most of those after the first.
    pub width: usize,
    /// All records have as many fields. The first may have one less: the names of rows have no name.
    is_even: bool,
}

/// Parts the beginning of a table; `is_cut` where the table goes on behind it.
///
/// # Errors
/// [`Problem::Broken`] where two separators are equally likely.
pub(super) fn choose(
    (text, is_cut): (&str, bool),
    first_line: u64,
    stated: Option<Separator>,
    path: &Path,
) -> Result<Sample, Problem> {
    let sample = |separator| Sample::of((text, is_cut), first_line, separator);
    if let Some(stated) = stated {
        return sample(stated);
    }
    let mut samples = Separator::ALL.into_iter().map(sample).collect::<Result<Vec<_>, _>>()?;
    let is_tsv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    if is_tsv && samples[0].is_even {
        return Ok(samples.swap_remove(0));
    }
    let even: Vec<Separator> = samples.iter().filter(|sample| sample.is_even).map(|sample| sample.separator).collect();
    let scores: Vec<f64> = samples.iter().map(|sample| sample.score(&even)).collect();
    let best = (1..samples.len()).fold(0, |best, next| if scores[next] > scores[best] + 1e-9 { next } else { best });
    let is_alike = |&other: &usize| other != best && samples[other].is_even && scores[other] > scores[best] - 1e-9;
    let rival = (0..samples.len()).filter(is_alike).find(|&other| !samples[other].says_the_same(&samples[best]));
    match rival.filter(|_| samples[best].is_even) {
        Some(rival) => Err(two_ways(&samples[best], &samples[rival])),
        None => Ok(samples.swap_remove(best)),
    }
}

fn two_ways(one: &Sample, other: &Sample) -> Problem {
    let words = |sample: &Sample| format!("{} ({} columns)", sample.separator.words(), sample.width);
    Problem::Broken {
        found: format!("columns that may be separated by {} or {}", words(one), words(other)),
        expected: format!(
            "one of them; a first line `sep={}` or `sep={}` says which",
            one.separator.sign(),
            other.separator.sign()
        ),
    }
}

impl Sample {
    fn of((text, is_cut): (&str, bool), first_line: u64, separator: Separator) -> Result<Self, Problem> {
        let mut reader = Records::new(text, separator, first_line);
        let mut records = Vec::new();
        let mut record = StringRecord::new();
        while records.len() < MOST_RECORDS
            && let Some(line) = reader.read(&mut record)?
        {
            records.push((line, record.clone()));
        }
        // A quoted field with lines of its own may have been cut.
        if is_cut && records.len() > 2 && records.len() < MOST_RECORDS {
            records.pop();
        }
        let widths = || records.iter().skip(1).map(|(_, record)| record.len());
        let first = records.first().map_or(0, |(_, record)| record.len());
        let width = most(widths()).unwrap_or(first);
        let has_numbers =
            || records.first().is_some_and(|(_, record)| record.iter().any(|f| Reading::of(f).is_number()));
        // Rows that are longer than the names by empty fields end with separators.
        let ends_empty = || records.iter().skip(1).all(|(_, record)| record.iter().skip(first).all(str::is_empty));
        let is_first = first == width || (first < width && !has_numbers() && (first + 1 == width || ends_empty()));
        let is_even = width > 1 && is_first && widths().all(|other| other == width);
        Ok(Self { separator, records, width, is_even })
    }

    /// How much speaks for it: 1 where all fields are numbers; less where none is even.
    fn score(&self, even: &[Separator]) -> f64 {
        let others = || even.iter().filter(|&&other| other != self.separator && other != Separator::Spaces);
        // The first line has names.
        let rows = &self.records[usize::from(self.records.len() > 1)..];
        let (mut sum, mut count) = (0_i64, 0_i64);
        for field in rows.iter().flat_map(|(_, record)| record.iter()) {
            count += 1;
            if Reading::of(field).is_number() || is_missing(field) {
                sum += 1;
            } else if others().any(|other| field.contains(other.sign())) {
                sum -= 1;
            }
        }
        let share = sum as f64 / count.max(1) as f64;
        match (self.is_even, self.width) {
            (true, _) => share,
            // Something is wrong in any case: the likeliest is the one whose words are told.
            (false, 2..) => share - 10.0,
            (false, _) => share - 20.0,
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let said = |sample: &Self| {
            let mut hasher = DefaultHasher::new();
            for (_, record) in &sample.records {
                record.len().hash(&mut hasher);
                record.iter().for_each(|field| field.hash(&mut hasher));
            }
            hasher.finish()
        };
        said(self) == said(other)
    }
}

/// The number that is most frequent, of equals the one that comes first.
fn most(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match counts.iter_mut().find(|(known, _)| *known == number) {
            Some((_, count)) => *count += 1,
            None => counts.push((number, 1)),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<(Separator, usize), String> {
        let sample = choose((text, false), 1, None, Path::new("a.csv")).map_err(|err| err.to_string())?;
        Ok((sample.separator, sample.width))
    }

    #[test]
    fn the_separator_is_the_one_that_makes_sense_of_all_lines() {
        use Separator::{Bar, Comma, Semicolon, Spaces, Tab};
        for (text, expected) in [
            ("1,2,0\n3,4,1\n", (Comma, 3)),
            ("1,5;0\n2,5;1\n", (Semicolon, 2)),
            ("u;v;y\n1,5;2,5;0\n2,5;3,5;1\n", (Semicolon, 3)),
            ("1,5;cat\n2,5;dog\n", (Semicolon, 2)),
            ("1,2,cat;dog\n3,4,cat;cat\n", (Comma, 3)),
            ("1,2,red cat\n3,4,blue dog\n", (Comma, 3)),
            ("1, 2, 0\n3, 4, 1\n", (Comma, 3)),
            ("1.0e+00 2.0e+00 0\n 3  4   1\n", (Spaces, 3)),
            ("1,5 2,5 0\n3,5 4,5 1\n", (Spaces, 3)),
            ("1\t2\tcat\n3\t4\tdog\n", (Tab, 3)),
            ("1\t2\tred cat\n3\t4\tblue dog\n", (Tab, 3)),
            ("1,5\t0\n2,5\t1\n", (Tab, 2)),
            ("1|2|0\n3|4|1\n", (Bar, 3)),
            ("\"1,5\",\"2,5\",0\n\"3,5\",\"4,5\",1\n", (Comma, 3)),
            ("\"a;b\",1\n\"c;d\",2\n", (Comma, 2)),
            ("\"a\" \"b c\"\n\"1\" 1.5 0\n\"2\" 2.5 1\n", (Spaces, 3)),
            ("a,b,y\n1,2,0,\n3,4,1,\n", (Comma, 4)),
            ("a,b,y\n1,2,0,,\n3,4,1,,\n", (Comma, 5)),
            ("1,2,0\n3,4\n", (Comma, 2)),
            ("1,2,0\n3,4,1\n5,6\n", (Comma, 3)),
        ] {
            assert_eq!(chosen(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn two_ways_that_are_equally_likely_are_refused() {
        for text in ["1 234,0\n5 678,1\n", "1 234\t0\n5 678\t1\n"] {
            let message = chosen(text).unwrap_err();
            assert!(message.contains("spaces (") && message.contains("a first line `sep="), "{message}");
        }
    }
}
