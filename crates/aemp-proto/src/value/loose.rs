//! Values as Perl reads them: it has one kind of scalar, which is a text, octets, a number or a truth value as it is used.
//!
//! So a program in Perl may send `"5"` where a number is wanted, 5 where a text is wanted, and `""` for false. What is wanted
//! is known here from the type of the receiver. What has no sense as that is left as it is, and refused by the type.

use super::{Bytes, Value, deserialize::number_of};

/// Where a number is wanted: the number that a text stands for, 1 and 0 for truth values.
pub(super) fn number(value: Value) -> Value {
    match (&value, value.as_str()) {
        (Value::Bool(truth), _) => i128::from(*truth).into(),
        (_, Some(text)) => match number_of(text.to_owned()) {
            number @ (Value::Integer(_) | Value::Float(_)) => number,
            _ => value,
        },
        _ => value,
    }
}

/// Where a truth value is wanted: nothing, 0 and an empty text are false, 1 is true. Other values are true for Perl, but
/// nobody sends them who means a truth value.
pub(super) fn truth(value: Value) -> Value {
    match (&value, value.as_str()) {
        (Value::Null | Value::Integer(0), _) | (_, Some("" | "0")) => false.into(),
        (Value::Integer(1), _) | (_, Some("1")) => true.into(),
        _ => value,
    }
}

/// Where a text is wanted: a number's digits, an empty text for nothing and for false.
pub(super) fn text(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(false) => "".into(),
        Value::Bool(true) => "1".into(),
        Value::Integer(integer) => integer.to_string().into(),
        Value::Float(number) => number.to_string().into(),
        value => value,
    }
}

/// Where octets are wanted: those of the text. Octets that went through JSON are a text of the characters with these numbers.
pub(super) fn octets(value: Value) -> Value {
    match text(value) {
        Value::Text(text) => {
            let octets = text.chars().map(|char| u8::try_from(u32::from(char))).collect::<Result<Vec<_>, _>>();
            Bytes::from(octets.unwrap_or_else(|_| text.into_bytes())).into()
        }
        value => value,
    }
}
