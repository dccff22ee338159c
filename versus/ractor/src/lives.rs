//! Actors that start and end.

use std::time::Duration;

use ractor::{Actor, ActorRef, SupervisionEvent};
use tokio::{sync::oneshot, time::sleep};
use versus::{Meter, Options, Record, Result, resident};

use crate::sink::{Flow, Sink};

const PAUSE: Duration = Duration::from_millis(500);

async fn actors(count: u64) -> Result<Vec<ActorRef<Flow>>> {
    let mut actors = Vec::new();
    for _ in 0..count {
        actors.push(Actor::spawn(None, Sink, ()).await?.0);
    }
    Ok(actors)
}

pub(crate) async fn open(options: &Options) -> Result<Record> {
    let before = resident()?;
    let meter = Meter::start()?;
    let actors = actors(options.count).await?;
    let measured = meter.read()?;
    sleep(PAUSE).await;
    let memory = resident()?.saturating_sub(before);
    drop(actors);
    Ok(Record::new(options, measured).with_memory(memory))
}

/// Monitors actors, and tells when all have ended.
struct Watcher;

struct Left(u64, Option<oneshot::Sender<()>>);

impl Actor for Watcher {
    type Msg = Flow;
    type State = Left;
    type Arguments = Left;

    async fn pre_start(&self, _: ActorRef<Flow>, left: Left) -> Result<Left> {
        Ok(left)
    }

    async fn handle_supervisor_evt(&self, _: ActorRef<Flow>, event: SupervisionEvent, left: &mut Left) -> Result<()> {
        left.0 -= u64::from(matches!(event, SupervisionEvent::ActorTerminated(..) | SupervisionEvent::ActorFailed(..)));
        if left.0 == 0 {
            left.1.take().map_or(Ok(()), |done| done.send(())).map_err(|()| "nobody waits for the end")?;
        }
        Ok(())
    }
}

pub(crate) async fn kill(options: &Options) -> Result<Record> {
    let (tell, done) = oneshot::channel();
    let watcher = Actor::spawn(None, Watcher, Left(options.count, Some(tell))).await?.0;
    let actors = actors(options.count).await?;
    actors.iter().for_each(|actor| watcher.get_cell().monitor(actor.get_cell()));
    sleep(PAUSE).await;
    let meter = Meter::start()?;
    actors.iter().for_each(|actor| actor.kill());
    done.await?;
    Ok(Record::new(options, meter.read()?))
}
