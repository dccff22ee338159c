//! The trace of a run: always as a number, and as a text where somebody wants to read it.

/// The trace of a run.
#[derive(Debug)]
pub(super) struct Story {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Story {
    pub(super) fn new(is_told: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: is_told.then(Vec::new) }
    }

    /// Adds to the trace.
    pub(super) const fn note(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }

    /// Adds a line, if anybody reads it.
    pub(super) fn tell(&mut self, now: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{} {}", Clock(now), line()));
        }
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

/// A virtual time for people, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(pub(super) u64);

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:4}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}
