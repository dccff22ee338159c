//! Values as serde data.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Value;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(integer) => serialize_integer(*integer, serializer),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Bytes(octets) => serializer.serialize_bytes(octets),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

/// In the smallest type that has it: not every format has 128 bits.
fn serialize_integer<S: Serializer>(integer: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(integer) = u64::try_from(integer) {
        serializer.serialize_u64(integer)
    } else if let Ok(integer) = i64::try_from(integer) {
        serializer.serialize_i64(integer)
    } else {
        serializer.serialize_i128(integer)
    }
}
