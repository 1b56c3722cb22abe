//! A bar on a terminal, for a build that takes more than a second.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::speech::Speech;
use crate::progress::Progress;

/// A shorter build needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);

/// Does `work`, showing how far it is when somebody watches.
pub(super) fn during<T>(progress: &Arc<Progress>, speech: &Speech, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = channel::<()>();
    let words = speech.say("en-cours", &[]);
    thread::scope(|scope| {
        let progress = Arc::clone(progress);
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_message(words);
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            loop {
                let (at, of) = progress.state();
                bar.set_length(of as u64);
                bar.set_position(at as u64);
                if waiting.recv_timeout(REFRESH) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}
