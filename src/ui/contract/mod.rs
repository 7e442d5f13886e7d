//! What a pane may see and what it may ask for: the words between panes and the shell.

pub mod appearance;
pub mod ask;
pub mod chart_tab;
pub mod command;
pub mod notice_look;
pub mod pane;
pub mod pane_ui;
pub mod plane;
pub mod seen;
pub mod terms;
