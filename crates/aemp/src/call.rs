//! Calls as their callers see them.

use std::{
    future::{Future, IntoFuture},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use aemp_proto::id::PortNumber;
use tokio::sync::oneshot;

use crate::{error::CallError, node::Shared};

/// How long a call waits for its answer, unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer that is on its way. The request was sent already.
///
/// `.await` it in any async runtime, or `.wait()` for it where there is none. Without an answer it fails after
/// 30 s, or after [`Call::timeout`]. If the other side drops the reply, or dies, it fails at once.
///
/// # Cancel safety
///
/// Dropping it gives the answer up; the request is carried out nonetheless.
#[must_use = "the answer comes only to those who wait for it: use `send` where none is needed"]
#[derive(Debug)]
pub struct Call<T> {
    answer: Answer<T>,
    expiry: Option<Answer<()>>,
    forget: Forget,
}

impl<T> Call<T> {
    /// The answer to the call `number` of a node.
    pub(crate) fn new(node: Arc<Shared>, number: PortNumber) -> (Self, Completer<T>) {
        let (completer, answer) = channel();
        (Self { answer, expiry: None, forget: Forget { node, number: Some(number) } }, completer)
    }

    /// The result of something that the node does.
    pub(crate) fn without_number(node: Arc<Shared>) -> (Self, Completer<T>) {
        let (completer, answer) = channel();
        (Self { answer, expiry: None, forget: Forget { node, number: None } }, completer)
    }

    /// Fails with [`CallError::TimedOut`] if there is no answer within `timeout` from now.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let node = &self.forget.node;
        if let Some(number) = self.forget.number {
            let _ = node.act(move |engine| engine.set_call_timeout(number, timeout));
        } else {
            // What the node does itself has no number: a call that nobody answers measures the time.
            let number = node.reply_number();
            let (expired, expiry) = channel();
            let _ = node.act(move |engine| {
                engine.expect(None, number, timeout, |_, result| expired.complete(result));
            });
            self.expiry = Some(expiry);
            self.forget.number = Some(number);
        }
        self
    }

    /// Blocks the thread until the answer is there.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    ///
    /// # Panics
    ///
    /// Panics on the node's own thread (in handlers and tasks), which would wait for itself.
    #[track_caller]
    pub fn wait(self) -> Result<T, CallError> {
        self.forget.node.check_may_wait();
        block_on(self.into_future())
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<T, CallError>;
    type IntoFuture = CallFuture<T>;

    fn into_future(self) -> CallFuture<T> {
        CallFuture { answer: self.answer, expiry: self.expiry, forget: self.forget }
    }
}

/// The future of a [`Call`].
#[derive(Debug)]
pub struct CallFuture<T> {
    answer: Answer<T>,
    expiry: Option<Answer<()>>,
    forget: Forget,
}

impl<T> Future for CallFuture<T> {
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(result) = Pin::new(&mut self.answer).poll(cx) {
            if self.expiry.is_none() {
                self.forget.number = None;
            }
            return Poll::Ready(result);
        }
        let expired = self.expiry.as_mut().map_or(Poll::Pending, |expiry| Pin::new(expiry).poll(cx));
        expired.map(|result| Err(result.err().unwrap_or(CallError::TimedOut)))
    }
}

/// Tells the node that a call was given up.
#[derive(Debug)]
struct Forget {
    node: Arc<Shared>,
    number: Option<PortNumber>,
}

impl Drop for Forget {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let _ = self.node.act(move |engine| engine.forget_call(number));
        }
    }
}

/// The receiving end of a value that the node makes.
#[derive(Debug)]
pub(crate) struct Answer<T>(oneshot::Receiver<Result<T, CallError>>);

/// The other end. Dropped without a value, it says that the node is stopped.
#[derive(Debug)]
pub(crate) struct Completer<T>(oneshot::Sender<Result<T, CallError>>);

pub(crate) fn channel<T>() -> (Completer<T>, Answer<T>) {
    let (sender, receiver) = oneshot::channel();
    (Completer(sender), Answer(receiver))
}

impl<T> Completer<T> {
    pub(crate) fn complete(self, result: Result<T, CallError>) {
        // What nobody waits for any more is dropped here, and its destructor may panic.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(self.0.send(result))));
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|result| result.unwrap_or(Err(CallError::Stopped)))
    }
}

/// Runs a future that needs no runtime on the calling thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A call that a handler made: its result comes as a message to the port.
///
/// Dropping this changes nothing.
#[derive(Debug)]
pub struct PendingCall {
    node: Arc<Shared>,
    number: PortNumber,
}

impl PendingCall {
    pub(crate) const fn new(node: Arc<Shared>, number: PortNumber) -> Self {
        Self { node, number }
    }

    /// Fails with [`CallError::TimedOut`] if there is no answer within `timeout` from now.
    pub fn timeout(self, timeout: Duration) -> Self {
        let number = self.number;
        let _ = self.node.act(move |engine| engine.set_call_timeout(number, timeout));
        self
    }

    /// Gives the answer up: no result comes any more.
    pub fn cancel(self) {
        let number = self.number;
        let _ = self.node.act(move |engine| engine.forget_call(number));
    }
}
