//! `flatscape models`, and the models that other commands take by name or as a file.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::args::ModelsArgs;
use super::error::BadInput;
use super::list::json;
use super::print::print;
use crate::config::{
    BuiltinModel, ModelConfig, ModelInput, ModelSizes, Towers, builtin_model, model_text, nearest, zoo,
};
use crate::model::Architecture;
use crate::number::count;

/// What scripts may want to know of a model.
#[derive(Serialize)]
struct ModelInfo {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    input: Input,
    outputs: usize,
    parameters: usize,
}

/// What a model takes: one input, or two towers'.
#[derive(Serialize)]
#[serde(untagged)]
enum Input {
    One(ModelInput),
    Two { image: ModelInput, text: ModelInput },
}

impl Input {
    fn of(model: ModelConfig) -> Self {
        match model.towers {
            Some(Towers { image, text }) => Self::Two { image: image.input, text: text.input },
            None => Self::One(model.input),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::One(input) => words(input),
            Self::Two { image, text } => format!("{}, {}", words(image), words(text)),
        }
    }
}

fn words(input: &ModelInput) -> String {
    match input {
        ModelInput::Shape(sides) => sides.iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
        ModelInput::Tokens(text) => format!("{} tokens of {}", text.tokens, text.vocabulary),
    }
}

impl ModelInfo {
    fn new(builtin: &BuiltinModel) -> Result<Self> {
        let BuiltinModel { name, title, about, .. } = *builtin;
        let model = builtin.build(&ModelSizes::default())?;
        let architecture = Architecture::new(&model)?;
        let (outputs, parameters) = (architecture.outputs, architecture.num_parameters());
        Ok(Self { name, title, about, input: Input::of(model), outputs, parameters })
    }
}

/// Runs the command.
pub fn run(args: &ModelsArgs) -> Result<()> {
    match &args.name {
        Some(name) => print_one(name, args),
        None => list_all(args.json),
    }
}

fn list_all(as_json: bool) -> Result<()> {
    let all = zoo().iter().map(ModelInfo::new).collect::<Result<Vec<_>>>()?;
    if as_json {
        return json(&all);
    }
    let rows = all.iter().map(|info| {
        let ModelInfo { name, title, about, outputs, parameters, .. } = info;
        [
            (*name).to_owned(),
            info.input.words(),
            count(*outputs as u64),
            count(*parameters as u64),
            format!("{title}. {about}"),
        ]
    });
    let head = ["name", "input", "outputs", "parameters", ""].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let line = |[name, input, outputs, parameters, about]: &[String; 5]| {
        let [first, second, third, fourth] = widths;
        let line = format!("{name:first$}  {input:second$}  {outputs:>third$}  {parameters:>fourth$}  {about}");
        line.trim_end().to_owned()
    };
    print(&rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn print_one(name: &str, args: &ModelsArgs) -> Result<()> {
    let ModelsArgs { classes, input, width, depth, heads, .. } = args;
    let given =
        [("--classes", classes), ("--input", input), ("--width", width), ("--depth", depth), ("--heads", heads)];
    let builtin = zoo().iter().find(|builtin| builtin.name == name).ok_or_else(|| unknown(name))?;
    let mut sizes = ModelSizes::default();
    for (option, text) in given {
        text.as_ref().map_or(Ok(()), |text| sizes.set(option, text))?;
    }
    let model = builtin.build(&sizes)?;
    // What is printed can be read back: a network of this size that cannot be is told here.
    let architecture = Architecture::new(&model)?;
    let options: String = sizes.given().iter().map(|(option, value)| format!(" {option} {value}")).collect();
    let parameters = count(architecture.num_parameters() as u64);
    let comment = format!(
        "{}, {parameters} parameters. {}\nPrinted by `flatscape models {name}{options}`.",
        builtin.title, builtin.about
    );
    print(model_text(&model, &comment).trim_end())
}

fn unknown(name: &str) -> BadInput {
    let names = nearest(name, zoo().iter().map(|builtin| builtin.name));
    BadInput(format!("unknown built-in model `{name}`; {names}"))
}

/// Reads a model: a file, or a built-in model by its name and sizes. With it comes what was taken, where the word could mean
/// either.
pub fn read_model(word: &Path) -> Result<(ModelConfig, Option<String>)> {
    let text = word.to_string_lossy();
    let name = text.split_whitespace().next().unwrap_or_default();
    let is_builtin = zoo().iter().any(|builtin| builtin.name == name);
    match std::fs::read_to_string(word) {
        Ok(file) => {
            let model = ModelConfig::from_toml(&file).with_context(|| format!("in {}", word.display()))?;
            let note = is_builtin.then(|| {
                format!("the model is the file `{}` that is here, not the built-in model of that name", word.display())
            });
            Ok((model, note))
        }
        // `save_pretrained("gpt2")` leaves a folder of that name.
        Err(err) if is_builtin && (err.kind() == std::io::ErrorKind::NotFound || word.is_dir()) => {
            let model = builtin_model(&text).with_context(|| format!("in `{text}`"))?;
            Ok((model, Some(format!("the model is the built-in `{text}`"))))
        }
        Err(err) => {
            let file = format!("cannot read the model ({err}), expected the path of a .toml file");
            let looks_like_name = word.extension().is_none() && word.components().count() == 1;
            let problem = if looks_like_name {
                format!("{file}, or a built-in model: {}", unknown(&text))
            } else {
                format!("{file}: {}", word.display())
            };
            Err(BadInput(problem).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_model_has_the_parameters_that_are_published() {
        let published = [
            ("resnet8", 78_042),
            ("resnet14", 175_258),
            ("resnet20", 272_474),
            ("resnet18", 11_689_512),
            ("resnet34", 21_797_672),
            ("resnet50", 25_557_032),
            ("vit-tiny", 5_717_416),
            ("vit-small", 22_050_664),
            ("gpt2", 124_439_808),
            ("clip-vit-s-32-alt", 43_224_449),
            ("clip-vit-b-32", 151_277_313),
        ];
        for (name, parameters) in published {
            let builtin = zoo().iter().find(|builtin| builtin.name == name).unwrap();
            assert_eq!(ModelInfo::new(builtin).unwrap().parameters, parameters, "{name}");
        }
    }

    #[test]
    fn every_name_is_that_of_a_tensor() {
        for builtin in zoo() {
            let model = builtin.build(&ModelSizes::default()).unwrap();
            let architecture = Architecture::new(&model).unwrap();
            let tensors = architecture.parameters.iter().chain(&architecture.buffers);
            let ours: std::collections::BTreeSet<&str> = tensors
                .flat_map(|tensor| std::iter::once(&tensor.name).chain(&tensor.also))
                .map(String::as_str)
                .filter(|name| *name != "logit_scale")
                .collect();
            let named: std::collections::BTreeSet<&str> = model.names.keys().map(String::as_str).collect();
            assert!(named.is_empty() || named == ours, "{}: {:?}", builtin.name, named.symmetric_difference(&ours));
        }
    }
}
