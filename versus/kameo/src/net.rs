//! Messages between the actors of two processes.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use kameo::{
    actor::{RemoteActorRef, Spawn},
    mailbox,
};
use tokio::{task::spawn, time::sleep};
use versus::{Child, Meter, Options, Record, Result, Tally, WARM_UP, WINDOW, payload, ready};

use crate::{
    sink::{Arrived, Echo, Large, Sink, Small},
    swarm,
};

/// The name by which the other process finds the actor.
const NAME: &str = "sink";
/// Messages without an answer yet; kameo takes a hundred at most.
const AT_ONCE: usize = 64;

pub(crate) async fn serve() -> Result<()> {
    let address = swarm::start(None).await?;
    let sink = Sink::spawn_with_mailbox(Sink::default(), mailbox::unbounded());
    sink.register(NAME).await?;
    ready(address);
    std::future::pending().await
}

/// Starts the other process, and finds its actor.
async fn connect() -> Result<(Child, RemoteActorRef<Sink>)> {
    let child = Child::start()?;
    swarm::start(Some(child.line.parse()?)).await?;
    loop {
        if let Ok(Some(sink)) = RemoteActorRef::lookup(NAME).await {
            return Ok((child, sink));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn send(to: RemoteActorRef<Sink>, number: u64, octets: &[u8]) -> Result<()> {
    Ok(match octets.try_into() {
        Ok(small) => to.tell(&Small(number, small)).send_ack().await?,
        Err(_) => to.tell(&Large(number, octets.to_vec())).send_ack().await?,
    })
}

pub(crate) async fn stream(options: &Options) -> Result<Record> {
    let (child, sink) = connect().await?;
    let (count, octets) = (options.count, payload(options.size));
    let meter = Meter::start_with(&child)?;
    let sending = spawn(async move {
        let messages = stream::iter(0..count).map(|number| send(sink.clone(), number, &octets));
        messages.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Result::Ok(sink.ask(&Arrived).await?)
    });
    let tally = Tally::from_octets(&sending.await??)?;
    let measured = meter.read()?;
    tally.check_unordered(count, options.size)?;
    Ok(Record::new(options, measured))
}

/// Asks so often, one question at a time.
async fn ask(sink: RemoteActorRef<Sink>, count: u64) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        if sink.ask(&Echo(number)).await? != number {
            return Err("the answer was not that of the question".into());
        }
        times.push(began.elapsed());
    }
    Ok(times)
}

pub(crate) async fn round_trips(options: &Options) -> Result<Record> {
    let (child, sink) = connect().await?;
    ask(sink.clone(), WARM_UP).await?;
    let meter = Meter::start_with(&child)?;
    let times = spawn(ask(sink, options.count)).await??;
    Ok(Record::new(options, meter.read()?).with_times(times))
}

pub(crate) async fn window(options: &Options) -> Result<Record> {
    let (child, sink) = connect().await?;
    ask(sink.clone(), WARM_UP).await?;
    let meter = Meter::start_with(&child)?;
    let asking: Vec<_> = (0..WINDOW).map(|_| spawn(ask(sink.clone(), options.count / WINDOW))).collect();
    for asking in asking {
        asking.await??;
    }
    Ok(Record::new(options, meter.read()?))
}
