//! Data on standard output: lines for people, or JSON values for programs.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use serde::Serialize;

/// Where the data of a command goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Standard output, with one JSON value per line if `json`.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one record as a line, at once.
    pub(crate) fn print(self, record: &(impl Display + Serialize)) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, record)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{record}")?;
        }
        out.flush()
    }
}
