//! A run as a picture: the deadlocks, who waits on whom at the end, and who held and waited when. One SVG, no other program.
//!
//! | Read | to learn |
//! |---|---|
//! | [`page`] | what stands where |
//! | [`circles`], [`waits`], [`shortcuts`] | how the wait-for graphs are drawn |
//! | [`layered`] | how boxes and arrows are placed |
//! | [`columns`], [`rows`], [`bars`], [`marks`] | the timeline: its steps, its transactions, what they had, what befell them |
//! | [`limits`] | what is left out of a picture that would be too large, which then says so |
#![allow(clippy::cast_precision_loss)] // counts of things in a picture, as lengths

mod bars;
mod circles;
mod columns;
mod drawing;
mod label;
mod layered;
mod legend;
mod limits;
mod marks;
mod page;
mod rows;
mod shortcuts;
mod style;
mod waits;

pub use page::draw;
