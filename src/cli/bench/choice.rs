//! What is timed, by the names that were typed.

use anyhow::{Context as _, Result};

use crate::cli::args::BenchArgs;
use crate::cli::error::BadInput;
use crate::config::nearest;
use crate::engine::bench::{Figure, Work};

/// A work of its own with one figure, on the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// Steps of the live engine, without a session and with one.
    Session,
    /// Frames of the window.
    Window,
}

impl Whole {
    const ALL: [Self; 2] = [Self::Session, Self::Window];

    /// Its name on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Window => "ui",
        }
    }

    /// The name of its figure.
    pub const fn figure(self) -> &'static str {
        match self {
            Self::Session => "session_step",
            Self::Window => "ui_frame",
        }
    }
}

/// Works on the device with their figures, and works of their own.
pub struct Chosen {
    /// The works.
    pub works: Vec<Work>,
    /// The figures of each; none where works of their own alone are timed.
    pub figures: Vec<Figure>,
    /// Works of their own.
    pub wholes: Vec<Whole>,
}

/// A work, or a figure of one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named<T> {
    OnDevice(T),
    Whole(Whole),
}

impl<T: Copy> Named<T> {
    fn all<const N: usize>(on_device: [T; N]) -> Vec<Self> {
        on_device.map(Self::OnDevice).into_iter().chain(Whole::ALL.map(Self::Whole)).collect()
    }

    const fn on_device(self) -> Option<T> {
        if let Self::OnDevice(one) = self { Some(one) } else { None }
    }
}

impl Chosen {
    /// Reads the names; all where none is typed.
    pub fn read(args: &BenchArgs) -> Result<Self> {
        let works = choose("work", &args.works, &Named::all(Work::ALL), |work| match work {
            Named::OnDevice(work) => work.key(),
            Named::Whole(whole) => whole.key(),
        })?;
        let figures = choose("figure", &args.figures, &Named::all(Figure::ALL), |figure| match figure {
            Named::OnDevice(figure) => figure.key(),
            Named::Whole(whole) => whole.figure(),
        });
        let figures = figures.context("`--figure`")?;
        let is_wanted =
            |whole: &Whole| works.contains(&Named::Whole(*whole)) && figures.contains(&Named::Whole(*whole));
        Ok(Self {
            wholes: Whole::ALL.into_iter().filter(is_wanted).collect(),
            works: works.iter().filter_map(|work| work.on_device()).collect(),
            figures: figures.iter().filter_map(|figure| figure.on_device()).collect(),
        })
    }

    /// Whether anything is timed on the device.
    pub fn has_device(&self) -> bool {
        !self.works.is_empty() && !self.figures.is_empty()
    }
}

/// The named ones, in the order of `all`; all of them where none is named.
fn choose<T: Copy>(what: &str, names: &[String], all: &[T], key: impl Fn(T) -> &'static str) -> Result<Vec<T>> {
    let keys: Vec<&str> = all.iter().map(|&one| key(one)).collect();
    for name in names {
        if !keys.contains(&name.as_str()) {
            let nearest = nearest(name, keys.iter().copied());
            return Err(BadInput(format!("unknown {what} `{name}`, {nearest}")).into());
        }
    }
    Ok(all.iter().copied().filter(|&one| names.is_empty() || names.iter().any(|name| name == key(one))).collect())
}
