//! Messages between actors of one process.

use ractor::{Actor, ActorRef, call};
use tokio::{
    sync::oneshot,
    task::{spawn, spawn_blocking, yield_now},
};
use versus::{BATCH, Meter, Options, Record, Result, SMALL, Tally, payload};

use crate::sink::{Flow, Sink, message};

async fn sink() -> Result<ActorRef<Flow>> {
    Ok(Actor::spawn(None, Sink, ()).await?.0)
}

/// The record of a stream of messages, once all are counted.
async fn counted(options: &Options, sink: &ActorRef<Flow>, meter: &Meter) -> Result<Record> {
    let tally = Tally::from_octets(&call!(sink, Flow::Tally)?)?;
    let measured = meter.read()?;
    tally.check(options.count, SMALL)?;
    Ok(Record::new(options, measured))
}

pub(crate) async fn local(options: &Options) -> Result<Record> {
    let sink = sink().await?;
    let (to, count, octets) = (sink.clone(), options.count, payload(SMALL));
    let meter = Meter::start()?;
    let sending = spawn(async move {
        for number in 0..count {
            to.cast(message(number, &octets)).map_err(|error| error.to_string())?;
            if number % BATCH == BATCH - 1 {
                yield_now().await;
            }
        }
        Ok::<(), String>(())
    });
    sending.await??;
    counted(options, &sink, &meter).await
}

pub(crate) async fn outside(options: &Options) -> Result<Record> {
    let sink = sink().await?;
    let (to, count, octets) = (sink.clone(), options.count, payload(SMALL));
    let meter = Meter::start()?;
    let send = move |number| to.cast(message(number, &octets)).map_err(|error| error.to_string());
    spawn_blocking(move || (0..count).try_for_each(send)).await??;
    counted(options, &sink, &meter).await
}

/// A message that goes to and fro.
struct Ball(u64, Option<ActorRef<Self>>);

impl ractor::Message for Ball {}

/// Sends back what it gets.
struct Partner;

impl Actor for Partner {
    type Msg = Ball;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Ball>, (): ()) -> Result<()> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Ball>, Ball(number, from): Ball, (): &mut ()) -> Result<()> {
        from.map_or(Ok(()), |from| from.cast(Ball(number, None)))?;
        Ok(())
    }
}

/// Sends so many balls, one at a time.
struct Player {
    count: u64,
    partner: ActorRef<Ball>,
}

impl Actor for Player {
    type Msg = Ball;
    type State = Option<oneshot::Sender<()>>;
    type Arguments = oneshot::Sender<()>;

    async fn pre_start(&self, _: ActorRef<Ball>, done: oneshot::Sender<()>) -> Result<Self::State> {
        Ok(Some(done))
    }

    async fn handle(&self, me: ActorRef<Ball>, Ball(number, _): Ball, done: &mut Self::State) -> Result<()> {
        if number < self.count {
            self.partner.cast(Ball(number + 1, Some(me)))?;
        } else if let Some(done) = done.take() {
            done.send(()).map_err(|()| "nobody waits for the end")?;
        }
        Ok(())
    }
}

pub(crate) async fn ping_pong(options: &Options) -> Result<Record> {
    let partner = Actor::spawn(None, Partner, ()).await?.0;
    let (tell, done) = oneshot::channel();
    let player = Actor::spawn(None, Player { count: options.count, partner }, tell).await?.0;
    let meter = Meter::start()?;
    player.cast(Ball(0, None))?;
    done.await?;
    Ok(Record::new(options, meter.read()?))
}
