//! MRT files that are written. FRR has no such command.

use bgp::show::DumpView;
use std::fmt::Write;

pub(super) fn text(all: &[DumpView]) -> String {
    if all.is_empty() {
        return "Nothing is dumped\n".to_owned();
    }
    let mut out = String::new();
    for view in all {
        let every = view.interval.map_or_else(String::new, |seconds| format!(", every {seconds} s"));
        let _ = writeln!(out, "dump bgp {} {}{every}", view.kind.name(), view.path);
        let _ = writeln!(out, "  File: {}", view.file);
        let DumpView { records, bytes, waiting, lost, errors, .. } = view;
        let _ = writeln!(
            out,
            "  {records} records, {bytes} bytes written, {waiting} waiting, {lost} records lost"
        );
        let because = view.failure.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let _ = writeln!(out, "  {errors} errors{because}");
    }
    out
}
