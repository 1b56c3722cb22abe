//! The fluent harness of the tests: a project in a folder of its own, the real programs, and what
//! they made.
//!
//! ```no_run
//! use harness::Project;
//!
//! let project = Project::new();
//! project.build().success();
//! project.edit("content/charte.md", "chacun", "chacune");
//! project.build().success();
//! assert!(project.page("/charte/").contains("chacune"));
//! ```
//!
//! A test says what it means and nothing else: no path of the machine, no clock, no port. What runs
//! are the binaries that a person would run, as processes.

#![allow(clippy::missing_panics_doc, reason = "a harness fails a test by panicking")]
#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "an assertion may be the end of a sentence"
)]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the generator writes its own names")]

mod binary;
mod disk;
mod form;
mod outline;
mod project;
mod run;
mod server;
mod static_site;

pub mod browser;
pub mod html;
pub mod paper;
pub mod postgres;
pub mod tools;
pub mod weight;

pub use binary::repository;
pub use disk::{Disk, Disks};
pub use form::Form;
pub use outline::outline;
pub use project::{NOW, Project};
pub use run::Run;
pub use server::{Answer, Client, Launch, Request, Server};
pub use static_site::StaticSite;
