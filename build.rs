//! Nothing is made before the build.

fn main() {}
