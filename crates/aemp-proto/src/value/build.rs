//! Values out of serde data, within limits.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use serde::{Deserialize, Deserializer, de};

use super::{Bytes, Value};
use crate::{limits::Limits, message::DecodeFault};

/// What is reserved for a sequence before its first element is seen: its announced length proves nothing.
const MAX_RESERVE: usize = 1024;

/// How much may still be built, and whether that was the end of it.
#[derive(Debug)]
pub(crate) struct Budget {
    elements: Cell<usize>,
    fault: RefCell<Option<DecodeFault>>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { elements: Cell::new(limits.max_elements), fault: RefCell::new(None) }
    }

    /// The limit that was exceeded: the error of a foreign reader has only its text.
    pub(crate) fn fault(self) -> Option<DecodeFault> {
        self.fault.into_inner()
    }

    fn take_element<E: de::Error>(&self) -> Result<(), E> {
        let Some(left) = self.elements.get().checked_sub(1) else {
            return Err(self.exceeded(DecodeFault::TooManyElements));
        };
        self.elements.set(left);
        Ok(())
    }

    fn exceeded<E: de::Error>(&self, fault: DecodeFault) -> E {
        let error = E::custom(&fault);
        self.fault.replace(Some(fault));
        error
    }
}

/// One value that is to be built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'b> {
    pub(crate) budget: &'b Budget,
    /// Levels that it may have.
    pub(crate) depth: usize,
}

impl Element<'_> {
    /// An element of this one.
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| self.budget.exceeded(DecodeFault::TooDeep))?;
        Ok(Self { depth, ..self })
    }
}

/// Without limits of its own: the reader sets them.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = Budget { elements: Cell::new(usize::MAX), fault: RefCell::new(None) };
        deserializer.deserialize_any(Element { budget: &budget, depth: usize::MAX })
    }
}

impl<'de> de::DeserializeSeed<'de> for Element<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.take_element()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Element<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_i128<E>(self, integer: i128) -> Result<Value, E> {
        Ok(integer.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E>(self, octets: &[u8]) -> Result<Value, E> {
        Ok(Bytes::received(octets).into())
    }

    fn visit_byte_buf<E>(self, octets: Vec<u8>) -> Result<Value, E> {
        Ok(Bytes::from(octets).into())
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or_default().min(MAX_RESERVE));
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default().min(MAX_RESERVE));
        while let Some(entry) = map.next_entry_seed(inner, inner)? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}
