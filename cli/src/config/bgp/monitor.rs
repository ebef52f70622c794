//! Who tells BGP (validating caches, RFC 8210) and who is told by it (monitoring stations, RFC 7854).

use super::value;
use crate::command::Mode;
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use bgp::Family;
use bgp::config::{BmpStation, BmpTarget, Dump, DumpKind, Rpki, RpkiCache};
use core::net::IpAddr;

const HELP: &[(&str, &str)] = &[
    ("rpki", "Validating caches (RFC 8210)"),
    ("cache", "A cache"),
    ("server", "A cache"),
    ("tcp", "By plain TCP; it always is"),
    ("address", "Its address"),
    ("port", "Its TCP port"),
    ("number", "The port"),
    ("preference", "The lowest that answers is used"),
    ("rank", "Lower first"),
    ("polling_period", "Seconds between questions (3600)"),
    ("retry_interval", "Seconds until a cache that did not answer is asked again (600)"),
    ("expire_interval", "Seconds that answers are good for (7200)"),
    ("refresh", "Between questions"),
    ("seconds", "Seconds"),
    ("bmp", "Monitoring (RFC 7854)"),
    ("dump", "Write MRT files (RFC 6396)"),
    ("all", "Every message that comes, and every change of state"),
    ("all-et", "The same, with microseconds"),
    ("updates", "UPDATEs that come"),
    ("updates-et", "The same, with microseconds"),
    ("routes-mrt", "The whole table"),
    ("PATH", "The file's name; %Y%m%d.%H%M and the like stand for the time (UTC)"),
    ("INTERVAL", "A new file every 15m, 1h30m or 300 (seconds)"),
    ("targets", "Stations"),
    ("NAME", "The name of these"),
    ("connect", "Where to connect to"),
    ("min-retry", "Accepted and forgotten"),
    ("max-retry", "Accepted and forgotten"),
    ("least", "Milliseconds"),
    ("most", "Milliseconds"),
    ("monitor", "Tell them routes"),
    ("unicast", "Routes of packets for one destination"),
    ("pre-policy", "As they were received"),
    ("post-policy", "As policy left them"),
    ("stats", "Tell them counters"),
    ("interval", "Milliseconds between reports (30000)"),
    ("ms", "Milliseconds"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line("rpki", "rpki", Modes::CONFIG, "Validating caches of BGP", rpki).help(HELP),
    line(
        "rpki cache [tcp] ADDRESS$address <1-65535>$number preference <1-255>$rank",
        "rpki cache [tcp] ADDRESS$address [<1-65535>$number [preference <1-255>$rank]]",
        Modes::RPKI,
        "A cache; the one of the lowest preference that answers is used",
        cache,
    )
    .help(HELP),
    line(
        "bgp rpki server tcp ADDRESS$address port <1-65535>$number refresh <1-86400>$seconds",
        "bgp rpki server tcp ADDRESS$address [port <1-65535>$number [refresh <1-86400>$seconds]]",
        Modes::BGP,
        "The same in IOS's words; the first one named is preferred",
        cache,
    )
    .help(HELP),
    line(
        "rpki polling_period <1-86400>$seconds",
        "rpki polling_period [<1-86400>$seconds]",
        Modes::RPKI,
        "Seconds between questions (3600)",
        |edit, args| interval(edit, args, |rpki| &mut rpki.refresh),
    )
    .help(HELP),
    line(
        "rpki retry_interval <1-7200>$seconds",
        "rpki retry_interval [<1-7200>$seconds]",
        Modes::RPKI,
        "Seconds until a cache that did not answer is asked again (600)",
        |edit, args| interval(edit, args, |rpki| &mut rpki.retry),
    )
    .help(HELP),
    line(
        "rpki expire_interval <600-172800>$seconds",
        "rpki expire_interval [<600-172800>$seconds]",
        Modes::RPKI,
        "Seconds that answers are good for (7200)",
        |edit, args| interval(edit, args, |rpki| &mut rpki.expire),
    )
    .help(HELP),
    line(
        "dump bgp <all|all-et|updates|updates-et|routes-mrt> PATH [INTERVAL]",
        "dump bgp <all|all-et|updates|updates-et|routes-mrt> [PATH [INTERVAL]]",
        Modes::CONFIG,
        "Write what peers say, or the table, to MRT files (RFC 6396)",
        dump,
    )
    .help(HELP),
    line("bmp targets NAME", "bmp targets NAME", Modes::BGP, "Monitoring stations", targets).help(HELP),
    line(
        "bmp connect ADDRESS$address port <1-65535>$number \
         {min-retry <100-86400000>$least|max-retry <100-86400000>$most}",
        "bmp connect ADDRESS$address [port <1-65535>$number \
         {min-retry <100-86400000>$least|max-retry <100-86400000>$most}]",
        Modes::BMP,
        "Where to connect to",
        connect,
    )
    .help(HELP),
    line(
        "bmp monitor <ipv4|ipv6> unicast <pre-policy|post-policy>",
        "bmp monitor <ipv4|ipv6> unicast <pre-policy|post-policy>",
        Modes::BMP,
        "Tell the station the routes of a family, as received or as policy left them",
        monitor,
    )
    .help(HELP),
    line(
        "bmp stats [interval <100-86400000>$ms]",
        "bmp stats [interval <100-86400000>$ms]",
        Modes::BMP,
        "Tell the station counters, every so many milliseconds (30000)",
        stats,
    )
    .help(HELP),
];

fn rpki(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    if !args.no() {
        edit.mode = Mode::Rpki;
    } else if let Some(bgp) = &mut edit.config.bgp {
        bgp.rpki = Rpki::default();
    }
    Ok(())
}

fn cache(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: IpAddr = args.need("address")?;
    let rpki = &mut edit.bgp_early().rpki;
    if args.no() {
        let rank = rpki.caches.iter().find(|(_, cache)| cache.address == address).map(|(rank, _)| *rank);
        let removed = rank.and_then(|rank| rpki.caches.remove(&rank));
        return gone(removed, || format!("no cache {address}"));
    }
    let last = rpki.caches.last_key_value().map_or(0, |(rank, _)| *rank);
    let rank = args.get("rank").or_else(|| last.checked_add(1)).ok_or("255 caches are all there may be")?;
    // A cache named again moves; another of its preference gives way.
    rpki.caches.retain(|_, cache| cache.address != address);
    rpki.caches.insert(rank, RpkiCache { address, port: args.need("number")? });
    rpki.refresh = args.get("seconds").or(rpki.refresh);
    Ok(())
}

fn interval(edit: &mut Edit<'_>, args: &Args, of: fn(&mut Rpki) -> &mut Option<u32>) -> Result<(), String> {
    *of(&mut edit.bgp_early().rpki) = value(args, "seconds")?;
    Ok(())
}

fn dump(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (kind, microseconds) = match () {
        () if args.has("all") => (DumpKind::All, false),
        () if args.has("all-et") => (DumpKind::All, true),
        () if args.has("updates") => (DumpKind::Updates, false),
        () if args.has("updates-et") => (DumpKind::Updates, true),
        () => (DumpKind::RoutesMrt, false),
    };
    if args.no() {
        let removed = edit.config.bgp.as_mut().and_then(|bgp| bgp.dump.remove(&kind));
        return gone(removed, || format!("no dump of {}", kind.name()));
    }
    let interval = args.text("INTERVAL").map(seconds).transpose()?;
    edit.bgp_early().dump.insert(kind, Dump { path: args.need("PATH")?, interval, microseconds });
    Ok(())
}

/// `1h30m`, `15m`, `90s` or `300` in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no interval such as 15m, 1h30m or 300, of at most a day");
    let (mut total, mut number) = (0u32, None::<u32>);
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                let digit = letter.to_digit(10).unwrap_or(0);
                number = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
                number.ok_or_else(wrong)?;
                continue;
            }
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let part = number.take().and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    total = total.checked_add(number.unwrap_or(0)).ok_or_else(wrong)?;
    Some(total).filter(|t| (1..=86_400).contains(t)).ok_or_else(wrong)
}

fn targets(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let all = &mut edit.bgp()?.bmp;
    if args.no() {
        return gone(all.remove(&name), || format!("no targets `{name}`"));
    }
    all.entry(name.clone()).or_default();
    edit.mode = Mode::Bmp(name);
    Ok(())
}

impl Edit<'_> {
    /// The stations of this mode.
    fn target(&mut self) -> Result<&mut BmpTarget, String> {
        let Mode::Bmp(name) = self.mode.clone() else { return Err("no targets are being configured".into()) };
        Ok(self.bgp()?.bmp.entry(name).or_default())
    }
}

fn connect(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: IpAddr = args.need("address")?;
    let target = edit.target()?;
    if args.no() {
        let removed = target.connect.take_if(|station| station.address == address);
        return gone(removed, || format!("{address} is no station of these"));
    }
    let station = BmpStation { address, port: args.need("number")? };
    match target.connect {
        Some(known) if known.address != address => {
            Err(format!("{} is the station of these: another needs `bmp targets` of its own", known.address))
        }
        _ => {
            target.connect = Some(station);
            Ok(())
        }
    }
}

fn monitor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let family = if args.has("ipv6") { Family::Ipv6 } else { Family::Ipv4 };
    let target = edit.target()?;
    let told = if args.has("pre-policy") { &mut target.pre_policy } else { &mut target.post_policy };
    if args.no() {
        told.remove(&family);
    } else {
        told.insert(family);
    }
    Ok(())
}

fn stats(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let interval = args.get("ms").unwrap_or(30_000);
    edit.target()?.stats_interval = Some(interval).filter(|_| !args.no());
    Ok(())
}
