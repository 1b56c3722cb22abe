//! Every connection that is open, and which of them has to go.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::{sync::Notify, time::Instant};

use super::line::Line;
use crate::web::subscriber;

/// Before it is looked again whether somebody may go: an answer that is ready wakes nobody.
const AGAIN: Duration = Duration::from_millis(20);

/// Every connection.
#[derive(Debug)]
pub(crate) struct Register {
    /// As many as there may be.
    most: usize,
    /// They ask for others: all that they hold is not one visitor's.
    proxies: Vec<IpNet>,
    open: Mutex<Open>,
    /// Told when one ends.
    left: Notify,
}

#[derive(Debug, Default)]
struct Open {
    entered: u64,
    /// In the order in which they came.
    connections: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    /// An address, or a line of IPv6.
    holder: IpAddr,
    is_proxy: bool,
    line: Arc<Line>,
}

/// A connection's place among the others, for as long as it is open.
pub(super) struct Entered {
    register: Arc<Register>,
    key: u64,
    line: Arc<Line>,
}

impl Entered {
    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.register.open().connections.remove(&self.key);
        self.register.left.notify_one();
    }
}

impl Register {
    /// Room for `most` connections; what `proxies` hold is let go last.
    pub(crate) fn new(most: usize, proxies: Vec<IpNet>) -> Self {
        Self { most, proxies, open: Mutex::default(), left: Notify::new() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Entered {
        let line = Arc::new(Line::new());
        let is_proxy = self.proxies.iter().any(|net| net.contains(&peer.to_canonical()));
        let connection = Connection { holder: subscriber(peer), is_proxy, line: Arc::clone(&line) };
        let mut open = self.open();
        open.entered += 1;
        let key = open.entered;
        open.connections.insert(key, connection);
        Entered { register: Arc::clone(self), key, line }
    }

    /// Waits until there is room for one more, which somebody may have to make.
    pub(super) async fn room(&self) {
        while self.open().connections.len() >= self.most {
            self.close_one();
            let _ = tokio::time::timeout(AGAIN, self.left.notified()).await;
        }
    }

    /// Waits until nobody is connected any more.
    pub(super) async fn emptied(&self) {
        while !self.open().connections.is_empty() {
            let _ = tokio::time::timeout(AGAIN, self.left.notified()).await;
        }
    }

    /// Has whoever has waited longest go, unless somebody goes already.
    pub(super) fn close_one(&self) {
        let open = self.open();
        if open.connections.values().any(|connection| connection.line.is_closing()) {
            return;
        }
        if let Some(line) = longest_waiting(open.connections.values()) {
            line.close();
        }
    }

    /// Has everybody go who has let us wait for too long.
    pub(super) fn close_late(&self, now: Instant) {
        for Connection { line, .. } in self.open().connections.values() {
            if line.is_late(now) {
                line.close();
            }
        }
    }
}

/// Of the holder of most connections that wait for their client, the one that has waited longest.
fn longest_waiting<'c>(connections: impl Iterator<Item = &'c Connection>) -> Option<&'c Line> {
    let mut holders: HashMap<IpAddr, (bool, usize, Reverse<Instant>, &Line)> = HashMap::new();
    for Connection { holder, is_proxy, line } in connections {
        let Some(since) = line.waits_since() else { continue };
        let (_, count, longest, found) = holders.entry(*holder).or_insert((!is_proxy, 0, Reverse(since), line));
        *count += 1;
        if Reverse(since) > *longest {
            (*longest, *found) = (Reverse(since), line);
        }
    }
    let heaviest = holders.into_values().max_by_key(|(is_visitor, count, longest, _)| (*is_visitor, *count, *longest));
    heaviest.map(|(.., line)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(most: usize) -> Arc<Register> {
        Arc::new(Register::new(most, vec!["10.0.0.0/8".parse().unwrap()]))
    }

    /// Opens connections from these addresses, one after the other.
    fn enter(register: &Arc<Register>, peers: &[&str]) -> Vec<Entered> {
        peers.iter().map(|peer| register.enter(peer.parse().unwrap())).collect()
    }

    /// Which of them were told to go.
    fn going(entered: &[Entered]) -> Vec<usize> {
        (0..entered.len()).filter(|at| entered[*at].line.is_closing()).collect()
    }

    #[test]
    fn whoever_holds_most_makes_room_with_what_waited_longest() {
        let register = register(9);
        let parent = "192.0.2.1";
        // A line of IPv6 is one visitor.
        let entered = enter(&register, &[parent, "2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3", parent]);
        register.close_one();
        register.close_one();
        assert_eq!(going(&entered), [1], "one at a time");
    }

    #[test]
    fn nobody_goes_while_we_work_for_them_and_proxies_go_last() {
        let register = register(9);
        let mut entered = enter(&register, &["10.0.0.1", "10.0.0.1", "192.0.2.1", "192.0.2.2"]);
        entered[2].line.asked(true);
        entered[2].line.has_asked();
        register.close_one();
        assert_eq!(going(&entered), [3], "a proxy holds more, for others");
        drop(entered.remove(3));
        register.close_one();
        assert_eq!(going(&entered), [0], "nobody else could");
        drop(entered.drain(..2));
        register.close_one();
        assert_eq!(going(&entered), [0; 0], "it waits for us");
    }

    #[tokio::test]
    async fn there_is_room_once_somebody_went() {
        let register = register(2);
        let mut entered = enter(&register, &["192.0.2.1", "192.0.2.2"]);
        entered[1].line.asked(false);
        let ((), ()) = tokio::join!(register.room(), async {
            entered[0].line.must_close().await;
            drop(entered.remove(0));
        });
        assert_eq!(register.open().connections.len(), 1);
        drop(entered);
        register.emptied().await;
    }
}
