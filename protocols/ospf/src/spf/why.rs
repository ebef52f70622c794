//! Why an LSA gives no path: said by the code that decides, told by `explain`.

use crate::wire::RouterId;
use core::net::Ipv4Addr;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// LSInfinity.
    Infinite,
    /// This router made it.
    Own,
    /// It describes an active address range of this router.
    OwnRange,
    /// The area border router cannot be reached in the area.
    NoAbr(RouterId),
    /// The AS boundary router cannot be reached.
    NoAsbr(RouterId),
    /// The forwarding address cannot be reached as it must be.
    NoForward(Ipv4Addr),
    /// The forwarding address is one of this router's.
    OwnForward,
    /// A type 7 default route that border routers leave alone.
    NssaDefault,
    /// The area does not take such LSAs.
    NotInThisArea,
}
