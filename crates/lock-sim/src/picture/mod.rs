//! x
pub fn draw(){}
