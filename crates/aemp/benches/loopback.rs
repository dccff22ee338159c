//! Messages and round trips between two nodes over loopback, with TLS and without, beside a plain tokio program that
//! does the same work without: `cargo bench -p aemp --bench loopback`.
//!
//! Each side has a thread of its own. What counts is the ratio of the two in one run.

use std::{
    hint::black_box,
    sync::mpsc,
    time::{Duration, Instant},
};

use aemp::{Node, Port, Reply};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime,
};

const ROUNDS: usize = 5;
const MESSAGES: u64 = 2_000_000;
const ROUND_TRIPS: u64 = 20_000;
/// Messages on their way at most, so that the sender's queue stays within its limit.
const WINDOW: u64 = 200_000;
const BATCH: u64 = 1_000;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Number(u64),
    Echo(Reply<u64>),
}

#[derive(Clone, Copy)]
enum Protection {
    Tls,
    Plain,
}

fn node(name: &str, protection: Protection) -> Node {
    let builder = Node::builder().name(name).bind("127.0.0.1:0").secret("a secret for benchmarks only");
    let builder = match protection {
        Protection::Tls => builder,
        Protection::Plain => builder.dangerously_plain(),
    };
    builder.start().expect("it starts")
}

/// A pair of nodes, one of which receives.
struct Pair {
    sender: Node,
    receiver: Port<Message>,
    counted: mpsc::Receiver<u64>,
    _node: Node,
}

impl Pair {
    fn start(protection: Protection) -> Self {
        let (sender, node) = (node("sender", protection), node("receiver", protection));
        let (tell, counted) = mpsc::channel();
        let (mut count, mut sum) = (0u64, 0u64);
        let receiver = node.port(move |cx, message: Message| match message {
            Message::Number(number) => {
                count += 1;
                sum = sum.wrapping_add(black_box(number));
                if count.is_multiple_of(WINDOW / 2) {
                    let _ = tell.send(count);
                }
            }
            Message::Echo(reply) => cx.reply(reply, sum),
        });
        Self { sender, receiver, counted, _node: node }
    }

    /// Messages per second, one way.
    fn one_way(&self) -> f64 {
        let start = Instant::now();
        let (mut sent, mut received) = (0, 0);
        while received < MESSAGES {
            while sent < MESSAGES && sent - received < WINDOW {
                let to = self.receiver.clone();
                let first = sent;
                let batch = self.sender.run(move |cx| {
                    for number in first..first + BATCH {
                        cx.send(&to, Message::Number(number));
                    }
                });
                drop(batch);
                sent += BATCH;
            }
            self.counted.recv().expect("the receiver lives");
            received += WINDOW / 2;
        }
        MESSAGES as f64 / start.elapsed().as_secs_f64()
    }

    /// The median time of a round trip.
    fn round_trip(&self) -> Duration {
        let times = (0..ROUND_TRIPS).map(|_| {
            let start = Instant::now();
            self.sender.call(&self.receiver, Message::Echo).wait().expect("it is answered");
            start.elapsed()
        });
        median(times.collect())
    }
}

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[values.len() / 2]
}

/// The same work with nothing but tokio: length-prefixed frames of the same size, in batches.
mod raw {
    use super::*;

    const FRAME: usize = 20;

    fn on_thread<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> std::thread::JoinHandle<T> {
        std::thread::spawn(|| {
            runtime::Builder::new_current_thread().enable_all().build().expect("tokio").block_on(future)
        })
    }

    async fn count(mut stream: TcpStream) -> u64 {
        let mut buffer = vec![0; 1 << 17];
        let (mut have, mut sum, mut count) = (0, 0u64, 0);
        while count < MESSAGES {
            have += stream.read(&mut buffer[have..]).await.expect("read");
            let whole = have - have % FRAME;
            for frame in buffer[..whole].chunks_exact(FRAME) {
                let number: [u8; 8] = frame[4..12].try_into().expect("eight octets");
                sum = sum.wrapping_add(u64::from_le_bytes(number));
                count += 1;
            }
            buffer.copy_within(whole..have, 0);
            have -= whole;
        }
        stream.write_all(&[1]).await.expect("write");
        sum
    }

    pub(super) fn one_way() -> f64 {
        let (tell, address) = mpsc::channel();
        let receiver = on_thread(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
            tell.send(listener.local_addr().expect("address")).expect("told");
            count(listener.accept().await.expect("accept").0).await
        });
        let address = address.recv().expect("address");
        let start = Instant::now();
        let sender = on_thread(async move {
            let mut stream = TcpStream::connect(address).await.expect("connect");
            stream.set_nodelay(true).expect("nodelay");
            let mut buffer = Vec::with_capacity(1 << 16);
            for number in 0..MESSAGES {
                buffer.extend_from_slice(&16u32.to_le_bytes());
                buffer.extend_from_slice(&number.to_le_bytes());
                buffer.extend_from_slice(&[7; 8]);
                if buffer.len() >= (1 << 16) - FRAME {
                    stream.write_all(&buffer).await.expect("write");
                    buffer.clear();
                }
            }
            stream.write_all(&buffer).await.expect("write");
            stream.read_exact(&mut [0]).await.expect("read");
        });
        sender.join().expect("sender");
        let rate = MESSAGES as f64 / start.elapsed().as_secs_f64();
        black_box(receiver.join().expect("receiver"));
        rate
    }

    pub(super) fn round_trip() -> Duration {
        let (tell, address) = mpsc::channel();
        let echo = on_thread(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
            tell.send(listener.local_addr().expect("address")).expect("told");
            let (mut stream, _) = listener.accept().await.expect("accept");
            stream.set_nodelay(true).expect("nodelay");
            let mut buffer = [0; 64];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..count]).await.expect("write");
            }
        });
        let address = address.recv().expect("address");
        let caller = on_thread(async move {
            let mut stream = TcpStream::connect(address).await.expect("connect");
            stream.set_nodelay(true).expect("nodelay");
            let mut times = Vec::new();
            for _ in 0..ROUND_TRIPS {
                let start = Instant::now();
                stream.write_all(&[7; 40]).await.expect("write");
                stream.read_exact(&mut [0; 40]).await.expect("read");
                times.push(start.elapsed());
            }
            median(times)
        });
        let time = caller.join().expect("caller");
        echo.join().expect("echo");
        time
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        println!("not measured under --test");
        return;
    }
    for (name, protection) in [("without encryption", Protection::Plain), ("TLS 1.3", Protection::Tls)] {
        println!("{name}:");
        compare(&Pair::start(protection));
    }
}

/// Measures both sides in turns.
fn compare(pair: &Pair) {
    let _ = pair.sender.call(&pair.receiver, Message::Echo).wait();
    let (mut rates, mut times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rates.push((pair.one_way(), raw::one_way()));
        times.push((pair.round_trip(), raw::round_trip()));
    }
    let (ours, theirs): (Vec<f64>, Vec<f64>) = rates.iter().copied().unzip();
    let ratio = median(rates.iter().map(|(ours, raw)| ours / raw).collect());
    println!("one way:    {:>10.0} messages/s, raw tokio {:>10.0}, ratio {ratio:.3}", median(ours), median(theirs));
    let (ours, theirs): (Vec<Duration>, Vec<Duration>) = times.iter().copied().unzip();
    let ratio = median(times.iter().map(|(ours, raw)| ours.as_secs_f64() / raw.as_secs_f64()).collect());
    println!("round trip: {:>10.1?} median,     raw tokio {:>10.1?}, ratio {ratio:.2}", median(ours), median(theirs));
}
