//! Messages between actors of one process.

use kameo::{
    Actor,
    actor::{ActorRef, Spawn},
    mailbox,
    message::{Context, Message},
};
use tokio::{
    sync::oneshot,
    task::{spawn, spawn_blocking, yield_now},
};
use versus::{BATCH, Meter, OCTET, Options, Record, Result, SMALL, Tally};

use crate::sink::{Arrived, Sink, Small};

fn small(number: u64) -> Small {
    Small(number, [OCTET; SMALL])
}

/// The record of a stream of messages, once all are counted.
async fn counted(options: &Options, sink: &ActorRef<Sink>, meter: &Meter) -> Result<Record> {
    let tally = Tally::from_octets(&sink.ask(Arrived).await?)?;
    let measured = meter.read()?;
    tally.check(options.count, SMALL)?;
    Ok(Record::new(options, measured))
}

pub(crate) async fn local(options: &Options) -> Result<Record> {
    let sink = Sink::spawn_with_mailbox(Sink::default(), mailbox::unbounded());
    let (to, count) = (sink.clone(), options.count);
    let meter = Meter::start()?;
    let sending = spawn(async move {
        for number in 0..count {
            to.tell(small(number)).await?;
            if number % BATCH == BATCH - 1 {
                yield_now().await;
            }
        }
        Result::Ok(())
    });
    sending.await??;
    counted(options, &sink, &meter).await
}

pub(crate) async fn outside(options: &Options) -> Result<Record> {
    let sink = Sink::spawn_with_mailbox(Sink::default(), mailbox::unbounded());
    let (to, count) = (sink.clone(), options.count);
    let meter = Meter::start()?;
    let sending = spawn_blocking(move || (0..count).try_for_each(|number| to.tell(small(number)).blocking_send()));
    sending.await??;
    counted(options, &sink, &meter).await
}

/// A message that goes to the partner, with whom to answer.
struct Ping(u64, ActorRef<Player>);
/// The same that comes back.
struct Pong(u64);

/// Sends back what it gets.
#[derive(Actor)]
struct Partner;

impl Message<Ping> for Partner {
    type Reply = ();

    async fn handle(&mut self, Ping(number, from): Ping, _: &mut Context<Self, ()>) {
        // A player that has ended needs no answer.
        let _ = from.tell(Pong(number)).await;
    }
}

/// Sends so many, one at a time.
#[derive(Actor)]
struct Player {
    count: u64,
    partner: ActorRef<Partner>,
    done: Option<oneshot::Sender<()>>,
}

impl Message<Pong> for Player {
    type Reply = ();

    async fn handle(&mut self, Pong(number): Pong, context: &mut Context<Self, ()>) {
        // Whoever waits for the end is told by the drop of the sender if either is gone.
        if number < self.count {
            let _ = self.partner.tell(Ping(number + 1, context.actor_ref().clone())).await;
        } else if let Some(done) = self.done.take() {
            let _ = done.send(());
        }
    }
}

pub(crate) async fn ping_pong(options: &Options) -> Result<Record> {
    let partner = Partner::spawn_with_mailbox(Partner, mailbox::unbounded());
    let (tell, done) = oneshot::channel();
    let player = Player { count: options.count, partner, done: Some(tell) };
    let player = Player::spawn_with_mailbox(player, mailbox::unbounded());
    let meter = Meter::start()?;
    player.tell(Pong(0)).await?;
    done.await?;
    Ok(Record::new(options, meter.read()?))
}
