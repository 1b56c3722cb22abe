//! From a folder of texts to a site and its flyers; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    entreparentaise::cli::run(std::env::args_os())
}
