//! `--grid KEY=V,V,…`: settings that take several values, and all combinations of them.

use std::collections::HashSet;

use super::error::SweepError;

/// Points of a grid at most.
const MOST_POINTS: usize = 100_000;

/// All combinations of the values of some settings, as assignments; the last setting goes fastest. Without a setting there is
/// one point, which sets nothing.
///
/// # Errors
/// [`SweepError::Asked`] where a text is not `KEY=V,V,…`, a value or a setting stands twice, or there are too many points.
pub fn points(axes: &[String]) -> Result<Vec<Vec<String>>, SweepError> {
    let mut points: Vec<Vec<String>> = vec![Vec::new()];
    let mut keys: Vec<&str> = Vec::new();
    for text in axes {
        let wrong = |reason: String| SweepError::Asked(format!("`--grid {text}`: {reason}"));
        let (key, list) = text
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| wrong("expected KEY=V,V,… such as nso.sigma=0.01,0.02".to_owned()))?;
        let key = key.trim();
        if keys.contains(&key) {
            return Err(wrong(format!("values of `{key}` are given twice, expected one list")));
        }
        keys.push(key);
        let values: Vec<&str> = list.split(',').map(str::trim).collect();
        if values.iter().any(|value| value.is_empty()) {
            return Err(wrong("a value is missing, expected values with commas between them".to_owned()));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = values.iter().find(|value| !seen.insert(**value)) {
            return Err(wrong(format!("`{twice}` stands twice, expected each value once")));
        }
        if points.len() * values.len() > MOST_POINTS {
            return Err(wrong(format!("the grid has more than {MOST_POINTS} points, expected at most that many")));
        }
        let longer = |point: &Vec<String>, value: &&str| [point.clone(), vec![format!("{key}={value}")]].concat();
        points = points.iter().flat_map(|point| values.iter().map(move |value| longer(point, value))).collect();
    }
    Ok(points)
}

/// The name of a point's folder: its assignments, as far as every file system takes their letters; its number where two would
/// have the same name, or a long one.
#[must_use]
pub fn folder_names(points: &[&[String]]) -> Vec<String> {
    const LONGEST: usize = 100;
    let of = |point: &&[String]| -> String {
        let taken = |letter: char| letter.is_ascii_alphanumeric() || "._=,-+".contains(letter);
        point.join(",").chars().map(|letter| if taken(letter) { letter } else { '_' }).collect()
    };
    let names: Vec<String> = points.iter().map(of).collect();
    let mut sorted: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    sorted.sort();
    let is_clear = sorted.windows(2).all(|pair| pair[0] != pair[1]);
    let numbered = |(place, name): (usize, String)| {
        if is_clear && name.len() <= LONGEST && !name.starts_with('.') { name } else { format!("point-{place}") }
    };
    names.into_iter().enumerate().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_last_setting_goes_fastest() {
        let found = points(&owned(&["nso.sigma=0.01, 0.02", "seed=3,4"])).unwrap();
        let expected = [
            owned(&["nso.sigma=0.01", "seed=3"]),
            owned(&["nso.sigma=0.01", "seed=4"]),
            owned(&["nso.sigma=0.02", "seed=3"]),
            owned(&["nso.sigma=0.02", "seed=4"]),
        ];
        assert_eq!(found, expected);
        assert_eq!(points(&[]).unwrap(), [Vec::<String>::new()]);
    }

    #[test]
    fn what_is_no_grid_is_told() {
        for (texts, expected) in [
            (owned(&["sigma"]), "expected KEY=V,V,…"),
            (owned(&["=1"]), "expected KEY=V,V,…"),
            (owned(&["a=1,,2"]), "a value is missing"),
            (owned(&["a=1,2,1"]), "`1` stands twice"),
            (owned(&["a=1", "a=2"]), "`a` are given twice"),
        ] {
            let message = points(&texts).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("--grid"), "{message}");
        }
        let many = |key: &str| format!("{key}={}", (0..400).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        assert!(points(&[many("a"), many("b")]).unwrap_err().to_string().contains("100000"));
    }

    #[test]
    fn folders_have_names_that_every_file_system_takes() {
        let points = [owned(&["nso.sigma=0.01", "seed=3"]), owned(&["data.path=a/b:c"])];
        let of = |points: &[Vec<String>]| folder_names(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(of(&points), ["nso.sigma=0.01,seed=3", "data.path=a_b_c"]);
        assert_eq!(of(&[owned(&["a=x/y"]), owned(&["a=x:y"])]), ["point-0", "point-1"]);
        assert_eq!(of(&[owned(&[&format!("a={}", "x".repeat(300))])]), ["point-0"]);
    }
}
