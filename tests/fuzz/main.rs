//! Hostile input: what comes from a wire, a file or a keyboard never panics or hangs a router, every bad
//! packet is counted, and the router keeps serving its good neighbors meanwhile.
//!
//! Without anything set each target makes a fixed number of inputs from a fixed seed, as a plain test. With
//! `--ignored` it goes on for `ROUTERD_FUZZ_SECONDS` (10) from seed `ROUTERD_FUZZ_SEED`; a failure prints the
//! seed and the input's number, which make it again.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod bgp;
mod frames;
mod ospf;
mod process;
mod speaker;
mod text;

use std::time::Duration;

/// How long a target goes on.
pub struct Budget {
    seed: u64,
    inputs: u64,
    until: Option<std::time::Instant>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a fuzz run is bounded by real time; the code under test never sees it"
)]
fn clock() -> std::time::Instant {
    std::time::Instant::now()
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

impl Budget {
    /// A fixed number of inputs.
    pub fn inputs(inputs: u64) -> Budget {
        Budget { seed: 1, inputs, until: None }
    }

    /// As long as the environment says.
    pub fn timed() -> Budget {
        let seconds = variable("ROUTERD_FUZZ_SECONDS").unwrap_or(10);
        let seed = variable("ROUTERD_FUZZ_SEED").unwrap_or(1);
        Budget { seed, inputs: u64::MAX, until: Some(clock() + Duration::from_secs(seconds)) }
    }

    /// Runs `target` on each input number until the budget is spent; says which input it was if it panics.
    pub fn spend(&self, name: &str, mut target: impl FnMut(u64)) {
        struct Report<'a>(&'a str, u64, u64);
        impl Drop for Report<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    eprintln!("fuzz {}: seed {}, input {}", self.0, self.1, self.2);
                }
            }
        }
        let mut report = Report(name, self.seed, 0);
        while report.2 < self.inputs && (report.2 % 64 != 0 || self.until.is_none_or(|t| clock() < t)) {
            target(report.2);
            report.2 += 1;
        }
        println!("fuzz {name}: {} inputs from seed {}", report.2, self.seed);
    }
}

/// Makes a plain test and a timed one of a target.
macro_rules! target {
    ($name:ident, $inputs:expr, $run:path) => {
        mod $name {
            #[test]
            fn a_few_inputs() {
                $run(&crate::Budget::inputs($inputs));
            }

            #[test]
            #[ignore = "runs for ROUTERD_FUZZ_SECONDS: run by .ci/run"]
            fn timed() {
                $run(&crate::Budget::timed());
            }
        }
    };
}

target!(wire, 3_000, crate::frames::wire);
target!(rip_process, 5_000, crate::frames::rip_process);
target!(ospf_decoders, 10_000, crate::ospf::decoders);
target!(ospf_instance, 5_000, crate::process::instance);
target!(bgp_messages, 10_000, crate::bgp::messages);
target!(bgp_attributes, 5_000, crate::bgp::attributes);
target!(bgp_speaker, 3_000, crate::speaker::speaker);
target!(yaml, 1_000, crate::text::yaml);
target!(ios_text, 1_000, crate::text::ios_text);
target!(shell, 2_000, crate::text::shell);
target!(topology, 1_000, crate::text::topology);
