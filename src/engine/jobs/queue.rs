//! The jobs that wait and the one under way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::engine::sink::Sink;
use crate::model::Objective;
use crate::protocol::{Event, JobEnd, JobId};

use super::Work;

/// Time between two reports of a job's progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

/// A measurement that was asked for.
pub(in crate::engine) struct Job {
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
pub(in crate::engine) struct Jobs {
    queue: VecDeque<Job>,
    reported: Option<Instant>,
}

impl Jobs {
    /// Whether there is anything to do.
    pub fn has_work(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Gives up all jobs untold: who asked for them has gone on to another session.
    pub fn forget(&mut self) {
        self.queue.clear();
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
