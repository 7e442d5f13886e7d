//! Configuration: one set of serde structs serves experiment files, `--set` and the window's controls.
//!
//! [`Experiment`] is what a TOML file in `assets/experiments` holds. [`Knobs`] are the settings of a run that may be
//! turned while it trains; their table is [`KnobId::spec`]. Everything is checked by [`Experiment::validate`] before
//! anything runs.

mod assign;
mod builtin_models;
mod by_name;
mod choice;
mod data;
mod data_defaults;
mod device;
mod error;
mod experiment;
mod knobs;
mod layer_text;
mod layers;
mod lesson;
mod link;
mod look;
mod model;
mod model_input;
mod noise;
mod normalization;
mod optimizer;
mod precision;
mod presets;
mod schedules;
mod start;
mod study;
mod there;
mod zoo;

pub use builtin_models::builtin_models;
pub use choice::{AscentScale, AverageKind, BaseKind, DecayOn, KeepRule, Pace};
pub use data::{DataConfig, DataSource, ExampleKind, LabelKind, MOST_HELD_OUT, Operation};
pub use device::DeviceChoice;
pub use error::{ConfigError, nearest};
pub use experiment::{Experiment, builtin_experiment, builtin_experiments};
pub use knobs::{ChoiceName, KnobGroup, KnobId, KnobReaders, KnobScale, KnobSpec, KnobValue, Knobs};
pub use layer_text::LayerText;
pub use layers::{BracketError, LayerPlace, TypedLayers};
pub use lesson::{
    Access, Along, Check, CheckPart, Control, Lesson, LessonControls, LessonError, LessonLayout, LessonStep, Observed,
    Part as WindowPart, Relation, Sight, Than, builtin_lesson, builtin_lessons, lesson_text,
};
pub use link::{Linked, MOST_CHARACTERS, SCHEME, link_of, read_link, settings_of};
pub use look::{DEFAULT_LOOK_SHARE, LookConfig};
pub use model::{LossKind, ModelConfig};
pub use model_input::{ModelInput, TokenInput, Tower, Towers};
pub use noise::NoiseDistribution;
pub use normalization::Normalization;
pub use optimizer::{MethodCost, MethodEdge, MethodSpec, OptimizerKind};
pub use precision::{Precision, Real};
pub use presets::{KnobPreset, presets};
pub use schedules::{ScheduleConfig, ScheduleKind, SigmaScheduleConfig, SigmaScheduleKind};
pub use start::{BUNDLED_WEIGHTS, StartConfig, bundled_weights, fits, fitting};
pub use study::{
    BoundTerms, Claim, Measure, MeasuredOn, NoiseStability, NoisyParameters, PairVariances, Part, Quick, ReadAt, Study,
    StudyKind, Variant, claim_names, studies, study_of,
};
pub use there::{absolute, there};
pub use zoo::{BuiltinModel, InputSize, ModelSizes, builtin_model, builtin_model_of, model_text, zoo};
