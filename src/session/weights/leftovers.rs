//! Tensors beside the weights that nothing here needs: counters of tools, and masks and positions that others keep as buffers.

use crate::data::arrays::Info;

/// Counters that tools keep beside the weights, which nothing here reads, and what they are.
const COUNTERS: [(&str, &str); 12] = [
    ("num_batches_tracked", "a count of batches"),
    ("n_averaged", "a count of averaged models"),
    ("total_ops", "a count of operations"),
    ("total_params", "a count of parameters"),
    ("num_updates", "a count of updates"),
    ("updates", "a count of updates"),
    ("decay", "the decay of an average"),
    ("initted", "whether an average has begun"),
    ("step", "a count of steps"),
    ("global_step", "a count of steps"),
    ("iteration", "a count of steps"),
    ("epoch", "a count of epochs"),
];

/// What a counter counts, where the name is that of one.
pub(super) fn counted(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next()?;
    COUNTERS.iter().find(|(counter, _)| *counter == last).map(|(_, what)| *what)
}

/// Positions and other whole numbers that transformers keep.
const POSITIONS: [&str; 3] = ["position_ids", "token_type_ids", "relative_position_index"];
/// Modules whose `bias` is a causal mask, with one row for each token: GPT-2's.
const ATTENTIONS: [&str; 2] = ["attn", "attention"];

/// Whether this is a buffer that a model with another code makes again, such as GPT-2's causal masks.
pub(super) fn is_made_again(name: &str, info: &Info) -> bool {
    let mut words = name.rsplit('.');
    let (last, module) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_mask = || matches!(info.shape[..], [1, 1, rows, columns] if rows == columns);
    match last {
        "bias" => ATTENTIONS.contains(&module) && is_mask(),
        "masked_bias" => info.elements().is_some_and(|count| count <= 1),
        _ => POSITIONS.contains(&last) && info.number.is_whole(),
    }
}

/// The first of some names, and how many more.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first, second] => format!("`{first}` and `{second}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
    }
}

/// The verb that goes with so many names.
pub(super) const fn is_or_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::arrays::NumberType;

    #[test]
    fn masks_and_positions_are_known_by_name_shape_and_type() {
        let info = |shape: &[usize], number| Info { shape: shape.to_vec(), number };
        let mask = info(&[1, 1, 8, 8], NumberType::Bool);
        assert!(is_made_again("transformer.h.0.attn.bias", &mask));
        assert!(is_made_again("h.0.attn.masked_bias", &info(&[], NumberType::F32)));
        assert!(is_made_again("embeddings.position_ids", &info(&[1, 8], NumberType::I64)));
        assert!(!is_made_again("h.0.attn.bias", &info(&[8], NumberType::F32)), "a bias");
        assert!(!is_made_again("h.0.mlp.bias", &mask));
        assert!(!is_made_again("position_ids", &info(&[8], NumberType::F32)), "may be learned");
    }
}
