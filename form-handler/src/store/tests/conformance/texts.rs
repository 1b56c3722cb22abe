//! Text messages: rows of the outbox that letters do not wait for, and the other way round.

use super::*;
use crate::enrolment::Channel;

/// What waits for these, claimed.
async fn claimed(store: &dyn Store, to: Recipients) -> Vec<Outgoing> {
    store.claim_messages(9, to, now(), at("2027-03-01T12:06:00Z")).await.unwrap()
}

async fn settle(store: &dyn Store, letter: &Outgoing, attempt: Attempt) {
    store.settle_messages(vec![(letter.key, attempt)], now()).await.unwrap();
}

fn told(letters: &[Outgoing]) -> Vec<(MessageKind, Channel, &str)> {
    letters.iter().filter_map(to_person).map(|letter| (letter.kind, letter.by, letter.recipient.as_str())).collect()
}

pub(crate) async fn a_text_message_has_its_own_sender_and_what_is_lost_goes_otherwise(store: Arc<dyn Store>) {
    let store = &*store;
    let later = SessionRecord { date: "2027-05-26".parse().unwrap(), ..record("s2", 12) };
    sync(store, vec![record("s1", 12), later]).await;
    let number = "+33612345678";
    let alone = [("telephone", "06 12 34 56 78"), ("sms", "oui"), ("contact_prudent", "pas_d_appel")];
    let (ana, _) = submit(store, &alone).await;
    assert_eq!(claimed(store, Recipients::All).await, [], "no letter");
    let texts = claimed(store, Recipients::Telephones).await;
    assert_eq!(told(&texts), [(MessageKind::Place, Channel::Text, number)]);
    assert_eq!(claimed(store, Recipients::Telephones).await, [], "it is one sender's");
    // Whoever begins again takes up their own alone.
    store.release_claims(Recipients::All).await.unwrap();
    assert_eq!(claimed(store, Recipients::Telephones).await, []);
    settle(store, &texts[0], Attempt::Sent).await;
    // A letter that is lost goes by text; the text that is lost too is the team's.
    let (bea, _) =
        submit(store, &[("courriel", "b@exemple.fr"), ("telephone", "07 12 34 56 78"), ("sms", "oui")]).await;
    let letters = claimed(store, Recipients::People).await;
    assert_eq!(told(&letters), [(MessageKind::Place, Channel::Mail, "b@exemple.fr")]);
    assert_eq!(claimed(store, Recipients::Telephones).await, []);
    settle(store, &letters[0], Attempt::Undeliverable).await;
    let texts = claimed(store, Recipients::Telephones).await;
    assert_eq!(told(&texts), [(MessageKind::Place, Channel::Text, "+33712345678")]);
    assert_eq!(store.calls(now()).await.unwrap(), [], "nobody needs to call");
    settle(store, &texts[0], Attempt::Undeliverable).await;
    let calls = store.calls(now()).await.unwrap();
    assert_eq!((calls.len(), calls[0].may_be_made()), (1, true));
    // A code comes by text where no letter may be written; whoever refuses calls is never called.
    assert_eq!(store.send_code(ana, now()).await.unwrap(), CodeAsked::Sent);
    let texts = claimed(store, Recipients::Telephones).await;
    assert_eq!(told(&texts), [(MessageKind::Code, Channel::Text, number)]);
    settle(store, &texts[0], Attempt::Undeliverable).await;
    let calls = store.calls(now()).await.unwrap();
    assert_eq!(calls.iter().map(crate::store::Call::may_be_made).collect::<Vec<_>>(), [true, false]);
    let digest = store.digest(now()).await.unwrap();
    assert_eq!((digest.calls, digest.unreachable), (1, 1));
    // Consent goes with the demand, and ends when it is taken back; what was to be said is said
    // anew.
    store.move_to(ana, "s2".to_owned(), now()).await.unwrap();
    assert!(store.follow_up(ana, now()).await.unwrap().unwrap().may_be_texted);
    assert!(store.export("s2").await.unwrap().unwrap()[0].texts);
    let details = read_contact(&Values::of([("courriel", "neuve@exemple.fr"), ("telephone", number)]), true).unwrap();
    store.rewrite(bea, details, now()).await.unwrap();
    assert!(!store.follow_up(bea, now()).await.unwrap().unwrap().may_be_texted);
    assert!(!store.calls(now()).await.unwrap().iter().any(crate::store::Call::may_be_made), "the new address hears");
    let letters = claimed(store, Recipients::People).await;
    assert_eq!(told(&letters), [(MessageKind::Place, Channel::Mail, "neuve@exemple.fr")]);
}
