//! What the window knows of the folder that a run follows, in words.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use crate::protocol::{FOLDER_INTERVAL, FollowedState};
use crate::ui::kit::format;

/// Why a run that follows a folder cannot be trained, turned or taken back.
pub const ELSEWHERE: &str = "This run is trained elsewhere.";

/// The folder that a run follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderView {
    /// The folder.
    pub folder: PathBuf,
    /// Its checkpoints.
    pub state: FollowedState,
    /// When the newest was written, on the window's clock; `None` where that is too long ago for it.
    pub written: Option<Instant>,
}

impl FolderView {
    /// A folder of which nothing is known yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, state: FollowedState::default(), written: None }
    }

    /// Takes what the engine says of it.
    pub fn take(&mut self, state: FollowedState, now: Instant) {
        let age = |written: SystemTime| SystemTime::now().duration_since(written).unwrap_or_default();
        self.written = state.newest.as_ref().and_then(|newest| now.checked_sub(age(newest.written)));
        self.state = state;
    }

    /// The folder without those that it lies in.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.folder.file_name();
        name.map_or_else(|| self.folder.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// What the numbers of its checkpoints are: steps, where their names say so.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        if self.state.has_steps || self.state.num_read == 0 { "step" } else { "checkpoint" }
    }

    /// How it stands, with the age of the newest checkpoint: the longest words first.
    #[must_use]
    pub fn words(&self, age: Option<&str>) -> [String; 3] {
        let FollowedState { num_read, num_waiting, .. } = self.state;
        let name = self.name();
        let many = |count: usize| if count == 1 { "checkpoint" } else { "checkpoints" };
        if num_read == 0 && num_waiting == 0 {
            let secs = FOLDER_INTERVAL.as_secs();
            let long = format!("no checkpoint yet in {name}; looking every {secs} s");
            return [long, "no checkpoint yet".to_owned(), "none yet".to_owned()];
        }
        if num_waiting > 0 {
            let (read, all) = (format::grouped(num_read as u64), num_read + num_waiting);
            let of = format!("{read} of {} {} read", format::grouped(all as u64), many(all));
            return [format!("followed: {name}, {of}"), of, format!("{read}/{all}")];
        }
        let count = format!("{} {}", format::grouped(num_read as u64), many(num_read));
        match age {
            Some(age) => [format!("followed: {name}, {count}, newest {age}"), format!("{count}, newest {age}"), count],
            None => [format!("followed: {name}, {count}"), count, format::grouped(num_read as u64)],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::NewestCheckpoint;

    #[test]
    fn a_folder_says_how_many_checkpoints_it_has_and_how_old_the_newest_is() {
        let mut view = FolderView::new(PathBuf::from("/data/run 7"));
        assert_eq!(view.words(None)[0], "no checkpoint yet in run 7; looking every 2 s");
        let written = SystemTime::now() - Duration::from_secs(31);
        let newest = Some(NewestCheckpoint { name: "step_9.pt".to_owned(), step: 9, written });
        let state = FollowedState { num_read: 11, num_waiting: 1, has_steps: true, newest, ..FollowedState::default() };
        let now = Instant::now();
        view.take(state.clone(), now);
        assert_eq!(view.words(Some("x"))[0], "followed: run 7, 11 of 12 checkpoints read");
        view.take(FollowedState { num_read: 12, num_waiting: 0, ..state }, now);
        let age = view.written.map(|written| now.duration_since(written).as_secs());
        assert!(age.is_some_and(|age| (31..60).contains(&age)), "{age:?}");
        let words = view.words(Some("30 s ago"));
        assert_eq!(words[0], "followed: run 7, 12 checkpoints, newest 30 s ago");
        assert_eq!((words[2].as_str(), view.noun()), ("12 checkpoints", "step"));
        view.state.has_steps = false;
        assert_eq!(view.noun(), "checkpoint");
    }
}
