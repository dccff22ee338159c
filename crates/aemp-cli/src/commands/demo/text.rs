//! Texts: cut into units, and counted.

use std::collections::BTreeMap;

/// How often each word occurs.
pub(super) type Counts = BTreeMap<String, u64>;

/// The words of a text: runs of letters, digits and apostrophes, in small letters.
pub(super) fn count(text: &str) -> Counts {
    let mut counts = Counts::new();
    let letter = |c: char| c.is_alphanumeric() || c == '\'';
    for word in text.split(|c: char| !letter(c)).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    counts
}

/// Cuts a text into about `units` parts of similar size, between words only.
pub(super) fn cut(text: &str, units: usize) -> Vec<String> {
    let size = text.len().div_ceil(units.max(1)).max(1);
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > size {
        let blank = rest.char_indices().find(|(at, c)| *at >= size && c.is_whitespace());
        let Some((at, _)) = blank else { break };
        let (part, tail) = rest.split_at(at);
        parts.push(part.to_owned());
        rest = tail;
    }
    parts.push(rest.to_owned());
    parts
}

/// The most frequent words, the alphabet deciding between equals.
pub(super) fn most_frequent(counts: &Counts, how_many: usize) -> Vec<(&str, u64)> {
    let mut words: Vec<_> = counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    words.truncate(how_many);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_without_regard_to_case_and_punctuation() {
        let expected = Counts::from([("it's".into(), 2), ("no".into(), 1), ("4".into(), 1)]);
        assert_eq!(count("It's -- it's\n\"No.\" 4!"), expected);
    }

    #[test]
    fn the_parts_of_a_text_have_the_same_words() {
        let text = "Fünf kleine Wörter, und\tnoch  fünf.\n".repeat(20);
        for units in [1, 2, 7, 1000] {
            let parts = cut(&text, units);
            assert_eq!(parts.concat(), text);
            let mut sum = Counts::new();
            for (word, number) in parts.iter().flat_map(|part| count(part)) {
                *sum.entry(word).or_default() += number;
            }
            assert_eq!(sum, count(&text), "{units}");
        }
    }

    #[test]
    fn a_text_is_cut_into_about_as_many_parts_as_asked_for() {
        let text = "word ".repeat(1000);
        assert!((35..=40).contains(&cut(&text, 40).len()));
        assert_eq!(cut("", 40), [""]);
    }

    #[test]
    fn the_most_frequent_words_come_first() {
        assert_eq!(most_frequent(&count("b a c b"), 2), [("b", 2), ("a", 1)]);
    }
}
