//! What Perl can read, and how.

use crate::{
    id::PortName,
    message::EncodeError,
    value::{Bytes, Value},
};

/// Refuses what a Perl node cannot read, at any of `levels`.
pub(crate) fn check(items: &[Value], levels: usize) -> Result<(), EncodeError> {
    let levels = levels.checked_sub(1).ok_or(EncodeError::TooDeep)?;
    items.iter().try_for_each(|item| check_value(item, levels))
}

fn check_value(value: &Value, levels: usize) -> Result<(), EncodeError> {
    match value {
        Value::Float(number) if !number.is_finite() => Err(EncodeError::NotFinite),
        Value::Integer(integer) if u64::try_from(*integer).is_err() && i64::try_from(*integer).is_err() => {
            Err(EncodeError::IntegerTooLarge)
        }
        Value::Array(items) => check(items, levels),
        Value::Map(entries) => {
            let levels = levels.checked_sub(1).ok_or(EncodeError::TooDeep)?;
            entries.iter().try_for_each(|(key, value)| {
                check_key(key)?;
                check_value(key, levels)?;
                check_value(value, levels)
            })
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Bytes(_) | Value::Text(_) => Ok(()),
    }
}

const fn check_key(key: &Value) -> Result<(), EncodeError> {
    match key {
        Value::Null | Value::Array(_) | Value::Map(_) => Err(EncodeError::Key),
        _ => Ok(()),
    }
}

/// A port's name as Perl nodes send it: octets, unless it has other characters than ASCII.
pub(crate) fn name(port: &PortName) -> Value {
    let name = port.to_string();
    if name.is_ascii() { Bytes::from(name.into_bytes()).into() } else { name.into() }
}

/// JSON has texts only. In Perl octets are a text whose characters have the numbers of the octets.
pub(super) fn without_octets(value: &Value) -> Value {
    match value {
        Value::Bytes(octets) => octets.iter().copied().map(char::from).collect::<String>().into(),
        Value::Array(items) => Value::Array(items.iter().map(without_octets).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (without_octets(key), without_octets(value))).collect())
        }
        value => value.clone(),
    }
}
