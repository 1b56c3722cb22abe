//! The preview: the site as it would be published, sessions in draft included, made in memory as it
//! is asked for. A change of the root is seen at once, the browsers that look at it are told, and
//! problems show in the page while the last good site stays.

mod http;
mod live;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::net::TcpListener;

pub use self::live::{LookReport, Preview};
use crate::{
    site::When,
    watch::{Changed, Watcher},
};

/// The longest sleep: a clock that was set is seen by then.
const NAP: Duration = Duration::from_mins(1);

/// What is shown besides the sources: the states that the handler told.
const ALSO: &[&str] = &[live::AVAILABILITY];

/// What to preview.
#[derive(Debug, Clone)]
pub struct PreviewOptions {
    /// The folder that holds `content/` and `templates/`.
    pub root: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// A present that does not move.
    pub now: Option<When>,
    /// The language of whoever looks at it.
    pub lang: String,
}

/// What the preview says to whoever runs it.
pub trait PreviewEvents: Send + Sync + 'static {
    /// It can be looked at there.
    fn listening(&self, address: SocketAddr);
    /// The root was looked at again.
    fn looked(&self, report: &LookReport);
    /// The system watches no folders.
    fn blind(&self, error: &notify::Error);
}

/// Previews until the process is stopped. `clock` tells the present.
///
/// # Errors
/// When the address cannot be listened at.
pub fn run(options: &PreviewOptions, clock: fn() -> Timestamp, events: &Arc<dyn PreviewEvents>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind(options.listen))?;
    let address = listener.local_addr()?;
    let now = options.now;
    let present = move || now.unwrap_or_else(|| When::Instant(clock()));
    let preview = Arc::new(Preview::open(&options.root, &options.lang, present));
    events.listening(address);
    events.looked(&preview.report());
    std::thread::spawn({
        let (preview, root, events) = (Arc::clone(&preview), options.root.clone(), Arc::clone(events));
        move || watch_root(&preview, &root, clock, now.is_some(), &*events)
    });
    runtime.block_on(http::serve(listener, preview))
}

/// Looks again whenever the root changes, or time alone changes the site.
fn watch_root(
    preview: &Preview,
    root: &std::path::Path,
    clock: fn() -> Timestamp,
    frozen: bool,
    events: &dyn PreviewEvents,
) {
    let mut watcher = Watcher::new(root, ALSO);
    // What changed between the first look and the watch.
    let mut changed = Some(Changed::Anything);
    let mut rehearsed = false;
    loop {
        if let Some(error) = watcher.take_error() {
            events.blind(&error);
        }
        if let Some(report) = preview.look(changed.as_ref()) {
            events.looked(&report);
            rehearsed = false;
        }
        // Everything is made once in the shade, for what only a page that is made can tell; a
        // change interrupts it.
        if !rehearsed {
            let before = preview.report();
            let report = preview.rehearse(&watcher.pending());
            rehearsed = report.is_some();
            if let Some(report) = report.filter(|report| *report != before) {
                events.looked(&report);
            }
        }
        let next = preview.next_change().filter(|_| !frozen);
        changed = loop {
            let nap = next.and_then(|at| Duration::try_from(at.duration_since(clock())).ok()).unwrap_or(NAP).min(NAP);
            match watcher.wait(nap) {
                Some(changed) => break Some(changed),
                None if next.is_some_and(|at| at <= clock()) => break None,
                None => {}
            }
        };
    }
}
