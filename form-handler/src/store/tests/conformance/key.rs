//! The key that signs people's links: the database knows which it is.

use std::sync::Arc;

use super::*;
use crate::store::Store;

pub(crate) async fn the_first_key_is_remembered_and_no_other(store: Arc<dyn Store>) {
    assert!(!store.knows_key().await.unwrap());
    // Those who start at once are told the same.
    let starts: Vec<_> = (0..20)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.key_fingerprint(format!("key{n}")).await.unwrap() })
        })
        .collect();
    let mut told = Vec::new();
    for start in starts {
        told.push(start.await.unwrap());
    }
    let first = told[0].clone();
    assert!(first.starts_with("key") && told.iter().all(|known| *known == first), "{told:?}");
    assert!(store.knows_key().await.unwrap());
    assert_eq!(store.key_fingerprint("another".to_owned()).await.unwrap(), first);
}

pub(crate) async fn a_key_is_replaced_on_demand_alone(store: Arc<dyn Store>) {
    store.replace_key_fingerprint("first".to_owned(), now()).await.unwrap();
    assert!(store.knows_key().await.unwrap());
    assert_eq!(store.key_fingerprint("second".to_owned()).await.unwrap(), "first");
    store.replace_key_fingerprint("second".to_owned(), now()).await.unwrap();
    assert_eq!(store.key_fingerprint("first".to_owned()).await.unwrap(), "second");
}
