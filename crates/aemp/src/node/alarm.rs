//! What wakes the loop when something is due.

#[cfg(not(target_os = "linux"))]
pub(super) use portable::Alarm;
#[cfg(target_os = "linux")]
pub(super) use timer_fd::Alarm;

/// With timers of the runtime the system sets and clears a timer whenever the thread sleeps, twice a round trip. Deadlines
/// mostly move away. So here a timer stays set until it rings, though nothing may be due by then.
#[cfg(target_os = "linux")]
mod timer_fd {
    use std::{
        cell::Cell,
        io,
        time::{Duration, Instant},
    };

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::net::unix::pipe::Receiver;

    /// The shortest time that a timer can be set to: none switches it off.
    const MIN: Duration = Duration::from_nanos(1);

    pub(in crate::node) struct Alarm {
        /// All that is done with it as with a pipe is to wait until it can be read, and to read it.
        timer: Receiver,
        /// When it rings, if it is set.
        set: Cell<Option<Instant>>,
    }

    impl Alarm {
        /// An alarm of this thread's runtime.
        pub(in crate::node) fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK.union(TimerfdFlags::CLOEXEC))?;
            Ok(Self { timer: Receiver::from_owned_fd_unchecked(timer)?, set: Cell::new(None) })
        }

        /// Ends at `due` at the latest, and maybe before.
        pub(in crate::node) async fn rings_at(&self, due: Instant) {
            if self.timer_rings_at(due).await.is_err() {
                tokio::time::sleep_until(due.into()).await;
            }
        }

        async fn timer_rings_at(&self, due: Instant) -> io::Result<()> {
            if self.set.get().is_none_or(|set| due < set) {
                self.set(due)?;
            }
            self.timer.readable().await?;
            self.set.set(None);
            // Until nothing is left to read the runtime takes it for ringing.
            loop {
                match self.timer.try_read(&mut [0; 8]) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        }

        fn set(&self, due: Instant) -> io::Result<()> {
            let left = due.saturating_duration_since(Instant::now()).max(MIN);
            let value = Timespec::try_from(left).map_err(io::Error::other)?;
            let once = Itimerspec { it_interval: Timespec::default(), it_value: value };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
            self.set.set(Some(due));
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::{io, time::Instant};

    pub(in crate::node) struct Alarm;

    impl Alarm {
        pub(in crate::node) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::node) async fn rings_at(&self, due: Instant) {
            tokio::time::sleep_until(due.into()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Alarm;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn it_rings_when_it_is_due_again_and_again() {
        let alarm = Alarm::new().unwrap();
        for _ in 0..3 {
            let due = Instant::now() + SOON;
            alarm.rings_at(due).await;
            assert!(Instant::now() >= due);
        }
    }

    #[tokio::test]
    async fn an_earlier_time_takes_the_place_of_a_later_one() {
        let (alarm, start) = (Alarm::new().unwrap(), Instant::now());
        let later = alarm.rings_at(start + Duration::from_secs(3600));
        assert!(tokio::time::timeout(SOON, later).await.is_err());
        alarm.rings_at(start + 2 * SOON).await;
        assert!(start.elapsed() >= 2 * SOON && start.elapsed() < Duration::from_secs(3000));
    }

    #[tokio::test]
    async fn a_later_time_is_not_missed_though_an_earlier_one_was_set() {
        let (alarm, start) = (Alarm::new().unwrap(), Instant::now());
        assert!(tokio::time::timeout(Duration::ZERO, alarm.rings_at(start + SOON)).await.is_err());
        let due = start + 2 * SOON;
        while Instant::now() < due {
            alarm.rings_at(due).await;
        }
    }

    #[tokio::test]
    async fn what_is_past_rings_at_once() {
        let alarm = Alarm::new().unwrap();
        alarm.rings_at(Instant::now() - SOON).await;
    }
}
