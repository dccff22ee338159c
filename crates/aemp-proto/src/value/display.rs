//! Values as text for people.

use std::fmt::{self, Write};

use super::Value;

/// Like JSON, but octets print as `b"..."`, and numbers that JSON does not have and keys of any kind as they are.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Bytes(octets) => write!(f, "b\"{}\"", octets.escape_ascii()),
            Self::Text(text) => write_text(f, text),
            Self::Array(items) => write_list(f, '[', items, ']', |f, item| fmt::Display::fmt(item, f)),
            Self::Map(entries) => write_list(f, '{', entries, '}', |f, (key, value)| write!(f, "{key}:{value}")),
        }
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    items: &[T],
    close: char,
    mut write_item: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_char(',')?;
        }
        write_item(f, item)?;
    }
    f.write_char(close)
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for char in text.chars() {
        match char {
            '"' | '\\' => write!(f, "\\{char}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control.is_control() => write!(f, "\\u{:04x}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}
