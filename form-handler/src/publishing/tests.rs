//! What attempts come to, told by attempts that are made up: how a publication goes on after each.

use entreparentaise::{
    content::sources::Sources,
    site::{EmptyCache, Inputs, Snapshot, When},
};
use harness::Project;

use super::*;
use crate::token::Key;

/// The site of a project, as an attempt leaves it.
fn published() -> AttemptOutcome {
    let project = Project::new();
    let (sources, problems) = Sources::read(project.root(), &|_| None);
    let inputs = Inputs { now: When::Instant(Timestamp::UNIX_EPOCH), availability: None, drafts: false };
    assert_eq!(problems, []);
    let site = Snapshot::to_answer(sources, Vec::new(), &inputs, &EmptyCache::default()).unwrap();
    let own = Own { key: Key::from_bytes([1; 32]), address: ([127, 0, 0, 1], 8080).into() };
    let site = Box::new(Published::of(site, &own, None).unwrap());
    AttemptOutcome::Published { site, synced: Synced::default(), next_change: None }
}

#[tokio::test]
async fn a_panic_is_a_failed_publication_and_the_last_good_content_is_published() {
    let attempt = |origin| if origin == Origin::Root { panic!("a page too many") } else { Ok(published()) };
    let (_, publication) = publish("fr", attempt).await.unwrap();
    assert!(publication.fallback);
    let [problem] = &publication.problems[..] else { panic!("{:?}", publication.problems) };
    assert!(problem.contains("a page too many") && problem.contains("Les inscriptions continuent"), "{problem}");
}

#[tokio::test]
async fn a_panic_of_what_was_kept_is_told_and_ends_nothing_else() {
    for _ in 0..2 {
        let failed = publish("fr", |_| panic!("worse")).await.unwrap_err();
        assert!(matches!(&failed, PublishingError::Interrupted(cause) if cause.contains("worse")), "{failed:?}");
    }
    let (_, publication) = publish("fr", |_| Ok(published())).await.unwrap();
    assert!(!publication.fallback && publication.problems.is_empty());
}

#[tokio::test]
async fn content_that_goes_on_changing_is_read_again_and_then_left() {
    let read = Arc::new(Mutex::new(0));
    let count = Arc::clone(&read);
    let attempt = move |origin| {
        *count.lock().unwrap() += usize::from(origin == Origin::Root);
        Ok(if origin == Origin::Root { AttemptOutcome::Unsettled } else { published() })
    };
    let (_, publication) = publish("fr", attempt).await.unwrap();
    assert_eq!(*read.lock().unwrap(), ATTEMPTS);
    assert!(publication.fallback && publication.problems[0].contains("change pendant"), "{:?}", publication.problems);
}

#[tokio::test]
async fn who_signs_up_keeps_a_processor() {
    let processors = thread::available_parallelism().unwrap().get();
    let threads = in_background(rayon::current_num_threads).await.unwrap();
    assert_eq!(threads, (processors - 1).max(1));
}
