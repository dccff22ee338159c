//! Frames: a length of four octets, a tag of one, a number of eight, and the rest.

use versus::Result;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// A message.
    Message,
    /// What has arrived so far, please.
    Tally,
    /// The same number back, please.
    Echo,
}

impl Tag {
    fn parse(octet: u8) -> Result<Self> {
        [Self::Message, Self::Tally, Self::Echo]
            .into_iter()
            .find(|tag| *tag as u8 == octet)
            .ok_or_else(|| format!("there is no tag {octet}").into())
    }
}

/// The octets before the rest.
pub(crate) const HEAD: usize = 13;

/// A frame that was read.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) tag: Tag,
    pub(crate) number: u64,
    pub(crate) rest: &'a [u8],
}

/// The head of a frame.
pub(crate) fn head(tag: Tag, number: u64, rest: usize) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(&((HEAD - 4 + rest) as u32).to_le_bytes());
    head[4] = tag as u8;
    head[5..].copy_from_slice(&number.to_le_bytes());
    head
}

/// Writes a frame.
pub(crate) fn put(buffer: &mut Vec<u8>, tag: Tag, number: u64, rest: &[u8]) {
    buffer.extend_from_slice(&head(tag, number, rest.len()));
    buffer.extend_from_slice(rest);
}

/// Takes the first frame, if all of it is there.
pub(crate) fn take<'a>(octets: &mut &'a [u8]) -> Result<Option<Frame<'a>>> {
    let Some((length, behind)) = octets.split_first_chunk() else { return Ok(None) };
    let Some((body, behind)) = behind.split_at_checked(u32::from_le_bytes(*length) as usize) else { return Ok(None) };
    let (tag, body) = body.split_first().ok_or("a frame without a tag")?;
    let (number, rest) = body.split_first_chunk().ok_or("a frame without a number")?;
    *octets = behind;
    Ok(Some(Frame { tag: Tag::parse(*tag)?, number: u64::from_le_bytes(*number), rest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_as_they_were_put_and_not_before_they_are_whole() {
        let mut octets = Vec::new();
        put(&mut octets, Tag::Message, 5, &[1, 2, 3]);
        put(&mut octets, Tag::Echo, 6, &[]);
        let mut rest = &octets[..];
        let first = take(&mut rest).unwrap().unwrap();
        assert_eq!((first.tag, first.number, first.rest), (Tag::Message, 5, &[1, 2, 3][..]));
        for length in 0..HEAD {
            assert!(take(&mut &rest[..length]).unwrap().is_none());
        }
        let second = take(&mut rest).unwrap().unwrap();
        assert_eq!((second.tag, second.number, second.rest), (Tag::Echo, 6, &[][..]));
        assert!(rest.is_empty());
    }

    #[test]
    fn a_frame_of_an_unknown_kind_is_refused() {
        let mut octets = Vec::new();
        put(&mut octets, Tag::Message, 5, &[]);
        octets[4] = 9;
        assert!(take(&mut &octets[..]).is_err());
    }
}
