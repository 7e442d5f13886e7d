//! `flatscape bench --counts`: what figures ask of a GPU instead of their times.

use anyhow::Result;

use super::choice::Chosen;
use super::{name, open};
use crate::cli::args::BenchArgs;
use crate::cli::error::tell;
use crate::cli::print::print;
use crate::cli::table::align;
use crate::engine::bench::Bench;
use crate::model::Counts;

/// One line of `--counts --json`.
#[derive(serde::Serialize)]
struct Line<'a> {
    work: &'a str,
    figure: &'a str,
    device: &'a str,
    /// Kernels launched.
    launches: u64,
    /// Times that numbers were sent to the device, and their bytes.
    uploads: u64,
    uploaded_bytes: u64,
    /// Times that the host waited for numbers, and their bytes.
    reads: u64,
    read_bytes: u64,
}

/// Counts each figure of each work once, after a run that compiles its kernels.
pub fn run(args: &BenchArgs, chosen: &Chosen) -> Result<()> {
    let header = ["work     figure", "kernels", "uploads", "bytes", "reads", "bytes"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let mut devices: Vec<String> = Vec::new();
    for &work in &chosen.works {
        let open = open(args, work)?;
        tell(&format!("{} on {}", work.key(), open.name));
        let mut bench = Bench::new(work, &open.compute);
        for &figure in &chosen.figures {
            let counts = bench.counts(figure);
            let (work, figure, device) = (work.key(), figure.key(), open.name.as_str());
            let Counts { launches, uploads, uploaded_bytes, reads, read_bytes } = counts;
            tell(&format!("  {figure}: {launches} kernels"));
            if args.json {
                let line = Line { work, figure, device, launches, uploads, uploaded_bytes, reads, read_bytes };
                print(&serde_json::to_string(&line)?)?;
            }
            let numbers = [launches, uploads, uploaded_bytes, reads, read_bytes].map(|number| number.to_string());
            rows.push([name(work, figure)].into_iter().chain(numbers).collect());
        }
        if !devices.contains(&open.name) {
            devices.push(open.name);
        }
    }
    if args.json {
        return Ok(());
    }
    print(&format!(
        "{}\n\nOne run of each figure on {}, after one that compiles its kernels. The CPU is asked for none.",
        align(&rows).join("\n"),
        devices.join(" or ")
    ))
}
