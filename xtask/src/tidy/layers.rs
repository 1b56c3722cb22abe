//! The layers of both packages, and the rule that no layer knows a higher one.

use super::{Kind, Problem, graph::Package};

/// The top-level modules of each package, lowest first: a module may use those before it and no
/// other. This is the one place that says so.
pub(super) const LAYERS: &[(&str, &[&str])] = &[
    (
        "src",
        &[
            "fingerprint",
            "private_dir",
            "progress",
            "model",
            "urls",
            "diagnostics",
            "content",
            "watch",
            "assets",
            "report",
            "calendar",
            "drawing",
            "templates",
            "views",
            "site",
            "outputs",
            "check",
            "build",
            "pdf",
            "preview",
            "cli",
        ],
    ),
    (
        "form-handler/src",
        &[
            "system",
            "phrase",
            "log",
            "token",
            "demand",
            "enrolment",
            "store",
            "key_file",
            "messages",
            "published",
            "schedule",
            "publishing",
            "settings",
            "backup",
            "base",
            "web",
            "connections",
            "stop",
            "start",
            "commands",
        ],
    ),
];

/// What leads upwards in a package, what the list does not name, and what it names without need.
pub(super) fn problems(package: &Package, layers: &[&str]) -> Vec<Problem> {
    let level = |name: &str| layers.iter().position(|layer| *layer == name);
    let lib = format!("{}/lib.rs", package.folder);
    let mut problems = Vec::new();
    for name in package.top_level() {
        if level(name).is_none() {
            let said = format!("the module `{name}` is missing from the layers (xtask/src/tidy/layers.rs)");
            problems.push(Problem::new(Kind::Unlisted, &lib, 1, said));
        }
    }
    for name in layers.iter().filter(|name| !package.top_level().contains(name)) {
        let said = format!("the layers (xtask/src/tidy/layers.rs) name `{name}`, which is no module");
        problems.push(Problem::new(Kind::Unlisted, &lib, 1, said));
    }
    for arrow in package.arrows() {
        if let (Some(from), Some(to)) = (level(arrow.from), level(arrow.to))
            && from < to
        {
            let said = format!("`{}` is a lower layer than `{}`, which it uses here", arrow.from, arrow.to);
            problems.push(Problem::new(Kind::Upwards, arrow.file, arrow.line, said));
        }
    }
    problems
}
