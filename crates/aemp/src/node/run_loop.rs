//! The loop: commands of other threads, local messages, timers, the kernel's deadlines.

use std::{rc::Rc, time::Duration};

use tokio::{task::yield_now, time::timeout};

use super::{alarm::Alarm, engine::Engine, inbox::Posted};

/// Writing a goodbye takes longer only if the peer reads nothing.
const FLUSH: Duration = Duration::from_millis(500);

/// Runs a node until it is stopped. Octets that peers have not acknowledged.
pub(super) async fn run(engine: Rc<Engine>, alarm: Alarm) -> usize {
    // Even if the loop panics, destructors that run later must not find the engine.
    let _thread = Entered;
    let mut posted = Vec::new();
    loop {
        engine.shared.take_posted(&mut posted);
        posted.drain(..).for_each(|posted: Posted| posted.carry_out(&engine));
        // Before the turn, which hands on what the timers send.
        engine.run_timers();
        let more = engine.turn();
        engine.check_ready();
        if engine.has_finished() {
            break;
        }
        if more {
            yield_now().await;
        } else {
            engine.sleep(&alarm).await;
        }
        engine.tick().await;
    }
    let left = engine.say_goodbye();
    engine.flush().await;
    engine.tear_down();
    left
}

struct Entered;

impl Drop for Entered {
    fn drop(&mut self) {
        Engine::leave_thread();
    }
}

impl Engine {
    /// Sleeps until something is due or somebody wakes the loop.
    async fn sleep(&self, alarm: &Alarm) {
        if !self.tokens.borrow().is_empty() {
            return;
        }
        let now = self.clock.read();
        // While anything is due, the loop shows at every heartbeat that it is there.
        let kernel = self
            .kernel(|kernel, _| kernel.deadline().map(|due| due.min(now.after(kernel.settings().timing.heartbeat))));
        let due =
            [kernel, self.next_timer(), self.next_expiry(now), self.stopping.deadline()].into_iter().flatten().min();
        self.clock.sleeps_until(due);
        self.alarm.set(due);
        self.asleep.set(true);
        let woken = self.shared.wake.notified();
        match due.and_then(|due| self.clock.instant(due)) {
            Some(due) => {
                tokio::select! {
                    biased;
                    () = woken => {}
                    () = alarm.rings_at(due) => {}
                }
            }
            None => woken.await,
        }
        self.asleep.set(false);
    }

    /// Lets the kernel do what is due, after the sockets had their turn: what came in before the deadline counts.
    async fn tick(&self) {
        let now = self.clock.read();
        let away = self.clock.woke();
        if !away.is_zero() {
            self.kernel(|kernel, _| kernel.was_away(away, now));
        }
        if self.kernel(|kernel, _| kernel.deadline()).is_some_and(|deadline| deadline <= now) {
            yield_now().await;
            self.kernel(|kernel, _| kernel.tick(now));
        }
    }

    /// Gives the connections time to write the goodbyes.
    async fn flush(&self) {
        let network = self.network.borrow().clone();
        if let Some(network) = network {
            network.stop_listening();
            let _ = timeout(FLUSH, network.all_closed()).await;
        }
    }
}
