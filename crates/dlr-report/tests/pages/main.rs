//! A whole page from made-up data: as text, and in a real browser.

mod browser;
mod made_up;
mod maps;
mod render;
