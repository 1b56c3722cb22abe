//! The command `entreparentaise`.

use std::process::ExitCode;

/// A build makes and forgets millions of small values on every core: the system's own allocator
/// takes a fifth more of its time (`cargo xtask bench site`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    entreparentaise::cli::run(std::env::args_os())
}
