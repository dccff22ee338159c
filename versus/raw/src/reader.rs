//! Frames from a socket, many by one call of the system.

use tokio::io::{AsyncRead, AsyncReadExt};
use versus::Result;

use crate::frame::{Frame, take};

const CAPACITY: usize = 1 << 18;

/// What has been read and not been taken.
pub(crate) struct Reader<R> {
    socket: R,
    buffer: Vec<u8>,
    have: usize,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(crate) fn new(socket: R) -> Self {
        Self { socket, buffer: vec![0; CAPACITY], have: 0 }
    }

    pub(crate) fn socket(&mut self) -> &mut R {
        &mut self.socket
    }

    /// Reads once, and hands over every frame that is whole. Whether there will be more.
    pub(crate) async fn read(&mut self, mut each: impl FnMut(Frame<'_>) -> Result<()>) -> Result<bool> {
        let count = self.socket.read(&mut self.buffer[self.have..]).await?;
        self.have += count;
        let mut octets = &self.buffer[..self.have];
        while let Some(frame) = take(&mut octets)? {
            each(frame)?;
        }
        let left = octets.len();
        self.buffer.copy_within(self.have - left..self.have, 0);
        self.have = left;
        Ok(count > 0)
    }

    /// Reads one frame, and no more than that has come.
    pub(crate) async fn one<T>(&mut self, read: impl Fn(Frame<'_>) -> Result<T>) -> Result<T> {
        let mut found = None;
        while found.is_none() {
            let more = self.read(|frame| {
                found = Some(read(frame)?);
                Ok(())
            });
            if !more.await? {
                return Err("the other process is gone".into());
            }
        }
        found.ok_or_else(|| "nothing was read".into())
    }
}
