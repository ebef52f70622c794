//! RFC 7606 case by case. Each test takes a message that is good, changes one thing, and says what becomes of it.

mod as4;
mod canonical;
mod discard;
mod reset;
mod withdraw;

use super::*;
use crate::wire::attribute::{Code, Reason, flag};

/// ORIGIN, AS_PATH, NEXT_HOP and what else is added, with 10.1.0.0/16.
#[derive(Clone)]
struct Message {
    withdrawn: Vec<u8>,
    attributes: Vec<(u8, u8, Vec<u8>)>,
    /// Behind the last attribute, counted as attributes.
    tail: Vec<u8>,
    nlri: Vec<u8>,
}

const PREFIX: [u8; 3] = [16, 10, 1];
const ORIGIN: u8 = Code::Origin as u8;
const AS_PATH: u8 = Code::AsPath as u8;
const NEXT_HOP: u8 = Code::NextHop as u8;
const MP_REACH: u8 = Code::MpReach as u8;
const MP_UNREACH: u8 = Code::MpUnreach as u8;

fn good() -> Message {
    let attributes = vec![
        (0x40, ORIGIN, vec![0]),
        (0x40, AS_PATH, vec![2, 1, 0, 0, 0xfd, 0xe9]),
        (0x40, NEXT_HOP, vec![192, 0, 2, 1]),
    ];
    Message { withdrawn: vec![], attributes, tail: vec![], nlri: PREFIX.to_vec() }
}

/// Nothing but these attributes.
fn only(attributes: Vec<(u8, u8, Vec<u8>)>) -> Message {
    Message { withdrawn: vec![], attributes, tail: vec![], nlri: vec![] }
}

/// 2001:db8::/32 behind 2001:db8::1.
fn mp_reach() -> Vec<u8> {
    let mut value = vec![0, 2, 1, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    value.extend([32, 0x20, 1, 0x0d, 0xb8]);
    value
}

/// 2001:db8::/32.
fn mp_unreach() -> Vec<u8> {
    vec![0, 2, 1, 32, 0x20, 1, 0x0d, 0xb8]
}

/// IPv6 only: ORIGIN, AS_PATH and MP_REACH_NLRI, which comes first.
fn good_v6() -> Message {
    let mut message = good().without(NEXT_HOP);
    message.attributes.insert(0, (0x80, MP_REACH, mp_reach()));
    message.nlri.clear();
    message
}

impl Message {
    /// Replaces the attribute of this code, or puts it at the end.
    fn with(mut self, flags: u8, code: u8, value: &[u8]) -> Message {
        let new = (flags, code, value.to_vec());
        match self.attributes.iter_mut().find(|(_, c, _)| *c == code) {
            Some(old) => *old = new,
            None => self.attributes.push(new),
        }
        self
    }

    fn add(mut self, flags: u8, code: u8, value: &[u8]) -> Message {
        self.attributes.push((flags, code, value.to_vec()));
        self
    }

    fn without(mut self, code: u8) -> Message {
        self.attributes.retain(|(_, c, _)| *c != code);
        self
    }

    fn nlri(mut self, nlri: &[u8]) -> Message {
        self.nlri = nlri.to_vec();
        self
    }

    fn withdrawn(mut self, withdrawn: &[u8]) -> Message {
        self.withdrawn = withdrawn.to_vec();
        self
    }

    fn tail(mut self, tail: &[u8]) -> Message {
        self.tail = tail.to_vec();
        self
    }

    fn body(&self) -> Vec<u8> {
        let length = |field: &[u8]| u16::try_from(field.len()).unwrap().to_be_bytes();
        let mut attributes = Vec::new();
        for (flags, code, value) in &self.attributes {
            attributes.extend([*flags, *code]);
            match flags & flag::EXTENDED {
                0 => attributes.push(u8::try_from(value.len()).unwrap()),
                _ => attributes.extend(length(value)),
            }
            attributes.extend(value);
        }
        attributes.extend(&self.tail);
        [&length(&self.withdrawn), &self.withdrawn[..], &length(&attributes), &attributes, &self.nlri]
            .concat()
    }
}

fn external() -> Context {
    let codec = Codec {
        as4: true,
        extended_message: false,
        add_path_rx: [false; 2],
        add_path_tx: [false; 2],
        extended_nexthop: false,
    };
    Context { codec, kind: PeerKind::External, families: [true; 2], first_as: None }
}

fn internal() -> Context {
    Context { kind: PeerKind::Internal, ..external() }
}

/// A peer without 4-octet ASes.
fn old() -> Context {
    let mut context = external();
    context.codec.as4 = false;
    context
}

/// What became of a message, owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    announced: Vec<Prefix>,
    withdrawn: Vec<Prefix>,
    reason: Option<Fault>,
    discarded: Vec<Fault>,
    /// Of the first routes announced.
    attributes: Vec<u8>,
}

fn read(message: &Message, context: &Context) -> Result<Outcome, Notification> {
    let body = message.body();
    let mut scratch = Vec::new();
    let update = parse(&body, context, &mut scratch)?;
    Ok(Outcome {
        announced: update.announcements().flat_map(|r| r.nlri).map(|(_, p)| p).collect(),
        withdrawn: update.withdrawals().map(|(_, p)| p).collect(),
        reason: update.treat_as_withdraw,
        discarded: update.discarded.to_vec(),
        attributes: update.announcements().next().map(|r| r.attributes.to_vec()).unwrap_or_default(),
    })
}

fn p(text: &str) -> Prefix {
    text.parse().unwrap()
}

/// The prefix of the message is withdrawn because of this; the session stays.
#[track_caller]
fn withdraws(message: &Message, context: &Context, code: u8, reason: Reason) {
    let outcome = read(message, context).expect("the session stays");
    assert_eq!(outcome.reason, Some(Fault { attribute: code, reason }));
    assert_eq!(outcome.announced, []);
    assert!(outcome.withdrawn.contains(&p("10.1.0.0/16")) || outcome.withdrawn.contains(&p("2001:db8::/32")));
}

/// The route is announced without the attribute; answers its canonical bytes.
#[track_caller]
fn discards(message: &Message, context: &Context, code: u8, reason: Reason) -> Vec<u8> {
    let outcome = read(message, context).expect("the session stays");
    assert_eq!(outcome.reason, None);
    assert_eq!(outcome.announced, [p("10.1.0.0/16")]);
    assert_eq!(outcome.discarded, [Fault { attribute: code, reason }]);
    outcome.attributes
}

/// The session ends with this subcode of UPDATE Message Error.
#[track_caller]
fn resets(message: &Message, context: &Context, subcode: u8) -> Notification {
    let notification = read(message, context).expect_err("the session ends");
    assert_eq!((notification.code, notification.subcode), (3, subcode));
    notification
}

/// The route is announced, and nothing is said.
#[track_caller]
fn accepts(message: &Message, context: &Context) -> Vec<u8> {
    let outcome = read(message, context).expect("the session stays");
    assert_eq!((outcome.reason, outcome.discarded), (None, vec![]));
    assert!(!outcome.announced.is_empty());
    outcome.attributes
}

#[test]
fn the_good_messages_are_good() {
    accepts(&good(), &external());
    accepts(&good_v6(), &external());
    accepts(&good().with(0x40, Code::LocalPref as u8, &[0, 0, 0, 100]), &internal());
}
