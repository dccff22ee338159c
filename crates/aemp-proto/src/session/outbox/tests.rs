//! Frames in the outbox, and what becomes of them.

use super::*;

fn push(outbox: &mut Outbox, octets: &[u8]) {
    outbox.push(|draft| {
        draft.buffer().extend_from_slice(octets);
        Ok(())
    });
}

fn given(outbox: &mut Outbox) -> Vec<Vec<u8>> {
    let chunks: Vec<Bytes> = std::iter::from_fn(|| outbox.give_out()).collect();
    chunks.iter().flat_map(|chunk| frames(chunk)).map(<[u8]>::to_vec).collect()
}

#[test]
fn frames_are_given_out_once_per_connection() {
    let mut outbox = Outbox::default();
    push(&mut outbox, b"one");
    push(&mut outbox, b"two");
    assert_eq!(given(&mut outbox), [b"one", b"two"]);
    assert_eq!((given(&mut outbox).len(), outbox.unsent()), (0, 0));
}

#[test]
fn a_new_connection_gets_what_is_not_acknowledged() {
    let mut outbox = Outbox::default();
    for frame in [b"one", b"two", b"thr"] {
        push(&mut outbox, frame);
    }
    given(&mut outbox);
    push(&mut outbox, b"fou");
    assert!(outbox.acknowledge(2));
    outbox.rewind();
    assert_eq!(outbox.unsent(), 14);
    assert_eq!(outbox.unacknowledged().collect::<Vec<_>>(), [(3, &b"thr"[..]), (4, b"fou")]);
    assert_eq!(given(&mut outbox), [b"thr", b"fou"]);
    assert!(outbox.acknowledge(4));
    assert_eq!((outbox.is_empty(), outbox.octets()), (true, 0));
}

#[test]
fn what_was_never_given_out_cannot_be_acknowledged() {
    let mut outbox = Outbox::default();
    push(&mut outbox, b"one");
    assert!(!outbox.acknowledge(1));
    given(&mut outbox);
    assert!(outbox.acknowledge(1));
    assert!(!outbox.acknowledge(2));
}

#[test]
fn a_frame_that_is_taken_back_leaves_nothing() {
    let mut outbox = Outbox::default();
    push(&mut outbox, b"one");
    outbox.push(|draft| {
        draft.buffer().extend_from_slice(b"half");
        Err(())
    });
    push(&mut outbox, b"two");
    assert_eq!(given(&mut outbox), [b"one", b"two"]);
}

fn push_lossy(outbox: &mut Outbox, octets: &[u8]) {
    outbox.push_lossy(|draft| {
        draft.buffer().extend_from_slice(octets);
        Ok(())
    });
}

#[test]
fn lossy_frames_keep_their_place_and_are_kept_no_longer_than_they_wait() {
    let mut outbox = Outbox::default();
    push_lossy(&mut outbox, b"a");
    push(&mut outbox, b"one");
    push_lossy(&mut outbox, b"b");
    push_lossy(&mut outbox, b"c");
    push(&mut outbox, b"two");
    push_lossy(&mut outbox, b"d");
    assert_eq!((outbox.octets(), outbox.lossy(), outbox.unsent()), (14, 20, 34));
    assert_eq!(outbox.unacknowledged().collect::<Vec<_>>(), [(1, &b"one"[..]), (2, b"two")]);
    assert_eq!(given(&mut outbox), [&b"a"[..], b"one", b"b", b"c", b"two", b"d"]);
    assert_eq!((outbox.octets(), outbox.lossy(), outbox.unsent()), (14, 0, 0));
    assert!(!outbox.acknowledge(3) && outbox.acknowledge(1));
    assert_eq!(outbox.unacknowledged().collect::<Vec<_>>(), [(2, &b"two"[..])]);
    assert!(outbox.acknowledge(2));
    assert_eq!((outbox.octets(), outbox.chunks.len()), (0, 0));
}

#[test]
fn lossy_frames_alone_leave_nothing_behind() {
    let mut outbox = Outbox::default();
    for _ in 0..10 {
        push_lossy(&mut outbox, b"lost");
        assert_eq!(given(&mut outbox), [b"lost"]);
    }
    assert_eq!((outbox.chunks.len(), outbox.cursor, outbox.next_number()), (0, 0, 1));
    assert!(outbox.is_empty());
}

#[test]
fn a_new_connection_gets_no_lossy_frames() {
    for acknowledged in 0..=3 {
        let mut outbox = Outbox::default();
        for frame in [b"one", b"two", b"thr"] {
            push(&mut outbox, frame);
            push_lossy(&mut outbox, b"lost");
        }
        given(&mut outbox);
        push(&mut outbox, b"fou");
        push_lossy(&mut outbox, b"lost");
        assert!(outbox.acknowledge(acknowledged));
        outbox.rewind();
        let rest = [b"one", b"two", b"thr", b"fou"].split_at(to_usize(acknowledged)).1.to_vec();
        assert_eq!((outbox.unsent(), outbox.octets(), outbox.lossy()), (7 * rest.len(), 7 * rest.len(), 0));
        assert_eq!(given(&mut outbox), rest);
    }
}

#[test]
fn what_was_never_given_out_can_be_taken_back() {
    let mut outbox = Outbox::default();
    push(&mut outbox, b"one");
    push(&mut outbox, b"two");
    given(&mut outbox);
    for frame in [b"two", b"thr", b"two", b"fou"] {
        push(&mut outbox, frame);
    }
    assert_eq!(outbox.never_given().collect::<Vec<_>>(), [b"two", b"thr", b"two", b"fou"]);
    assert_eq!(outbox.take_back(|frame| frame == b"two"), [3, 5]);
    assert_eq!((outbox.next_number(), outbox.unsent(), outbox.octets()), (5, 14, 28));
    push(&mut outbox, b"fiv");
    assert_eq!(given(&mut outbox), [b"thr", b"fou", b"fiv"]);
    assert!(outbox.acknowledge(5));
    assert_eq!((outbox.is_empty(), outbox.octets()), (true, 0));
}

#[test]
fn lossy_frames_are_taken_back_with_others() {
    let mut outbox = Outbox::default();
    push_lossy(&mut outbox, b"lost");
    push(&mut outbox, b"one");
    given(&mut outbox);
    push_lossy(&mut outbox, b"lost");
    push(&mut outbox, b"two");
    push(&mut outbox, b"thr");
    push_lossy(&mut outbox, b"lost");
    assert_eq!(outbox.take_back(|frame| frame == b"two"), [2]);
    assert_eq!((outbox.next_number(), outbox.unsent(), outbox.lossy()), (3, 7, 0));
    assert_eq!(given(&mut outbox), [b"thr"]);
    assert!(outbox.acknowledge(2) && outbox.is_empty());
}

#[test]
fn what_was_given_out_before_a_break_is_not_taken_back() {
    let mut outbox = Outbox::default();
    push(&mut outbox, b"one");
    given(&mut outbox);
    outbox.rewind();
    push(&mut outbox, b"one");
    assert_eq!(outbox.take_back(|_| true), [2]);
    assert_eq!(given(&mut outbox), [b"one"]);
}

#[test]
fn long_queues_are_given_out_in_parts() {
    let mut outbox = Outbox::default();
    for _ in 0..100 {
        push(&mut outbox, &[7; 4096]);
    }
    let sizes: Vec<usize> = std::iter::from_fn(|| outbox.give_out()).map(|octets| octets.len()).collect();
    assert!(sizes.len() > 5 && sizes.iter().all(|size| *size < 2 * CHUNK), "{sizes:?}");
    assert!(outbox.acknowledge(100));
    assert_eq!(outbox.octets(), 0);
}
