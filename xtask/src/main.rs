//! The tool box.
fn main() {}
