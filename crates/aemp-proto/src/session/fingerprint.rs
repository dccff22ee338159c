//! What of a session can influence its later behaviour.

use std::hash::Hasher;

use crate::kernel::fingerprint::{Feed, View};

use super::Session;

impl Feed for Session {
    fn feed<H: Hasher>(&self, view: &mut View<'_, H>) {
        let Self {
            peer,
            learned_at: _, // Compared with the greetings of connections; see the kernel.
            epoch,
            used,
            count,
            received,
            known,
            peer_max_message,
            outbox,
            interned,
            lanes,
            last_notice,
            proved,
            completed,
            completed_octets: _, // Follows from what is complete.
            reassembly,
            certificates,
            rank, // Its nonce is compared by the kernel.
        } = self;
        view.put(&(peer, epoch, used, count, received, peer_max_message, certificates, last_notice, proved));
        view.put(&rank.as_ref().map(|rank| rank.count));
        known.feed(view);
        outbox.feed(view);
        interned.feed(view);
        lanes.feed(view);
        for (number, to, frame) in completed {
            view.put(&(number, to));
            frame.feed(view);
        }
        reassembly.feed(view);
    }
}
