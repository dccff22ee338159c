//! A stream of octets to one peer, encrypted or not.

use std::{
    future::{Future, poll_fn},
    io::{self, BufRead, IoSlice, Write},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{BufMut, Bytes};
use rustls::Connection;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::unsent::Unsent;

/// A closing channel waits this long for the other side to take the last octets.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// A connected transport.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

/// A transport, and what encrypts on it.
pub(super) struct Channel {
    io: Box<dyn Io>,
    coding: Coding,
}

enum Coding {
    Plain(Unsent),
    Tls(Box<Connection>),
}

/// What one read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// This many octets came over the transport.
    Octets(usize),
    /// The other side has said its last octet.
    End,
}

impl Channel {
    /// A channel that does not encrypt yet.
    pub(super) fn new(io: Box<dyn Io>) -> Self {
        Self { io, coding: Coding::Plain(Unsent::default()) }
    }

    /// From here on everything is encrypted. `received` came in behind the last octet in the clear. What was
    /// queued before must have been flushed.
    pub(super) fn start_tls(
        &mut self,
        mut connection: Connection,
        received: &[u8],
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        // The caller bounds what it queues between two flushes.
        connection.set_buffer_limit(None);
        self.coding = Coding::Tls(Box::new(connection));
        self.decode(received, into).map(|_| ())
    }

    /// The TLS connection, if there is one.
    pub(super) const fn tls(&self) -> Option<&Connection> {
        match &self.coding {
            Coding::Plain(_) => None,
            Coding::Tls(connection) => Some(&**connection),
        }
    }

    /// Takes octets to be written with the next flush.
    pub(super) fn queue(&mut self, octets: Bytes) -> io::Result<()> {
        match &mut self.coding {
            Coding::Plain(unsent) => unsent.push(octets),
            Coding::Tls(connection) => connection.writer().write_all(&octets)?,
        }
        Ok(())
    }

    /// Writes all that is queued.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.coding {
            Coding::Plain(unsent) => {
                while !unsent.is_empty() {
                    not_zero(ready!(unsent.poll_write(Pin::new(&mut self.io), cx))?)?;
                }
            }
            Coding::Tls(connection) => {
                while connection.wants_write() {
                    match connection.write_tls(&mut Sink { io: &mut *self.io, cx: &mut *cx }) {
                        Ok(written) => not_zero(written)?,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                        Err(error) => return Poll::Ready(Err(error)),
                    };
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once, at most as much as `scratch` holds, and appends what was said to `into`.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
        into: &mut Vec<u8>,
    ) -> Poll<io::Result<Read>> {
        if matches!(self.coding, Coding::Plain(_)) && !into.is_empty() {
            return self.poll_read_on(cx, scratch.len(), into);
        }
        let mut read = ReadBuf::new(scratch);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
        Poll::Ready(self.decode(read.filled(), into))
    }

    /// Reads what follows on a part of a frame, or of more, where it belongs.
    fn poll_read_on(&mut self, cx: &mut Context<'_>, size: usize, into: &mut Vec<u8>) -> Poll<io::Result<Read>> {
        into.reserve(size);
        let mut into = into.limit(size);
        let read = ready!(pin!(self.io.read_buf(&mut into)).poll(cx))?;
        Poll::Ready(Ok(if read == 0 { Read::End } else { Read::Octets(read) }))
    }

    fn decode(&mut self, mut octets: &[u8], into: &mut Vec<u8>) -> io::Result<Read> {
        let size = octets.len();
        let Coding::Tls(connection) = &mut self.coding else {
            into.extend_from_slice(octets);
            return Ok(if size == 0 { Read::End } else { Read::Octets(size) });
        };
        // The end of the transport without the end of TLS is an end as well: frames know their length.
        let mut ended = size == 0;
        while !octets.is_empty() && !ended {
            ended = connection.read_tls(&mut octets)? == 0;
            let state =
                connection.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let mut left = state.plaintext_bytes_to_read();
            while left > 0 {
                let mut reader = connection.reader();
                let plain = reader.fill_buf()?;
                let length = plain.len();
                into.extend_from_slice(plain);
                reader.consume(length);
                left = left.saturating_sub(not_zero(length)?);
            }
            ended |= state.peer_has_closed();
        }
        Ok(if ended { Read::End } else { Read::Octets(size) })
    }

    /// Writes all that is queued.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Writes what is queued, says that nothing follows, and gives the other side a second to take it: a
    /// transport that is closed with unread octets throws away what the other side has not read.
    pub(super) async fn close(mut self) {
        if let Coding::Tls(connection) = &mut self.coding {
            connection.send_close_notify();
        }
        // Whoever closes has nothing more to lose: errors end the waiting and no more.
        let _ = timeout(LINGER, self.linger()).await;
    }

    async fn linger(&mut self) -> io::Result<()> {
        self.flush().await?;
        poll_fn(|cx| Pin::new(&mut self.io).poll_shutdown(cx)).await?;
        let mut discarded = [0; 256];
        loop {
            let mut read = ReadBuf::new(&mut discarded);
            poll_fn(|cx| Pin::new(&mut self.io).poll_read(cx, &mut read)).await?;
            if read.filled().is_empty() {
                return Ok(());
            }
        }
    }
}

fn not_zero(written: usize) -> io::Result<usize> {
    if written == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(written) }
}

/// Lets TLS write to a transport from inside a poll.
struct Sink<'a, 'b> {
    io: &'a mut dyn Io,
    cx: &'a mut Context<'b>,
}

impl Sink<'_, '_> {
    fn written(result: Poll<io::Result<usize>>) -> io::Result<usize> {
        match result {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Sink<'_, '_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        Self::written(Pin::new(&mut *self.io).poll_write(self.cx, octets))
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Self::written(Pin::new(&mut *self.io).poll_write_vectored(self.cx, parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn an_end_within_a_frame_is_an_end() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut channel = Channel::new(Box::new(near));
        let (mut scratch, mut received) = (vec![0; 64], Vec::new());
        let mut reads = Vec::new();
        for octets in [&b"a part"[..], b" of a frame"] {
            far.write_all(octets).await.unwrap();
            reads.push(poll_fn(|cx| channel.poll_read(cx, &mut scratch, &mut received)).await.unwrap());
        }
        drop(far);
        reads.push(poll_fn(|cx| channel.poll_read(cx, &mut scratch, &mut received)).await.unwrap());
        assert_eq!(reads, [Read::Octets(6), Read::Octets(11), Read::End]);
        assert_eq!(received, b"a part of a frame");
    }
}
