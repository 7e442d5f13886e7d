//! The window around the panes: what it is made of, where the panes are docked, and what is done with what they ask for.

mod about;
mod app;
mod device_menu;
mod dialogs;
mod dock;
mod earlier;
mod figures;
mod files;
mod frame_bench;
mod line;
mod link_form;
mod menu;
mod native;
mod palette;
mod panes;
mod preferences;
mod session_view;
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
