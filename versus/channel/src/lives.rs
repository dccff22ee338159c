//! Tasks that start and end.

use std::time::Duration;

use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::{JoinSet, spawn},
    time::sleep,
};
use versus::{Meter, Options, Record, Result, resident};

/// All tasks have been polled by then.
const PAUSE: Duration = Duration::from_millis(500);

/// A task that waits for messages.
fn idle() -> (UnboundedSender<u64>, impl Future<Output = u64>) {
    let (sender, mut receiver) = unbounded_channel();
    let task = async move {
        let mut sum = 0;
        while let Some(number) = receiver.recv().await {
            sum += number;
        }
        sum
    };
    (sender, task)
}

pub(crate) async fn open(options: &Options) -> Result<Record> {
    let before = resident()?;
    let meter = Meter::start()?;
    let count = options.count;
    let open = move || {
        let senders = (0..count).map(|_| {
            let (sender, task) = idle();
            spawn(task);
            sender
        });
        senders.collect::<Vec<_>>()
    };
    let senders = spawn(async move { open() }).await?;
    let measured = meter.read()?;
    sleep(PAUSE).await;
    let memory = resident()?.saturating_sub(before);
    drop(senders);
    Ok(Record::new(options, measured).with_memory(memory))
}

/// The nearest thing to monitors that tokio has: tasks are aborted, and one waits for the end of each.
pub(crate) async fn kill(options: &Options) -> Result<Record> {
    let (mut tasks, mut senders) = (JoinSet::new(), Vec::new());
    for _ in 0..options.count {
        let (sender, task) = idle();
        senders.push(sender);
        tasks.spawn(task);
    }
    sleep(PAUSE).await;
    let meter = Meter::start()?;
    tasks.abort_all();
    let mut ended = 0;
    while let Some(end) = tasks.join_next().await {
        ended += u64::from(end.is_err_and(|error| error.is_cancelled()));
    }
    let measured = meter.read()?;
    if ended == options.count { Ok(Record::new(options, measured)) } else { Err("not all tasks were ended".into()) }
}
