//! Messages that wait inside the node: one queue per message type, and tokens that give the order.

use std::{
    any::{Any, TypeId},
    cell::{Ref, RefCell, RefMut},
    collections::VecDeque,
    rc::Rc,
};

use aemp_proto::kernel::LocalPort;
use rustc_hash::FxHashMap;

/// Which queue a token refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueIndex(u32);

impl QueueIndex {
    /// Messages that were encoded because their sender used another type than their receiver.
    pub(super) const ENCODED: Self = Self(0);
    /// Not a message: work of the node itself.
    pub(super) const JOBS: Self = Self(u32::MAX);
}

/// An encoded message.
pub(super) struct Encoded(pub(super) Vec<u8>);

/// One entry of the run queue.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) port: LocalPort,
    pub(super) queue: QueueIndex,
}

/// The waiting messages of one type, for all ports, in the order of their tokens.
pub(super) struct TypedQueue<M>(RefCell<VecDeque<M>>);

impl<M> TypedQueue<M> {
    #[inline]
    pub(super) fn pop(&self) -> Option<M> {
        self.0.borrow_mut().pop_front()
    }

    #[inline(always)]
    pub(super) fn messages(&self) -> RefMut<'_, VecDeque<M>> {
        self.0.borrow_mut()
    }
}

/// A queue whose message type is forgotten.
trait Queue: Any {
    /// Takes the first message out.
    fn pop_any(&self) -> Box<dyn Any>;
    /// Takes the messages out whose place in the queue `takes` chooses.
    fn take(&self, takes: &mut dyn FnMut(usize) -> bool) -> Box<dyn Any>;
}

impl<M: 'static> Queue for TypedQueue<M> {
    fn pop_any(&self) -> Box<dyn Any> {
        Box::new(self.pop())
    }

    fn take(&self, takes: &mut dyn FnMut(usize) -> bool) -> Box<dyn Any> {
        let all = std::mem::take(&mut *self.0.borrow_mut());
        let (taken, kept): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(place, _)| takes(*place));
        *self.0.borrow_mut() = kept.into_iter().map(|(_, message)| message).collect();
        Box::new(taken)
    }
}

/// All queues of a node.
pub(super) struct Queues {
    all: RefCell<Vec<Rc<dyn Queue>>>,
    by_type: RefCell<FxHashMap<TypeId, QueueIndex>>,
}

impl Queues {
    pub(super) fn new() -> Self {
        let queues = Self { all: RefCell::default(), by_type: RefCell::default() };
        let encoded = queues.index_of::<Encoded>();
        debug_assert_eq!(encoded, QueueIndex::ENCODED);
        queues
    }

    /// The queue of a message type, made when it is needed first.
    pub(super) fn index_of<M: 'static>(&self) -> QueueIndex {
        *self.by_type.borrow_mut().entry(TypeId::of::<M>()).or_insert_with(|| {
            let mut all = self.all.borrow_mut();
            all.push(Rc::new(TypedQueue::<M>(RefCell::default())));
            QueueIndex(u32::try_from(all.len() - 1).expect("a program has fewer than 2^32 types"))
        })
    }

    /// The same, and its index.
    pub(super) fn typed<M: 'static>(&self) -> (QueueIndex, Rc<TypedQueue<M>>) {
        let index = self.index_of::<M>();
        let queue: Rc<dyn Any> = self.get(index);
        (index, queue.downcast().expect("the index was made for this type"))
    }

    /// The queue with this index, if it is of this type.
    #[inline(always)]
    pub(super) fn of_type<M: 'static>(&self, index: QueueIndex) -> Option<Ref<'_, TypedQueue<M>>> {
        Ref::filter_map(self.all.borrow(), |all| {
            let queue: &dyn Any = &*all[index.0 as usize];
            queue.downcast_ref()
        })
        .ok()
    }

    /// Takes the first message out, to be dropped.
    pub(super) fn pop_any(&self, index: QueueIndex) -> Box<dyn Any> {
        self.get(index).pop_any()
    }

    /// Takes the tokens and messages of one port out. The messages are returned, to be dropped outside all borrows.
    pub(super) fn take_messages(&self, tokens: &mut VecDeque<Token>, port: LocalPort) -> Vec<Box<dyn Any>> {
        let mut places: FxHashMap<u32, (usize, Vec<usize>)> = FxHashMap::default();
        tokens.retain(|token| {
            let (next, taken) = places.entry(token.queue.0).or_default();
            let mine = token.port == port && token.queue != QueueIndex::JOBS;
            if mine {
                taken.push(*next);
            }
            *next += 1;
            !mine
        });
        let mine = places.into_iter().filter(|(_, (_, taken))| !taken.is_empty());
        mine.map(|(queue, (_, taken))| {
            self.get(QueueIndex(queue)).take(&mut |place| taken.binary_search(&place).is_ok())
        })
        .collect()
    }

    /// Takes all queues, to be dropped.
    pub(super) fn take_all(&self) -> Vec<Box<dyn Any>> {
        self.all.borrow().iter().map(|queue| queue.take(&mut |_| true)).collect()
    }

    fn get(&self, index: QueueIndex) -> Rc<dyn Queue> {
        Rc::clone(&self.all.borrow()[index.0 as usize])
    }
}
