//! A progress bar on a terminal, for commands that go through a whole chain.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// A bar that begins anew with each part of the work. Without a terminal on stderr it shows nothing.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    part: &'static str,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, part: "" }
    }

    pub(super) fn show(&mut self, part: &'static str, done: u64, total: u64) {
        if part != self.part {
            self.part = part;
            self.bar.reset();
            self.bar.set_message(part);
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
