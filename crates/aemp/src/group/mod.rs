//! Ports that do the same work, found through the database.

mod members;
mod no_member;
mod rendezvous;

pub use no_member::NoMember;

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Serialize;

use crate::{
    call::Call,
    codec::Message,
    database::{DatabaseError, Registration, WatchOfHandle, check_family},
    node::Node,
    port::Port,
};

use members::Follower;
pub(crate) use members::Members;

/// The ports that are registered in a family of the database, as one that work is given to: [`Node::group`] makes it.
///
/// ```
/// use aemp::Node;
///
/// let node = Node::builder().anonymous().start()?;
/// let workers = node.group::<String>("workers");
/// let worker = node.port(|_, job: String| println!("{job}"));
/// workers.join(&worker)?.forever();
/// workers.ready().wait()?;
/// workers.send_next("to be done".to_owned())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It follows the database: a port that joins anywhere is a member a moment later, when this node has also reached its node. The group
/// watches its members, and a member that is dead for this node leaves at once, before the database says so. So the node
/// has a connection with the node of every member. A key of the family that is no port ID is no member.
///
/// A message is sent as by [`Node::send`], to a member that was alive as far as the node knew. What a member that dies then did with
/// it is known only from its answer, as for any port.
///
/// A group is cheap to clone, can be used from any thread and in handlers, and ends with its last clone. Each call of
/// [`Node::group`] makes a group that begins without members, until it hears of them: keep one.
pub struct Group<M = Message> {
    inner: Arc<Inner>,
    messages: PhantomData<fn(M)>,
}

struct Inner {
    node: Node,
    family: String,
    members: Arc<Members>,
    turn: AtomicUsize,
    /// Ends with the group.
    _watch: WatchOfHandle,
}

impl Node {
    /// The ports that are [registered](crate::Database::register) in a family of the database, as one that work is given to.
    /// See [`Group`].
    ///
    /// # Panics
    ///
    /// Panics if the name of the family has more than 512 octets: the caller's mistake.
    #[track_caller]
    pub fn group<M>(&self, family: &str) -> Group<M> {
        Group::new(self.clone(), family)
    }
}

impl<M> Group<M> {
    #[track_caller]
    pub(crate) fn new(node: Node, family: &str) -> Self {
        check_family(family);
        let members = Arc::new(Members::default());
        let group = Arc::downgrade(&members);
        let _ = node.shared.act(move |engine| engine.add_group(group));
        let follower = Follower::new(Arc::clone(&members));
        let watch = WatchOfHandle::new(Arc::clone(&node.shared), family, move |engine, change| {
            follower.follow(engine, change);
        });
        let inner = Inner { node, family: family.to_owned(), members, turn: AtomicUsize::new(0), _watch: watch };
        Self { inner: Arc::new(inner), messages: PhantomData }
    }

    /// Makes a port a member of the group, at all nodes: [`Database::register`](crate::Database::register) in the group's family. It
    /// leaves when it dies and when the registration is dropped.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: it is no member.
    pub fn join(&self, port: &Port<M>) -> Result<Registration, DatabaseError> {
        self.inner.node.database().register(&self.inner.family, port)
    }

    /// The members that this node sees, in the order of their port IDs.
    pub fn members(&self) -> Vec<Port<M>> {
        self.inner.members.all().into_iter().map(Port::new).collect()
    }

    /// The member for a key, such as the name of a user: the same at all nodes that see the same members, as long as it is a
    /// member. When one joins or leaves, only the keys go to another member that come to it, or were its own.
    ///
    /// It is the member with the greatest weight (rendezvous hashing), by this rule, which other programs may follow: the hash of some
    /// octets is their FNV-1a hash of 64 bits, mixed as by SplitMix64; the weight of a member is the exclusive-or of the hashes of its key in the
    /// database and of `key`, mixed again. Of equal weights that counts whose key in the database is greater.
    pub fn choose(&self, key: impl AsRef<[u8]>) -> Option<Port<M>> {
        self.inner.members.choose(key.as_ref()).map(Port::new)
    }

    /// The next member: all in turn.
    pub fn next(&self) -> Option<Port<M>> {
        let turn = self.inner.turn.fetch_add(1, Ordering::Relaxed);
        self.inner.members.at(turn).map(Port::new)
    }

    /// Completes when the group has a member, at once if it has.
    ///
    /// It has no time-out of its own; it fails when the node is stopped.
    pub fn ready(&self) -> Call<()> {
        let (call, completer) = Call::without_number(Arc::clone(&self.inner.node.shared));
        self.inner.members.when_ready(completer);
        call
    }
}

impl<M: Serialize + Send + 'static> Group<M> {
    /// Sends a message to the member for a key, see [`Group::choose`], and gives that member.
    ///
    /// # Errors
    ///
    /// [`NoMember`], with the message.
    ///
    /// # Panics
    ///
    /// As [`Node::send`].
    #[track_caller]
    pub fn send_one(&self, key: impl AsRef<[u8]>, message: M) -> Result<Port<M>, NoMember<M>> {
        self.send_to(self.choose(key), message)
    }

    /// Sends a message to the next member: all get one in turn. Gives that member.
    ///
    /// # Errors
    ///
    /// [`NoMember`], with the message.
    ///
    /// # Panics
    ///
    /// As [`Node::send`].
    #[track_caller]
    pub fn send_next(&self, message: M) -> Result<Port<M>, NoMember<M>> {
        self.send_to(self.next(), message)
    }

    /// Sends a message to all members, and gives them.
    ///
    /// # Errors
    ///
    /// [`NoMember`], with the message.
    ///
    /// # Panics
    ///
    /// As [`Node::send`].
    #[track_caller]
    pub fn send_all(&self, message: M) -> Result<Vec<Port<M>>, NoMember<M>>
    where
        M: Clone,
    {
        let members = self.members();
        let Some((last, others)) = members.split_last() else { return Err(NoMember { message }) };
        for member in others {
            self.inner.node.send(member, message.clone());
        }
        self.inner.node.send(last, message);
        Ok(members)
    }

    #[track_caller]
    fn send_to(&self, member: Option<Port<M>>, message: M) -> Result<Port<M>, NoMember<M>> {
        let Some(member) = member else { return Err(NoMember { message }) };
        self.inner.node.send(&member, message);
        Ok(member)
    }
}

impl<M> Clone for Group<M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), messages: PhantomData }
    }
}

impl<M> fmt::Debug for Group<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("family", &self.inner.family).field("members", &self.members()).finish()
    }
}
