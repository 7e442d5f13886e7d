//! What a run writes on its own.

use crate::model::Statistics;
use crate::train::Prompt;

use super::Run;

impl Run {
    /// What it writes behind each question by greedy decoding, where it stands: tokens up to `end`.
    #[must_use]
    pub fn written(&self, prompts: &[Prompt], end: i32) -> Vec<Vec<i32>> {
        let statistics = self.statistics.clone().map_or(Statistics::Batch, Statistics::Frozen);
        let questions: Vec<&[i32]> = prompts.iter().map(|prompt| &prompt.question[..]).collect();
        self.task.network.written(&self.weights, &questions, end, &statistics, &self.task.compute)
    }
}
