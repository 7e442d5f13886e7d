//! `flatscape bench --against peers`: this program and the others in turn, figure by figure, and how their times compare.

mod contest;
mod peer;

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::choice::Chosen;
use super::limit::{Limits, percent};
use super::{milliseconds, name, open};
use crate::cli::args::BenchArgs;
use crate::cli::compare::whole;
use crate::cli::error::{BadInput, say, tell};
use crate::cli::print::print;
use crate::cli::table::align;
use crate::engine::bench::{Bench, Figure, Work, WorkCheck};

use contest::{Contest, Entry};
use peer::{PEERS, Peer, PeerCheck, write_scripts};

/// Threads of the program that ran before wait for more work for a while, on a core that the next one wants.
const REST: Duration = Duration::from_millis(300);
/// Rounds at most.
const MOST_ROUNDS: u64 = 100;
/// How far loss, gradient and curvature in 64 bits may be apart, as a share of them.
const SAME: f64 = 1e-6;

/// Runs the command.
pub fn run(args: &BenchArgs, chosen: &Chosen) -> Result<()> {
    if !chosen.has_device() {
        let names: Vec<String> = chosen.wholes.iter().map(|whole| format!("`{}`", whole.key())).collect();
        let have = if names.len() == 1 { "has" } else { "have" };
        let words = format!("`--against peers`: {} {have} no peer, expected another work", names.join(" and "));
        return Err(BadInput(words).into());
    }
    let rounds = whole("--rounds", &args.rounds, MOST_ROUNDS)?;
    // The peers have the device of the first work, so all works do.
    let open = open(args, chosen.works[0])?;
    let folder = tempfile::tempdir().context("a folder for the peers' scripts")?;
    write_scripts(folder.path())?;
    let mut peers = start(&args.python, folder.path(), !open.compute.is_cpu())?;
    let versions = peers.iter().map(|peer| peer.version.clone()).collect::<Vec<_>>().join(" and ");
    let mut limits = Limits::default();
    let limit = limits.of(&open);
    let header = ["work     figure", "Flatscape, ms", "of the limit", "best peer, ms", "which", "peer / Flatscape"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for &work in &chosen.works {
        tell(&format!("{} on {}", work.key(), open.name));
        let check = WorkCheck::of(work);
        let mut peers: Vec<&mut Peer> = peers.iter_mut().filter_map(|peer| same(peer, work, check)).collect();
        let mut bench = Bench::new(work, &open.compute);
        for &figure in &chosen.figures {
            let contest = play(&mut bench, [work.key(), figure.key()], figure, &mut peers, rounds);
            let (flop, ms) = (bench.flop(figure), contest.ours().median);
            let share = limit.share(&name(work.key(), figure.key()), flop, ms, || bench.parts(figure, ms));
            let row = row(work, figure, &contest, share);
            tell(&format!("  {}", row[1..].join(", ")));
            if args.json {
                print(&contest.json([work.key(), figure.key(), &open.name], flop / 1e9, share).to_string())?;
            }
            rows.push(row);
        }
    }
    if args.json {
        return Ok(());
    }
    let table = align(&rows).join("\n");
    print(&format!(
        "{table}\n\nOn {}, beside {versions}: medians of {rounds} rounds in turn [least–greatest]; the last column is worked out round by \
         round.\n{}",
        open.name,
        limit.words()
    ))
}

/// The peers that this Python can run; it says which it cannot.
///
/// # Errors
/// A Python that does not start, or that can run none.
fn start(python: &str, folder: &Path, on_gpu: bool) -> Result<Vec<Peer>> {
    let (mut peers, mut absent) = (Vec::new(), Vec::new());
    for peer in PEERS {
        match Peer::start(peer, python, folder, on_gpu)? {
            Ok(peer) => peers.push(peer),
            Err(why) => absent.push(why),
        }
    }
    if peers.is_empty() {
        return Err(BadInput(format!("`--python`: `{python}` runs no peer ({})", absent.join("; "))).into());
    }
    absent.iter().for_each(|why| say(&format!("{why}; it is left out")));
    Ok(peers)
}

/// The peer where its work is the same as ours; it says where it is not.
fn same(peer: &mut Peer, work: Work, ours: WorkCheck) -> Option<&mut Peer> {
    if peer.has_ended {
        return None;
    }
    match peer.check(work.key()) {
        Ok(theirs) if agree(ours, theirs) => return Some(peer),
        Ok(PeerCheck { loss, gradient, curvature }) => say(&format!(
            "`{}` is other work in {} (loss {loss}, gradient {gradient}, curvature {curvature}; here {}, {}, {}); it is left out",
            work.key(),
            peer.name,
            ours.loss,
            ours.gradient_norm,
            ours.curvature
        )),
        Err(why) => say(&format!("{why}; it is left out of `{}`", work.key())),
    }
    None
}

fn agree(ours: WorkCheck, theirs: PeerCheck) -> bool {
    let pairs = [(ours.loss, theirs.loss), (ours.gradient_norm, theirs.gradient), (ours.curvature, theirs.curvature)];
    pairs.into_iter().all(|(ours, theirs)| (ours - theirs).abs() <= SAME * ours.abs())
}

/// Times a figure by this program and by each peer, one after the other, again and again. A peer that cannot do it says why and
/// is left out.
fn play(
    bench: &mut Bench,
    [work, figure_name]: [&str; 2],
    figure: Figure,
    peers: &mut [&mut Peer],
    rounds: u64,
) -> Contest {
    let mut ours = Vec::new();
    let mut theirs: Vec<Option<Entry>> =
        peers.iter().map(|peer| (!peer.has_ended).then(|| Entry { name: peer.name, rounds: Vec::new() })).collect();
    for _ in 0..rounds {
        sleep(REST);
        ours.push(bench.time(figure).ms);
        for (peer, place) in peers.iter_mut().zip(&mut theirs) {
            let Some(entry) = place else { continue };
            sleep(REST);
            match peer.time(work, figure_name) {
                Ok(timing) => entry.rounds.push(timing),
                Err(why) => {
                    say(&format!("{why}; it is left out of `{figure_name}`"));
                    *place = None;
                }
            }
        }
    }
    Contest { ours, peers: theirs.into_iter().flatten().collect() }
}

fn row(work: Work, figure: Figure, contest: &Contest, share: f64) -> Vec<String> {
    let ours = contest.ours().cell(milliseconds);
    let [peer, which, ratio] = match contest.best() {
        Some(best) => {
            [best.range().cell(milliseconds), best.words(), contest.ratio(best).cell(|ratio| format!("{ratio:.2}"))]
        }
        None => ["–", "", "–"].map(str::to_owned),
    };
    vec![name(work.key(), figure.key()), ours, percent(share), peer, which, ratio]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_are_the_same_where_all_three_numbers_are() {
        let ours = WorkCheck { loss: 2.0, gradient_norm: 0.5, curvature: -3.0 };
        let theirs = PeerCheck { loss: 2.0 + 1e-7, gradient: 0.5, curvature: -3.0 };
        assert!(agree(ours, theirs));
        assert!(!agree(ours, PeerCheck { loss: 2.01, ..theirs }));
        assert!(!agree(ours, PeerCheck { gradient: 0.51, ..theirs }));
        assert!(!agree(ours, PeerCheck { curvature: 3.0, ..theirs }));
        assert!(!agree(ours, PeerCheck { loss: f64::NAN, ..theirs }));
    }
}
