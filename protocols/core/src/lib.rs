//! What every protocol machine shares. Bytes and time go in; bytes and events come out.
