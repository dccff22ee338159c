//! The other process: counts messages and answers questions.

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use versus::{Options, Result, Tally, ready};

use crate::{
    frame::{Tag, put},
    reader::Reader,
    tls,
};

/// Serves one connection.
pub(crate) async fn serve(options: &Options) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    if options.plain {
        ready(address);
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        return answer(socket).await;
    }
    let (acceptor, certificate) = tls::acceptor()?;
    let hex: String = certificate.iter().map(|octet| format!("{octet:02x}")).collect();
    ready(format_args!("{address} {hex}"));
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    answer(acceptor.accept(socket).await?).await
}

async fn answer(socket: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    let mut reader = Reader::new(socket);
    let (mut tally, mut answers) = (Tally::default(), Vec::new());
    loop {
        let more = reader.read(|frame| {
            match frame.tag {
                Tag::Message => tally.count(frame.number, frame.rest),
                Tag::Tally => put(&mut answers, Tag::Tally, 0, &tally.to_octets()),
                Tag::Echo => put(&mut answers, Tag::Echo, frame.number, &[]),
            }
            Ok(())
        });
        if !more.await? {
            return Ok(());
        }
        if !answers.is_empty() {
            reader.socket().write_all(&answers).await?;
            reader.socket().flush().await?;
            answers.clear();
        }
    }
}
