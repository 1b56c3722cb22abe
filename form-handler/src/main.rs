//! The sign-up server's program: everything is in the library.

use std::process::ExitCode;

/// Many small strings come and go with each request, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    form_handler::commands::main(std::env::args_os().collect(), std::env::var("LANG").ok().as_deref())
}
