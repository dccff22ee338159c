//! The server: a room, and a session for each client.

use std::collections::HashMap;

use aemp::{Cx, Node, Port};
use serde::{Deserialize, Serialize};

use crate::messages::{ROOM, SESSION, ToClient, ToSession};

/// What the room is told by the sessions.
#[derive(Serialize, Deserialize)]
enum ToRoom {
    Joined {
        session: Port<ToSession>,
        client: Port<ToClient>,
        name: String,
    },
    Said {
        session: Port<ToSession>,
        text: String,
    },
    /// The room's own monitor: the session is dead.
    Left {
        session: Port<ToSession>,
    },
}

struct Member {
    client: Port<ToClient>,
    name: String,
}

#[derive(Default)]
struct Room {
    members: HashMap<Port<ToSession>, Member>,
}

impl Room {
    fn receive(&mut self, cx: &mut Cx<ToRoom>, message: ToRoom) {
        match message {
            ToRoom::Joined { session, client, name } => {
                let watched = session.clone();
                cx.monitor(&session, move |_| ToRoom::Left { session: watched }).forever();
                self.members.insert(session, Member { client, name: name.clone() });
                self.tell_all(cx, &ToClient::Joined(name));
            }
            ToRoom::Said { session, text } => {
                if let Some(member) = self.members.get(&session) {
                    self.tell_all(cx, &ToClient::Said(member.name.clone(), text));
                }
            }
            ToRoom::Left { session } => {
                if let Some(member) = self.members.remove(&session) {
                    self.tell_all(cx, &ToClient::Left(member.name));
                }
            }
        }
    }

    fn tell_all(&self, cx: &mut Cx<ToRoom>, news: &ToClient) {
        for member in self.members.values() {
            cx.send(&member.client, news.clone());
        }
    }
}

/// Runs the server.
pub(crate) fn run() -> aemp::Result<()> {
    let node = Node::builder().name("chat").bind("127.0.0.1:0").start()?;
    let mut state = Room::default();
    let room = node.port(move |cx, message| state.receive(cx, message));
    node.publish(ROOM, &room);

    node.serve(SESSION, move |start, (client, name): (Port<ToClient>, String)| {
        let (session, room) = (start.port::<ToSession>(), room.clone());
        // Without its client a session makes no sense.
        start.link(&client).forever();
        start.send(&room, ToRoom::Joined { session: session.clone(), client, name });
        Ok(start.handler(move |cx, ToSession::Say(text): ToSession| {
            cx.send(&room, ToRoom::Said { session: session.clone(), text });
        }))
    });

    for address in node.id().recipe() {
        println!("{address}");
    }
    node.wait()
}
