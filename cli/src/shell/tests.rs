//! Sessions and shells against a router made of a [`Config`] and a few fixed answers.

use super::*;
use crate::command::{Command, Mode, Show};
use crate::grammar::Args;
use crate::reply::{PingOutcome, PingSummary, Progress, Reply, RoutesPage, Version};
use crate::session::{Backend, Extra};
use core::time::Duration;
use fib::{Instant, Prefix};
use proto::{Level, Notice};
use std::collections::VecDeque;

/// A router without interfaces or protocols: it has a configuration and remembers what it was asked.
#[derive(Default)]
struct Fake {
    config: configs::Config,
    asked: Vec<Command>,
    job: VecDeque<Progress>,
    node: String,
}

impl Fake {
    fn named(name: &str) -> Fake {
        Fake {
            config: configs::Config { hostname: name.to_owned(), ..Default::default() },
            ..Fake::default()
        }
    }
}

fn route(prefix: Prefix) -> crate::reply::RouteView {
    crate::reply::RouteView {
        prefix,
        protocol: fib::Protocol::Rip,
        instance: 0,
        kind: fib::Kind::Plain,
        distance: 120,
        metric: 2,
        tag: 0,
        selected: true,
        installed: true,
        age_us: 0,
        discard: None,
        local_kind: None,
        next_hops: Vec::new(),
        why_not: None,
        preferred_source: None,
    }
}

impl Backend for &mut Fake {
    fn execute(&mut self, command: Command) -> Reply {
        self.asked.push(command.clone());
        match command {
            Command::Show(Show::Version) => Reply::Version(Version {
                hostname: format!("{}{}", self.config.hostname, self.node),
                version: "0".into(),
                uptime_us: 0,
                seed: 0,
                config_path: None,
                fault: None,
            }),
            Command::Configure { mode, line } => match crate::config::edit(&mut self.config, &mode, &line) {
                Ok(mode) => Reply::Configured(mode),
                Err(e) => Reply::Error(e.message),
            },
            Command::Show(Show::RunningConfig) => Reply::Config(Box::new(self.config.clone())),
            Command::Show(Show::Policy) => Reply::Policy(Box::new(self.config.policy.clone())),
            Command::Show(Show::Routes(query)) => {
                // One route a page, three in all.
                let prefixes: Vec<Prefix> =
                    (1..=3).map(|n| format!("10.{n}.0.0/16").parse().unwrap()).collect();
                let next: Vec<Prefix> =
                    prefixes.into_iter().filter(|p| query.after.is_none_or(|a| *p > a)).collect();
                let more = next.first().copied().filter(|_| next.len() > 1);
                let routes = next.first().map(|p| route(*p)).into_iter().collect();
                Reply::Routes(RoutesPage { routes, more, table: None, detail: false })
            }
            Command::Show(Show::Interfaces(name)) => match name.as_deref() {
                Some("eth9") => Reply::Error("there is no interface eth9".into()),
                _ => Reply::Interfaces(vec![interface("eth1"), interface("eth2")]),
            },
            Command::Show(Show::RipStatus) => {
                Reply::RipStatus(self.config.rip.as_ref().map(|_| Box::default()))
            }
            Command::Ping(_) => Reply::Job(1),
            Command::WriteMemory => Reply::Remark("[OK]".into()),
            Command::Copy { .. } => Reply::Error("no such file".into()),
            _ => Reply::Ok,
        }
    }

    fn poll(&mut self, _: u64, _: Duration) -> Option<Progress> {
        self.job.pop_front()
    }

    fn monitor(&mut self, on: bool) -> Option<crate::session::LogStream> {
        let notice = Notice::new(Level::Info, "rip events", "up\x07");
        let line = crate::reply::LogLine { at: Instant::ZERO, notice };
        on.then(|| Box::new(core::iter::once(line)) as crate::session::LogStream)
    }

    fn extras(&self) -> Vec<Extra> {
        let help = vec![("node".to_owned(), "Go elsewhere".to_owned())];
        vec![Extra { pattern: "node NODE".into(), about: "Go on with another node".into(), help }]
    }

    fn extra(&mut self, index: usize, args: &Args, _: &mut dyn Screen) -> Result<String, String> {
        assert_eq!(index, 0);
        self.node = args.need("NODE")?;
        if self.node == "bad" { Err("no such node".into()) } else { Ok(format!("now at {}\n", self.node)) }
    }

    fn values(&mut self, label: &str) -> Vec<String> {
        if label == "NODE" { vec!["r1".into(), "r2".into()] } else { Vec::new() }
    }
}

fn interface(name: &str) -> crate::reply::InterfaceView {
    crate::reply::InterfaceView {
        name: name.into(),
        index: Some(1),
        description: None,
        admin_up: true,
        carrier: true,
        kind: "ethernet".into(),
        mac: "02:00:00:00:00:01".into(),
        mtu: 1500,
        addresses: vec!["10.0.0.1/24".parse().unwrap()],
        link_local: None,
        last_change_us: None,
        transitions: 0,
        counters: vec![],
    }
}

/// Output, errors and exit status of piped lines.
fn piped(fake: &mut Fake, input: &str) -> (String, String, ExitCode) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run_piped(fake, &mut input.as_bytes(), &mut out, &mut err);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

fn oneshot(lines: &[&str]) -> (String, String, ExitCode) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    let code = run_oneshot(&mut Fake::named("r1"), &lines, &mut out, &mut err);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

/// The prompts after each line.
fn prompts(lines: &[&str]) -> Vec<String> {
    let mut fake = Fake::named("r1");
    let mut session = Session::new(&mut fake);
    let mut seen = vec![session.prompt()];
    for line in lines {
        let mut out = String::new();
        if let Step::Failed(failure) = session.line(line, &mut out) {
            panic!("{line}: {failure:?}");
        }
        seen.push(session.prompt());
    }
    seen
}

#[test]
fn prompts_are_cisco_s() {
    let lines = [
        "enable",
        "conf t",
        "interface eth1",
        "router rip",
        "route-map M permit 10",
        "key chain K",
        "key 1",
        "exit",
        "exit",
        "exit",
        "disable",
    ];
    let expected = [
        "r1> ",
        "r1# ",
        "r1(config)# ",
        "r1(config-if)# ",
        "r1(config-router)# ",
        "r1(config-route-map)# ",
        "r1(config-keychain)# ",
        "r1(config-keychain-key)# ",
        "r1(config-keychain)# ",
        "r1(config)# ",
        "r1# ",
        "r1> ",
    ];
    assert_eq!(prompts(&lines), expected);
    assert_eq!(prompts(&["en", "conf t", "hostname core"])[3], "core(config)# ");
    assert_eq!(prompts(&["en", "conf t", "int eth1", "end"])[4], "r1# ");
}

#[test]
fn user_mode_cannot_configure() {
    let mut fake = Fake::named("r1");
    let mut session = Session::new(&mut fake);
    let step = session.line("configure terminal", &mut String::new());
    assert!(matches!(step, Step::Failed(Failure { column: Some(0), .. })));
}

#[test]
fn a_bad_line_never_reaches_the_router() {
    let mut fake = Fake::named("r1");
    let (_, err, code) = piped(&mut fake, "conf t\ninterface eth1\nip address 10.0.0.300/24\n");
    assert_eq!(
        err,
        "line 3: % Invalid input detected at '^' marker.\n  ip address 10.0.0.300/24\n             ^\n"
    );
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(1)));
    assert!(!fake.asked.iter().any(|c| matches!(c, Command::Configure { line, .. } if line.contains("300"))));
}

#[test]
fn do_runs_a_command_from_within_the_configuration_and_keeps_the_caret_right() {
    let mut fake = Fake::named("r1");
    let (out, err, _) =
        piped(&mut fake, "conf t\nint eth1\ndo show run | include host\ndo show rnu\nshutdown\n");
    assert_eq!(out, "hostname r1\n");
    assert!(err.ends_with("  do show rnu\n           ^\n"), "{err}");
    assert!(fake.config.interfaces["eth1"].shutdown, "the mode has stayed");
}

#[test]
fn long_tables_are_asked_page_by_page_and_told_once() {
    let (out, err, _) = oneshot(&["show ip route"]);
    assert_eq!(err, "");
    assert_eq!(out.matches("Codes:").count(), 1);
    assert_eq!(out.lines().filter(|l| l.starts_with("R>*")).count(), 3);
    let (json, _, _) = oneshot(&["show ip route json"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value.as_object().map(|o| o.len()), Some(3));
    assert_eq!(oneshot(&["show ip route | json"]).0, json, "both mean the same");
    assert!(oneshot(&["show ip route summary"]).0.contains("rip                  3"));
}

#[test]
fn output_can_be_filtered() {
    assert_eq!(oneshot(&["show ip route | count R>"]).0, "Number of lines which match regexp = 3\n");
    assert_eq!(oneshot(&["show run | include host"]).0, "hostname r1\n");
    assert!(oneshot(&["write memory | include x"]).1.contains("only what is shown"));
    assert!(oneshot(&["show run | inc ("]).1.contains("regular expression"));
}

#[test]
fn the_exit_status_says_whether_all_went_well() {
    let status = |lines: &[&str]| format!("{:?}", oneshot(lines).2);
    assert_eq!(status(&["show run", "write"]), format!("{:?}", ExitCode::from(0)));
    assert_eq!(status(&["copy /x running-config"]), format!("{:?}", ExitCode::from(1)));
    assert_eq!(oneshot(&["copy /x running-config", "write"]).0, "[OK]\n", "later lines still run");
    assert_eq!(oneshot(&["exit", "write"]).0, "", "nothing runs after exit");
}

fn pinging(script: Vec<Progress>) -> (String, Vec<Command>, bool) {
    struct Impatient(String);
    impl Screen for Impatient {
        fn write(&mut self, text: &str) -> bool {
            self.0.push_str(text);
            true
        }
        fn interrupted(&mut self) -> bool {
            self.0.contains("!!")
        }
    }
    let mut fake = Fake { job: script.into(), ..Fake::named("r1") };
    let mut screen = Impatient(String::new());
    let failed = matches!(Session::new(&mut fake).line("ping 10.0.0.9", &mut screen), Step::Failed(_));
    (screen.0, fake.asked, failed)
}

#[test]
fn a_ping_is_printed_as_it_goes_and_ctrl_c_stops_it() {
    let reply = |seq| {
        Progress::Ping(PingOutcome::Reply { seq, from: "10.0.0.9".parse().unwrap(), rtt_us: 1, ttl: 64 })
    };
    let sum = |n| Progress::PingDone(PingSummary { sent: n, received: n, min_us: 1, avg_us: 1, max_us: 1 });
    let (out, asked, failed) = pinging(vec![reply(0), sum(1)]);
    assert!(
        out.starts_with("Sending 5, 100-byte ICMP Echos to 10.0.0.9, timeout is 2 seconds:\n!\nSuccess"),
        "{out}"
    );
    assert!(!failed && !asked.contains(&Command::Cancel { job: 1 }));
    let (out, asked, _) = pinging(vec![reply(0), reply(1), sum(2)]);
    assert!(asked.contains(&Command::Cancel { job: 1 }));
    assert!(out.contains("(2/2)"), "the sum is told all the same");
    let (_, _, failed) = pinging(vec![Progress::PingDone(PingSummary { sent: 5, ..PingSummary::default() })]);
    assert!(failed, "a ping without an answer is a failure to a script");
    let (_, asked, _) = pinging(vec![reply(0), reply(1)]);
    assert!(asked.contains(&Command::Cancel { job: 1 }), "and a router that never sums up is not waited for");
}

#[test]
fn a_source_may_be_an_interface() {
    let mut fake = Fake { job: [Progress::Failed("x".into())].into(), ..Fake::named("r1") };
    piped(&mut fake, "ping 10.0.0.9 source eth1\n");
    assert!(fake.asked.iter().any(|c| matches!(c, Command::Ping(p) if p.source == "10.0.0.1".parse().ok())));
    assert!(piped(&mut fake, "ping 10.0.0.9 source eth9\n").1.contains("eth9"));
    assert!(piped(&mut fake, "ping 2001:db8::1 source eth1\n").1.contains("no address"));
}

#[test]
fn a_backend_s_own_commands_are_like_any_other() {
    let mut fake = Fake::named("r");
    let (out, err, _) = piped(&mut fake, "node bad\nno 2\n node 2 | exclude now\nnode 3\n");
    assert_eq!(out, "now at 3\n");
    assert!(err.starts_with("line 1: % no such node\nline 2: %"), "{err}");
    let mut session = Session::new(&mut fake);
    assert_eq!(session.prompt(), "r3> ");
    assert_eq!(session.complete("node r"), (5, vec!["r1".to_owned(), "r2".to_owned()]));
    assert!(session.help("").contains("Go elsewhere"));
}

#[test]
fn help_is_there_at_any_point() {
    let mut fake = Fake::named("r1");
    let mut session = Session::new(&mut fake);
    assert!(session.help("").contains("  show "));
    assert!(session.help("sh ip route ").contains("<cr>"));
    assert_eq!(session.help("show ip rou"), "  route  The routing table\n");
    assert!(session.help("show ip route | ").contains("include"));
    assert_eq!(session.help("show xyz "), "% Unrecognized command\n");
    session.line("enable", &mut String::new());
    session.line("conf t", &mut String::new());
    session.line("router rip", &mut String::new());
    let help = session.help("");
    assert!(help.contains("redistribute") && help.contains("  do "), "{help}");
    assert!(session.help("do show ip ").contains("route"));
    assert!(session.help("hostn").contains("hostname"), "commands of the mode around it as well");
}

#[test]
fn tab_completes_words_names_and_filters() {
    let mut fake = Fake::named("r1");
    let mut session = Session::new(&mut fake);
    let complete = |session: &mut Session<&mut Fake>, line: &str| session.complete(line).1.join(" ");
    assert_eq!(complete(&mut session, "sh ip rou"), "route");
    assert_eq!(session.complete("show interfaces e"), (16, vec!["eth1".to_owned(), "eth2".to_owned()]));
    assert_eq!(complete(&mut session, "show ip route | in"), "include");
    for line in [
        "enable",
        "conf t",
        "access-list A permit any",
        "ip prefix-list P permit any",
        "route-map M permit 10",
    ] {
        session.line(line, &mut String::new());
    }
    assert_eq!(complete(&mut session, "match ip address "), "prefix-len prefix-list A");
    assert_eq!(complete(&mut session, "match ip address prefix-list "), "P");
    assert_eq!(complete(&mut session, "do show int e"), "eth1 eth2");
    assert_eq!(session.complete("do show int e").0, 12);
}

#[test]
fn a_name_from_a_configuration_cannot_drive_the_terminal() {
    let mut fake = Fake::named("r1");
    fake.config.interfaces.entry("eth1".into()).or_default().description = Some("x\x1b]0;owned\x07".into());
    let (out, _, _) = piped(&mut fake, "show running-config\n");
    assert!(out.contains("x?]0;owned?"), "{out}");
    assert!(!out.contains('\x1b') && !out.contains('\x07'));
}

#[test]
fn a_script_always_ends() {
    assert!(oneshot(&["terminal monitor"]).1.contains("at a terminal only"));
    let mut fake = Fake::named("r1");
    let mut session = Session::new(&mut fake);
    let Step::Monitor(mut stream) = session.line("terminal monitor", &mut String::new()) else { panic!() };
    assert_eq!(stream.next().map(|l| l.notice.topic), Some("rip events".to_owned()));
    assert!(matches!(session.line("terminal no monitor", &mut String::new()), Step::MonitorOff));
}

#[test]
fn the_status_of_rip_says_what_is_configured() {
    let lines = ["conf t", "router rip", "version 1", "end", "show ip rip status"];
    let (out, err, _) = oneshot(&lines);
    assert!(out.contains("send version 1, receive version 1"), "{out}{err}");
}

#[test]
fn history_and_lists_are_shown() {
    assert_eq!(oneshot(&["show history json"]).0, "[\n  \"show history json\"\n]\n");
    let (out, _, _) = oneshot(&["show version", "show history"]);
    assert!(out.ends_with("  show version\n  show history\n"), "{out}");
    assert!(oneshot(&["list"]).0.contains("  write [memory|file]\n"));
    assert!(oneshot(&["help"]).0.contains("TAB"));
    assert_eq!(prompts(&["terminal length 0"]).len(), 2);
}

#[test]
fn huge_lines_are_refused_and_passed_over() {
    let mut fake = Fake::named("r1");
    let input = format!("{}\nshow run | include host\n", "x".repeat(3_000_000));
    let (out, err, _) = piped(&mut fake, &input);
    assert!(err.starts_with("line 1: % Line too long"), "{err}");
    assert_eq!(out, "hostname r1\n");
}

#[test]
fn a_reader_that_goes_away_stops_the_table() {
    struct Short(usize);
    impl Screen for Short {
        fn write(&mut self, _: &str) -> bool {
            self.0 += 1;
            false
        }
    }
    let mut fake = Fake::named("r1");
    let mut screen = Short(0);
    Session::new(&mut fake).line("show ip route", &mut screen);
    assert_eq!(screen.0, 1);
    let pages = fake.asked.iter().filter(|c| matches!(c, Command::Show(Show::Routes(_)))).count();
    assert_eq!(pages, 1);
}

mod hostile {
    use super::*;
    use proptest::prelude::*;
    use proto::Rng;

    /// Every command of the reference, arguments filled in roughly.
    fn commands() -> Vec<String> {
        let reference = crate::reference();
        let lines = reference.lines().filter_map(|l| l.split('`').nth(1));
        let fill = |l: &str| {
            l.replace("A.B.C.D/M", "10.0.0.0/8").replace("A.B.C.D", "10.0.0.1").replace("IFNAME", "eth1")
        };
        lines.map(|l| fill(l).replace(['<', '>', '[', ']', '{', '}', '|'], " ")).collect()
    }

    fn below(rng: &mut Rng, n: usize) -> usize {
        usize::try_from(rng.below(n as u64)).unwrap_or(0)
    }

    /// Line noise made of commands: cut, doubled, joined, with odd characters.
    fn mutate(rng: &mut Rng, commands: &[String]) -> String {
        let pick = |rng: &mut Rng| commands[below(rng, commands.len())].clone();
        let mut line = pick(rng);
        for _ in 0..below(rng, 4) {
            let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if words.is_empty() {
                words.push(String::new());
            }
            let at = below(rng, words.len());
            match below(rng, 9) {
                0 => words[at] = words[at].chars().take(1).collect(),
                1 => words.insert(at, words[at].clone()),
                2 => {
                    words.remove(at);
                }
                3 => {
                    words[at] = ["\"", "|", "é\u{202e}", "\0", "-1", "99999999999999999999", "?", "no"]
                        [below(rng, 8)]
                    .to_owned()
                }
                4 => words.extend(pick(rng).split_whitespace().map(str::to_owned)),
                5 => words.insert(0, "no".into()),
                6 => words.insert(0, "do".into()),
                7 => words[at] = words[at].repeat(50),
                _ => words.reverse(),
            }
            line = words.join(" ");
        }
        line
    }

    #[test]
    fn mutated_commands_never_panic_or_hang() {
        let commands = commands();
        assert!(commands.len() > 100);
        let mut rng = Rng::new(7);
        let mut fake = Fake::named("r1");
        let mut session = Session::privileged(&mut fake);
        for n in 0..4_000 {
            if n % 3 == 0 {
                session.line("configure terminal", &mut String::new());
            }
            let line = mutate(&mut rng, &commands);
            let at = line.char_indices().map(|(at, _)| at).nth(n % 17).unwrap_or(line.len());
            session.help(&line[..at]);
            session.complete(&line[..at]);
            if !line.trim_start().starts_with("pi") && !line.contains("ping") {
                session.line(&line, &mut String::new());
            }
        }
        let text = crate::text::print(&fake.config);
        assert_eq!(crate::text::parse(&text, "x").unwrap(), fake.config, "whatever was typed can be kept");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn noise_never_panics(line in "\\PC{0,120}", config in any::<bool>()) {
            let mut fake = Fake::named("r1");
            let mut session = Session::privileged(&mut fake);
            if config {
                session.line("configure terminal", &mut String::new());
            }
            session.help(&line);
            session.complete(&line);
            session.line(&line, &mut String::new());
        }
    }
}

#[test]
fn a_mode_that_was_left_is_left() {
    assert!(matches!(Mode::Config.parent(), Some(Mode::Privileged)));
    let mut fake = Fake::named("r1");
    let mut session = Session::privileged(&mut fake);
    session.line("conf t", &mut String::new());
    assert!(!session.leave() && session.leave(), "Ctrl-D leaves mode by mode");
}
