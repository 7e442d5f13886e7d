//! `tuning.csv`: one row for each try.

use crate::config::KnobId;
use crate::report::tuning::Try;

/// The text of `tuning.csv`: method, number of the try, a column for each knob that was tuned (empty where a method's was
/// not), loss and accuracy on the validation examples (empty where the try diverged), gradient evaluations, the step of a
/// divergence, and whether it was picked.
///
/// # Errors
/// When the writer's buffer cannot grow.
pub fn tuning_csv(tries: &[Try]) -> csv::Result<String> {
    let mut knobs: Vec<KnobId> = Vec::new();
    for (id, _) in tries.iter().flat_map(|one| &one.values) {
        if !knobs.contains(id) {
            knobs.push(*id);
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = knobs.iter().map(|id| id.spec().key);
    let results = ["validation_loss", "validation_accuracy", "gradient_evaluations", "diverged_at", "picked"];
    writer.write_record(["optimizer", "try"].into_iter().chain(names).chain(results))?;
    for (index, one) in tries.iter().enumerate() {
        let number = 1 + tries[..index].iter().filter(|before| before.optimizer == one.optimizer).count();
        let value = |id: &KnobId| one.values.iter().find(|(own, _)| own == id).map(|(_, value)| value.to_string());
        let mut record = vec![one.optimizer.key().to_owned(), number.to_string()];
        record.extend(knobs.iter().map(|id| value(id).unwrap_or_default()));
        let numbers = [one.validation.loss, one.validation.accuracy];
        record.extend(numbers.map(|number| if number.is_finite() { number.to_string() } else { String::new() }));
        record.push(one.gradient_evaluations.to_string());
        record.push(one.diverged_at.map(|step| step.to_string()).unwrap_or_default());
        record.push(one.is_picked.to_string());
        writer.write_record(record)?;
    }
    let bytes = writer.into_inner().map_err(|err| csv::Error::from(std::io::Error::other(err.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn every_try_is_a_row_with_the_knobs_of_its_method() {
        let text = tuning_csv(&sample::tries()).unwrap();
        let expected = "\
optimizer,try,learning_rate,nesterov,sigma,validation_loss,validation_accuracy,gradient_evaluations,diverged_at,picked
sgd,1,0.05,true,,0.25,0.9,7200,,true
sgd,2,0.1,true,,,,7200,7,false
nso,1,,,0.01,0.5,0.8,7200,,false
";
        assert_eq!(text, expected);
    }
}
