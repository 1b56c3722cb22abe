//! Where the programs are: cargo tells a package's own tests; for the others they are built once, in the same profile.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use escargot::CargoBuild;

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
    if let Some(path) = std::env::var_os(format!("CARGO_BIN_EXE_{name}")) {
        return path.into();
    }
    let build = CargoBuild::new().manifest_path(repository().join("Cargo.toml")).package(name).bin(name);
    let build = if cfg!(debug_assertions) { build } else { build.release() };
    build.run().unwrap_or_else(|error| panic!("{name} must build: {error}")).path().to_owned()
}
