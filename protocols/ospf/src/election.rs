//! Designated-router election (RFC 2328 section 9.4).
//! Pure: candidates in, (DR, BDR) out. `interface` decides when to ask.

use crate::RouterId;
use core::net::Ipv4Addr;

/// A router on the link, this one among them, with what it declares.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub router: RouterId,
    pub address: Ipv4Addr,
    pub priority: u8,
    /// The DR it declares; unspecified: none.
    pub dr: Ipv4Addr,
    /// The BDR it declares.
    pub bdr: Ipv4Addr,
}

/// What came out; unspecified addresses are none.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elected {
    pub dr: Ipv4Addr,
    pub bdr: Ipv4Addr,
}

const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// Elects. `own` is the address of this router, which must be among the candidates if it has a link state of
/// two-way with itself as RFC 2328 has it; `neighbors` are in state two-way or better.
pub(crate) fn elect(own: Candidate, neighbors: &[Candidate]) -> Elected {
    let before = (own.dr == own.address, own.bdr == own.address);
    let first = round(own, neighbors);
    let after = (first.dr == own.address, first.bdr == own.address);
    if before == after {
        return first;
    }
    // Step 4: newly (or no longer) DR or BDR ourselves: once more with what we now declare, so that nobody is both.
    round(Candidate { dr: first.dr, bdr: first.bdr, ..own }, neighbors)
}

fn round(own: Candidate, neighbors: &[Candidate]) -> Elected {
    let eligible = || neighbors.iter().chain([&own]).copied().filter(|c| c.priority > 0);
    // Step 2: the BDR, among those that do not declare themselves DR.
    let backups = || eligible().filter(|c| c.dr != c.address);
    let declared = best(backups().filter(|c| c.bdr == c.address));
    let bdr = declared.or_else(|| best(backups()));
    // Step 3: the DR, among those that declare themselves so.
    let dr = best(eligible().filter(|c| c.dr == c.address)).or(bdr);
    let address = |c: Option<Candidate>| c.map_or(NONE, |c| c.address);
    Elected { dr: address(dr), bdr: address(bdr) }
}

/// The highest priority, then the highest router ID.
fn best(candidates: impl Iterator<Item = Candidate>) -> Option<Candidate> {
    candidates.max_by_key(|c| (c.priority, c.router))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(n: u8, priority: u8) -> Candidate {
        let address = Ipv4Addr::new(10, 0, 0, n);
        Candidate { router: Ipv4Addr::new(n, n, n, n), address, priority, dr: NONE, bdr: NONE }
    }

    fn result(e: Elected) -> (u8, u8) {
        (e.dr.octets()[3], e.bdr.octets()[3])
    }

    #[test]
    fn alone_a_router_is_dr_and_there_is_no_backup() {
        assert_eq!(result(elect(router(1, 1), &[])), (1, 0));
        assert_eq!(result(elect(router(1, 0), &[])), (0, 0));
    }

    #[test]
    fn priority_then_router_id_decides_among_newcomers() {
        // Who is neither: both are the best until the new DR says so itself (9.4 (3)).
        assert_eq!(result(elect(router(1, 1), &[router(2, 1), router(3, 1)])), (3, 3));
        let dr = Candidate { dr: Ipv4Addr::new(10, 0, 0, 3), ..router(3, 1) };
        assert_eq!(result(elect(router(1, 1), &[router(2, 1), dr])), (3, 2));
        assert_eq!(result(elect(router(1, 9), &[router(2, 1), router(3, 1)])), (1, 3));
        assert_eq!(result(elect(router(1, 1), &[router(2, 0), router(3, 0)])), (1, 0));
    }

    #[test]
    fn who_is_dr_stays_dr_whoever_comes() {
        let dr = Candidate { dr: Ipv4Addr::new(10, 0, 0, 2), ..router(2, 1) };
        assert_eq!(result(elect(router(9, 255), &[dr])), (2, 9));
    }

    #[test]
    fn the_backup_takes_over_and_another_becomes_backup() {
        let gone = Ipv4Addr::new(10, 0, 0, 9);
        let own = Candidate { dr: gone, bdr: Ipv4Addr::new(10, 0, 0, 1), ..router(1, 1) };
        let other = Candidate { dr: gone, bdr: Ipv4Addr::new(10, 0, 0, 1), ..router(5, 1) };
        assert_eq!(result(elect(own, &[other])), (1, 5));
    }
}
