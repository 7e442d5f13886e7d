//! How many runs are trained at once, and on how many cores each.
//!
//! A step of a small network is over before a second core has been woken for it, so cores that share each step bring little.
//! Runs need nothing of one another: side by side each has cores of its own. No number depends on how many are at it, since no
//! operation sums in an order that does, so the figures are those of one run after the other, bit for bit.

use std::io;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, ScopedJoinHandle, scope};

use crate::report::results::AtOnce;

use super::error::EngineError;

/// Workers that take one piece of work after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crew {
    /// How many there are, at least 1.
    pub workers: usize,
    /// Cores that each has.
    pub cores: usize,
}

impl Crew {
    /// One worker with all cores.
    pub fn one() -> Self {
        Self::of(1)
    }

    /// So many workers that share all cores; more workers than cores have one each.
    pub fn of(workers: usize) -> Self {
        Self { workers, cores: (rayon::current_num_threads() / workers.max(1)).max(1) }
    }

    /// What is told of it.
    pub const fn at_once(self) -> AtOnce {
        AtOnce { runs: self.workers, cores: self.cores }
    }

    /// Does `count` pieces of work, each worker the next that nobody has begun; `work` is given the worker and the place of the
    /// piece. The results are in the order of the places. One worker alone is the thread that calls.
    ///
    /// # Errors
    /// The first that a piece ends with; `stop` is called then, upon which the others are to end too.
    pub fn each<T: Send>(
        self,
        count: usize,
        stop: impl Fn() + Sync,
        work: impl Fn(usize, usize) -> Result<T, EngineError> + Sync,
    ) -> Result<Vec<T>, EngineError> {
        let workers = self.workers.min(count);
        if workers <= 1 {
            return (0..count).map(|place| work(0, place)).collect();
        }
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let fail = |err: EngineError| {
            stop();
            // Those that it stops end with an error too, and later.
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(err);
        };
        let all = |worker: usize| {
            let _guard = OnPanic(&stop);
            let mut done = Vec::new();
            let result = self.within_cores(worker, || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return Ok(());
                    }
                    done.push((place, work(worker, place)?));
                }
            });
            result.unwrap_or_else(&fail);
            done
        };
        let mut done = scope(|scope| {
            let start = |worker: usize| {
                let thread = Builder::new().name(format!("compare {}", worker + 1));
                thread.spawn_scoped(scope, move || all(worker)).map_err(|err| fail(no_thread(&err)))
            };
            let started: Vec<ScopedJoinHandle<Vec<(usize, T)>>> = (0..workers).map_while(|i| start(i).ok()).collect();
            let join =
                |thread: ScopedJoinHandle<Vec<(usize, T)>>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            started.into_iter().flat_map(join).collect::<Vec<(usize, T)>>()
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), Err)?;
        done.sort_by_key(|(place, _)| *place);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }

    /// Does something on this thread and the cores of one worker: all that asks for cores finds these.
    fn within_cores(self, worker: usize, work: impl FnOnce() -> Result<(), EngineError>) -> Result<(), EngineError> {
        let name = move |core: usize| format!("compare {}, core {}", worker + 1, core + 1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.cores).thread_name(name).use_current_thread();
        // Alive until the work is done.
        let _pool = pool.build().map_err(|err| no_thread(&io::Error::other(err)))?;
        work()
    }
}

fn no_thread(err: &io::Error) -> EngineError {
    EngineError::Threads(err.to_string())
}

/// Calls when it is dropped by a panic.
struct OnPanic<F: Fn()>(F);

impl<F: Fn()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn each_worker_has_cores_of_its_own_and_results_keep_their_order() {
        let crew = Crew { workers: 3, cores: 2 };
        // Nobody goes on before all have begun: there are three at once.
        let together = Barrier::new(3);
        let found = crew.each(
            3,
            || panic!("nothing fails"),
            |worker, place| {
                together.wait();
                let thread = std::thread::current().name().unwrap().to_owned();
                assert_eq!(thread, format!("compare {}", worker + 1));
                Ok((place, worker, rayon::current_num_threads(), rayon::current_thread_index()))
            },
        );
        let found = found.unwrap();
        assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(found.iter().map(|one| one.1).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2]));
        assert!(found.iter().all(|one| (one.2, one.3) == (2, Some(0))), "{found:?}");

        let many = Crew { workers: 2, cores: 1 }.each(100, || panic!("nothing fails"), |_, place| Ok(place * place));
        assert_eq!(many.unwrap(), (0..100).map(|place| place * place).collect::<Vec<_>>());
    }

    #[test]
    fn one_worker_is_the_caller_with_all_cores() {
        let caller = std::thread::current().id();
        let found = Crew::one().each(2, || (), |_, _| Ok((std::thread::current().id(), rayon::current_num_threads())));
        assert_eq!(found.unwrap(), [(caller, rayon::current_num_threads()); 2]);
        assert_eq!(Crew::of(usize::MAX).cores, 1);
        assert_eq!(Crew::one().each(0, || (), |_, _| Ok(())).unwrap().len(), 0);
    }

    #[test]
    fn the_first_error_stops_the_others_and_is_told() {
        let stopped = AtomicBool::new(false);
        let stop = || stopped.store(true, Ordering::Relaxed);
        let work = |_, place| {
            if place == 1 {
                return Err(EngineError::Device("lost".to_owned()));
            }
            while !stopped.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Err::<(), _>(EngineError::Cancelled)
        };
        let found = Crew { workers: 2, cores: 1 }.each(8, stop, work);
        assert_eq!(found, Err(EngineError::Device("lost".to_owned())));
    }

    #[test]
    #[should_panic(expected = "a kernel")]
    fn a_panic_stops_the_others_and_goes_on() {
        let stopped = AtomicBool::new(false);
        let stop = || stopped.store(true, Ordering::Relaxed);
        let work = |_, place| {
            assert!(place != 1, "a kernel");
            while !stopped.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Err::<(), _>(EngineError::Cancelled)
        };
        let _ = Crew { workers: 2, cores: 1 }.each(2, stop, work);
    }
}
