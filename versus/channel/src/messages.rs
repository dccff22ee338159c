//! Messages between tasks.

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{JoinHandle, spawn, spawn_blocking, yield_now},
};
use versus::{BATCH, Meter, OCTET, Options, Record, Result, SMALL, Tally};

/// The same fields as those of the nodes.
enum Message {
    Small(u64, [u8; SMALL]),
    Ball(u64),
}

fn small(number: u64) -> Message {
    Message::Small(number, [OCTET; SMALL])
}

/// A task that counts what it gets.
fn sink() -> (UnboundedSender<Message>, JoinHandle<Tally>) {
    let (sender, mut receiver) = unbounded_channel();
    let task = spawn(async move {
        let mut tally = Tally::default();
        while let Some(message) = receiver.recv().await {
            if let Message::Small(number, octets) = message {
                tally.count(number, &octets);
            }
        }
        tally
    });
    (sender, task)
}

pub(crate) async fn local(options: &Options) -> Result<Record> {
    let (to, task) = sink();
    let count = options.count;
    let meter = Meter::start()?;
    let sending = spawn(async move {
        for number in 0..count {
            to.send(small(number))?;
            if number % BATCH == BATCH - 1 {
                yield_now().await;
            }
        }
        Result::Ok(())
    });
    sending.await??;
    let tally = task.await?;
    let measured = meter.read()?;
    tally.check(count, SMALL)?;
    Ok(Record::new(options, measured))
}

pub(crate) async fn outside(options: &Options) -> Result<Record> {
    let (to, task) = sink();
    let count = options.count;
    let meter = Meter::start()?;
    spawn_blocking(move || (0..count).try_for_each(|number| to.send(small(number)))).await??;
    let tally = task.await?;
    let measured = meter.read()?;
    tally.check(count, SMALL)?;
    Ok(Record::new(options, measured))
}

/// Sends back what it gets.
async fn partner(mut receiver: UnboundedReceiver<Message>, to: UnboundedSender<Message>) {
    while let Some(message) = receiver.recv().await {
        if to.send(message).is_err() {
            return;
        }
    }
}

pub(crate) async fn ping_pong(options: &Options) -> Result<Record> {
    let ((there, at_partner), (back, mut receiver)) = (unbounded_channel(), unbounded_channel());
    spawn(partner(at_partner, back));
    let count = options.count;
    let meter = Meter::start()?;
    let playing = spawn(async move {
        for number in 0..count {
            there.send(Message::Ball(number))?;
            match receiver.recv().await {
                Some(Message::Ball(back)) if back == number => {}
                _ => return Err("the ball did not come back".into()),
            }
        }
        Result::Ok(())
    });
    playing.await??;
    Ok(Record::new(options, meter.read()?))
}
