//! Tests of the session file.

mod damage;
mod document;
mod kept;
mod killed;
mod opening;
mod sample;
mod thinning;
mod writing;

/// Numbers that are the same each time.
fn rng(seed: u64) -> rand_chacha::ChaCha8Rng {
    use rand::SeedableRng as _;
    rand_chacha::ChaCha8Rng::seed_from_u64(seed)
}
