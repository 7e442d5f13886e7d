//! What the times of one figure say, as plain numbers.

use serde::Serialize;
use serde_json::{Value, json};

use super::peer::PeerTiming;

/// Times, or ratios of times, of several rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// The median.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Range {
    /// Of some numbers; NaN where there are none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (numbers.first(), numbers.last()) else {
            return Self { median: f64::NAN, min: f64::NAN, max: f64::NAN };
        };
        let median = 0.5 * (numbers[(numbers.len() - 1) / 2] + numbers[numbers.len() / 2]);
        Self { median, min, max }
    }

    /// Median, least and greatest as a cell of a table.
    pub fn cell(self, words: impl Fn(f64) -> String) -> String {
        format!("{} [{}–{}]", words(self.median), words(self.min), words(self.max))
    }
}

/// A peer's times of a figure, a round each.
#[derive(Debug)]
pub struct Entry {
    /// What the peer is called.
    pub name: &'static str,
    /// At least one.
    pub rounds: Vec<PeerTiming>,
}

impl Entry {
    /// Its medians.
    pub fn range(&self) -> Range {
        Range::of(self.rounds.iter().map(|timing| timing.ms))
    }

    /// Its name and the form that it ran in.
    pub fn words(&self) -> String {
        let form = self.rounds.first().map_or("", |timing| timing.form.as_str());
        format!("{} ({form})", self.name)
    }
}

/// The times of one figure by all, in milliseconds.
#[derive(Debug)]
pub struct Contest {
    /// The medians of this program, a round each.
    pub ours: Vec<f64>,
    /// The peers that have times of all rounds.
    pub peers: Vec<Entry>,
}

impl Contest {
    /// This program's medians.
    pub fn ours(&self) -> Range {
        Range::of(self.ours.iter().copied())
    }

    /// The peer whose median is least.
    pub fn best(&self) -> Option<&Entry> {
        self.peers.iter().min_by(|a, b| a.range().median.total_cmp(&b.range().median))
    }

    /// How many times as long a peer takes as this program, from the two times of each round.
    pub fn ratio(&self, peer: &Entry) -> Range {
        Range::of(peer.rounds.iter().zip(&self.ours).map(|(theirs, ours)| theirs.ms / ours))
    }

    /// All of it, for scripts.
    pub fn json(&self, [work, figure, device]: [&str; 3], gflop: f64, share: f64) -> Value {
        let peer = |peer: &Entry| {
            json!({
                "peer": peer.name,
                "form": peer.rounds.first().map(|timing| &timing.form),
                "ms": peer.range(),
                "ratio": self.ratio(peer),
                "forms": peer.rounds.first().map(|timing| &timing.forms),
            })
        };
        json!({
            "work": work, "figure": figure, "device": device, "rounds": self.ours.len(), "ms": self.ours(), "gflop": gflop,
            "share": share, "best": self.best().map(|best| best.name), "ratio": self.best().map(|best| self.ratio(best)),
            "peers": self.peers.iter().map(peer).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &'static str, times: [f64; 3]) -> Entry {
        let timing = |ms| PeerTiming { ms, form: "jit".to_owned(), forms: Default::default() };
        Entry { name, rounds: times.map(timing).to_vec() }
    }

    #[test]
    fn the_ratio_is_of_the_times_of_a_round_against_the_peer_that_is_fastest() {
        let peers = vec![entry("slow", [9.0, 1.0, 9.0]), entry("fast", [4.0, 6.0, 5.0])];
        let contest = Contest { ours: vec![2.0, 2.0, 5.0], peers };
        let best = contest.best().unwrap();
        assert_eq!(best.words(), "fast (jit)");
        // 2, 3 and 1: not the ratio of the medians, which is 2.5.
        assert_eq!(contest.ratio(best), Range { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(contest.ours().cell(|ms| ms.to_string()), "2 [2–5]");
        let json = contest.json(["mlp", "sgd_step", "CPU"], 0.5, 0.25);
        assert_eq!((json["best"].as_str(), json["ratio"]["max"].as_f64()), (Some("fast"), Some(3.0)));
        assert_eq!((json["ms"]["max"].as_f64(), json["peers"][0]["ms"]["min"].as_f64()), (Some(5.0), Some(1.0)));
    }

    #[test]
    fn without_peers_there_is_no_best() {
        let contest = Contest { ours: vec![2.0], peers: Vec::new() };
        assert!(contest.best().is_none());
        assert!(contest.json(["mlp", "sgd_step", "CPU"], 1.0, 1.0)["ratio"].is_null());
    }
}
