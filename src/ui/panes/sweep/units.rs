//! The units of a sweep as the window has heard of them, counted by how they stand.

use crate::sweep::follow::UnitNews;
use crate::sweep::landed::Landed;
use crate::sweep::watch::Standing;

/// How units stand, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Done,
    Running,
    Stopped,
    Failed,
    Waiting,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Done, Self::Running, Self::Stopped, Self::Failed, Self::Waiting];

    /// What a unit stands like.
    pub const fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Waiting => Self::Waiting,
            Standing::Running { .. } => Self::Running,
            Standing::Stopped { .. } => Self::Stopped,
            Standing::Failed { .. } => Self::Failed,
            Standing::Done => Self::Done,
        }
    }

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
        }
    }

    /// What it means, in one sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Done => "They have a result.",
            Self::Running => "A worker says every few seconds that it is at them.",
            Self::Stopped => "The worker that was at them has said nothing for half a minute: another one may do them.",
            Self::Failed => "Their worker gave up, and says why.",
            Self::Waiting => "Nobody is at them yet.",
        }
    }
}

/// A unit.
#[derive(Debug, Default)]
pub struct Row {
    pub standing: Standing,
    /// What it found, where it is done.
    pub landed: Option<Landed>,
}

/// All units of a plan, by their numbers.
#[derive(Debug, Default)]
pub struct Units {
    rows: Vec<Row>,
    counts: [usize; Kind::ALL.len()],
    /// Counts changes.
    generation: u64,
}

impl Units {
    /// So many units, of which nothing is known.
    pub fn new(count: usize) -> Self {
        let mut counts = [0; Kind::ALL.len()];
        counts[Kind::Waiting as usize] = count;
        Self { rows: std::iter::repeat_with(Row::default).take(count).collect(), counts, generation: 0 }
    }

    /// Takes what is told of one; what it had found before.
    pub fn take(&mut self, news: UnitNews) -> Option<Landed> {
        let row = self.rows.get_mut(news.change.unit)?;
        self.counts[Kind::of(&row.standing) as usize] -= 1;
        self.counts[Kind::of(&news.change.standing) as usize] += 1;
        self.generation += 1;
        row.standing = news.change.standing;
        std::mem::replace(&mut row.landed, news.landed)
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many stand so.
    pub const fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// Changes whenever a unit does.
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}
