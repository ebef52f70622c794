//! Files in a folder of their own, by a clock that is moved by hand.

use super::*;
use bgp::mrt::{Body, Record, Records, Session, StateChange};
use core::net::Ipv4Addr;
use std::path::Path;

/// 2023-11-14 22:13:20 UTC.
const START: u64 = 1_700_000_000;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("routerd-dump-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn records(path: impl AsRef<Path>) -> Vec<Record> {
    Records::new(&std::fs::read(path).unwrap()).collect::<Result<_, _>>().unwrap()
}

fn happened(update: bool, at: u32) -> Recorded {
    let session = Session {
        as4: true,
        peer_as: 65_002,
        local_as: 65_001,
        interface: 0,
        peer: Ipv4Addr::new(192, 0, 2, 2).into(),
        local: Ipv4Addr::new(192, 0, 2, 1).into(),
    };
    let body = Body::State(StateChange { session, old: 5, new: 6 });
    Recorded { record: Record { at, micros: Some(77), body }, update }
}

fn output(kind: DumpKind, path: &str, interval: Option<u32>, microseconds: bool) -> Output {
    Output::new(kind, Dump { path: path.to_owned(), interval, microseconds }, START)
}

fn write(output: &mut Output, kind: DumpKind, unix: u64, recorded: &Recorded) {
    output.take(kind, recorded);
    output.rotate(kind, unix);
    output.write(unix);
}

#[test]
fn updates_are_updates_and_all_is_all() {
    let folder = Folder::new("kinds");
    let (all, updates) = (folder.path("all"), folder.path("updates"));
    let mut a = output(DumpKind::All, &all, None, true);
    let mut u = output(DumpKind::Updates, &updates, None, false);
    for recorded in [happened(true, 1), happened(false, 2)] {
        write(&mut a, DumpKind::All, START, &recorded);
        write(&mut u, DumpKind::Updates, START, &recorded);
    }
    let times = |path: &str| records(path).iter().map(|r| (r.at, r.micros)).collect::<Vec<_>>();
    assert_eq!(times(&all), [(1, Some(77)), (2, Some(77))]);
    assert_eq!(times(&updates), [(1, None)]);
}

#[test]
fn a_new_file_begins_where_the_clock_shows_a_multiple_of_the_interval() {
    let folder = Folder::new("rotation");
    let mut dump = output(DumpKind::Updates, &folder.path("u.%H%M"), Some(900), false);
    write(&mut dump, DumpKind::Updates, START, &happened(true, 1));
    write(&mut dump, DumpKind::Updates, START + 99, &happened(true, 2));
    assert_eq!(folder.names(), ["u.2213"]);
    // 22:15:00. What came before it is in the file before it.
    dump.take(DumpKind::Updates, &happened(true, 3));
    dump.rotate(DumpKind::Updates, START + 100);
    write(&mut dump, DumpKind::Updates, START + 101, &happened(true, 4));
    assert_eq!(folder.names(), ["u.2213", "u.2215"]);
    let at = |name: &str| records(folder.path(name)).iter().map(|r| r.at).collect::<Vec<_>>();
    assert_eq!((at("u.2213"), at("u.2215")), (vec![1, 2, 3], vec![4]));
}

#[test]
fn a_full_disk_is_told_once_and_nothing_is_lost() {
    let folder = Folder::new("full");
    let name = folder.path("u");
    std::os::unix::fs::symlink("/dev/full", &name).unwrap();
    let mut dump = output(DumpKind::Updates, &name, None, false);
    write(&mut dump, DumpKind::Updates, START, &happened(true, 1));
    let notice = dump.news(DumpKind::Updates).map(|n| n.to_string()).unwrap_or_default();
    assert!(notice.contains("cannot be written") && notice.contains("No space left"), "{notice}");
    write(&mut dump, DumpKind::Updates, START, &happened(true, 2));
    assert_eq!(dump.errors, 1, "not tried again within the second");
    write(&mut dump, DumpKind::Updates, START + 1, &happened(true, 3));
    assert_eq!((dump.errors, dump.news(DumpKind::Updates)), (2, None), "told once");
    // There is room again.
    std::fs::remove_file(&name).unwrap();
    write(&mut dump, DumpKind::Updates, START + 2, &happened(true, 4));
    assert_eq!(records(&name).iter().map(|r| r.at).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(dump.news(DumpKind::Updates).unwrap().to_string().contains("written again"));
    assert_eq!((dump.lost, dump.view(DumpKind::Updates).failure), (0, None));
}

#[test]
fn what_finds_no_room_is_counted() {
    let mut dump = output(DumpKind::Updates, "/dev/full", None, false);
    dump.waiting = vec![0; WAITING + 1];
    dump.take(DumpKind::Updates, &happened(true, 1));
    assert_eq!((dump.lost, dump.records), (1, 0));
}

#[test]
fn tables_are_written_at_every_interval_and_get_their_names_when_they_are_complete() {
    let folder = Folder::new("table");
    let path = folder.path("rib.%H%M%S");
    let yaml = format!(
        "bgp: {{asn: 65001, router-id: 1.1.1.1, network-import-check: false, \
         families: {{ipv4-unicast: {{networks: {{198.51.100.0/24: {{}}}}}}}}, \
         dump: {{routes-mrt: {{path: '{path}', interval: 60}}}}}}\n"
    );
    let mut router = Router::new(configs::yaml::parse(&yaml, "t.yaml").unwrap(), 1);
    router.set_wall_clock(Some(START));
    let mut dumper = Dumper::default();
    for second in 0..130 {
        let now = Instant::from_secs(second);
        router.handle_timeout(now);
        dumper.work(&mut router, now, START + second);
    }
    assert_eq!(folder.names(), ["rib.221400", "rib.221500"]);
    let all = records(folder.path("rib.221400"));
    assert!(matches!(&all[..], [Record { body: Body::Peers(_), .. }, Record { body: Body::Rib(_), at, .. }]
        if u64::from(*at) == START + 40));
    let reply = router.execute(Instant::from_secs(130), Command::Show(Show::Bgp(BgpShow::Dumps)));
    let Reply::Bgp(Some(reply)) = reply else { panic!("{reply:?}") };
    let BgpReply::Dumps(views) = *reply else { panic!("{reply:?}") };
    assert_eq!((views[0].records, views[0].errors, &views[0].file), (4, 0, &folder.path("rib.221500")));
}
