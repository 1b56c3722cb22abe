//! Where the programs are: cargo tells each package's own tests, and builds them first.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The folder of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().nth(2).expect("the harness lives in tests/harness").to_owned()
    })
}

/// The site generator.
pub(crate) fn entreparentaise() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| find("entreparentaise"))
}

/// The sign-up server.
pub(crate) fn form_handler() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| find("form-handler"))
}

fn find(name: &str) -> PathBuf {
    let told = std::env::var_os(format!("CARGO_BIN_EXE_{name}"));
    // Building it here would be in other features than the rest of the workspace: everything once
    // more, for minutes.
    told.unwrap_or_else(|| panic!("{name} belongs to another package: its library does the same")).into()
}
