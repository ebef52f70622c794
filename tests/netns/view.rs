//! `lab view --live` of a deployed lab: the page's film follows what routers, cables and nodes do.

use super::faults::whole;
use super::lab::{Lab, PATIENCE};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use tests::netns::{binary, poll_until};

struct Viewer {
    child: Child,
    address: String,
}

impl Viewer {
    fn start(lab: &Lab) -> Viewer {
        let mut child = Command::new(binary("routerd"))
            .args(["lab", "view", &lab.folder.display().to_string(), "--live"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Viewer { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The last row of a table for a node or cable, by its key.
    fn row(&self, table: &str, subject: usize, key: &str) -> Value {
        let film: Value = serde_json::from_str(&self.get("/film.json")).unwrap();
        let number = film["tables"].as_array().unwrap().iter().position(|t| t == table).unwrap();
        let scene = &film["scenes"][0];
        let base = scene["base"].as_array().unwrap().iter().map(|r| (&r[0], &r[1], &r[2], &r[3]));
        let changes = scene["changes"].as_array().unwrap().iter().map(|r| (&r[1], &r[2], &r[3], &r[4]));
        let mut found =
            base.chain(changes).filter(|(t, s, k, _)| **t == number && **s == subject && **k == key);
        found.next_back().map_or(Value::Null, |(_, _, _, row)| row.clone())
    }

    fn events(&self) -> String {
        let film: Value = serde_json::from_str(&self.get("/film.json")).unwrap();
        film["scenes"][0]["events"].to_string()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs root"]
fn a_deployed_lab_is_seen_as_it_is() {
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    whole(&lab);
    let viewer = Viewer::start(&lab);
    assert!(viewer.get("/").contains("<title>"));
    let film: Value = serde_json::from_str(&viewer.get("/film.json")).unwrap();
    assert_eq!((&film["live"], &film["lab"]), (&Value::Bool(true), &Value::String(lab.name.clone())));
    let wait = |what: &str, table: &str, subject: usize, key: &str, wanted: &dyn Fn(&Value) -> bool| {
        poll_until(PATIENCE, what, || {
            let row = viewer.row(table, subject, key);
            if wanted(&row) { Ok(()) } else { Err(format!("{table} {subject} {key}: {row}")) }
        });
    };
    wait("r1's neighbor", "ospf", 0, "eth1 10.0.12.2", &|row| {
        row[3].as_str().is_some_and(|s| s.starts_with("Full"))
    });
    wait("the way to h2", "fib", 0, "10.2.0.0/24", &|row| row[1][0][0] == "10.0.12.2");
    wait("a cable", "link", 0, "", &|row| row[0] == true);

    lab.ok("link", &["r1:eth1", "down"]);
    wait("it is pulled", "link", 0, "", &|row| row[0] == false);
    wait("the other way", "fib", 0, "10.2.0.0/24", &|row| row[1][0][0] == "10.0.13.2");
    assert!(viewer.events().contains("cut r1:eth1"), "{}", viewer.events());
    lab.ok("link", &["r1:eth1", "up"]);
    wait("it is plugged in", "link", 0, "", &|row| row[0] == true);
    wait("the way back", "fib", 0, "10.2.0.0/24", &|row| row[1][0][0] == "10.0.12.2");

    // Nothing moves in a network at rest: who asks for news gets none but the time.
    poll_until(PATIENCE, "no news", || {
        let film: Value = serde_json::from_str(&viewer.get("/film.json")).unwrap();
        let next = &film["scenes"][0]["next"];
        let mut news = Value::Null;
        for _ in 0..3 {
            let to = film["scenes"][0]["to"].as_u64().unwrap();
            poll_until(PATIENCE, "time goes on", || {
                news =
                    serde_json::from_str(&viewer.get(&format!("/news.json?since={},{}", next[0], next[1])))
                        .unwrap();
                if news["to"].as_u64().unwrap() >= to + 2_000_000 { Ok(()) } else { Err(String::new()) }
            });
        }
        if news["changes"].as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(news.to_string()) }
    });

    drop(viewer);
    lab.destroy();
}
