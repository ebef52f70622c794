//! The forwarder as its neighbors see it.
