//! What a text message is promised when the server dies: it leaves, and if it leaves twice, the
//! gateway can tell.

use std::{collections::BTreeMap, thread, time::Duration};

use harness::Project;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    gateway::{Request, Script},
    other, serve_with,
};
use crate::support::{Random, SESSION, session, times};

/// Text messages that wait when the first life begins.
const TEXTS: usize = 90;

/// How often the server is killed while they go out.
const KILLS: usize = 12;

/// A message takes less than this, in microseconds.
const ONE_TEXT: usize = 4_000;

#[test]
fn killed_again_and_again_every_text_leaves_and_at_most_one_a_kill_leaves_twice() {
    let kills = times("ENTREPARENTAISE_MORTS_COURRIEL", KILLS).min(TEXTS / 4);
    let project = Project::new();
    session(&project, SESSION, "places_max = 1000");
    let nobody = format!("http://127.0.0.1:{}/", crate::mail_server::closed_port());
    let server = serve_with(&project, &nobody);
    for person in 0..TEXTS {
        other(person).json(&server).is(201);
    }
    server.kill();
    let gateway = Script::new().start();
    let mut random = Random(7);
    for killed in 0..kills {
        let server = serve_with(&project, &gateway.url());
        let known = gateway.requests().len();
        let share = TEXTS.saturating_sub(known) / (kills - killed + 1);
        let more = known + 1 + random.below(share.max(1));
        gateway.wait("texts go on", |seen| seen.len() >= more.min(TEXTS));
        thread::sleep(Duration::from_micros(random.below(ONE_TEXT).try_into().unwrap_or_default()));
        let id = i32::try_from(server.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(id, Signal::KILL).expect("it runs");
    }
    let server = serve_with(&project, &gateway.url());
    let distinct = |seen: &[Request]| {
        let mut copies: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for request in seen {
            copies.entry(request.id.clone()).or_default().push((request.number.clone(), request.words.clone()));
        }
        copies
    };
    gateway.wait("every text", |seen| distinct(seen).len() == TEXTS);
    assert_eq!(server.stop(), Some(0));
    let copies = distinct(&gateway.requests());
    let twice = copies.values().map(|same| same.len() - 1).sum::<usize>();
    println!("{TEXTS} texts, {kills} kills, {twice} left twice");
    assert!(copies.values().all(|same| same.iter().all(|one| *one == same[0])), "a name is one message's");
    assert!(twice <= kills, "{twice} duplicates of {kills} kills");
}
