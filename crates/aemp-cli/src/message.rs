//! Messages as words: on the command line, and printed again.

use std::fmt;

use aemp::Value;
use serde::{Serialize, Serializer};

use crate::{exit::Failure, json::Json};

/// How messages are written, as `--help` tells it.
pub(crate) const HELP: &str = "\
Each WORD is one element of the message. A word is JSON if it begins with [, { or \", or is a number, true,
false or null; any other word is a text as it stands. A single word that begins with [ is the whole message.";

/// The elements of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Words(pub(crate) Vec<Value>);

impl Words {
    /// Reads the words of a command line.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        if let [word] = words
            && word.starts_with('[')
            && let Value::Array(elements) = parse_word(word)?
        {
            return Ok(Self(elements));
        }
        words.iter().map(|word| parse_word(word)).collect::<Result<_, _>>().map(Self)
    }
}

/// Reads one word.
pub(crate) fn parse_word(word: &str) -> Result<Value, Failure> {
    let text = || Value::Text(word.to_owned());
    match serde_json::from_str(word) {
        Ok(value) => Ok(value),
        Err(error) if word.starts_with(['[', '{', '"']) => Err(Failure::Usage(format!("{word} is not JSON: {error}"))),
        Err(_) => Ok(text()),
    }
}

/// Prints the words that would be read as the same message, quoted for no shell.
impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, element) in self.0.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            match element {
                Value::Text(text) if is_bare(text) => write!(f, "{blank}{text}")?,
                other => write!(f, "{blank}{}", Json(other))?,
            }
        }
        Ok(())
    }
}

/// Whether a text is read as the same text when it stands alone and is seen as one word.
fn is_bare(text: &str) -> bool {
    let visible = |c: char| !c.is_whitespace() && !c.is_control();
    let json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    !text.is_empty() && text.chars().all(visible) && !text.starts_with(['[', '{', '"']) && !json()
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Words {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Words::parse(&words).unwrap()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn bare_words_are_texts() {
        assert_eq!(
            words(&["add", "a@h:1#x", "-x", "1.2.3", "nul"]).0,
            ["add", "a@h:1#x", "-x", "1.2.3", "nul"].map(text)
        );
    }

    #[test]
    fn numbers_truth_values_and_null_are_json() {
        let expected = [Value::Integer(5), Value::Integer(-1), Value::Float(0.5), Value::Bool(true), Value::Null];
        assert_eq!(words(&["5", "-1", "0.5", "true", "null"]).0, expected);
    }

    #[test]
    fn lists_objects_and_quoted_texts_are_json() {
        assert_eq!(words(&["add", "[1]"]).0, [text("add"), Value::Array(vec![Value::Integer(1)])]);
        assert_eq!(words(&["\"5\""]).0, [text("5")]);
        assert_eq!(words(&["{\"a\":1}"]).0, [Value::Map(vec![(text("a"), Value::Integer(1))])]);
    }

    #[test]
    fn a_single_list_is_the_whole_message() {
        assert_eq!(words(&["[\"add\",5]"]), words(&["add", "5"]));
        assert_eq!(words(&["[]"]).0, []);
    }

    #[test]
    fn broken_json_is_a_mistake_of_the_user() {
        for word in ["[1", "{", "\"a"] {
            assert!(matches!(Words::parse(&[word.to_owned()]), Err(Failure::Usage(_))), "{word}");
        }
    }

    #[test]
    fn a_message_prints_as_words_that_read_the_same() {
        for message in [&["add", "5"][..], &["\"5\"", "\"two words\"", "\"\""], &["[1,2]", "{\"a\":null}"]] {
            assert_eq!(words(message).to_string(), message.join(" "));
        }
    }
}
