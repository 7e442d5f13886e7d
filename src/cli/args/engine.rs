//! What `flatscape engine` takes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(super) const ENGINE_ABOUT: &str = "\
Serve a window on another machine, over standard input and output.

It is what `flatscape --host HOST` starts there by ssh. The engine it brings goes on when the connection breaks, and the window takes \
it up again; it ends when the window closes, or after --linger minutes without one. Nothing but the protocol goes to stdout, and both \
ends must be of the same version.

On systems without Unix sockets, and with --here, the engine is in this process and ends with its connection; its session stays.";

/// Arguments of `flatscape engine`.
#[derive(Debug, Args)]
#[command(after_help = ENGINE_EXAMPLES)]
pub struct EngineArgs {
    /// Where to compute: auto takes the faster of the CPU and the first hardware GPU for each experiment; gpu takes any adapter,
    /// a software one too, gpu:N the hardware GPU of that number; cpu needs none
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,

    /// Go on with this session: with the engine that writes it, or a new one
    #[arg(long, value_name = "SESSION", value_hint = ValueHint::AnyPath)]
    pub attach: Option<PathBuf>,

    /// After so many minutes without a window the engine ends
    #[arg(long, value_name = "MINUTES", default_value = "1440", allow_hyphen_values = true)]
    pub linger: String,

    /// Compute in this process, which ends with its connection
    #[arg(long)]
    pub here: bool,

    /// The place where the engine itself waits for windows
    #[arg(long, value_name = "NAME", hide = true, conflicts_with = "here")]
    pub listen: Option<String>,
}

const ENGINE_EXAMPLES: &str = "\
Examples:
  flatscape --host gpu.example.org                         starts it there
  flatscape --engine 'ssh gpu.example.org bin/flatscape engine --device gpu:1'
                                                           … with a command of your own
  flatscape --host gpu.example.org --attach run.flatscape  … with a session that lies there";
