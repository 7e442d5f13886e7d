//! The measurements that the user asked for: a queue of jobs, each with the weights it was asked for.
//!
//! A job holds its own copy of the weights and its own objective, so that training goes on, and a reset or another
//! experiment does not end it. Its work comes in units, so that it can be watched and cancelled between two of them.

mod curvature;
mod landscape;
mod noise;
mod work;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::Objective;
use crate::protocol::{Event, Findings, JobEnd, JobId};

use super::fleet::Sink;
use super::units::Units;

pub(super) use work::{Neighbour, Request, start};

/// Time between two reports of a job's progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

/// A measurement in units that can tell what it found so far.
pub(super) trait Work: Units {
    /// What it found so far.
    fn findings(&self) -> Findings;
}

/// A measurement that was asked for.
pub(super) struct Job {
    pub id: JobId,
    /// Steps that the run had done when its weights were taken.
    pub step: u64,
    pub objective: Objective,
    /// The objective in words.
    pub words: String,
    pub work: Box<dyn Work>,
}

/// Jobs in the order in which they were asked for; the first is under way.
#[derive(Default)]
pub(super) struct Jobs {
    queue: VecDeque<Job>,
    reported: Option<Instant>,
}

impl Jobs {
    /// Whether there is anything to do.
    pub fn has_work(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Adds a job at the end.
    pub fn push(&mut self, job: Job, sink: &mut Sink) {
        sink.outbox.push(Event::Measuring { job: job.id, step: job.step, progress: job.work.progress() });
        self.queue.push_back(job);
    }

    /// Ends a job early and tells what it found.
    pub fn cancel(&mut self, id: JobId, sink: &mut Sink) {
        if let Some(index) = self.queue.iter().position(|job| job.id == id) {
            self.end(index, JobEnd::Cancelled, sink);
        }
    }

    /// One unit of the first job.
    pub fn advance(&mut self, sink: &mut Sink) {
        let Some(job) = self.queue.front_mut() else { return };
        if job.work.advance(&job.objective) {
            self.end(0, JobEnd::Complete, sink);
        } else if self.reported.is_none_or(|reported| reported.elapsed() >= REPORT_INTERVAL) {
            self.reported = Some(Instant::now());
            sink.outbox.push(Event::Measuring { job: job.id, step: job.step, progress: job.work.progress() });
        }
    }

    /// Gives up the job under way: its last unit failed.
    pub fn fail(&mut self, reason: String, sink: &mut Sink) {
        if let Some(job) = self.queue.pop_front() {
            let (job, step, objective) = (job.id, job.step, job.words);
            let (end, findings) = (JobEnd::Failed(reason), Box::default());
            sink.outbox.push(Event::Measured { job, step, objective, end, findings });
        }
    }

    fn end(&mut self, index: usize, end: JobEnd, sink: &mut Sink) {
        self.reported = None;
        if let Some(job) = self.queue.remove(index) {
            let findings = Box::new(job.work.findings());
            sink.outbox.push(Event::Measured { job: job.id, step: job.step, objective: job.words, end, findings });
        }
    }
}
