//! The picture: a page that shows a lab's map, and how everything on it changed over a run.
//!
//! `film.rs` is what is recorded, `camera.rs` records it from a lab, `layout.rs` draws the map, `page/` shows both,
//! `serve.rs` hands the page out on loopback. `routerd lab view` and `routerd lab graph --html` are in `show.rs`.

mod camera;
mod film;
mod layout;
mod rows;
mod serve;
mod shapes;
mod show;
mod trouble;

pub use camera::Camera;
pub use film::Film;
pub use serve::{Answer, Server};
pub use show::{Run, Wish, elsewhere, hand_out, live, page, record};

#[cfg(test)]
mod tests;
