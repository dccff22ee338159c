//! The database that all nodes of a network share, as programs see it.

mod change;
mod changes;
mod error;
mod family;
mod registration;
mod unread;
mod watch;

pub use self::{
    change::Change,
    changes::Changes,
    error::{DatabaseError, EntryError},
    registration::Registration,
    watch::FamilyWatch,
};
pub(crate) use self::{
    changes::WatchOfHandle,
    family::{check_family, read},
};

use std::{collections::BTreeMap, fmt, sync::Arc};

use aemp_proto::{
    directory::{self, Query, check_entry},
    value::{Value, to_value},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::{Call, DEFAULT_TIMEOUT},
    error::CallError,
    node::{EntryName, Node, Shared},
    port::Port,
};

use family::{Family, Values};

/// The database that all nodes of a network share: families of keys with values, of any serde types.
///
/// ```
/// use aemp::Node;
///
/// let node = Node::builder().anonymous().start()?;
/// let database = node.database();
/// database.set("limits", "uploads", &3)?;
/// assert_eq!(database.family::<u32>("limits").wait()?["uploads"], 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A handle is cheap to clone and can be used from any thread and in handlers.
///
/// # Whose an entry is
///
/// Every entry belongs to the node that set it. It vanishes when that node removes it, ends or is declared dead; what is
/// [registered](Database::register) vanishes with its port as well. Several nodes may set one key: then the value counts that was
/// written last, by a clock that runs ahead of all that it has seen, and of two values of the same moment that of the node with the
/// greater ID. That is the same at all nodes, in whatever order they hear of it. When the owner of this value removes it, the
/// value of another owner shows again, if there is one.
///
/// # Who keeps it
///
/// [Global](crate::Builder::global) nodes keep all of it; every other node asks one of them, its master, which it finds through its
/// [seeds](crate::Builder::seed). While a node has no master it goes on: what it sets is told to the next master, what it asks waits for
/// one, and what it watches stays as it was last seen and is brought up to date afterwards. A node without seeds has a
/// database of its own.
///
/// Global nodes agree when the messages between them have arrived: a value that was set at one node is seen a moment later at
/// others, and two nodes may see different values for this moment. It is made for finding each other, not for data.
///
/// # Limits
///
/// Names of families and keys have at most 512 octets, encoded values 64 KiB; a node owns at most `Limits::max_entries` entries
/// (100,000). Families whose names begin with `'` belong to the nodes: they can be read, not written.
#[derive(Clone)]
pub struct Database {
    node: Arc<Shared>,
}

impl Node {
    /// The database that all nodes of the network share.
    pub fn database(&self) -> Database {
        Database::new(Arc::clone(&self.shared))
    }
}

impl Database {
    /// The longest name of a family or key, in octets.
    pub const MAX_NAME: usize = directory::MAX_NAME;

    pub(crate) const fn new(node: Arc<Shared>) -> Self {
        Self { node }
    }

    /// Sets an entry of this node. Returns at once: others see it a moment later. What one thread sets and removes is carried
    /// out in that order.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: nothing was set. That an entry counts until its removal was carried out matters only at the limit.
    #[doc(alias = "db_set")]
    pub fn set<T: Serialize + ?Sized>(&self, family: &str, key: &str, value: &T) -> Result<(), DatabaseError> {
        let value = to_value(value).map_err(|error| EntryError::Unencodable(error.to_string()))?;
        let name = self.name(family, key, &value)?;
        Ok(self.node.act(move |engine| engine.set_entry(&name, &value))?)
    }

    /// Removes an entry of this node. Does nothing if there is none; entries of other nodes under the key stay.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: nothing was removed.
    #[doc(alias = "db_del")]
    pub fn remove(&self, family: &str, key: &str) -> Result<(), DatabaseError> {
        check_entry(family, key, &Value::Null)?;
        let name = EntryName::new(family, key);
        Ok(self.node.act(move |engine| engine.remove_entry(&name))?)
    }

    /// Registers a port in a family: as an entry of this node whose key is the port's ID, until the port dies or the registration
    /// is dropped; [`Registration::forever`] lets go of it. The port may be of another node; then the entry vanishes with this
    /// node, too. If it was registered several times, all registrations have to end.
    ///
    /// A port that was declared dead by a node, for want of a connection, and lives, gets another name for it: its registration
    /// follows.
    ///
    /// ```
    /// use aemp::{Node, Port};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// let worker = node.port(|_, job: String| println!("{job}"));
    /// node.database().register("workers", &worker)?.forever();
    /// let workers = node.database().keys("workers").wait()?;
    /// let first: Port<String> = workers[0].parse()?;
    /// node.send(&first, "to be done".to_owned());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// See [`Node::group`] for all ports of a family together.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]: nothing was registered.
    #[doc(alias = "db_reg")]
    pub fn register<M>(&self, family: &str, port: &Port<M>) -> Result<Registration, DatabaseError> {
        self.name(family, &port.to_string(), &Value::Null)?;
        let (place, port) = (family.to_owned(), port.id().clone());
        let registered = port.clone();
        self.node.act(move |engine| engine.register(&place, &registered))?;
        Ok(Registration::new(Arc::clone(&self.node), family, port))
    }

    /// Checks an entry, and keeps room for it.
    fn name(&self, family: &str, key: &str, value: &Value) -> Result<EntryName, EntryError> {
        check_entry(family, key, value)?;
        let name = EntryName::new(family, key);
        self.node.entries.expect(&name)?;
        Ok(name)
    }

    /// All keys of a family with their values.
    ///
    /// Values are read leniently where the type asks for another scalar, since nodes in Perl do not distinguish texts from numbers.
    /// While the node has no master it waits for one: until the time-out, which is 30 s unless [`Call::timeout`] says otherwise.
    ///
    /// # Errors
    ///
    /// The call fails with [`CallError::Decode`] if one value is not of the type: it names the key. It fails with
    /// [`CallError::Lost`] and reason `too_large` if the family does not fit into a message: then it has to be
    /// [watched](Database::watch).
    #[doc(alias = "db_family")]
    pub fn family<T: DeserializeOwned + Send + 'static>(&self, family: &str) -> Call<BTreeMap<String, T>> {
        self.read(Query::Family(family.to_owned()), |Family(content)| content)
    }

    /// The keys of a family, in order. Otherwise as [`Database::family`].
    #[doc(alias = "db_keys")]
    pub fn keys(&self, family: &str) -> Call<Vec<String>> {
        self.read(Query::Keys(family.to_owned()), |keys| keys)
    }

    /// The values of a family, in the order of their keys. Otherwise as [`Database::family`].
    #[doc(alias = "db_values")]
    pub fn values<T: DeserializeOwned + Send + 'static>(&self, family: &str) -> Call<Vec<T>> {
        self.read(Query::Values(family.to_owned()), |Values(values)| values)
    }

    fn read<A, T>(&self, query: Query, content: impl FnOnce(A) -> T + Send + 'static) -> Call<T>
    where
        A: DeserializeOwned + 'static,
        T: Send + 'static,
    {
        let number = self.node.reply_number();
        let (call, completer) = Call::new(Arc::clone(&self.node), number);
        let _ = self.node.act(move |engine| {
            engine.expect(None, number, DEFAULT_TIMEOUT, |_, answer: Result<A, CallError>| {
                completer.complete(answer.map(content));
            });
            engine.kernel(|kernel, now| kernel.db_read(&query, number, now));
        });
        call
    }

    /// The content of a family, and from then on what changes in it, to be awaited or waited for. In handlers,
    /// [`Cx::watch_family`](crate::Cx::watch_family) makes messages of it.
    ///
    /// ```
    /// use aemp::{Change, Node};
    ///
    /// let node = Node::builder().anonymous().start()?;
    /// let mut changes = node.database().watch::<u32>("limits");
    /// assert_eq!(changes.wait(), Some(Change::Initial([].into())));
    /// node.database().set("limits", "uploads", &3)?;
    /// assert_eq!(changes.wait(), Some(Change::Added { key: "uploads".to_owned(), value: 3 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the name of the family has more than 512 octets: the caller's mistake.
    #[doc(alias = "db_mon")]
    #[track_caller]
    pub fn watch<T: DeserializeOwned>(&self, family: &str) -> Changes<T> {
        check_family(family);
        Changes::new(Arc::clone(&self.node), family)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.node.id).finish()
    }
}
