//! Keys as they are printed.

use std::fmt;

use serde::Serialize;

/// A key: as it stands, or as JSON where that would not be read as the same key in one line.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Key<'a>(pub(super) &'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with('"') || self.0.contains(char::is_control) {
            f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
        } else {
            f.write_str(self.0)
        }
    }
}
