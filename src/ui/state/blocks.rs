//! The block of a network that a tensor belongs to, by its name.

/// The top module of a tensor: `5` of `5.1.in_proj_weight`, and `image.3` of `image.3.0.weight`.
#[must_use]
pub fn module(name: &str) -> &str {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = 0;
    for part in name.split('.') {
        end += part.len();
        if is_number(part) {
            return &name[..end];
        }
        end += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_named_by_the_first_number() {
        assert_eq!((module("image.3.0.weight"), module("text.12.bias")), ("image.3", "text.12"));
        assert_eq!((module("5.1.in_proj_weight"), module("logit_scale")), ("5", "logit_scale"));
    }
}
