//! Which key signs a packet of ours and whether a received one is genuine (RFC 2453 4.1, RFC 2082, RFC 4822).
//! Looks at no table and sends nothing; a refusal comes with a sentence for the operator.

use crate::config::{Authentication, AuthenticationMode};
use crate::counters::Refusal;
use crate::wire::{self, Auth, Signer, TRAILER};
use policy::Policy;
use policy::config::Algorithm;
use policy::key_chain::{Chosen, KeyChain};

/// The key number of `key-string`, which has none of its own (FRR's).
const STRING_KEY_ID: u8 = 1;

/// Why a packet is refused: for the counter, and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub refusal: Refusal,
    pub words: String,
}

impl Failure {
    /// The same about a request. FRR authenticates its responses but never its requests: missing there, it is
    /// normal life and worth no warning.
    pub fn of_request(self) -> Failure {
        match self.refusal {
            Refusal::AuthMissing => Failure { refusal: Refusal::AuthMissingRequest, ..self },
            _ => self,
        }
    }
}

fn fail<T>(refusal: Refusal, words: impl Into<String>) -> Result<T, Failure> {
    Err(Failure { refusal, words: words.into() })
}

/// How to sign now, and a complaint about the keys if there is one. `Err`: no key can be used, so nothing may be sent.
pub(crate) fn signer<'a>(
    auth: &'a Authentication,
    policy: &'a Policy,
    wall: Option<u64>,
    sequence: u32,
) -> Result<(Signer<'a>, Option<String>), String> {
    let (secret, key_id, algorithm, complaint) = match (&auth.key_chain, &auth.key_string) {
        (Some(name), _) => {
            let chosen = chain(policy, name)?.send_key(wall).ok_or_else(|| no_key(name))?;
            let complaint = chosen.expired.then(|| outdated(name, &chosen));
            let algorithm = chosen.key.algorithm.unwrap_or(Algorithm::Md5);
            (chosen.key.key_string.as_str(), chosen.key.id, algorithm, complaint)
        }
        (None, Some(text)) => (text.as_str(), STRING_KEY_ID, Algorithm::Md5, None),
        (None, None) => return Err("authentication has neither key-string nor key-chain".to_owned()),
    };
    let key = secret.as_bytes();
    let signer = match auth.mode {
        AuthenticationMode::Text => Signer::Text(policy::auth::padded(key)),
        AuthenticationMode::Md5 => Signer::Digest { key, key_id, algorithm, sequence },
    };
    Ok((signer, complaint))
}

/// The key number and sequence number of a genuine packet (`None` for passwords), or why it is not one.
/// Replays are the caller's to notice.
pub(crate) fn check(
    auth: Option<&Authentication>,
    policy: &Policy,
    wall: Option<u64>,
    payload: &[u8],
    found: Option<&Auth>,
) -> Result<Option<(u8, u32)>, Failure> {
    let Some(auth) = auth else {
        return match found {
            None => Ok(None),
            // RFC 2453 5.2: an authenticated message is discarded where none is configured.
            Some(f) => {
                fail(Refusal::AuthUnexpected, format!("packet has {}, none is configured", describe(f)))
            }
        };
    };
    let Some(found) = found else {
        return fail(Refusal::AuthMissing, format!("packet has none, expected {}", expectation(auth)));
    };
    match (auth.mode, found) {
        (AuthenticationMode::Text, Auth::Text(password)) => check_text(auth, policy, wall, password),
        (AuthenticationMode::Md5, Auth::Digest { key_id, sequence, covered, digest }) => {
            check_digest(auth, policy, wall, payload, (*key_id, *covered, digest))?;
            Ok(Some((*key_id, *sequence)))
        }
        _ => {
            fail(Refusal::AuthType, format!("packet has {}, expected {}", describe(found), expectation(auth)))
        }
    }
}

fn check_text(
    auth: &Authentication,
    policy: &Policy,
    wall: Option<u64>,
    password: &[u8; 16],
) -> Result<Option<(u8, u32)>, Failure> {
    let secrets: Vec<&str> = match (&auth.key_chain, &auth.key_string) {
        (Some(name), _) => {
            let keys = chain(policy, name).map(|c| c.accept_keys(wall)).unwrap_or_default();
            keys.iter().map(|c| c.key.key_string.as_str()).collect()
        }
        (None, text) => text.iter().map(String::as_str).collect(),
    };
    let same = |s: &&str| policy::auth::equal(&policy::auth::padded::<16>(s.as_bytes()), password);
    // Every secret is compared, so the time tells nothing about which one is right.
    if secrets.iter().filter(|s| same(s)).count() > 0 {
        return Ok(None);
    }
    fail(Refusal::AuthPassword, format!("packet has another password than {}", source_of(auth)))
}

fn check_digest(
    auth: &Authentication,
    policy: &Policy,
    wall: Option<u64>,
    payload: &[u8],
    (key_id, covered, digest): (u8, usize, &[u8]),
) -> Result<(), Failure> {
    let (secret, algorithm) = match (&auth.key_chain, &auth.key_string) {
        (Some(name), _) => {
            let chain = match chain(policy, name) {
                Ok(chain) => chain,
                Err(words) => return fail(Refusal::AuthKey, format!("packet has key {key_id}, but {words}")),
            };
            let Some(Chosen { key, .. }) = chain.accept_key(wall, key_id) else {
                let have: Vec<String> = chain.accept_keys(wall).iter().map(|c| describe_key(c)).collect();
                let have = if have.is_empty() { "none".to_owned() } else { have.join(", ") };
                let words = format!("packet has key {key_id}, key chain {name} accepts now: {have}");
                return fail(Refusal::AuthKey, words);
            };
            (key.key_string.as_str(), key.algorithm.unwrap_or(Algorithm::Md5))
        }
        (None, Some(text)) => (text.as_str(), Algorithm::Md5),
        (None, None) => return fail(Refusal::AuthKey, "no key-string or key-chain is configured"),
    };
    if digest.len() != algorithm.digest_len() {
        let words = format!(
            "packet has key {key_id} with a digest of {} bytes, expected {} ({} bytes)",
            digest.len(),
            algorithm.name(),
            algorithm.digest_len()
        );
        return fail(Refusal::AuthTrailer, words);
    }
    let signed = payload.get(..covered.saturating_add(TRAILER)).unwrap_or(payload);
    if policy::auth::equal(&wire::digest(algorithm, secret.as_bytes(), signed), digest) {
        return Ok(());
    }
    let words = format!(
        "packet has {} key {key_id}, its digest does not fit the one of {}",
        algorithm.name(),
        source_of(auth)
    );
    fail(Refusal::AuthDigest, words)
}

fn chain<'a>(policy: &'a Policy, name: &str) -> Result<KeyChain<'a>, String> {
    policy.key_chain(name).ok_or_else(|| format!("key chain {name} is not defined"))
}

fn no_key(name: &str) -> String {
    format!("key chain {name} has no key with a key-string")
}

fn outdated(name: &str, chosen: &Chosen<'_>) -> String {
    format!("no send lifetime of key chain {name} holds now; going on with key {}", chosen.key.id)
}

fn describe_key(chosen: &Chosen<'_>) -> String {
    format!("{} key {}", chosen.key.algorithm.unwrap_or(Algorithm::Md5).name(), chosen.key.id)
}

fn describe(auth: &Auth) -> String {
    match auth {
        Auth::Text(_) => "a plain password".to_owned(),
        Auth::Digest { key_id, digest, .. } => {
            format!("key {key_id} with a digest of {} bytes", digest.len())
        }
        Auth::Unknown(kind) => format!("authentication type {kind}"),
    }
}

fn expectation(auth: &Authentication) -> String {
    let mode = match auth.mode {
        AuthenticationMode::Text => "a plain password",
        AuthenticationMode::Md5 => "a keyed digest",
    };
    format!("{mode} ({})", source_of(auth))
}

/// `key chain NAME` or `key-string`; never the secret.
pub(crate) fn source_of(auth: &Authentication) -> String {
    auth.key_chain.as_ref().map_or_else(|| "key-string".to_owned(), |name| format!("key chain {name}"))
}
