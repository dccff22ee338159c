//! ZeroMQ: sockets PUSH and PULL one way, REQ and REP or DEALER and ROUTER there and back.
//!
//! The library has a thread of its own for the network in each process, beside the one that sends or receives.

use std::{process::ExitCode, time::Instant};

use versus::{Child, Meter, Options, Record, Result, Tally, WARM_UP, WINDOW, Work, payload, ready, unable};
use zmq::{Context, Message, Socket, SocketType};

/// The tag of a message, and that of the last one, which asks for the tally.
const MESSAGE: u8 = 0;
const LAST: u8 = 1;

fn main() -> ExitCode {
    versus::main(measure, serve)
}

fn measure(options: &Options) -> Result<Record> {
    let context = Context::new();
    match options.work {
        Work::Stream => stream(options, &context),
        Work::RoundTrip => round_trips(options, &context),
        Work::Window => window(options, &context),
        other => unable(other),
    }
}

fn serve(options: &Options) -> Result<()> {
    let context = Context::new();
    match options.work {
        Work::Stream => count(&context),
        Work::RoundTrip => answer(&bound(&context, SocketType::REP)?),
        Work::Window => answer(&bound(&context, SocketType::ROUTER)?),
        other => unable(other),
    }
}

fn bound(context: &Context, kind: SocketType) -> Result<Socket> {
    let socket = context.socket(kind)?;
    socket.bind("tcp://127.0.0.1:*")?;
    ready(endpoint(&socket)?);
    Ok(socket)
}

fn endpoint(socket: &Socket) -> Result<String> {
    socket.get_last_endpoint()?.map_err(|_| "an address that is not UTF-8".into())
}

fn connected(context: &Context, kind: SocketType, address: &str) -> Result<Socket> {
    let socket = context.socket(kind)?;
    socket.connect(address)?;
    Ok(socket)
}

/// Takes messages until the last, which has the address where the tally goes.
fn count(context: &Context) -> Result<()> {
    let socket = bound(context, SocketType::PULL)?;
    let (mut tally, mut message) = (Tally::default(), Message::new());
    loop {
        socket.recv(&mut message, 0)?;
        let (tag, rest) = message.split_first().ok_or("a message without a tag")?;
        if *tag == LAST {
            break;
        }
        let (number, octets) = rest.split_first_chunk().ok_or("a message without a number")?;
        tally.count(u64::from_le_bytes(*number), octets);
    }
    let back = connected(context, SocketType::PUSH, std::str::from_utf8(&message[1..])?)?;
    back.send(tally.to_octets(), 0)?;
    std::thread::park();
    Ok(())
}

fn answer(socket: &Socket) -> Result<()> {
    loop {
        socket.send_multipart(socket.recv_multipart(0)?, 0)?;
    }
}

fn stream(options: &Options, context: &Context) -> Result<Record> {
    let back = context.socket(SocketType::PULL)?;
    back.bind("tcp://127.0.0.1:*")?;
    let child = Child::start()?;
    let socket = connected(context, SocketType::PUSH, &child.line)?;
    let octets = payload(options.size);
    let meter = Meter::start_with(&child)?;
    for number in 0..options.count {
        let mut message = Message::with_size(9 + octets.len());
        message[0] = MESSAGE;
        message[1..9].copy_from_slice(&number.to_le_bytes());
        message[9..].copy_from_slice(&octets);
        socket.send(message, 0)?;
    }
    socket.send([&[LAST], endpoint(&back)?.as_bytes()].concat(), 0)?;
    let tally = Tally::from_octets(&back.recv_bytes(0)?)?;
    let measured = meter.read()?;
    tally.check(options.count, options.size)?;
    Ok(Record::new(options, measured))
}

fn round_trips(options: &Options, context: &Context) -> Result<Record> {
    let child = Child::start()?;
    let socket = connected(context, SocketType::REQ, &child.line)?;
    let ask = |number: u64| -> Result<()> {
        socket.send(&number.to_le_bytes()[..], 0)?;
        expect(&socket, number)
    };
    (0..WARM_UP).try_for_each(ask)?;
    let meter = Meter::start_with(&child)?;
    let mut times = Vec::new();
    for number in 0..options.count {
        let began = Instant::now();
        ask(number)?;
        times.push(began.elapsed());
    }
    Ok(Record::new(options, meter.read()?).with_times(times))
}

/// Always 100 questions under way on one connection.
fn window(options: &Options, context: &Context) -> Result<Record> {
    let child = Child::start()?;
    let socket = connected(context, SocketType::DEALER, &child.line)?;
    let ask = |count: u64| -> Result<()> {
        for number in 0..count + WINDOW {
            if number >= WINDOW {
                expect(&socket, number - WINDOW)?;
            }
            if number < count {
                socket.send(&number.to_le_bytes()[..], 0)?;
            }
        }
        Ok(())
    };
    ask(WARM_UP)?;
    let meter = Meter::start_with(&child)?;
    ask(options.count)?;
    Ok(Record::new(options, meter.read()?))
}

fn expect(socket: &Socket, number: u64) -> Result<()> {
    let answer = socket.recv_bytes(0)?;
    if answer == number.to_le_bytes() { Ok(()) } else { Err("an answer was not that of its question".into()) }
}
