//! A message of any elements with a reply behind them, as `aemp call` sends it.

use std::fmt;

use aemp::{Reply, Value};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IntoDeserializer as _, SeqAccess, Visitor},
    ser::SerializeTuple as _,
};

/// A message of any elements with a reply behind them.
pub(crate) struct Request {
    pub(crate) elements: Vec<Value>,
    pub(crate) reply: Reply<aemp::Message>,
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_tuple(self.elements.len() + 1)?;
        self.elements.iter().try_for_each(|element| message.serialize_element(element))?;
        message.serialize_element(&self.reply)?;
        message.end()
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(usize::MAX, Elements)
    }
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Request;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call: any elements, and a reply behind them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut message: A) -> Result<Request, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = message.next_element::<Value>()? {
            elements.push(element);
        }
        let Some(Value::Text(reply)) = elements.pop() else {
            return Err(A::Error::custom("there is no reply behind the elements"));
        };
        Ok(Request { elements, reply: Reply::deserialize(reply.into_deserializer())? })
    }
}
