//! Values as JSON.

use crate::{message::EncodeError, value::Value};

pub(super) fn value(value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        Value::Null => scalar(&(), out),
        Value::Bool(value) => scalar(value, out),
        Value::Integer(integer) => self::integer(*integer, out),
        Value::Float(number) if number.is_finite() => scalar(number, out),
        Value::Float(_) => Err(EncodeError::NotFinite),
        Value::Text(text) => scalar(text, out),
        Value::Bytes(octets) => match std::str::from_utf8(octets) {
            Ok(text) => scalar(text, out),
            Err(_) => scalar(&octets[..], out),
        },
        Value::Array(items) => array(items, out),
        Value::Map(entries) => list(b'{', entries, b'}', out, |(key, value), out| entry(key, value, out)),
    }
}

pub(super) fn array(items: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    list(b'[', items, b']', out, value)
}

fn entry(key: &Value, value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match key {
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {
            out.push(b'"');
            self::value(key, out)?;
            out.push(b'"');
        }
        _ => scalar(key.as_str().ok_or(EncodeError::Key)?, out)?,
    }
    out.push(b':');
    self::value(value, out)
}

fn list<T>(
    open: u8,
    items: &[T],
    close: u8,
    out: &mut Vec<u8>,
    write_item: impl Fn(&T, &mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_item(item, out)?;
    }
    out.push(close);
    Ok(())
}

fn integer(integer: i128, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if u64::try_from(integer).is_err() && i64::try_from(integer).is_err() {
        return Err(EncodeError::IntegerTooLarge);
    }
    scalar(&integer, out)
}

fn scalar<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(|error| EncodeError::Refused(error.to_string().into()))
}
