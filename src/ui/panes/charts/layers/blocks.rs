//! Which tensors stand together: of a network with few each alone, of a large one those of a block.

use crate::ui::state::blocks::module;

/// More tensors than this are shown by blocks.
const MOST_ALONE: usize = 20;

/// Tensors that are shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The tensor's name, or that of the block and how many it has.
    pub name: String,
    /// Their places in the order of the model; at least one.
    pub tensors: Vec<usize>,
}

/// The blocks of `count` tensors of these names, in the order of the model.
pub fn blocks(names: &[String], count: usize) -> Vec<Block> {
    let name = |tensor: usize| names.get(tensor).cloned().unwrap_or_else(|| format!("tensor {tensor}"));
    let mut blocks: Vec<(String, Block)> = Vec::new();
    for tensor in 0..count {
        let name = name(tensor);
        let key = if count > MOST_ALONE { module(&name).to_owned() } else { name.clone() };
        match blocks.last_mut() {
            Some((last, block)) if *last == key => block.tensors.push(tensor),
            _ => blocks.push((key, Block { name, tensors: vec![tensor] })),
        }
    }
    let named = blocks.into_iter().map(|(key, block)| match block.tensors.len() {
        1 => block,
        many => Block { name: format!("{key} ({many} tensors)"), ..block },
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tensors_stand_in_their_blocks_and_few_alone() {
        let mut names = vec!["0.weight".to_owned()];
        names.extend(
            (1..8).flat_map(|block| ["0.weight", "1.bias", "1.out_proj.weight"].map(|t| format!("{block}.{t}"))),
        );
        names.push("logit_scale".to_owned());
        let found = blocks(&names, names.len());
        assert_eq!(found.len(), 9);
        assert_eq!((found[0].name.as_str(), found[0].tensors.as_slice()), ("0.weight", &[0][..]));
        assert_eq!((found[2].name.as_str(), found[2].tensors.as_slice()), ("2 (3 tensors)", &[4, 5, 6][..]));
        assert_eq!(found[8].name, "logit_scale");
        assert_eq!(blocks(&names[..6], 6).len(), 6);
        assert_eq!(blocks(&[], 2)[1].name, "tensor 1");
    }
}
