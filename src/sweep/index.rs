//! Which units a worker does: those that it is told, or those that the program which started it counts.

use super::error::SweepError;

/// Reads the variable of that name from the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Variables with the number of a task, in the order in which they are looked for: what starts single tasks runs within
/// allocations, not around them. Those that count the processes of one start come last: `srun` sets them within an array too.
const COUNTERS: [Counter; 5] = [
    Counter { index: "HQ_TASK_ID", first: 0, of: None },
    Counter { index: "PARALLEL_SEQ", first: 1, of: None },
    Counter { index: "SLURM_ARRAY_TASK_ID", first: 0, of: None },
    Counter { index: "OMPI_COMM_WORLD_RANK", first: 0, of: Some("OMPI_COMM_WORLD_SIZE") },
    Counter { index: "PMI_RANK", first: 0, of: Some("PMI_SIZE") },
];

/// A variable that counts.
struct Counter {
    index: &'static str,
    /// Its least value.
    first: usize,
    /// Where a worker does every so many-th unit: the variable with how many workers there are.
    of: Option<&'static str>,
}

/// Reads a list of units such as `3,5,7-9`.
///
/// # Errors
/// [`SweepError::Asked`] where it is none, or names a unit that the plan has not.
pub fn listed(text: &str, num_units: usize) -> Result<Vec<usize>, SweepError> {
    let number = |word: &str| -> Option<usize> { word.trim().parse().ok() };
    let last = num_units.saturating_sub(1);
    let mut units = Vec::new();
    for part in text.split(',') {
        let range = match part.split_once('-') {
            Some((from, to)) => number(from).zip(number(to)),
            None => number(part).map(|unit| (unit, unit)),
        };
        let (from, to) = range.filter(|(from, to)| from <= to && *to < num_units).ok_or_else(|| {
            SweepError::Asked(format!("`--unit` is `{text}`, expected numbers from 0 to {last} such as 3 or 3,5,7-9"))
        })?;
        units.extend(from..=to);
    }
    Ok(units)
}

/// A list of numbers as [`listed`] reads it; they ascend.
#[must_use]
pub fn list_words(units: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &unit in units {
        match parts.last_mut() {
            Some((_, to)) if *to + 1 == unit => *to = unit,
            _ => parts.push((unit, unit)),
        }
    }
    let words = |(from, to): &(usize, usize)| match to - from {
        0 => from.to_string(),
        1 => format!("{from},{to}"),
        _ => format!("{from}-{to}"),
    };
    parts.iter().map(words).collect::<Vec<_>>().join(",")
}

/// The units of the task that this process is; `None` where nothing counts it. With a `stride` a task does each unit that many
/// after its first one: an array may be shorter than the plan.
///
/// # Errors
/// [`SweepError::Asked`] where a variable holds no number, or one beyond the plan.
pub fn counted(
    variables: Variables<'_>,
    num_units: usize,
    stride: Option<usize>,
) -> Result<Option<Vec<usize>>, SweepError> {
    for counter in &COUNTERS {
        let Some(text) = variables(counter.index) else { continue };
        let number = |name: &str, text: &str, least: usize| -> Result<usize, SweepError> {
            text.trim().parse().ok().filter(|number| *number >= least).ok_or_else(|| {
                SweepError::Asked(format!("`{name}` is `{text}`, expected a whole number from {least} on"))
            })
        };
        let index = number(counter.index, &text, counter.first)? - counter.first;
        let workers = match counter.of.and_then(|name| Some((name, variables(name)?))) {
            Some((name, text)) => Some(number(name, &text, 1)?),
            None => None,
        };
        // One of several workers has nothing to do where there are fewer units.
        if workers.is_none() && index >= num_units {
            let last = (num_units + counter.first).saturating_sub(1);
            return Err(SweepError::Asked(format!(
                "`{}` is {text}, expected a number from {} to {last}: the plan has {num_units} units",
                counter.index, counter.first
            )));
        }
        let step = workers.or(stride);
        return Ok(Some(match step {
            Some(step) => (index..num_units).step_by(step).collect(),
            None => vec![index],
        }));
    }
    Ok(None)
}

/// The names of all variables that count, in words.
#[must_use]
pub fn counter_words() -> String {
    COUNTERS.map(|counter| counter.index).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)], num_units: usize, stride: Option<usize>) -> Result<Option<Vec<usize>>, SweepError> {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        counted(&find, num_units, stride)
    }

    #[test]
    fn each_engine_counts_in_its_own_way() {
        let one = |set: &[(&str, &str)]| of(set, 12, None).unwrap();
        assert_eq!(one(&[]), None);
        assert_eq!(one(&[("HQ_TASK_ID", "0")]), Some(vec![0]));
        assert_eq!(one(&[("SLURM_ARRAY_TASK_ID", "11")]), Some(vec![11]));
        assert_eq!(one(&[("PARALLEL_SEQ", "1")]), Some(vec![0]), "it counts from 1");
        assert_eq!(one(&[("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "5")]), Some(vec![1, 6, 11]));
        assert_eq!(one(&[("PMI_RANK", "3"), ("PMI_SIZE", "8")]), Some(vec![3, 11]));
        assert_eq!(one(&[("PMI_RANK", "15"), ("PMI_SIZE", "16")]), Some(vec![]), "more workers than units");
    }

    #[test]
    fn the_task_goes_before_what_it_runs_in() {
        let within = [("SLURM_ARRAY_TASK_ID", "3"), ("PMI_RANK", "0"), ("PMI_SIZE", "1")];
        assert_eq!(of(&within, 12, None).unwrap(), Some(vec![3]), "`srun` within an array");
        let task = [("HQ_TASK_ID", "7"), ("SLURM_ARRAY_TASK_ID", "0")];
        assert_eq!(of(&task, 12, None).unwrap(), Some(vec![7]), "a worker of HyperQueue within an allocation");
    }

    #[test]
    fn a_short_array_does_a_long_plan() {
        assert_eq!(of(&[("SLURM_ARRAY_TASK_ID", "1")], 10, Some(4)).unwrap(), Some(vec![1, 5, 9]));
        let all: Vec<usize> = (0..4)
            .flat_map(|task| of(&[("SLURM_ARRAY_TASK_ID", &task.to_string())], 10, Some(4)).unwrap().unwrap())
            .collect();
        assert_eq!(all.len(), 10);
    }

    #[test]
    fn what_is_no_number_is_told() {
        for (set, expected) in [
            ([("HQ_TASK_ID", "x")], "`HQ_TASK_ID` is `x`"),
            ([("HQ_TASK_ID", "12")], "expected a number from 0 to 11: the plan has 12 units"),
            ([("PARALLEL_SEQ", "0")], "from 1 on"),
            ([("PARALLEL_SEQ", "13")], "expected a number from 1 to 12"),
        ] {
            let message = of(&set, 12, None).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        for text in ["", "x", "3-", "5-3", "12", "1,,2", "-1"] {
            let message = listed(text, 12).unwrap_err().to_string();
            assert!(message.contains("expected numbers from 0 to 11"), "{text}: {message}");
        }
    }

    #[test]
    fn lists_are_read_as_they_are_written() {
        for (units, words) in [(vec![3], "3"), (vec![0, 1, 2, 5, 7, 8], "0-2,5,7,8"), (vec![9, 10, 11], "9-11")] {
            assert_eq!(list_words(&units), words);
            assert_eq!(listed(words, 12).unwrap(), units);
        }
    }
}
