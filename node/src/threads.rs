//! Threads that may outlive the node's own tasks for a moment. The process must not end while one of
//! them still closes the database: RocksDB's globals would go before it.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Threads to wait for.
#[derive(Debug, Default)]
pub struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Adds a thread that ends by itself.
    pub fn add(&mut self, thread: JoinHandle<()>) {
        self.0.push(thread);
    }

    /// Waits until all have ended, at most this long.
    pub fn join(self, longest: Duration) {
        let deadline = Instant::now() + longest;
        while self.0.iter().any(|thread| !thread.is_finished()) {
            if Instant::now() >= deadline {
                tracing::warn!("a thread is still busy; the process ends without it");
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        for thread in self.0 {
            // Its panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
