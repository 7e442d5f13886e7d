//! The texts of layers over tokens.

use crate::model::attention::AttentionSettings;

use super::layer::{Layer, Shape, TokenPick};
use super::options::{no_arguments, positive};

/// Reads a layer over tokens; `None` where the name is none of theirs.
pub(super) fn token_layer(name: &str, arguments: &[&str], shape: Shape) -> Option<Result<Layer, String>> {
    Some(match name {
        "embedding" => embedding(arguments, shape),
        "position" => position(arguments, shape),
        "class-token" => no_arguments(name, arguments).and_then(|()| {
            let [_, width] = tokens(shape)?;
            Ok(Layer::ClassToken { width })
        }),
        "patches" => patches(arguments, shape),
        "attention" => attention(arguments, shape),
        "mean-token" => pick(name, arguments, TokenPick::Mean, shape),
        "first-token" => pick(name, arguments, TokenPick::First, shape),
        "last-token" => pick(name, arguments, TokenPick::Last, shape),
        _ => return None,
    })
}

fn embedding(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [width] = arguments else {
        return Err("expected `embedding D`, such as `embedding 64`".to_owned());
    };
    let width = positive(width, "the width of a token")?;
    match shape {
        Shape::Text { vocabulary, .. } => Ok(Layer::Embedding { vocabulary, width }),
        _ => Err(format!(
            "it takes tokens as whole numbers, `input = {{ tokens = T, vocabulary = V }}`, but gets {shape}"
        )),
    }
}

fn position(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let shape = tokens(shape)?;
    match arguments {
        [] => Ok(Layer::Position { shape, rows: shape[0] }),
        ["sincos"] if shape[1].is_multiple_of(2) => Ok(Layer::Sincos { shape }),
        ["sincos"] => Err(format!("the width is {}, expected an even one for pairs of sine and cosine", shape[1])),
        [rows] if rows.starts_with(|first: char| first.is_ascii_digit()) => {
            let rows = positive(rows, "the number of rows")?;
            if rows < shape[0] {
                return Err(format!("{rows} rows, expected at least {}, one for each place", shape[0]));
            }
            Ok(Layer::Position { shape, rows })
        }
        _ => Err("expected `position`, which is learned, `position ROWS` for a longer table, or `position sincos`"
            .to_owned()),
    }
}

fn patches(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (size, outputs, bias) = match arguments {
        [size, outputs] => (size, outputs, true),
        [size, outputs, "nobias"] => (size, outputs, false),
        _ => return Err("expected `patches P D` or `patches P D nobias`, such as `patches 4 64`".to_owned()),
    };
    let (size, outputs) = (positive(size, "the side of a patch")?, positive(outputs, "the width of a token")?);
    let Shape::Maps([inputs, height, width]) = shape else {
        return Err(format!("it takes channels×height×width but gets {shape}"));
    };
    if !height.is_multiple_of(size) || !width.is_multiple_of(size) {
        return Err(format!("patches of {size}×{size}, expected a side that divides its {height}×{width} image"));
    }
    Ok(Layer::Patches { size, inputs, outputs, bias })
}

fn attention(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (heads, causal) = match arguments {
        [heads] => (heads, false),
        [heads, "causal"] => (heads, true),
        _ => {
            return Err(
                "expected `attention HEADS` or `attention HEADS causal`, such as `attention 4 causal`".to_owned()
            );
        }
    };
    let heads = positive(heads, "the number of heads")?;
    let [_, width] = tokens(shape)?;
    if !width.is_multiple_of(heads) {
        return Err(format!("{heads} heads, expected a divisor of the width {width} of its tokens"));
    }
    Ok(Layer::Attention { width, settings: AttentionSettings { heads, causal } })
}

fn pick(name: &str, arguments: &[&str], which: TokenPick, shape: Shape) -> Result<Layer, String> {
    no_arguments(name, arguments)?;
    tokens(shape).map(|_| Layer::Pick(which))
}

fn tokens(shape: Shape) -> Result<[usize; 2], String> {
    match shape {
        Shape::Tokens(dims) => Ok(dims),
        Shape::Text { .. } => {
            Err(format!("it takes tokens with a width but gets {shape}; put `embedding D` before it"))
        }
        Shape::Maps(_) => Err(format!("it takes tokens but gets {shape}; put `patches P D` before it")),
        Shape::Features(_) => Err(format!("it takes tokens but gets {shape}")),
    }
}
