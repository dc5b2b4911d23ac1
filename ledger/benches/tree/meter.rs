//! What the kernel says of this process.

use std::time::{Duration, Instant};

/// Measures what is spent outside of pauses.
pub struct Meter {
    cpu: Duration,
    wall: Instant,
    bytes: u64,
    /// Spent in pauses: by this thread alone, since others go on with the work.
    paused: (Duration, Duration),
}

impl Meter {
    pub fn start() -> Self {
        Self { cpu: cpu_of_all(), wall: Instant::now(), bytes: written(), paused: Default::default() }
    }

    pub fn pause<T>(&mut self, during: impl FnOnce() -> T) -> T {
        let (cpu, wall) = (cpu_of("/proc/thread-self"), Instant::now());
        let made = during();
        self.paused.0 += cpu_of("/proc/thread-self") - cpu;
        self.paused.1 += wall.elapsed();
        made
    }

    /// Processor time, time, bytes given to the kernel to write.
    pub fn stop(self) -> (Duration, Duration, u64) {
        let cpu = cpu_of_all().saturating_sub(self.cpu + self.paused.0);
        (cpu, self.wall.elapsed().saturating_sub(self.paused.1), written() - self.bytes)
    }
}

fn cpu_of(thread: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("{thread}/schedstat")).unwrap_or_default();
    Duration::from_nanos(stat.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0))
}

/// Threads that ended are missing; RocksDB's do not end.
fn cpu_of_all() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    threads.map(|thread| cpu_of(thread.unwrap().path().to_str().unwrap())).sum()
}

fn written() -> u64 {
    field("/proc/self/io", "wchar:")
}

pub fn resident_mib() -> u64 {
    field("/proc/self/status", "VmRSS:") / 1024
}

fn field(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
