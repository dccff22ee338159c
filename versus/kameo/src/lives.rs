//! Actors that start and end.

use std::{ops::ControlFlow, time::Duration};

use kameo::{
    Actor, RemoteActor,
    actor::{ActorId, ActorRef, Spawn, WeakActorRef},
    error::{ActorStopReason, Infallible},
};
use tokio::{sync::oneshot, time::sleep};
use versus::{Meter, Options, Record, Result, resident};

use crate::sink::Sink;

const PAUSE: Duration = Duration::from_millis(500);

fn actors(count: u64) -> Vec<ActorRef<Sink>> {
    (0..count).map(|_| Sink::spawn(Sink::default())).collect()
}

pub(crate) async fn open(options: &Options) -> Result<Record> {
    let before = resident()?;
    let meter = Meter::start()?;
    let actors = actors(options.count);
    let measured = meter.read()?;
    sleep(PAUSE).await;
    let memory = resident()?.saturating_sub(before);
    drop(actors);
    Ok(Record::new(options, measured).with_memory(memory))
}

/// Is linked with actors, and tells when all have ended.
#[derive(RemoteActor)]
struct Watcher {
    left: u64,
    done: Option<oneshot::Sender<()>>,
}

impl Actor for Watcher {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(args: Self, _: ActorRef<Self>) -> std::result::Result<Self, Infallible> {
        Ok(args)
    }

    async fn on_link_died(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorId,
        _: ActorStopReason,
    ) -> std::result::Result<ControlFlow<ActorStopReason>, Infallible> {
        self.left -= 1;
        if self.left == 0
            && let Some(done) = self.done.take()
        {
            let _ = done.send(());
        }
        Ok(ControlFlow::Continue(()))
    }
}

pub(crate) async fn kill(options: &Options) -> Result<Record> {
    let (tell, done) = oneshot::channel();
    let watcher = Watcher::spawn(Watcher { left: options.count, done: Some(tell) });
    let actors = actors(options.count);
    for actor in &actors {
        watcher.link(actor).await;
    }
    sleep(PAUSE).await;
    let meter = Meter::start()?;
    actors.iter().for_each(ActorRef::kill);
    done.await?;
    Ok(Record::new(options, meter.read()?))
}
