//! What a letter is promised when the server dies: it arrives, and if it arrives twice, mail
//! programs can tell.

use std::{collections::BTreeMap, thread, time::Duration};

use harness::Project;
use mail_parser::MessageParser;
use rustix::process::{Pid, Signal, kill_process};

use super::script::{Script, closed_port};
use crate::support::{Form, Letter, Random, SESSION, TEAM, session, times};

/// Letters that wait when the first life begins.
const LETTERS: usize = 500;

/// How often the server is killed while they go out.
const KILLS: usize = 50;

/// A letter takes less than this, in microseconds, from one step to the same of the next: a death
/// falls anywhere in between.
const ONE_LETTER: usize = 6_000;

#[test]
fn killed_again_and_again_every_letter_arrives_and_at_most_one_a_kill_arrives_twice() {
    let kills = times("ENTREPARENTAISE_MORTS_COURRIEL", KILLS);
    let all = LETTERS.max(kills * 4);
    let project = Project::new();
    session(&project, SESSION, "places_max = 1000");
    // Nobody listens yet: every letter waits.
    let nobody = format!("smtp://127.0.0.1:{}", closed_port());
    let server = super::serve_with(&project, &nobody);
    thread::scope(|scope| {
        for turn in 0..8 {
            let client = server.client();
            scope.spawn(move || {
                for person in (turn..all).step_by(8) {
                    let answer = Form::of(&format!("p{person}@essai.example")).try_json(&client).expect("an answer");
                    assert!(matches!(answer.status(), 201 | 202), "{}", answer.text());
                }
            });
        }
    });
    server.kill();

    let mail = Script::new().start();
    let mut random = Random(11);
    let mut killed = 0;
    while killed < kills {
        let server = super::serve_with(&project, &mail.url());
        let known = mail.raw().len();
        // Shared among the lives that are left, so that the last ones still find letters.
        let share = all.saturating_sub(known) / (kills - killed + 1);
        assert!(mail.keeps(known + 1 + random.below(share.max(1))), "letters go on: {}", server.output());
        thread::sleep(Duration::from_micros(random.below(ONE_LETTER).try_into().unwrap_or_default()));
        let id = i32::try_from(server.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(id, Signal::KILL).expect("it runs");
        killed += 1;
    }
    let server = super::serve_with(&project, &mail.url());
    let distinct = || {
        let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for letter in mail.raw().into_iter().filter(|letter| Letter::parse(letter).to != TEAM) {
            let message = MessageParser::default().parse(&letter).expect("a well-formed message");
            let name = message.message_id().expect("its name").to_owned();
            copies.entry(name).or_default().push(letter);
        }
        copies
    };
    mail.wait("every letter", |_| distinct().len() == all);
    assert_eq!(server.stop(), Some(0));
    let copies = distinct();
    let twice = copies.values().map(|same| same.len() - 1).sum::<usize>();
    println!("{all} letters, {kills} kills, {twice} arrived twice");
    assert!(copies.values().all(|same| same.iter().all(|one| *one == same[0])), "copies are the same to the byte");
    assert!(twice <= kills, "{twice} duplicates of {kills} kills");
}
