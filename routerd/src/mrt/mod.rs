//! `routerd mrt`: the BGP table of a running router as a file other tools read (RFC 6396), and such files as text,
//! or run again.

mod replay;
pub mod strftime;

use crate::storage;
use bgp::mrt::{Body, PeerTable, Query, Record, Records, WhatIf, Which};
use cli::client::SocketBackend;
use cli::command::{BgpShow, Command, Show};
use cli::reply::{BgpReply, Reply};
use cli::session::Backend;
use policy::Policy;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `routerd mrt dump`
    Dump {
        /// Where the router listens.
        socket: PathBuf,
        /// The file to write.
        to: PathBuf,
        /// Which routes.
        which: Which,
    },
    /// `routerd mrt show`
    Show {
        /// The file to read.
        from: PathBuf,
        /// A configuration, and the route map of it that the routes go through.
        through: Option<(String, String)>,
    },
    /// `routerd mrt replay`
    Replay(replay::Options),
}

impl Wish {
    /// Reads the arguments behind `mrt`.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn parse(args: &[String]) -> Result<Wish, String> {
        let Some((command, rest)) = args.split_first() else {
            return Err("mrt: dump, show or replay?".to_owned());
        };
        match command.as_str() {
            "dump" => dump_options(rest),
            "show" => show_options(rest),
            "replay" => replay::options(rest).map(Wish::Replay),
            other => Err(format!("mrt: unknown command `{other}`")),
        }
    }
}

fn dump_options(args: &[String]) -> Result<Wish, String> {
    let socket = std::env::var(cli::protocol::SOCKET_VARIABLE).ok();
    let mut socket = socket.unwrap_or_else(|| cli::protocol::DEFAULT_SOCKET.to_owned());
    let (mut to, mut which) = (None, Which::default());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--socket" => socket = value()?.clone(),
            "-o" | "--output" => to = Some(value()?.into()),
            "--received" => which = Which::Received,
            other => return Err(format!("mrt dump: unknown argument `{other}`")),
        }
    }
    let to = to.ok_or("mrt dump: -o FILE is needed")?;
    Ok(Wish::Dump { socket: socket.into(), to, which })
}

fn show_options(args: &[String]) -> Result<Wish, String> {
    let (mut from, mut config, mut map) = (None, None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--config" => config = Some(value()?.clone()),
            "--route-map" => map = Some(value()?.clone()),
            flag if flag.starts_with('-') => return Err(format!("mrt show: unknown option `{flag}`")),
            file if from.is_none() => from = Some(file.into()),
            more => return Err(format!("mrt show: one file only, not also `{more}`")),
        }
    }
    let from = from.ok_or("mrt show: which file?")?;
    match (config, map) {
        (None, None) => Ok(Wish::Show { from, through: None }),
        (Some(config), Some(map)) => Ok(Wish::Show { from, through: Some((config, map)) }),
        _ => Err("mrt show: --config and --route-map go together".to_owned()),
    }
}

/// Does it. 0: done; 1: not, or something in the file could not be read.
pub fn main(wish: &Wish) -> ExitCode {
    let done = match wish {
        Wish::Dump { socket, to, which } => dump(socket, to, *which),
        Wish::Show { from, through } => show(from, through.as_ref()),
        Wish::Replay(options) => replay::run(options),
    };
    match done {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("routerd: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The file is there when it is complete.
fn dump(socket: &PathBuf, to: &PathBuf, which: Which) -> Result<ExitCode, String> {
    let mut router = SocketBackend::connect(socket).map_err(|e| format!("{}: {e}", socket.display()))?;
    let mut name = to.clone().into_os_string();
    name.push(".part");
    let part = PathBuf::from(name);
    let bad = |e: io::Error| format!("{}: {e}", part.display());
    let mut file = BufWriter::new(File::create(&part).map_err(bad)?);
    let written = pages(&mut router, which, |bytes| file.write_all(bytes).map_err(bad));
    let written = written.and_then(|n| file.flush().map(|()| n).map_err(bad));
    let written = written.and_then(|n| std::fs::rename(&part, to).map(|()| n).map_err(bad));
    match written {
        Ok(n) => {
            println!("{}: {n} bytes", to.display());
            Ok(ExitCode::SUCCESS)
        }
        Err(reason) => {
            let _ = std::fs::remove_file(&part);
            Err(reason)
        }
    }
}

/// Asks for page after page; answers the bytes in all.
fn pages(
    router: &mut impl Backend,
    which: Which,
    mut write: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<u64, String> {
    let mut query = Query { which, after: None };
    let mut total = 0_u64;
    loop {
        let page = match router.execute(Command::Show(Show::Bgp(BgpShow::Mrt(query.clone())))) {
            Reply::Bgp(None) => return Err("BGP is not running".to_owned()),
            Reply::Bgp(Some(reply)) => match *reply {
                BgpReply::Mrt(page) => page,
                _ => return Err("the router answers something else".to_owned()),
            },
            Reply::Error(reason) => return Err(reason),
            _ => return Err("the router answers something else".to_owned()),
        };
        write(&page.bytes)?;
        total = total.saturating_add(u64::try_from(page.bytes.len()).unwrap_or(u64::MAX));
        match page.more {
            None => return Ok(total),
            same if same == query.after => return Err("the router repeats itself".to_owned()),
            more => query.after = more,
        }
    }
}

/// What the routes go through.
struct Through {
    policy: Policy,
    route_map: String,
    local_as: u32,
    local_preference: u32,
}

impl Through {
    fn read(config: &str, route_map: &str) -> Result<Through, String> {
        let all = storage::read(config)?;
        if !all.policy.route_maps.contains_key(route_map) {
            return Err(format!("{config}: there is no route-map {route_map}"));
        }
        let (local_as, local_preference) =
            all.bgp.as_ref().map_or((0, 100), |b| (b.asn, b.default_local_preference));
        let route_map = route_map.to_owned();
        Ok(Through { policy: Policy::new(all.policy), route_map, local_as, local_preference })
    }
}

fn show(from: &PathBuf, through: Option<&(String, String)>) -> Result<ExitCode, String> {
    let through = through.map(|(config, map)| Through::read(config, map)).transpose()?;
    let bytes = std::fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    let shown = lines(&bytes, through.as_ref(), &mut out).and_then(|code| out.flush().map(|()| code));
    match shown {
        // Whoever reads has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(e) => Err(e.to_string()),
        Ok(code) => Ok(code),
    }
}

fn lines(bytes: &[u8], through: Option<&Through>, out: &mut impl Write) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut peers: Option<PeerTable> = None;
    let (mut permitted, mut denied) = (0_u64, 0_u64);
    for record in Records::new(bytes) {
        let record = match record {
            Ok(record) => record,
            Err(fault) => {
                eprintln!("routerd: {fault}");
                code = ExitCode::FAILURE;
                continue;
            }
        };
        match (through, record) {
            (Some(through), Record { at, body: Body::Rib(rib), .. }) => {
                let what_if = WhatIf {
                    policy: &through.policy,
                    route_map: &through.route_map,
                    local_as: through.local_as,
                    local_preference: through.local_preference,
                };
                for outcome in what_if.routes(at, &rib, peers.as_ref()) {
                    let count = if outcome.attributes.is_some() { &mut permitted } else { &mut denied };
                    *count = count.saturating_add(1);
                    writeln!(out, "{}", outcome.line)?;
                }
            }
            (_, Record { body: Body::Peers(table), .. }) => peers = Some(table),
            (Some(_), _) => {}
            (None, record) => {
                for line in record.lines(peers.as_ref()) {
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    if through.is_some() {
        writeln!(out, "{permitted} permitted, {denied} denied")?;
    }
    Ok(code)
}
