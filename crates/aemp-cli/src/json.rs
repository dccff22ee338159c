//! Message values as JSON, whatever is in them.

use std::fmt;

use aemp::Value;
use serde::{Serialize, Serializer};

/// The JSON form of a value: octets become hexadecimal digits, keys that are no texts their JSON text, and numbers
/// that JSON has not their text.
pub(crate) struct Json<'a>(pub(crate) &'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bytes(octets) => serializer.collect_str(&Hex(octets)),
            Value::Float(float) if !float.is_finite() => serializer.collect_str(float),
            Value::Integer(integer) => serialize_integer(*integer, serializer),
            Value::Array(values) => serializer.collect_seq(values.iter().map(Json)),
            Value::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key_text(key), Json(value))))
            }
            other => other.serialize(serializer),
        }
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

fn serialize_integer<S: Serializer>(integer: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(integer) = i64::try_from(integer) {
        serializer.serialize_i64(integer)
    } else if let Ok(integer) = u64::try_from(integer) {
        serializer.serialize_u64(integer)
    } else {
        serializer.collect_str(&integer)
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        other => Json(other).to_string(),
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_being_a_message() {
        for text in
            ["null", "true", "-7", "18446744073709551615", "2.5", "\"a\"", "[1,[]]", "{\"b\":{\"a\":1},\"a\":2}"]
        {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Json(&value).to_string(), text);
        }
    }

    #[test]
    fn what_json_has_not_becomes_text() {
        assert_eq!(Json(&Value::Bytes(vec![0, 255].into())).to_string(), "\"00ff\"");
        assert_eq!(Json(&Value::Float(f64::INFINITY)).to_string(), "\"inf\"");
        assert_eq!(Json(&Value::Integer(i128::MAX)).to_string(), format!("\"{}\"", i128::MAX));
        let map = Value::Map(vec![(Value::Integer(1), Value::Null)]);
        assert_eq!(Json(&map).to_string(), "{\"1\":null}");
    }
}
