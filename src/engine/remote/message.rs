//! What crosses between a window and an engine elsewhere.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::link::SlotNews;
use crate::protocol::{Command, Event, LossGrid, NoiseSnapshot, Prediction, RunId};

/// What a window says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// A command.
    Command(Command),
    /// A question, whose answer says how long the way is.
    Ping(u32),
    /// So many bytes of the engine's were taken by now: it may send as many more.
    Taken(u64),
    /// A file that commands after it name.
    File(SentFile),
    /// The window closes, and the engine ends.
    Goodbye,
}

/// What an engine says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWindow {
    /// Events, in order.
    Events(Vec<Event>),
    /// What has changed in the slots.
    Slot(Slot),
    /// The answer to a question.
    Pong(u32),
}

/// A file that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// What tells its content apart, in hexadecimal digits.
    pub digest: String,
    /// Its name without a folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// [`SlotNews`] as it crosses.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot(pub SlotNews);

/// The form of it: what is shared, as the value.
#[derive(Serialize, Deserialize)]
enum Form<G, N, P> {
    Grid(G),
    Noise(N),
    Prediction(Option<P>),
    NoGrid(RunId),
    NoNoise(RunId),
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form: Form<&LossGrid, &NoiseSnapshot, &Prediction> = match &self.0 {
            SlotNews::Grid(grid) => Form::Grid(grid),
            SlotNews::Noise(noise) => Form::Noise(noise),
            SlotNews::Prediction(prediction) => Form::Prediction(prediction.as_deref()),
            SlotNews::NoGrid(run) => Form::NoGrid(*run),
            SlotNews::NoNoise(run) => Form::NoNoise(*run),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Form::<LossGrid, NoiseSnapshot, Prediction>::deserialize(deserializer)? {
            Form::Grid(grid) => SlotNews::Grid(Arc::new(grid)),
            Form::Noise(noise) => SlotNews::Noise(Arc::new(noise)),
            Form::Prediction(prediction) => SlotNews::Prediction(prediction.map(Arc::new)),
            Form::NoGrid(run) => SlotNews::NoGrid(run),
            Form::NoNoise(run) => SlotNews::NoNoise(run),
        }))
    }
}
