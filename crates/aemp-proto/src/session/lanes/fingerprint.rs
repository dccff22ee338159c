//! What of the lanes can influence their later behaviour.

use std::hash::Hasher;

use crate::kernel::fingerprint::{Feed, View};

use super::{Lane, Lanes};

impl Feed for Lanes {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        // What is left out follows from the frames.
        let Self { lanes, names: _, next_transfer, octets: _, promised, last_words, spawns } = self;
        view.put(&(next_transfer, promised, spawns, lanes.len()));
        for Lane { to, frames, transfer } in lanes {
            view.put(&(to, transfer, frames.len()));
            frames.iter().for_each(|frame| frame.feed(view));
        }
        last_words.feed(view);
    }
}
