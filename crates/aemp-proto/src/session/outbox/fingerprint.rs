//! What of an outbox can influence its later behaviour.

use std::hash::Hasher;

use crate::kernel::fingerprint::{Feed, View};

use super::Outbox;

impl Feed for Outbox {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        // How frames are grouped is history. Octets decide only at limits, which a model must not come near.
        let Self {
            chunks: _,
            tail: _,
            tail_count: _,
            last,
            acknowledged,
            given,
            cursor: _,
            offset: _,
            octets: _,
            unsent,
            lossy,
        } = self;
        view.put(&(last, acknowledged, given, unsent, lossy));
        self.unacknowledged().for_each(|frame| view.put(&frame));
    }
}
