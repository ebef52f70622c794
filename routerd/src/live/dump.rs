//! `dump bgp ...`: MRT files (RFC 6396), written as records come. A file that cannot be written to (the disk is full, the
//! folder is not there) is told once and tried again every second; what was to go into it waits meanwhile, as far as
//! there is room, and what finds no room is counted.

use crate::mrt::strftime;
use crate::router::Router;
use bgp::config::{Dump, DumpKind};
use bgp::mrt::Query;
use bgp::process::Recorded;
use bgp::show::DumpView;
use cli::command::{BgpShow, Command, Show};
use cli::reply::{BgpReply, Reply};
use fib::Instant;
use proto::{Level, Notice};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// Bytes that may wait for a file.
const WAITING: usize = 16 * 1024 * 1024;
/// Pages of a table written in one go: the router has other things to do.
const PAGES: usize = 4;
/// Until a file that failed is tried again, seconds.
const RETRY: u64 = 1;
const DAY: u64 = 86_400;

/// All files.
#[derive(Debug, Default)]
pub(super) struct Dumper {
    open: BTreeMap<DumpKind, Output>,
}

impl Dumper {
    /// Whether there is anything to do once in a while.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes what the router has recorded, and writes what there is to write. `unix`: seconds since 1970.
    pub fn work(&mut self, router: &mut Router, now: Instant, unix: u64) {
        if self.open.is_empty() && router.dumps().is_empty() {
            return;
        }
        self.follow(router, unix);
        while let Some(recorded) = router.poll_recorded() {
            for (kind, output) in &mut self.open {
                output.take(*kind, &recorded);
            }
        }
        let lost = router.take_lost_records();
        for (kind, output) in &mut self.open {
            if *kind != DumpKind::RoutesMrt {
                output.lost = output.lost.saturating_add(lost);
            }
            output.rotate(*kind, unix);
            output.write(unix);
            output.table(router, now, unix);
            if let Some(notice) = output.news(*kind) {
                router.note(now, notice);
            }
        }
        router.set_dump_views(self.views());
    }

    /// The files are those of the configuration.
    fn follow(&mut self, router: &Router, unix: u64) {
        let wanted = router.dumps();
        self.open.retain(|kind, output| {
            let same = wanted.get(kind) == Some(&output.dump);
            if !same {
                output.write(unix);
            }
            same
        });
        for (kind, dump) in wanted {
            self.open.entry(*kind).or_insert_with(|| Output::new(*kind, dump.clone(), unix));
        }
    }

    fn views(&self) -> Vec<DumpView> {
        self.open.iter().map(|(kind, output)| output.view(*kind)).collect()
    }
}

/// One of them.
#[derive(Debug)]
struct Output {
    dump: Dump,
    name: PathBuf,
    /// Open; a table's has another name until it is complete.
    file: Option<File>,
    waiting: Vec<u8>,
    /// When the next file begins.
    next: Option<u64>,
    /// The table that is being written; where it goes on.
    table: Option<Query>,
    retry: u64,
    /// Why the last attempt failed, and whether that was told.
    failed: Option<(String, bool)>,
    recovered: bool,
    records: u64,
    bytes: u64,
    errors: u64,
    lost: u64,
}

impl Output {
    fn new(kind: DumpKind, dump: Dump, unix: u64) -> Output {
        let mut output = Output {
            name: PathBuf::from(strftime::format(&dump.path, unix)),
            next: None,
            dump,
            file: None,
            waiting: Vec::new(),
            table: None,
            retry: 0,
            failed: None,
            recovered: false,
            records: 0,
            bytes: 0,
            errors: 0,
            lost: 0,
        };
        output.next = output.boundary(unix);
        // One table only: now.
        if kind == DumpKind::RoutesMrt && output.next.is_none() {
            output.table = Some(Query::default());
        }
        output
    }

    /// Intervals that divide a day begin where the clock shows a multiple of them.
    fn boundary(&self, unix: u64) -> Option<u64> {
        let interval = u64::from(self.dump.interval?).max(1);
        let into = if DAY.is_multiple_of(interval) { unix % interval } else { 0 };
        Some(unix.saturating_sub(into).saturating_add(interval))
    }

    fn take(&mut self, kind: DumpKind, recorded: &Recorded) {
        let wanted = match kind {
            DumpKind::All => true,
            DumpKind::Updates => recorded.update,
            DumpKind::RoutesMrt => false,
        };
        if !wanted {
            return;
        }
        if self.waiting.len() > WAITING {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        let mut record = recorded.record.clone();
        record.micros = record.micros.filter(|_| self.dump.microseconds);
        record.encode(&mut self.waiting);
        self.records = self.records.saturating_add(1);
    }

    /// Another file, when it is time and the present one has all that belongs into it.
    fn rotate(&mut self, kind: DumpKind, unix: u64) {
        if self.next.is_none_or(|next| unix < next) {
            return;
        }
        if kind == DumpKind::RoutesMrt {
            // A table that takes longer than the interval is finished first.
            if self.table.is_some() || !self.waiting.is_empty() {
                return;
            }
            self.table = Some(Query::default());
        } else {
            self.write(unix);
            if !self.waiting.is_empty() {
                return;
            }
        }
        self.file = None;
        self.name = PathBuf::from(strftime::format(&self.dump.path, unix));
        self.next = self.boundary(unix);
    }

    /// Writes what waits, as far as the file takes it.
    fn write(&mut self, unix: u64) {
        if self.waiting.is_empty() || unix < self.retry {
            return;
        }
        if let Err(reason) = self.try_write() {
            self.errors = self.errors.saturating_add(1);
            self.retry = unix.saturating_add(RETRY);
            let told = self.failed.as_ref().is_some_and(|(before, told)| *told && *before == reason);
            self.failed = Some((reason, told));
        } else if self.failed.take().is_some() {
            self.recovered = true;
        }
    }

    fn try_write(&mut self) -> Result<(), String> {
        let name = self.writing();
        let bad = |e: std::io::Error| format!("{}: {e}", name.display());
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().create(true).append(true).open(&name).map_err(bad)?,
        };
        let mut done = 0;
        let result = loop {
            match file.write(self.waiting.get(done..).unwrap_or_default()) {
                Ok(0) => break Ok(()),
                Ok(n) => done = done.saturating_add(n),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                // The file is opened anew: it may have been moved away.
                Err(e) => break Err(bad(e)),
            }
        };
        self.waiting.drain(..done.min(self.waiting.len()));
        self.bytes = self.bytes.saturating_add(done as u64);
        if result.is_ok() {
            self.file = Some(file);
        }
        result
    }

    /// The name of the file while it is written.
    fn writing(&self) -> PathBuf {
        if self.table.is_none() {
            return self.name.clone();
        }
        let mut name = self.name.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    /// Goes on with the table; when it is complete, it gets its name.
    fn table(&mut self, router: &mut Router, now: Instant, unix: u64) {
        for _ in 0..PAGES {
            let Some(query) = self.table.clone().filter(|_| self.waiting.is_empty()) else { return };
            if query.after.is_none() && self.file.is_none() {
                // What a table that was not finished left behind.
                let _ = std::fs::remove_file(self.writing());
            }
            let reply = router.execute(now, Command::Show(Show::Bgp(BgpShow::Mrt(query))));
            let Reply::Bgp(Some(reply)) = reply else { return };
            let BgpReply::Mrt(page) = *reply else { return };
            self.records = self.records.saturating_add(bgp::mrt::Records::new(&page.bytes).count() as u64);
            self.waiting = page.bytes;
            self.write(unix);
            match page.more {
                Some(after) => self.table = Some(Query { after: Some(after), ..Query::default() }),
                None => return self.finish(unix),
            }
        }
    }

    /// The last page has been taken.
    fn finish(&mut self, unix: u64) {
        self.write(unix);
        let part = self.writing();
        if self.waiting.is_empty() {
            self.file = None;
            if let Err(e) = std::fs::rename(&part, &self.name) {
                self.errors = self.errors.saturating_add(1);
                self.failed = Some((format!("{}: {e}", self.name.display()), false));
            }
            self.table = None;
        } else {
            // The rest waits for room; the table is written again from its beginning.
            self.waiting.clear();
            self.file = None;
            self.table = Some(Query::default());
        }
    }

    /// What the operator is to know and was not told.
    fn news(&mut self, kind: DumpKind) -> Option<Notice> {
        let notice = |level, text: &str| Notice::new(level, "bgp dump", text).with("dump", kind.name());
        if core::mem::take(&mut self.recovered) {
            return Some(notice(Level::Info, "the file is written again").with("lost", self.lost));
        }
        match &mut self.failed {
            Some((reason, told @ false)) => {
                *told = true;
                Some(notice(Level::Error, "the file cannot be written").with("reason", reason.as_str()))
            }
            _ => None,
        }
    }

    fn view(&self, kind: DumpKind) -> DumpView {
        DumpView {
            kind,
            path: self.dump.path.clone(),
            file: self.name.display().to_string(),
            interval: self.dump.interval,
            records: self.records,
            bytes: self.bytes,
            waiting: self.waiting.len() as u64,
            lost: self.lost,
            errors: self.errors,
            failure: self.failed.as_ref().map(|(reason, _)| reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
