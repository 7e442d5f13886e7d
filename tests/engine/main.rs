//! The engine through its link, as the window sees it: same seed, same events; what is asked for comes, what fails is said.
//!
//! Each test has an engine thread of its own, on the CPU.

mod branches;
mod fleet;
mod followed;
mod jobs;
mod live;
#[cfg(unix)]
mod remote;
#[path = "../common/session.rs"]
mod session;
mod sessions;
mod slices;
mod starts;
mod streams;
