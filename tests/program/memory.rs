//! What cannot fit into this machine is refused in one sentence before it begins.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::analyze_small::{BASE, f32s, i64s, save};
use crate::{flatscape, is_one_line};

/// The machine's memory in bytes; `None` where it does not tell, and then nothing is refused.
fn memory() -> Option<usize> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let total = System::new_with_specifics(memory)?.total_memory();
    if total == 0 {
        eprintln!("skipped: this machine does not tell how much memory it has");
        return None;
    }
    usize::try_from(total).ok()
}

#[test]
fn a_solve_whose_basis_has_no_room_is_refused() {
    const INPUTS: usize = 1000;
    const PAIRS: usize = 2000;
    let Some(memory) = memory() else { return };
    // Of so many pairs a solve holds four vectors each at least, in 32 bits: half as much again as there is.
    let outputs = (3 * memory / 2).div_ceil(4 * PAIRS * 4 * (INPUTS + 1));
    let dir = tempfile::tempdir().unwrap();
    let model = format!("input = [{INPUTS}]\nloss = \"cross-entropy\"\nlayers = [\"linear {outputs}\"]\n");
    std::fs::write(dir.path().join("m.toml"), model).unwrap();
    let weights = [f32s("0.weight", &[outputs, INPUTS], |_| 0.0), f32s("0.bias", &[outputs], |_| 0.0)];
    save(&dir.path().join("w.safetensors"), &weights);
    let data = [f32s("x", &[3, INPUTS], |i| (i as f32).cos()), i64s("y", &[3], |i| (i % 2) as i64)];
    save(&dir.path().join("d.safetensors"), &data);
    let output = flatscape(dir.path()).args(BASE).args(["--eigenvalues", &PAIRS.to_string()]).output().unwrap();
    let words = ["it would take about ", " of memory, expected at most ", "fewer eigenvalues"];
    assert!(is_one_line(&output, &words), "{output:?}");
    assert!(!dir.path().join("o").exists());
}

#[test]
fn a_comparison_whose_weights_have_no_room_is_refused() {
    let Some(memory) = memory() else { return };
    // A run holds its weights, their gradient and its own rows several times over; twice is more than there is.
    let side = ((memory / 4) as f64).sqrt() as usize;
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 4\n\
         [data]\nsource = \"moons\"\ntrain_size = 20\ntest_size = 20\n\
         [model]\ninput = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear {side}\", \"linear {side}\", \"linear 2\"]\n\
         [optimizers.sgd]\n"
    );
    std::fs::write(dir.path().join("e.toml"), text).unwrap();
    let output = flatscape(dir.path()).args(["compare", "e.toml", "--device", "cpu", "--out", "o"]).output().unwrap();
    let words = ["it would take about ", " of memory, expected at most ", "a smaller network or batch"];
    assert!(is_one_line(&output, &words), "{output:?}");
    assert!(!dir.path().join("o").exists());
}
