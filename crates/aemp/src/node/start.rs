//! The start of a node: its thread, its name, its listeners.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::Settings,
    link::Identity,
};
use tokio::{runtime, task::LocalSet};

use super::{
    alarm::Alarm,
    builder::Builder,
    clock::Clock,
    engine::Engine,
    network::{self, Membership},
    run_loop,
    shared::Shared,
    stop::tell_end,
};
use crate::error::{Error, Result, Stopped};

/// Starts the node's thread and waits until the node listens.
pub(super) fn start(builder: Builder) -> Result<Arc<Shared>> {
    let (report, started) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("aemp node".into());
    thread.spawn(move || run_thread(builder, &report))?;
    started.recv().map_err(|_| io::Error::other("the node's thread ended at once"))?
}

fn run_thread(builder: Builder, report: &mpsc::SyncSender<Result<Arc<Shared>>>) {
    // Dropped behind the runtime: who is told of the end may bind the same addresses again.
    let end = EndOfThread::default();
    let slept = Arc::new(AtomicBool::new(true));
    let clock = Clock::new(Arc::clone(&slept));
    let built = runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_unpark(move || slept.store(true, Ordering::Relaxed))
        .build();
    let runtime = match built {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error.into()))),
    };
    LocalSet::new().block_on(&runtime, async {
        match make(builder, clock).await {
            Ok((engine, alarm)) => {
                end.shared.replace(Some(Arc::clone(&engine.shared)));
                let _ = report.send(Ok(Arc::clone(&engine.shared)));
                end.left.set(Ok(run_loop::run(engine, alarm).await));
            }
            Err(error) => drop(report.send(Err(error))),
        }
    });
    // A name that is still being resolved is not waited for.
    runtime.shutdown_background();
}

/// Tells all who wait that the node's thread is over, even if it panicked.
struct EndOfThread {
    shared: RefCell<Option<Arc<Shared>>>,
    left: Cell<Result<usize, Stopped>>,
}

impl Default for EndOfThread {
    fn default() -> Self {
        Self { shared: RefCell::default(), left: Cell::new(Err(Stopped)) }
    }
}

impl Drop for EndOfThread {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            tell_end(&shared, self.left.get());
        }
    }
}

async fn make(builder: Builder, clock: Clock) -> Result<(Rc<Engine>, Alarm)> {
    let alarm = Alarm::new()?;
    let listeners = network::listen(&builder).await?;
    let told = match builder.advertise.as_slice() {
        [] => listeners.addresses().to_vec(),
        advertised => advertised.to_vec(),
    };
    let of_id = if builder.listens_nowhere() { &builder.advertise } else { &told };
    let membership = Membership::find(&builder, &listeners)?;
    let identity = membership.identity(builder.make_id(of_id)?, &random()?);
    let settings = settings(&builder, &identity, told, &clock)?;
    let shared = Arc::new(Shared::new(settings.node.clone(), settings.incarnation.into(), settings.limits));
    let engine = Engine::new(shared, settings, clock, builder.stop_timeout);
    engine.enter_thread();
    let network = network::start(&engine, identity, membership, listeners, builder.protection)?;
    engine.network.replace(Some(network));
    Ok((engine, alarm))
}

fn settings(builder: &Builder, identity: &Identity, addresses: Vec<Address>, clock: &Clock) -> Result<Settings> {
    Ok(Settings {
        node: identity.node().clone(),
        incarnation: identity.incarnation(),
        addresses,
        limits: builder.limits,
        timing: builder.timing,
        refused_is_death: builder.refused_is_death,
        seed: u64::from_ne_bytes(random()?),
        wall_clock: clock.start_since_1970(),
        seeds: builder.seeds.iter().chain(&builder.legacy.seeds).cloned().collect(),
        global: builder.global,
        relay: builder.legacy.relay,
    })
}

/// Octets from the system's random generator.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| Error::System(io::Error::other(error.to_string())))?;
    Ok(octets)
}

/// `name@address,address`, or an opaque ID where nothing is bound.
pub(super) fn id_of(name: &str, addresses: &[Address]) -> Result<NodeId> {
    let recipe: Vec<String> = addresses.iter().map(Address::to_string).collect();
    let separator = if recipe.is_empty() { "" } else { "@" };
    Ok(format!("{name}{separator}{}", recipe.join(",")).parse()?)
}
