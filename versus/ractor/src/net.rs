//! Messages between the actors of two processes.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use ractor::{Actor, ActorRef, call, pg};
use ractor_cluster::{NodeServer, NodeServerMessage};
use tokio::{task::spawn, time::sleep};
use versus::{Child, Meter, Options, Record, Result, Tally, WARM_UP, WINDOW, payload, ready};

use crate::sink::{Flow, Sink, message};

/// The group by which the other process finds the actor.
const GROUP: &str = "sinks";

/// A node on a port that was free a moment ago: it takes no zero.
async fn node(name: &str) -> Result<(ActorRef<NodeServerMessage>, u16)> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let server = NodeServer::new(port, "of a measurement".into(), name.into(), "localhost".into(), None, None)
        .with_listen_addr(Ipv4Addr::LOCALHOST.into());
    Ok((Actor::spawn(None, server, ()).await?.0, port))
}

pub(crate) async fn serve() -> Result<()> {
    let (_node, port) = node("sink").await?;
    let sink = Actor::spawn(None, Sink, ()).await?.0;
    pg::join(GROUP.into(), vec![sink.get_cell()]);
    ready(format_args!("127.0.0.1:{port}"));
    std::future::pending().await
}

/// Starts the other process, and finds its actor.
async fn connect() -> Result<(Child, ActorRef<Flow>)> {
    let child = Child::start()?;
    let (node, _) = node("source").await?;
    ractor_cluster::client_connect(&node, child.line.as_str()).await?;
    loop {
        if let Some(sink) = pg::get_members(&GROUP.to_owned()).pop() {
            return Ok((child, sink.into()));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn stream(options: &Options) -> Result<Record> {
    let (child, sink) = connect().await?;
    let (count, octets) = (options.count, payload(options.size));
    let meter = Meter::start_with(&child)?;
    let sending = spawn(async move {
        for number in 0..count {
            sink.cast(message(number, &octets)).map_err(|error| error.to_string())?;
        }
        call!(sink, Flow::Tally).map_err(|error| error.to_string())
    });
    let tally = Tally::from_octets(&sending.await??)?;
    let measured = meter.read()?;
    tally.check(count, options.size)?;
    Ok(Record::new(options, measured))
}

/// Asks so often, one question at a time.
async fn ask(sink: ActorRef<Flow>, count: u64) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        if call!(sink, Flow::Echo, number)? != number {
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
