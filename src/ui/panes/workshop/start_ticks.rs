//! Patterns that ticks in the list of tensors make, and the blocks that the list has.

use super::drafts::patterns;
use crate::config::fits;
use crate::engine::TensorLine;
use crate::ui::state::blocks::module;

/// Tensors that stand together in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'t> {
    /// The block's name; that of the tensor where it is alone.
    pub name: &'t str,
    /// Their places in the order of the model; at least one.
    pub tensors: Vec<usize>,
}

impl Block<'_> {
    /// The pattern that fits its tensors and no others.
    fn pattern(&self) -> String {
        if self.tensors.len() == 1 { self.name.to_owned() } else { format!("{}.*", self.name) }
    }
}

/// The blocks of a model, in its order.
pub fn blocks(tensors: &[TensorLine]) -> Vec<Block<'_>> {
    let mut blocks: Vec<(&str, Block<'_>)> = Vec::new();
    for (place, tensor) in tensors.iter().enumerate() {
        let key = module(tensor.name());
        match blocks.last_mut() {
            Some((last, block)) if *last == key => {
                block.name = key;
                block.tensors.push(place);
            }
            _ => blocks.push((key, Block { name: tensor.name(), tensors: vec![place] })),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

/// The patterns of a text where exactly the tensors with a flag are to be fitted. Patterns with a `*` stay where all that they
/// fit is wanted; whole blocks become one pattern.
pub fn ticked(text: &str, tensors: &[TensorLine], wanted: &[bool]) -> String {
    let fit = |pattern: &str, tensor: &TensorLine| tensor.names.iter().any(|name| fits(pattern, name));
    let is_wanted = |pattern: &String| {
        let mut fitted = tensors.iter().zip(wanted).filter(|(tensor, _)| fit(pattern, tensor)).peekable();
        fitted.peek().is_some() && fitted.all(|(_, is_wanted)| *is_wanted)
    };
    let mut made: Vec<String> =
        patterns(text).into_iter().filter(|pattern| pattern.contains('*') && is_wanted(pattern)).collect();
    for block in blocks(tensors) {
        let is_covered = |place: usize| made.iter().any(|pattern| fit(pattern, &tensors[place]));
        let left: Vec<usize> =
            block.tensors.iter().copied().filter(|&place| wanted[place] && !is_covered(place)).collect();
        if left.len() == block.tensors.len() && is_wanted(&block.pattern()) {
            made.push(block.pattern());
        } else {
            made.extend(left.into_iter().map(|place| tensors[place].name().to_owned()));
        }
    }
    made.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors(names: &[&str]) -> Vec<TensorLine> {
        names.iter().map(|&name| TensorLine { names: vec![name.to_owned()], shape: vec![2] }).collect()
    }

    #[test]
    fn ticks_become_patterns_and_patterns_with_a_star_stay_while_they_are_right() {
        let all = tensors(&["0.weight", "0.bias", "2.0.weight", "2.1.bias", "10.weight", "logit_scale"]);
        let names: Vec<&str> = blocks(&all).iter().map(|block| block.name).collect();
        assert_eq!(names, ["0", "2", "10.weight", "logit_scale"]);
        let ticked = |text: &str, wanted: [u8; 6]| ticked(text, &all, &wanted.map(|flag| flag == 1));
        assert_eq!(ticked("", [1, 0, 0, 0, 0, 0]), "0.weight");
        assert_eq!(ticked("0.weight", [1, 1, 0, 0, 0, 0]), "0.*");
        assert_eq!(ticked("0.*", [1, 0, 0, 0, 1, 0]), "0.weight, 10.weight");
        assert_eq!(ticked("*.bias", [0, 1, 0, 1, 0, 1]), "*.bias, logit_scale");
        assert_eq!(ticked("*.bias", [1, 1, 0, 1, 0, 0]), "*.bias, 0.weight");
        assert_eq!(ticked("*.bias", [0, 0, 0, 1, 0, 0]), "2.1.bias");
        assert_eq!(ticked("nothing", [0; 6]), "");
        assert_eq!(ticked("", [1; 6]), "0.*, 2.*, 10.weight, logit_scale");
    }
}
