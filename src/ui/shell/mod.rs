//! The window around the panes: what it is made of, where the panes are docked, and what is done with what they ask for.

mod about;
mod app;
mod dialogs;
mod dock;
mod figures;
mod files;
mod frame_bench;
mod menu;
mod native;
mod palette;
mod panes;
mod preferences;
mod sheet;
mod status;
mod system_fonts;
mod toasts;
mod top_bar;
mod tour;
mod wake;
mod window_settings;

pub use app::App;
pub use frame_bench::{fake, time_frames};
pub use native::open;
pub use wake::Pace;
