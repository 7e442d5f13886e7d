//! What the engine has told, as the window keeps it, and what can be said of it in words. Nothing here draws.

pub mod blocks;
pub mod course;
pub mod envelope;
pub mod folder_view;
pub mod history;
pub mod job;
pub mod kept_run;
pub mod layer_history;
pub mod model;
pub mod noise_mean;
pub mod noise_text;
pub mod notices;
pub mod origin;
pub mod preset;
pub mod previews;
pub mod restart;
pub mod rows;
pub mod run_events;
pub mod run_view;
pub mod shared;
pub mod start;
pub mod undo;
pub mod words;
