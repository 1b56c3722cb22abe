//! The sign-up server's program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    form_handler::cli::main(std::env::args_os(), std::env::var("LANG").ok().as_deref())
}
