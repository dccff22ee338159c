//! An array or map that is being written.

use serde::{Serialize, ser};

use super::{major, writer::Writer};
use crate::message::EncodeError;

/// Counts, so that a type which announces a wrong length spoils its own message only.
#[derive(Debug)]
pub(super) struct Compound<'w, 'v> {
    writer: &'w mut Writer<'v>,
    /// Items or entries that are still to come, if their number was announced.
    left: Option<usize>,
    /// A key was written and its value was not.
    in_entry: bool,
}

impl<'w, 'v> Compound<'w, 'v> {
    #[inline]
    pub(super) fn array(writer: &'w mut Writer<'v>, length: Option<usize>) -> Result<Self, EncodeError> {
        writer.begin(major::ARRAY, length);
        Ok(Self { writer, left: length, in_entry: false })
    }

    #[inline]
    pub(super) fn map(writer: &'w mut Writer<'v>, length: Option<usize>) -> Result<Self, EncodeError> {
        writer.begin(major::MAP, length);
        Ok(Self { writer, left: length, in_entry: false })
    }

    fn count(&mut self) -> Result<(), EncodeError> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(EncodeError::WrongLength)?;
        }
        Ok(())
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.count()?;
        value.serialize(&mut *self.writer)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        if std::mem::replace(&mut self.in_entry, true) {
            return Err(EncodeError::WrongLength);
        }
        self.count()?;
        key.serialize(&mut *self.writer)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        if !std::mem::replace(&mut self.in_entry, false) {
            return Err(EncodeError::WrongLength);
        }
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<(), EncodeError> {
        match self.left {
            _ if self.in_entry => Err(EncodeError::WrongLength),
            Some(0) => Ok(()),
            Some(_) => Err(EncodeError::WrongLength),
            None => {
                self.writer.end();
                Ok(())
            }
        }
    }
}

macro_rules! serialize_items {
    ($($trait:ident $method:ident,)*) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.item(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.finish()
            }
        })*
    };
}

serialize_items! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.value(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

macro_rules! serialize_fields {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.finish()
            }
        })*
    };
}

serialize_fields!(SerializeStruct SerializeStructVariant);
