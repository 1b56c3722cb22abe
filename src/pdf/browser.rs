//! The one browser that prints: found, started on a profile of its own, and never left behind.

use std::{env, ffi::OsStr, io, net::SocketAddr, path::PathBuf, time::Duration};

use chromiumoxide::{
    BrowserConfig, Page,
    cdp::browser_protocol::{emulation::SetEmulatedMediaParams, target::CreateTargetParams},
    error::CdpError,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;

use super::job::BrowserError;

/// The variable that names another browser.
const VARIABLE: &str = "CHROMIUM";
/// As distributions call it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long a browser may take to start on a machine that is busy.
const START: Duration = Duration::from_mins(1);
/// How long it may take to leave, before it is made to.
const LEAVE: Duration = Duration::from_secs(3);

/// The browser's program: the one that is named, or the first that the path has.
pub(super) fn find(named: Option<PathBuf>) -> Option<PathBuf> {
    let named = named.or_else(|| env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
    if let Some(program) = named {
        return if program.components().count() > 1 {
            Some(program).filter(|program| program.is_file())
        } else {
            on_path(program.as_os_str())
        };
    }
    NAMES.iter().find_map(|name| on_path(OsStr::new(name)))
}

fn on_path(name: &OsStr) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A running browser. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Browser {
    inner: chromiumoxide::Browser,
    /// Carries what the browser says; ends with it.
    voice: JoinHandle<()>,
    /// Removed last, once nobody writes there any more.
    _profile: TempDir,
}

impl Browser {
    /// Starts `program`, which reaches nothing but `site`.
    pub(super) async fn start(program: PathBuf, site: SocketAddr) -> Result<Self, BrowserError> {
        let profile = TempDir::with_prefix("entreparentaise-").map_err(BrowserError::Disk)?;
        let mut config = BrowserConfig::builder()
            .chrome_executable(program)
            .new_headless_mode()
            .disable_default_args()
            .user_data_dir(profile.path())
            .viewport(None)
            .launch_timeout(START)
            .args(flags(site));
        if rustix::process::geteuid().is_root() {
            // Chromium refuses to start otherwise. It opens pages of ours alone.
            config = config.no_sandbox();
        }
        let config = config.build().map_err(BrowserError::Start)?;
        let launched = chromiumoxide::Browser::launch(config).await;
        let (inner, mut handler) = launched.map_err(|error| BrowserError::Start(error.to_string()))?;
        let voice = tokio::spawn(async move {
            while let Some(said) = handler.next().await {
                if matches!(said, Err(CdpError::Ws(_) | CdpError::Io(_))) {
                    break;
                }
            }
        });
        Ok(Self { inner, voice, _profile: profile })
    }

    /// A tab that shows pages as paper does.
    pub(super) async fn tab(&self) -> Result<Page, CdpError> {
        let tab = self.inner.new_page(CreateTargetParams::new("about:blank")).await?;
        tab.execute(SetEmulatedMediaParams::builder().media("print").build()).await?;
        Ok(tab)
    }

    /// Whether nothing is to be expected of it any more.
    pub(super) fn is_dead(&self) -> bool {
        self.voice.is_finished()
    }

    /// Lets it put its things away, then kills it, whatever it answered.
    pub(super) async fn end(mut self) {
        if !self.is_dead() {
            let _ = tokio::time::timeout(LEAVE, self.inner.close()).await;
        }
        if tokio::time::timeout(LEAVE, self.inner.wait()).await.is_err() {
            let _: Option<io::Result<()>> = self.inner.kill().await;
        }
        self.voice.abort();
    }
}

fn flags(site: SocketAddr) -> Vec<String> {
    let plain = [
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "no-default-browser-check",
        "disable-background-networking",
        "disable-component-update",
        "disable-default-apps",
        "disable-sync",
        "disable-breakpad",
        "disable-background-timer-throttling",
        "disable-renderer-backgrounding",
        // A container's shared memory is often too small for a page.
        "disable-dev-shm-usage",
    ];
    let valued = [
        // No name leads anywhere, and every other address goes through a proxy that refuses it: the
        // site's own server.
        ("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned()),
        ("proxy-server", format!("http://{site}")),
        ("force-color-profile", "srgb".to_owned()),
        // Letters stand where they will on paper, not where a screen's pixels would draw them.
        ("font-render-hinting", "none".to_owned()),
        ("password-store", "basic".to_owned()),
    ];
    let valued = valued.into_iter().map(|(name, value)| format!("{name}={value}"));
    plain.into_iter().map(str::to_owned).chain(valued).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_is_named_is_the_only_one() {
        assert_eq!(find(Some("/nowhere/chromium".into())), None);
        assert_eq!(find(Some("no-such-browser".into())), None);
        assert_eq!(find(Some("/bin/sh".into())), Some("/bin/sh".into()));
        assert!(find(Some("sh".into())).is_some_and(|program| program.ends_with("sh")));
    }
}
