//! So many of one kind in a time, by whose they are. In memory alone, and in a part of it that does
//! not grow: nothing of it is ever stored, and a server that starts has forgotten it.

use std::{
    fmt::Debug,
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Keys that a budget remembers at most.
const REMEMBERED: usize = 20_000;

/// When it remembers so many, it looks for those at rest once in so many requests: to look at all
/// of them for each would be what whoever floods it wants.
const LOOK_EVERY: u32 = 256;

/// Whether something is within its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is, and counts.
    Within,
    /// It is not.
    Beyond,
    /// So many others are remembered that nobody knows.
    Crowded,
}

/// A budget for each key.
#[derive(Debug)]
pub(super) struct Budget<K: Debug + Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    crowded: AtomicU32,
}

impl<K: Debug + Hash + Eq + Clone> Budget<K> {
    /// `most` at once, and as many again in each `time`, one by one. `None`: there is no budget of
    /// nothing.
    pub(super) fn new(most: u32, time: Duration) -> Option<Self> {
        Some(Self::of(Quota::with_period(time.checked_div(most)?)?.allow_burst(NonZeroU32::new(most)?)))
    }

    /// `most` in any `time`: as many at once, then one after each.
    pub(super) fn strict(most: u32, time: Duration) -> Option<Self> {
        Some(Self::of(Quota::with_period(time)?.allow_burst(NonZeroU32::new(most)?)))
    }

    fn of(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), crowded: AtomicU32::new(0) }
    }

    /// Whether one more of this key is within the budget, of which it then takes its part.
    pub(super) fn take(&self, key: &K) -> Verdict {
        if self.limiter.len() >= REMEMBERED {
            if self.crowded.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY) {
                self.limiter.retain_recent();
                self.limiter.shrink_to_fit();
            }
            if self.limiter.len() >= REMEMBERED {
                return Verdict::Crowded;
            }
        }
        if self.limiter.check_key(key).is_ok() { Verdict::Within } else { Verdict::Beyond }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn each_key_has_a_budget_of_its_own() {
        for budget in [Budget::new(3, HOUR), Budget::strict(3, HOUR)] {
            let budget = budget.unwrap();
            let taken: Vec<_> = (0..5).map(|_| budget.take(&"a")).collect();
            assert_eq!(taken, [Verdict::Within, Verdict::Within, Verdict::Within, Verdict::Beyond, Verdict::Beyond]);
            assert_eq!(budget.take(&"b"), Verdict::Within);
        }
        assert!(Budget::<u32>::new(0, HOUR).is_none() && Budget::<u32>::strict(0, HOUR).is_none());
    }

    /// Whoever has any number of addresses takes no more memory than that.
    #[test]
    fn it_remembers_so_many_and_no_more() {
        let budget = Budget::new(1, HOUR).unwrap();
        for key in 0..REMEMBERED {
            assert_eq!(budget.take(&key), Verdict::Within);
        }
        for key in 0..2 * REMEMBERED {
            assert_eq!(budget.take(&key), Verdict::Crowded);
        }
        assert_eq!(budget.limiter.len(), REMEMBERED);
        // Those at rest are forgotten, and others have their room.
        let budget = Budget::new(1, Duration::from_nanos(1)).unwrap();
        for key in 0..3 * REMEMBERED {
            budget.take(&key);
        }
        assert!(budget.limiter.len() <= REMEMBERED);
        let tries = usize::try_from(LOOK_EVERY).unwrap();
        assert!((0..=tries).any(|key| budget.take(&key) == Verdict::Within));
    }
}
