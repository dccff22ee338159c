//! How many handshakes are worked on in one turn of the loop.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

/// Handshakes per turn: signatures take most of the time, and a flood must not keep the node from its peers.
const PER_TURN: usize = 16;

/// Counts the handshakes of the present turn.
#[derive(Clone, Debug)]
pub(super) struct Turns(Rc<Turn>);

#[derive(Debug)]
struct Turn {
    left: Cell<usize>,
    ending: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self(Rc::new(Turn { left: Cell::new(PER_TURN), ending: Cell::new(false), waiting: RefCell::default() }))
    }

    /// Runs a handshake; in a turn that has had enough of them it waits for the next one.
    pub(super) async fn limit<F: Future>(&self, handshake: F) -> F::Output {
        let mut handshake = pin!(handshake);
        poll_fn(|cx| if self.take(cx) { handshake.as_mut().poll(cx) } else { Poll::Pending }).await
    }

    fn take(&self, cx: &Context<'_>) -> bool {
        if !self.0.ending.replace(true) {
            let turns = self.clone();
            tokio::task::spawn_local(async move { turns.end_turn().await });
        }
        let left = self.0.left.get().checked_sub(1);
        match left {
            Some(left) => self.0.left.set(left),
            None => self.0.waiting.borrow_mut().push(cx.waker().clone()),
        }
        left.is_some()
    }

    /// Sockets and timers have their turn when a task yields.
    async fn end_turn(self) {
        tokio::task::yield_now().await;
        self.0.left.set(PER_TURN);
        self.0.ending.set(false);
        let waiting = self.0.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    #[tokio::test]
    async fn at_most_16_handshakes_are_worked_on_in_a_turn() {
        let (turns, worked) = (Turns::new(), Rc::new(Cell::new(0)));
        let local = LocalSet::new();
        let run = async {
            let tasks: Vec<_> = (0..40)
                .map(|_| {
                    let (turns, worked) = (turns.clone(), worked.clone());
                    spawn_local(async move { turns.limit(async { worked.set(worked.get() + 1) }).await })
                })
                .collect();
            let mut before = 0;
            for _ in 0..10 {
                yield_now().await;
                assert!(worked.get() - before <= PER_TURN);
                before = worked.get();
            }
            for task in tasks {
                task.await.unwrap();
            }
        };
        local.run_until(run).await;
        assert_eq!(worked.get(), 40, "nobody is forgotten");
    }
}
