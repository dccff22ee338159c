//! The process that sends and asks.

use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::rustls::pki_types::CertificateDer;
use versus::{Child, Meter, Options, Record, Result, Tally, WARM_UP, WINDOW, Work, payload, unable};

use crate::{
    frame::{Tag, head, put},
    reader::Reader,
    tls,
};

/// Octets that are written at a time.
const BATCH: usize = 1 << 16;
/// From here on messages are written without being copied.
const LARGE: usize = 1 << 14;

/// Measures one work.
pub(crate) async fn measure(options: &Options) -> Result<Record> {
    let child = Child::start()?;
    if options.plain {
        return work(options, &child, connect(&child.line).await?).await;
    }
    let (address, hex) = child.line.split_once(' ').ok_or("the other process has no certificate")?;
    let octets: std::result::Result<Vec<u8>, _> =
        (0..hex.len() / 2).map(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16)).collect();
    let (connector, name) = tls::connector(CertificateDer::from(octets?))?;
    work(options, &child, connector.connect(name, connect(address).await?).await?).await
}

async fn connect(address: &str) -> Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

async fn work(options: &Options, child: &Child, socket: impl AsyncRead + AsyncWrite + Unpin) -> Result<Record> {
    let mut reader = Reader::new(socket);
    match options.work {
        Work::Stream => stream(options, child, &mut reader).await,
        Work::RoundTrip => {
            round_trips(&mut reader, WARM_UP).await?;
            let meter = Meter::start_with(child)?;
            let times = round_trips(&mut reader, options.count).await?;
            Ok(Record::new(options, meter.read()?).with_times(times))
        }
        Work::Window => {
            window(&mut reader, WARM_UP).await?;
            let meter = Meter::start_with(child)?;
            window(&mut reader, options.count).await?;
            Ok(Record::new(options, meter.read()?))
        }
        other => unable(other),
    }
}

async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
    options: &Options,
    child: &Child,
    reader: &mut Reader<S>,
) -> Result<Record> {
    let octets = Bytes::from(payload(options.size));
    let mut batch = Vec::with_capacity(2 * BATCH);
    let meter = Meter::start_with(child)?;
    for number in 0..options.count {
        if octets.len() >= LARGE {
            let head = head(Tag::Message, number, octets.len());
            reader.socket().write_all_buf(&mut (&head[..]).chain(&octets[..])).await?;
            continue;
        }
        put(&mut batch, Tag::Message, number, &octets);
        if batch.len() >= BATCH {
            reader.socket().write_all(&batch).await?;
            batch.clear();
        }
    }
    put(&mut batch, Tag::Tally, 0, &[]);
    reader.socket().write_all(&batch).await?;
    reader.socket().flush().await?;
    let tally = reader.one(|frame| Tally::from_octets(frame.rest)).await?;
    let measured = meter.read()?;
    tally.check(options.count, options.size)?;
    Ok(Record::new(options, measured))
}

async fn round_trips<S: AsyncRead + AsyncWrite + Unpin>(reader: &mut Reader<S>, count: u64) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut question = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        question.clear();
        put(&mut question, Tag::Echo, number, &[]);
        reader.socket().write_all(&question).await?;
        reader.socket().flush().await?;
        if reader.one(|frame| Ok(frame.number)).await? != number {
            return Err("the answer was not that of the question".into());
        }
        times.push(began.elapsed());
    }
    Ok(times)
}

/// Always 100 questions under way on one connection.
async fn window<S: AsyncRead + AsyncWrite + Unpin>(reader: &mut Reader<S>, count: u64) -> Result<()> {
    let (mut asked, mut answered, mut batch) = (0, 0, Vec::new());
    while answered < count {
        while asked < count && asked - answered < WINDOW {
            put(&mut batch, Tag::Echo, asked, &[]);
            asked += 1;
        }
        reader.socket().write_all(&batch).await?;
        reader.socket().flush().await?;
        batch.clear();
        let more = reader.read(|frame| {
            if frame.number != answered {
                return Err("an answer was not that of its question".into());
            }
            answered += 1;
            Ok(())
        });
        if !more.await? {
            return Err("the other process is gone".into());
        }
    }
    Ok(())
}
