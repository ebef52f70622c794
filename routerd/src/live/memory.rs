//! When freed memory is worth giving back to the kernel: a router that has lost most of its routes holds pages full of
//! holes, which the allocator keeps. It knows how many routes there are, and nothing else.

/// Fewer routes than this are not worth the walk over the heap.
const WORTH: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ebb {
    /// The most routes held since memory was last given back.
    most: usize,
    due: bool,
}

impl Ebb {
    /// `routes` are held now; `busy`: there is work to do, so this is not the time. Returns whether memory is to be given
    /// back: more than half of the routes have gone since it last was.
    pub(super) fn look(&mut self, routes: usize, busy: bool) -> bool {
        self.most = self.most.max(routes);
        if self.most >= WORTH && routes < self.most / 2 {
            self.most = routes;
            self.due = true;
        }
        !busy && core::mem::take(&mut self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_when_half_of_many_routes_have_gone_and_nothing_is_left_to_do() {
        let mut ebb = Ebb::default();
        assert!(!ebb.look(1_000_000, true));
        assert!(!ebb.look(1_000_000, false), "nothing has gone");
        assert!(!ebb.look(500_000, false), "nor half of it");
        assert!(!ebb.look(400_000, true), "there is work to do");
        assert!(ebb.look(399_000, false));
        assert!(!ebb.look(398_000, false), "once is enough");
        assert!(ebb.look(150_000, false));
        assert!(ebb.look(10, false));
        assert!(!ebb.look(0, false), "ten routes are not worth it");
        assert!(!ebb.look(1_000_000, false));
        assert!(ebb.look(0, false), "and again");
    }

    #[test]
    fn few_routes_come_and_go_unnoticed() {
        let mut ebb = Ebb::default();
        for routes in [4000, 0, 4000, 0] {
            assert!(!ebb.look(routes, false));
        }
    }
}
