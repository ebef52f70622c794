//! The page of `routerd lab view` in a real browser: Chromium, without a screen. Each test needs `chromium` and
//! `chromedriver` and says skipped where they are not; `.ci/run` installs them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod driver;

use driver::{Browser, Folder};
use fib::Instant;
use routerd::lab::view::{Wish, page, record};
use routerd::lab::{Lab, Topology, topology};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tests::netns::{binary, poll_until, ready};
use tests::networks::{Habits, grid};

const LEFT: char = '\u{e012}';
const RIGHT: char = '\u{e014}';
const HOME: char = '\u{e011}';
const END: char = '\u{e010}';

fn can_run() -> bool {
    ready(&["chromium", "chromedriver"])
}

fn lab(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../labs").join(name)
}

/// `routerd lab view ...`; it ends with its handle.
struct Viewer {
    child: Child,
    input: ChildStdin,
    /// Kept, so that there is somebody to write to.
    _output: BufReader<ChildStdout>,
    url: String,
}

impl Viewer {
    fn start(args: &[&str]) -> Viewer {
        let mut child = Command::new(binary("routerd"))
            .args(["lab", "view"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut url).unwrap();
        let input = child.stdin.take().unwrap();
        Viewer { child, input, _output: output, url: url.trim().to_owned() }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recorded run as a page in a file: what `routerd lab graph --html` writes.
fn file(folder: &Folder, topology: &Topology, until: u64) -> String {
    let run = record(topology, Wish::Until(Instant::from_secs(until)), 1).unwrap();
    let path = folder.0.join("page.html");
    std::fs::write(&path, page(Some(&run.json))).unwrap();
    format!("file://{}", path.display())
}

/// Nothing hangs over the edge of the window, cards do not lie on each other, and no node on another.
fn check_layout(browser: &Browser, what: &str) {
    let beyond = browser.value(
        "document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight",
    );
    assert_eq!(beyond, json!(false), "{what}: the page is larger than the window");
    let touching = browser.value(
        "(() => {
            const boxes = (selector) => [...document.querySelectorAll(selector)].filter((e) => !e.hidden)
                .map((e) => [e.id || e.dataset.node, e.getBoundingClientRect()]);
            const bad = [];
            const all = [boxes('.card'), boxes('.node'), boxes('.card, .node .shape'), boxes('header > *'), boxes('.transport > *'), boxes('#tabs button')];
            for (const group of all) group.forEach(([a, p], n) => group.slice(0, n).forEach(([b, q]) => {
                const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                if (across > 1 && down > 1) bad.push(`${a} and ${b}`);
            }));
            return bad;
        })()",
    );
    assert_eq!(touching, json!([]), "{what}: these lie on each other");
    let cut = browser.value(
        "[...document.querySelectorAll('.tool, .pill:not([hidden]), #tabs button:not([hidden]), h1, h2, #clock')]
            .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map((e) => e.id || e.textContent)",
    );
    assert_eq!(cut, json!([]), "{what}: these do not fit");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_run_is_scrubbed_played_and_a_loop_is_red() {
    if !can_run() {
        return;
    }
    let viewer = Viewer::start(&[lab("rip-ring").to_str().unwrap(), "--seed", "1"]);
    assert!(viewer.url.starts_with("http://127.0.0.1:"), "{}", viewer.url);
    let browser = Browser::start("run");
    browser.open(&viewer.url, 1280, 800, false);
    assert_eq!(
        browser.value("[...document.querySelectorAll('.node')].map((n) => n.dataset.node).sort()"),
        json!(["h1", "r1", "r2", "r3", "r4"])
    );
    assert_eq!(browser.value("document.querySelector('#scene').options.length"), json!(6));

    // Choose a scenario and a path, and jump to the loop by the list of events.
    browser.select("#scene", "a ring with poison reverse");
    browser.select("#from", "r3");
    browser.fill("#to", "10.1.0.0/24");
    browser.fill("#filter", "circle: r1");
    browser.click(".event.loop");
    let at_loop = browser.value("Number(document.body.dataset.time)");
    assert_eq!(browser.value("document.body.dataset.path"), json!("loop"));
    assert_eq!(
        browser.value("document.querySelector('#verdict-text').textContent"),
        json!("r3 → r4 → r1 → r2 → r3")
    );
    assert_eq!(browser.value("document.querySelectorAll('.flow.bad').length"), json!(4));
    assert_eq!(browser.value("document.querySelectorAll('.node.circle').length"), json!(4));
    assert_eq!(browser.value("document.querySelector('#loops').hidden"), json!(false));
    check_layout(&browser, "the loop");
    assert_eq!(browser.picture("rip-ring-loop-1280"), (1280, 800));

    // The keys: before the loop there was none, and after it there is one again.
    browser.value("document.activeElement.blur()");
    browser.press(&[LEFT]);
    assert!(browser.value("Number(document.body.dataset.time)").as_u64() < at_loop.as_u64());
    assert_ne!(browser.value("document.body.dataset.path"), json!("loop"));
    browser.press(&[RIGHT]);
    assert_eq!(browser.value("Number(document.body.dataset.time)"), at_loop);
    assert_eq!(browser.value("document.body.dataset.path"), json!("loop"));
    browser.press(&[HOME]);
    assert_eq!(browser.value("document.body.dataset.time"), json!("0"));
    browser.press(&[END]);
    assert_eq!(browser.value("app.film.time === app.film.to"), json!(true));
    assert_eq!(browser.value("document.body.dataset.path"), json!("none"), "in the end nobody has a route");

    // The slider, with the mouse, and the table beside it.
    browser.click(".node[data-node=r4]");
    let slider = browser.value("(({left, top, width, height}) => [left, top, width, height])(document.querySelector('#slider').getBoundingClientRect())");
    let part = |n: usize| slider[n].as_f64().unwrap();
    let at = |share: f64| ((part(0) + part(2) * share) as i64, (part(1) + part(3) / 2.0) as i64);
    browser.drag(at(0.9), at(0.02));
    let share = browser.value("app.film.time / app.film.to").as_f64().unwrap();
    assert!((0.0..0.06).contains(&share), "{share}");
    assert_eq!(browser.value("document.querySelector('#node-name').textContent"), json!("r4"));
    let row = "document.querySelector('#table tr[data-key=\"10.1.0.0/24 rip\"]')?.textContent";
    assert!(browser.value(row).as_str().unwrap().contains("120/2"), "{}", browser.value(row));

    // Playing goes on by itself, and stops when told.
    browser.value("document.activeElement.blur()");
    browser.press(&[' ']);
    browser.until(
        "time goes on",
        "document.body.classList.contains('playing') && app.film.time / app.film.to > 0.15",
    );
    browser.press(&[' ']);
    assert_eq!(browser.value("document.body.classList.contains('playing')"), json!(false));
    // Back by what was undone is what was there before.
    let same = browser.value(
        "(() => {
            const all = () => JSON.stringify(app.film.state.map((t) => [...t].map(([s, rows]) => [s, [...rows].sort()]).sort((a, b) => a[0] - b[0])));
            app.go(app.film.from); const first = all(); app.go(app.film.to); const last = all();
            app.go(app.film.to / 2); app.go(app.film.from); const again = all(); app.go(app.film.to);
            return first === again && last === all() && first !== last;
        })()",
    );
    assert_eq!(same, json!(true));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn the_page_finds_the_paths_that_the_routers_use() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("paths");
    let browser = Browser::start("paths");
    for name in ["clos", "ospf-multiarea", "rfc2328"] {
        let topology = topology::load(Some(&lab(name))).unwrap();
        browser.open(&file(&folder, &topology, 60), 1280, 800, true);
        browser.press(&[END]);
        let told = browser.value(
            "app.film.nodes.flatMap((a, from) => a.role === 'switch' ? [] : app.film.home.flatMap((h, n) => h
                ? [`${a.name} ${h.address} ${app.walk.trace(from, h.address).first.map((n) => app.film.nodes[n].name).join(' ')}`] : []))",
        );
        let told: Vec<&str> = told.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let mut lab = Lab::new(topology, 1).unwrap();
        lab.run_until(Instant::from_secs(60));
        let tables = lab.tables();
        let mut pairs = 0;
        for line in &told {
            let [from, address, path] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
            let walked = tables.path(lab.topology().node(from).unwrap(), address.parse().unwrap());
            let (Ok(walked) | Err((walked, _))) = walked;
            assert_eq!(path, walked.join(" "), "{name}: {line}");
            pairs += 1;
        }
        assert!(pairs >= 80, "{name}: {pairs}");
        check_layout(&browser, name);
        assert_eq!(browser.picture(&format!("{name}-dark-1280")), (1280, 800));
    }
    // Equal paths: both branches are drawn, and said.
    let topology = topology::load(Some(&lab("clos"))).unwrap();
    browser.open(&file(&folder, &topology, 60), 1920, 1080, false);
    browser.press(&[END]);
    browser.select("#from", "h1");
    browser.fill("#to", "h4");
    assert!(
        browser
            .value("document.querySelector('#verdict-text').textContent")
            .as_str()
            .unwrap()
            .ends_with("· 2 ways")
    );
    assert_eq!(browser.value("document.querySelectorAll('.flow').length"), json!(6));
    check_layout(&browser, "clos");
    assert_eq!(browser.picture("clos-ecmp-1920"), (1920, 1080));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_running_lab_shows_a_cable_that_is_pulled_and_the_way_that_is_left() {
    if !can_run() {
        return;
    }
    let mut viewer = Viewer::start(&[lab("triangle").to_str().unwrap(), "--live"]);
    let browser = Browser::start("live");
    browser.open(&viewer.url, 1920, 1080, false);
    browser.select("#from", "h1");
    browser.fill("#to", "h2");
    let way = "document.querySelector('#verdict-text').textContent";
    browser.until("h1 reaches h2 by the cable", &format!("{way} === 'h1 → r1 → r2 → h2'"));
    let cable = "document.querySelector('[data-link=\"0\"]').dataset.state";
    assert_eq!(browser.value(cable), json!("up"));
    viewer.say("lab link r1:eth1 down");
    browser.until("the cable is down", &format!("{cable} === 'down'"));
    browser.until("the way round", &format!("{way} === 'h1 → r1 → r3 → r2 → h2'"));
    browser.until("it is written down", "app.film.list.some((e) => e.text === 'cut r1:eth1')");
    check_layout(&browser, "a cut");
    assert_eq!(browser.picture("triangle-cut-1920"), (1920, 1080));
    viewer.say("lab kill r3");
    browser.until("r3 is off", "document.querySelector('[data-node=r3]').classList.contains('dead')");
    browser.until("no way is left", "document.body.dataset.path !== 'ok'");
    viewer.say("lab link r1:eth1 up");
    browser.until("the cable is up", &format!("{cable} === 'up'"));
    browser.until("the way is back", &format!("{way} === 'h1 → r1 → r2 → h2'"));
    // One may look back while it runs, and nothing pulls one forward again.
    browser.value("document.activeElement.blur()");
    browser.press(&[HOME]);
    let known = browser.value("app.film.to");
    browser.until("the lab goes on", &format!("app.film.to > {known}"));
    assert_eq!(browser.value("document.body.dataset.time"), json!("0"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_hundred_routers_are_a_map_one_can_read() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("hundred");
    let browser = Browser::start("hundred");
    let (topology, _) = grid(10, 10, Habits::default());
    browser.open(&file(&folder, &topology, 6), 1280, 800, false);
    assert_eq!(browser.value("document.querySelectorAll('.node').length"), json!(100));
    browser.press(&[END]);
    browser.select("#from", "r0x0");
    browser.fill("#to", "r1x1");
    assert_eq!(browser.value("document.body.dataset.path"), json!("ok"));
    check_layout(&browser, "a grid of a hundred");
    let size = browser.value("parseFloat(getComputedStyle(document.querySelector('.node text')).fontSize) * app.map.scale * app.map.boost");
    assert!(size.as_f64().unwrap() > 7.0, "names are {size} pixels high");
    assert_eq!(browser.picture("grid-1280"), (1280, 800));
    // A node is dragged, and what it is joined to goes along.
    let spot = "(({left, top, width, height}) => [Math.round(left + width / 2), Math.round(top + height / 2)])(document.querySelector('[data-node=r9x9] .shape').getBoundingClientRect())";
    let before = browser.value(spot);
    let at = |v: &Value| (v[0].as_i64().unwrap(), v[1].as_i64().unwrap());
    let wire = "app.map.links.find((l) => app.map.nodes[l.ends[1]].name === 'r9x9').wire.getAttribute('d')";
    let cable = browser.value(wire);
    browser.drag(at(&before), (at(&before).0 - 60, at(&before).1 - 40));
    let after = browser.value(spot);
    assert!((at(&after).0 - at(&before).0 + 60).abs() <= 2, "{before} {after}");
    assert_ne!(browser.value(wire), cable);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn the_command_writes_the_page_into_a_file() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("file");
    let path = folder.0.join("gadgets.html");
    let done = Command::new(binary("routerd"))
        .args(["lab", "graph", lab("bgp-gadgets").to_str().unwrap(), "--html", "-o"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(done.success());
    let browser = Browser::start("file");
    browser.open(&format!("file://{}", path.display()), 1920, 1080, true);
    browser.select("#scene", "bad");
    browser.value("app.go(60e6)");
    browser.select("#from", "r1");
    browser.fill("#to", "198.51.100.0/24");
    poll_until(Duration::from_secs(10), "the origin is the end", || {
        let text = browser.value("document.querySelector('#verdict-text').textContent");
        if text.as_str().unwrap_or_default().ends_with("r0 announces it") {
            Ok(())
        } else {
            Err(text.to_string())
        }
    });
    browser.click("#tabs [data-tab=BGP]");
    assert!(browser.value("document.querySelectorAll('#table tbody tr').length").as_u64().unwrap() > 0);
    check_layout(&browser, "gadgets");
    assert_eq!(browser.picture("bgp-gadgets-dark-1920"), (1920, 1080));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_table_that_is_cut_says_so() {
    if !can_run() {
        return;
    }
    let folder = Folder::new("cut");
    let browser = Browser::start("cut");
    let node = |routes: u32| {
        let mut text = "interfaces:\n  lo: {addresses: [10.255.0.1/32]}\nroutes:\n".to_owned();
        for n in 0..routes {
            text.push_str(&format!("  - {{prefix: 172.16.{}.{}/32, type: blackhole}}\n", n / 256, n % 256));
        }
        configs::yaml::parse(&text, "many.yaml").unwrap()
    };
    for (routes, cut) in [(1_900, false), (2_100, true)] {
        let topology = Topology::new("many").router("r1", node(routes));
        browser.open(&file(&folder, &topology, 2), 1280, 800, false);
        browser.press(&[END]);
        browser.value("app.choose(0)");
        let rows = browser.value("document.querySelectorAll('#table tbody tr').length");
        assert_eq!(rows, json!(if cut { 2_000 } else { routes + 1 }));
        let said =
            browser.value("document.querySelector('#table').textContent.includes('Only the first 2,000')");
        assert_eq!(said, json!(cut), "{routes} routes");
    }
}
