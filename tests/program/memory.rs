//! What cannot fit into this machine is refused in one sentence before it begins.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::analyze_small::{BASE, f32s, i64s, save};
use crate::{flatscape, is_one_line};

/// The machine's memory in bytes; `None` where it does not tell, and then nothing is refused.
fn memory() -> Option<usize> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let total = System::new_with_specifics(memory).ok()?.total_memory();
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
    // Noise at both ends of 64 samples: a row of weights and one of a gradient each, in 32 bits; twice as much as there is.
    const ROWS: usize = 2 * 2 * 64;
    let side = ((2 * memory / (4 * ROWS)) as f64).sqrt() as usize;
    if side * side > 1 << 27 {
        eprintln!("skipped: this machine has room for the largest network that there may be");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 200\n\
         [data]\nsource = \"moons\"\ntrain_size = 20\ntest_size = 20\n\
         [model]\ninput = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear {side}\", \"linear {side}\", \"linear 2\"]\n\
         [optimizers.nso]\nk = 64\n"
    );
    std::fs::write(dir.path().join("e.toml"), text).unwrap();
    let output = flatscape(dir.path()).args(["compare", "e.toml", "--device", "cpu", "--out", "o"]).output().unwrap();
    let words = ["it would take about ", " of memory, expected at most ", "a smaller network or batch"];
    assert!(is_one_line(&output, &words), "{output:?}");
    assert!(!dir.path().join("o").exists());
}
