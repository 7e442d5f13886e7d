//! How long the way to an engine is, how much crosses, and whether it still answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Time between two questions.
const INTERVAL: Duration = Duration::from_secs(1);
/// Answers whose median is told.
const ANSWERS: usize = 5;
/// A connection on which nothing has come for so long after a question is taken for broken.
const MOST_SILENCE: Duration = Duration::from_secs(20);

/// Questions and answers of one connection.
#[derive(Debug)]
pub struct Pulse {
    /// The last question, and when it was asked.
    asked: (u32, Instant),
    is_open: bool,
    /// When anything crossed last, and how much had crossed by then.
    moved: (Instant, u64),
    times: VecDeque<Duration>,
    /// Bytes that had crossed at the last question.
    crossed: u64,
    rate: f64,
}

impl Default for Pulse {
    fn default() -> Self {
        let now = Instant::now();
        let asked = (0, now.checked_sub(INTERVAL).unwrap_or(now));
        Self { asked, is_open: false, moved: (now, 0), times: VecDeque::new(), crossed: 0, rate: 0.0 }
    }
}

impl Pulse {
    /// The number of the question that is to be asked now, if one is due; `crossed` bytes have by now.
    pub fn beat(&mut self, crossed: u64) -> Option<u32> {
        let now = Instant::now();
        if crossed != self.moved.1 {
            self.moved = (now, crossed);
        }
        let since = now.saturating_duration_since(self.asked.1);
        if since < INTERVAL || self.is_open {
            return None;
        }
        let rate = (crossed - self.crossed) as f64 / since.as_secs_f64();
        // The mean of the last seconds, so that the figure can be read.
        self.rate = if self.times.is_empty() { rate } else { 0.5 * (self.rate + rate) };
        self.crossed = crossed;
        self.asked = (self.asked.0.wrapping_add(1), now);
        self.is_open = true;
        Some(self.asked.0)
    }

    /// A question was answered.
    pub fn answer(&mut self, number: u32) {
        if self.is_open && number == self.asked.0 {
            self.is_open = false;
            self.times.truncate(ANSWERS - 1);
            self.times.push_front(self.asked.1.elapsed());
        }
    }

    /// From a question to its answer, the median of the last ones.
    pub fn round_trip(&self) -> Option<Duration> {
        let mut times: Vec<Duration> = self.times.iter().copied().collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// Bytes that cross in a second.
    pub const fn bytes_per_second(&self) -> f64 {
        self.rate
    }

    /// How long nothing has crossed while an answer is owed, where that is too long.
    pub fn silence(&self) -> Option<Duration> {
        let silence = self.moved.0.elapsed().min(self.asked.1.elapsed());
        (self.is_open && silence > MOST_SILENCE).then_some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(instant: &mut Instant, by: Duration) {
        *instant = instant.checked_sub(by).expect("the machine has run for longer");
    }

    #[test]
    fn questions_are_asked_one_at_a_time_and_the_median_is_told() {
        let mut pulse = Pulse::default();
        assert_eq!((pulse.beat(0), pulse.beat(0), pulse.round_trip()), (Some(1), None, None));
        pulse.answer(7);
        assert_eq!(pulse.round_trip(), None, "that was not asked");
        earlier(&mut pulse.asked.1, INTERVAL);
        pulse.answer(1);
        assert!(pulse.round_trip().is_some_and(|time| time >= INTERVAL));
        assert_eq!(pulse.beat(10_000), Some(2));
        assert!(pulse.bytes_per_second() > 1000.0 && pulse.bytes_per_second() <= 5000.0);
    }

    #[test]
    fn silence_is_told_where_an_answer_is_owed() {
        let mut pulse = Pulse::default();
        pulse.beat(0);
        assert_eq!(pulse.silence(), None);
        for instant in [&mut pulse.asked.1, &mut pulse.moved.0] {
            earlier(instant, MOST_SILENCE + INTERVAL);
        }
        assert!(pulse.silence().is_some());
        pulse.beat(5);
        assert_eq!(pulse.silence(), None, "something crosses, however slowly");
    }
}
