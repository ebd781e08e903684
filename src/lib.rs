//! Gordian
