//! The dynamic message.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
    ser::SerializeTupleStruct,
};

use super::{
    DecodeError, EncodeError,
    gather::{Gather, Left, Source},
    spread::{Sink, Spread},
};
use crate::value::{FromValue, ToValue, Value};

/// A message whose type is not known: its elements.
///
/// It spreads over the elements of a message; within an element it is an array. In an untagged enum use
/// [`Value`] instead: there a message of one element cannot be told from that element.
///
/// ```
/// use aemp_proto::message::Message;
///
/// let message = Message::from_typed(&("add", 5)).unwrap();
/// assert_eq!(message.0, ["add".into(), 5.into()]);
/// assert_eq!(message.into_typed::<(String, u64)>().unwrap(), ("add".to_owned(), 5));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message(pub Vec<Value>);

impl Message {
    /// The elements of any message.
    ///
    /// # Errors
    ///
    /// What the type itself refuses, and integers that no `i128` holds.
    pub fn from_typed<M: Serialize + ?Sized>(message: &M) -> Result<Self, EncodeError> {
        let mut elements = Vec::new();
        message.serialize(Spread(&mut elements))?;
        Ok(Self(elements))
    }

    /// The message as any type. Elements that the type does not want are ignored.
    ///
    /// # Errors
    ///
    /// The elements do not have the form of the type, or one is missing.
    pub fn into_typed<M: DeserializeOwned>(self) -> Result<M, DecodeError> {
        Gather::new(self.0.into_iter()).message()
    }

    /// The message of a Perl node as any type: its texts, octets, numbers and truth values stand for each other where the type
    /// asks for one of them, as they do in Perl. Types that ask the message what it is see it as it was sent.
    ///
    /// # Errors
    ///
    /// As for [`Self::into_typed`].
    ///
    /// ```
    /// use aemp_proto::message::Message;
    ///
    /// let message = Message::from_typed(&("5", 6, "")).unwrap();
    /// assert_eq!(message.into_typed_loosely::<(u8, String, bool)>().unwrap(), (5, "6".to_owned(), false));
    /// ```
    pub fn into_typed_loosely<M: DeserializeOwned>(self) -> Result<M, DecodeError> {
        Gather::new(Loose(self.0.into_iter())).message()
    }

    /// The first element, if it is a text.
    pub fn tag(&self) -> Option<&str> {
        self.0.first()?.as_str()
    }
}

impl Sink for Vec<Value> {
    type Element<'s> = ToValue<'s>;

    fn element(&mut self) -> ToValue<'_> {
        ToValue(self)
    }
}

impl<'de> Source<'de> for std::vec::IntoIter<Value> {
    type Element<'s> = FromValue;

    fn element(&mut self) -> Option<FromValue> {
        self.next().map(FromValue::from)
    }

    fn left(&self) -> Result<Left, DecodeError> {
        Ok(match self.len() {
            0 => Left::None,
            1 => Left::One,
            _ => Left::More,
        })
    }
}

/// Elements that are read as Perl reads values.
struct Loose(std::vec::IntoIter<Value>);

impl<'de> Source<'de> for Loose {
    type Element<'s> = FromValue;

    fn element(&mut self) -> Option<FromValue> {
        self.0.next().map(FromValue::loosely)
    }

    fn left(&self) -> Result<Left, DecodeError> {
        self.0.left()
    }
}

impl From<Vec<Value>> for Message {
    fn from(elements: Vec<Value>) -> Self {
        Self(elements)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut elements = serializer.serialize_tuple_struct("Message", self.0.len())?;
        self.0.iter().try_for_each(|element| elements.serialize_field(element))?;
        elements.end()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple_struct("Message", usize::MAX, Elements)
    }
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of a message")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Message, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Message(elements))
    }
}
