//! Names are texts in messages.

use std::{fmt, fmt::Display, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Unexpected, Visitor},
};

use super::{Address, NodeId, PortId, PortName};

macro_rules! as_text {
    ($($type:ty: $what:literal,)*) => {
        $(
            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_str(Text { what: $what, parsed: PhantomData })
                }
            }
        )*
    };
}

as_text! {
    Address: "an address",
    NodeId: "a node ID",
    PortId: "a port ID",
    PortName: "the name of a port",
}

struct Text<T> {
    what: &'static str,
    parsed: PhantomData<T>,
}

impl<T: FromStr<Err: Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    /// Nodes that do not distinguish texts from octets send names as octets.
    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<T, E> {
        let text = std::str::from_utf8(octets).map_err(|_| E::invalid_value(Unexpected::Bytes(octets), &self))?;
        self.visit_str(text)
    }
}
