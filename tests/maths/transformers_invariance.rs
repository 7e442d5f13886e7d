//! What must not change a loss of tokens or of two towers: more padding, the order of examples, later tokens, and how the
//! work is cut.

use flatscape::config::{LossKind, ModelConfig, ModelInput};
use flatscape::model::{Compute, Network, Parameter, Purpose, gaussian, to_host};

use crate::common::{Examples, Failures, Figures, TokenCase, Wanted, norm, rows, shifted, token_case, token_cases};

/// The place in the model file that says how many tokens there are.
fn input_of(config: &mut ModelConfig) -> Option<&mut ModelInput> {
    match &mut config.towers {
        Some(towers) => Some(&mut towers.text.input),
        None => config.input.token_input().is_some().then_some(&mut config.input),
    }
}

/// Each parameter's numbers from `from` to the beginning of the same parameter of another network; the rest is `rest`'s.
fn carried(row: &[f64], from: &[Parameter], to: &[Parameter], rest: impl Fn(usize) -> f64) -> Vec<f64> {
    let begin = |(from, to): (&Parameter, &Parameter)| -> Vec<f64> {
        let known = row[from.range()].iter().copied();
        known.chain((from.len()..to.len()).map(&rest)).collect()
    };
    from.iter().zip(to).flat_map(begin).collect()
}

/// Rows of `each` numbers, of which `more` follow each.
fn longer<T: Copy>(all: &[T], each: usize, more: usize, fill: T) -> Vec<T> {
    all.chunks(each).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(fill, more))).collect()
}

/// The case with `more` places of padding after each text.
fn padded(case: &TokenCase, more: usize) -> Option<(Network, Examples)> {
    let mut config = case.config();
    let input = input_of(&mut config)?;
    let tokens = input.token_input()?;
    *input = ModelInput::tokens(tokens.tokens + more, tokens.vocabulary);
    let Examples { n, x, wanted } = case.examples();
    let x = longer(&x, x.len() / n, more, -1.0);
    let wanted = match wanted {
        Wanted::Tokens(all) => Wanted::Tokens(longer(&all, tokens.tokens, more, -100)),
        other => other,
    };
    Some((Network::new(&config).expect("only longer"), Examples { n, x, wanted }))
}

#[test]
fn more_padding_changes_neither_loss_nor_derivatives() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let Some((network, examples)) = padded(&case, 3) else { continue };
        let before = case.network();
        let (from, to) = (before.architecture().parameters.as_slice(), network.architecture().parameters.clone());
        if from.iter().zip(&to).any(|(from, to)| from.shape[1..] != to.shape[1..]) {
            // After `flatten` each place has weights of its own.
            continue;
        }
        // Rows of positions that only padding has: any numbers.
        let [w, v] = [&case.w, &case.v].map(|row| carried(row, from, &to, |i| (i as f64).sin()));
        let found = Figures::of(&examples.objective(network, &compute), &w, &v);
        let expected = Figures::of(&case.objective(&compute), &case.w, &case.v);
        let expected = expected.0.into_iter().map(|(name, values, scale)| {
            let of_parameters = values.len() == case.w.len();
            (name, if of_parameters { carried(&values, from, &to, |_| 0.0) } else { values }, scale)
        });
        found.compare(&case.name, &Figures(expected.collect()), 1e-12, &mut failures);
    }
    failures.finish();
}

#[test]
fn the_order_of_examples_changes_nothing() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let order: Vec<usize> = (0..case.n).rev().collect();
        let found = Figures::of(&case.examples().select(&order).objective(case.network(), &compute), &case.w, &case.v);
        found.compare(&case.name, &Figures::of(&case.objective(&compute), &case.w, &case.v), 1e-12, &mut failures);
    }
    failures.finish();
}

/// The outputs at every token of every example.
fn token_outputs(case: &TokenCase, examples: &Examples) -> Vec<f64> {
    let (network, compute) = (case.network(), Compute::cpu_f64());
    to_host(network.outputs(&case.weights(&compute), &examples.batch(&network, &compute)))
}

#[test]
fn outputs_of_a_causal_network_do_not_see_later_tokens() {
    for name in ["transformer", "attention-1-causal"] {
        let case = token_case(name);
        let before = case.examples();
        let length = case.x.len() / case.n;
        let classes = case.outputs.len() / case.x.len();
        let expected = token_outputs(&case, &before);
        for place in 1..length {
            let mut after = before.clone();
            for row in after.x.chunks_mut(length) {
                // Other tokens, other padding.
                row[place..].iter_mut().for_each(|token| *token = if *token < 0.0 { 3.0 } else { 5.0 - *token });
                row[place..].iter_mut().for_each(|token| *token = token.max(-1.0));
            }
            let found = token_outputs(&case, &after);
            let rows = found.chunks(length * classes).zip(expected.chunks(length * classes));
            for (example, (found, expected)) in rows.enumerate() {
                let what = format!("{name}, example {example}, tokens before {place}");
                let known = place * classes;
                let off = norm(&shifted(&found[..known], -1.0, &expected[..known]));
                assert!(off <= 1e-14 * norm(&expected[..known]), "{what} are off by {off:e}");
                assert!(found[known..] != expected[known..], "{what} alone should be the same");
            }
        }
    }
}

#[test]
fn without_positions_the_order_of_tokens_changes_nothing() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for name in ["embedding", "attention-1", "attention-2-unpadded", "mean-token", "class-token-mean"] {
        let case = token_case(name);
        let mut turned = case.examples();
        let length = turned.x.len() / turned.n;
        // Padding stands before and between the tokens then.
        turned.x.chunks_mut(length).for_each(|row| row.rotate_left(2));
        turned.x.chunks_mut(length).for_each(|row| row.swap(0, 1));
        let found = Figures::of(&turned.objective(case.network(), &compute), &case.w, &case.v);
        found.compare(name, &Figures::of(&case.objective(&compute), &case.w, &case.v), 1e-12, &mut failures);
    }
    failures.finish();
}

/// Long texts and wide tokens, so that kernels meet more than one of their blocks; a third of the text is padding.
fn long_texts(name: &str, causal: bool) -> (Network, Examples, Vec<f64>, Vec<f64>) {
    let (length, vocabulary, n) = (75, 40, 3);
    let attention = if causal { "attention 3 causal" } else { "attention 3" };
    let layers: Vec<&str> = vec!["embedding 36", "position", attention, "layernorm", "gelu", attention, "linear 40"];
    let input = ModelInput::tokens(length, vocabulary);
    let network = Network::new(&ModelConfig::of(input, LossKind::TokenCrossEntropy, layers)).expect(name);
    let token = |i: usize| (i * 7919 + i / 3) % vocabulary;
    let kept = |i: usize| i % length < length - 12 * (1 + i / length);
    let x = (0..n * length).map(|i| if kept(i) { token(i) as f32 } else { -1.0 }).collect();
    let wanted = (0..n * length).map(|i| if kept(i) && i % 5 > 0 { token(i + 1) as i32 } else { -100 }).collect();
    let d = network.num_parameters();
    let row = |purpose, scale: f64| gaussian(3, purpose, 0, d).into_iter().map(|z| scale * f64::from(z)).collect();
    (
        network,
        Examples { n, x, wanted: Wanted::Tokens(wanted) },
        row(Purpose::Weights, 0.2),
        row(Purpose::Directions, 1.0),
    )
}

#[test]
fn long_texts_have_derivatives_that_agree_with_each_other_and_with_differences() {
    let mut failures = Failures::new();
    let (wide, narrow) = (Compute::cpu_f64(), Compute::cpu());
    for (name, causal) in [("long texts", false), ("long causal texts", true)] {
        let (network, examples, w, v) = long_texts(name, causal);
        let objective = examples.objective(network.clone(), &wide);
        let figures = Figures::of(&objective, &w, &v);
        let of = |name: &str| &figures.0.iter().find(|(figure, ..)| *figure == name).expect("it is a figure").1;
        let product: f64 = of("Hv").iter().zip(&v).map(|(a, b)| a * b).sum();
        failures.distance(&format!("{name} vHv"), of("vHv"), &[product], 1e-12, norm(of("Hv")) * norm(&v));
        let h = 1e-5 / norm(&v);
        let ends = rows(&[shifted(&w, h, &v), shifted(&w, -h, &v)], &wide);
        let losses = to_host(objective.losses(ends.clone()));
        failures.relative(&format!("{name} slope"), of("slope"), &[(losses[0] - losses[1]) / (2.0 * h)], 1e-6);
        let gradients = to_host(objective.gradients(ends).1);
        let (ahead, behind) = gradients.split_at(w.len());
        let difference: Vec<f64> = ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * h)).collect();
        failures.relative(&format!("{name} Hv"), of("Hv"), &difference, 1e-6);
        let in_32_bits = Figures::of(&examples.objective(network, &narrow), &w, &v);
        in_32_bits.compare(&format!("{name} in 32 bits,"), &figures, 1e-4, &mut failures);
    }
    failures.finish();
}
